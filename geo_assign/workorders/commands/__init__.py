"""Writes of work orders, bookings and offers: the single steps that `dispatch` composes."""

from geo_assign.workorders.commands.bookings import (
    claim_time,
    lock_people,
    set_bookings,
)
from geo_assign.workorders.commands.changes import (
    Draft,
    actor,
    change,
    insert_work_order,
    lock,
    next_number,
    recheck_pending,
    record_event,
    require_version,
    require_way,
    set_deadlines,
    to_pending,
)
from geo_assign.workorders.commands.conversion import (
    insert_ticket,
    taken_over,
)
from geo_assign.workorders.commands.group_stays import (
    copy_stays,
    enter_group,
    leave_group,
)
from geo_assign.workorders.commands.offers import (
    close_offer,
    insert_offer,
    lock_with_offer,
    set_offer_distance,
)

__all__ = [
    "Draft",
    "actor",
    "change",
    "claim_time",
    "close_offer",
    "copy_stays",
    "enter_group",
    "insert_offer",
    "insert_ticket",
    "insert_work_order",
    "leave_group",
    "lock",
    "lock_people",
    "lock_with_offer",
    "next_number",
    "recheck_pending",
    "record_event",
    "require_version",
    "require_way",
    "set_bookings",
    "set_deadlines",
    "set_offer_distance",
    "taken_over",
    "to_pending",
]
