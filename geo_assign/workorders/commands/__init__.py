"""Writes of work orders, bookings and offers: the single steps that `dispatch` composes."""

from geo_assign.workorders.commands.bookings import (
    claim_time,
    lock_people,
    release_bookings,
    set_bookings,
    set_known_reasons,
)
from geo_assign.workorders.commands.changes import (
    apply_change,
    apply_changes,
    pending_change,
    record_event,
    set_pending,
)
from geo_assign.workorders.commands.collected import lease_collected
from geo_assign.workorders.commands.conversion import (
    insert_ticket,
    taken_over,
)
from geo_assign.workorders.commands.creation import (
    insert_work_order,
    next_number,
    require_free_external_id,
)
from geo_assign.workorders.commands.deadlines import (
    Deadlines,
    begin_search,
    geocode_pending,
    recheck_pending,
    set_deadlines,
    wake,
)
from geo_assign.workorders.commands.expiry import OverdueOffer, close_overdue, lock_overdue
from geo_assign.workorders.commands.group_stays import (
    copy_stays,
    enter_group,
    leave_group,
)
from geo_assign.workorders.commands.locks import (
    find_and_lock_due,
    find_and_lock_ungeocoded,
    lock,
    lock_due,
    require_version,
    require_way,
)
from geo_assign.workorders.commands.offers import (
    close_offer,
    insert_offer,
    lock_with_offer,
    set_offer_distance,
    tell_of_offers,
)
from geo_assign.workorders.commands.offers_at_once import NewOffer, claim_and_ask

__all__ = [
    "Deadlines",
    "NewOffer",
    "OverdueOffer",
    "apply_change",
    "apply_changes",
    "begin_search",
    "claim_and_ask",
    "claim_time",
    "close_offer",
    "close_overdue",
    "copy_stays",
    "enter_group",
    "find_and_lock_due",
    "find_and_lock_ungeocoded",
    "geocode_pending",
    "insert_offer",
    "insert_ticket",
    "insert_work_order",
    "lease_collected",
    "leave_group",
    "lock",
    "lock_due",
    "lock_overdue",
    "lock_people",
    "lock_with_offer",
    "next_number",
    "pending_change",
    "recheck_pending",
    "record_event",
    "release_bookings",
    "require_free_external_id",
    "require_version",
    "require_way",
    "set_bookings",
    "set_deadlines",
    "set_known_reasons",
    "set_offer_distance",
    "set_pending",
    "taken_over",
    "tell_of_offers",
    "wake",
]
