"""How work orders and bookings stood at a past instant, as expressions.

The row of a work order tells its present state; its history tells the state after each change, and a booking follows
the order that it holds time for, or the offer behind it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, case, or_, select

from geo_assign.core.expressions import row_exists, word
from geo_assign.core.rows import AnyColumn
from geo_assign.workorders.domain import BookingState, State
from geo_assign.workorders.tables import offers, work_order_events, work_orders

_NOT_GIVEN_YET = (State.NEW, State.PENDING, State.OFFERED)


def order_of_booking_then(
    org_id: ColumnElement[UUID], at: ColumnElement[datetime], booking: FromClause
) -> ColumnElement[UUID]:
    """The work order that a booking held time for: the lead, as long as the ticket that took it over did not exist."""
    w = work_orders.alias("w_then")
    held_for = case((w.c.created_at <= at, w.c.id), else_=w.c.converted_from)
    found = select(held_for).where(w.c.org_id == org_id, w.c.id == booking.c.work_order_id)
    return found.correlate_except(w).scalar_subquery()


def order_state_then(
    org_id: ColumnElement[UUID], at: ColumnElement[datetime], order_id: ColumnElement[UUID]
) -> ColumnElement[str]:
    """The state of a work order after its last change by then; NULL before it existed."""
    return last_event_then(org_id, at, order_id, "state")


def last_event_then(
    org_id: ColumnElement[UUID], at: ColumnElement[datetime], order_id: ColumnElement[UUID], column: str
) -> AnyColumn:
    """A column of the last entry that a work order's history had by then."""
    e = work_order_events.alias("e_then")
    last = select(e.c[column]).where(e.c.org_id == org_id, e.c.work_order_id == order_id, e.c.at <= at)
    return last.order_by(e.c.at.desc(), e.c.id.desc()).limit(1).correlate_except(e).scalar_subquery()


def booking_state_then(
    org_id: ColumnElement[UUID], at: ColumnElement[datetime], booking: FromClause
) -> ColumnElement[str]:
    """A booking that changed since was offered as long as an answer to it, or the whole order, was awaited."""
    b, o = booking.c, offers.alias("o_then")
    order_id = order_of_booking_then(org_id, at, booking)
    asked = row_exists(
        o,
        o.c.org_id == org_id,
        o.c.work_order_id == order_id,
        o.c.booking_id == b.id,
        o.c.offered_at <= at,
        or_(o.c.responded_at.is_(None), o.c.responded_at > at),
    )
    waits = order_state_then(org_id, at, order_id).in_(_NOT_GIVEN_YET)
    return case(
        (b.updated_at <= at, b.state),
        (and_(b.created_at <= at, or_(asked, waits)), word(BookingState.OFFERED)),
        else_=word(BookingState.ASSIGNED),
    )
