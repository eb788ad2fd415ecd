"""Reads of work orders, bookings, offers and history; lists, the calendar and coarse places have their own modules."""

from geo_assign.workorders.queries.bookings import (
    BookedTime,
    BookingConflict,
    Scheduled,
    count_overlapping_bookings,
    find_booking_conflict,
    list_booked_times,
    list_bookings,
    list_occupied_spans,
    list_orders_waiting_for,
    list_schedule,
)
from geo_assign.workorders.queries.collected import find_window_end
from geo_assign.workorders.queries.group_stays import (
    count_stays,
    list_group_stays,
)
from geo_assign.workorders.queries.history import (
    HistoryEntry,
    find_last_step,
    list_events,
)
from geo_assign.workorders.queries.impossible import (
    HeldWork,
    ToldReasons,
    list_held_work,
    list_impossible_work,
    named,
)
from geo_assign.workorders.queries.offers import (
    get_acceptance_rates,
    get_offer,
    list_lead_offers,
    list_offers_with_orders,
    list_open_offers,
)
from geo_assign.workorders.queries.own_versions import (
    NOTHING,
    OwnVersions,
    get_own_versions,
    list_own_versions,
)
from geo_assign.workorders.queries.searching import list_searching
from geo_assign.workorders.queries.work_orders import (
    PREFIXES,
    OrderName,
    count_with_location,
    find_id_by_external_id,
    find_ticket_id,
    find_work_order,
    get_work_order,
    list_changed_work_orders,
    list_order_names,
    list_to_geocode,
    list_work_orders_by_id,
    number_text,
    select_work_orders,
    to_work_order,
)

__all__ = [
    "NOTHING",
    "PREFIXES",
    "BookedTime",
    "BookingConflict",
    "HeldWork",
    "HistoryEntry",
    "OrderName",
    "OwnVersions",
    "Scheduled",
    "ToldReasons",
    "count_overlapping_bookings",
    "count_stays",
    "count_with_location",
    "find_booking_conflict",
    "find_id_by_external_id",
    "find_last_step",
    "find_ticket_id",
    "find_window_end",
    "find_work_order",
    "get_acceptance_rates",
    "get_offer",
    "get_own_versions",
    "get_work_order",
    "list_booked_times",
    "list_bookings",
    "list_changed_work_orders",
    "list_events",
    "list_group_stays",
    "list_held_work",
    "list_impossible_work",
    "list_lead_offers",
    "list_occupied_spans",
    "list_offers_with_orders",
    "list_open_offers",
    "list_order_names",
    "list_orders_waiting_for",
    "list_own_versions",
    "list_schedule",
    "list_searching",
    "list_to_geocode",
    "list_work_orders_by_id",
    "named",
    "number_text",
    "select_work_orders",
    "to_work_order",
]
