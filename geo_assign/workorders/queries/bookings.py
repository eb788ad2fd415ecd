"""Reads of bookings: who holds time for a work order, and what is on a technician's schedule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.core.spans import Span
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import (
    BOOKED,
    HOLDING,
    Booking,
    BookingRole,
    BookingState,
    Kind,
    OfferState,
    WorkOrder,
)
from geo_assign.workorders.queries.work_orders import list_work_orders_by_id
from geo_assign.workorders.tables import bookings, offers, work_orders


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Work on a technician's schedule, and the technician's part in it."""

    order: WorkOrder
    role: BookingRole


@dataclass(frozen=True, slots=True)
class BookedTime:
    """A booking on a technician's day."""

    technician_id: UUID
    start: datetime
    end: datetime
    kind: Kind
    state: str


@dataclass(frozen=True, slots=True)
class BookingConflict:
    """A booking that another one meets: it stands in the way, or comes just before or after."""

    work_order_id: UUID
    starts_at: datetime
    ends_at: datetime


def list_bookings(tx: Tx, work_order_id: UUID) -> list[Booking]:
    """The bookings that hold time for a work order, in the order in which they were made."""
    return [_booking(row) for row in tx.fetch(_OF_ORDER, {"org_id": tx.org_id, "id": work_order_id})]


# Part of every ranking and of every change of an assignment, so they are rendered once.
_ASKED = Parameters(org_id=Uuid(), id=Uuid(), ids=ARRAY(Uuid()), start=INSTANT, end=INSTANT)


def _of_order() -> AnySelect:
    b, o, t = bookings.c, offers.c, technicians.c
    joined = bookings.join(technicians, and_(t.org_id == b.org_id, t.id == b.technician_id)).outerjoin(
        offers, and_(o.org_id == b.org_id, o.work_order_id == b.work_order_id, o.booking_id == b.id)
    )
    offered = (o.id.label("offer_id"), o.state.label("answer"), o.distance_m, o.decision_id, o.automatic)
    return (
        select(b.id, b.technician_id, t.name.label("technician_name"), b.role, b.state, b.known_reasons, *offered)
        .select_from(joined)
        .where(b.org_id == _ASKED.org_id, b.work_order_id == _ASKED.id, b.state.in_(HOLDING))
        .order_by(b.id)
    )


_OF_ORDER = Statement.of_columns(_of_order())


def list_orders_waiting_for(tx: Tx, technician_id: UUID) -> Sequence[UUID]:
    """The work orders for which this technician's time is held and not yet assigned, in the order of their ids."""
    b = bookings.c
    statement = select(b.work_order_id).where(
        b.org_id == tx.org_id, b.technician_id == technician_id, b.state == BookingState.OFFERED
    )
    return tx.conn.execute(statement.order_by(b.work_order_id)).scalars().all()


def list_schedule(tx: Tx, technician_id: UUID, *, limit: int, cursor: str | None = None) -> Page[Scheduled]:
    """What a technician leads or comes along to, by time.

    Time that is held without an offer is there, too; an offer that waits for an answer is not.
    """
    b = bookings.c
    statement = (
        select(b.id, b.work_order_id, b.starts_at, b.role)
        .where(b.org_id == tx.org_id, b.technician_id == technician_id, b.state.in_(HOLDING), ~to_be_answered(tx))
        .order_by(b.starts_at, b.id)
        .limit(limit + 1)
    )
    if cursor is not None:
        starts_at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(b.starts_at > starts_at, and_(b.starts_at == starts_at, b.id > last_id)))
    rows: Sequence[ResultRow] = tx.conn.execute(statement).all()
    found = page(rows, limit, lambda row: (row.starts_at.isoformat(), row.id))
    orders = list_work_orders_by_id(tx, [row.work_order_id for row in found.items])
    items = [Scheduled(orders[row.work_order_id], BookingRole(row.role)) for row in found.items]
    return Page(items, found.next_cursor)


def to_be_answered(tx: Tx) -> ColumnElement[bool]:
    """A predicate of bookings: an open offer stands behind it."""
    b, o = bookings.c, offers.c
    return exists().where(
        o.org_id == tx.org_id,
        o.work_order_id == b.work_order_id,
        o.booking_id == b.id,
        o.state == OfferState.OFFERED,
    )


def list_booked_times(tx: Tx, technician_ids: Collection[UUID], start: datetime, end: datetime) -> list[BookedTime]:
    """What fills these technicians' time between two instants, in order of start."""
    given = {"org_id": tx.org_id, "ids": list(technician_ids), "start": start, "end": end}
    rows = tx.fetch(_BOOKED_TIMES, given)
    return [BookedTime(row.technician_id, row.starts_at, row.ends_at, Kind(row.kind), row.state) for row in rows]


class _BookedTimeRow(NamedTuple):
    technician_id: UUID
    starts_at: datetime
    ends_at: datetime
    kind: str
    state: str


def _booked_times() -> AnySelect:
    b, w = bookings.c, work_orders.c
    return (
        select(b.technician_id, b.starts_at, b.ends_at, w.kind, w.state)
        .join(work_orders, and_(w.org_id == _ASKED.org_id, w.id == b.work_order_id))
        .where(
            b.org_id == _ASKED.org_id,
            b.technician_id == any_(_ASKED.ids),
            b.state.in_(BOOKED),
            b.occupied_until > _ASKED.start,
            b.starts_at < _ASKED.end,
        )
        .order_by(b.starts_at)
    )


_BOOKED_TIMES = Statement.of(_BookedTimeRow, _booked_times())


def find_booking_conflict(
    tx: Tx, technician_id: UUID, start: datetime, end: datetime, *, except_for: UUID
) -> BookingConflict | None:
    """The booking that holds this time of a technician, if any."""
    b = bookings.c
    holds = b.state.in_(HOLDING), b.occupied_until > start, b.occupied_from < end
    return _find_booking(tx, technician_id, except_for, *holds, first_by=b.starts_at)


def find_booking_before(
    tx: Tx, technician_id: UUID, moment: datetime, *, since: datetime, except_for: UUID
) -> BookingConflict | None:
    """The technician's last booking that ends between `since` and `moment`, done or to be done."""
    b = bookings.c
    before = b.state.in_(BOOKED), b.ends_at > since, b.ends_at <= moment
    return _find_booking(tx, technician_id, except_for, *before, first_by=b.ends_at.desc())


def find_booking_after(
    tx: Tx, technician_id: UUID, moment: datetime, *, until: datetime, except_for: UUID
) -> BookingConflict | None:
    """The technician's first booking that holds its time and begins between `moment` and `until`."""
    b = bookings.c
    after = b.state.in_(HOLDING), b.starts_at >= moment, b.starts_at < until
    return _find_booking(tx, technician_id, except_for, *after, first_by=b.starts_at)


def _find_booking(
    tx: Tx, technician_id: UUID, except_for: UUID, *which: ColumnElement[bool], first_by: ColumnElement[datetime]
) -> BookingConflict | None:
    b = bookings.c
    own = b.org_id == tx.org_id, b.technician_id == technician_id, b.work_order_id != except_for
    found = select(b.work_order_id, b.starts_at, b.ends_at).where(*own, *which).order_by(first_by).limit(1)
    row = tx.conn.execute(found).first()
    return None if row is None else BookingConflict(*row)


def _booking(row: ResultRow) -> Booking:
    return Booking(
        id=row.id,
        technician_id=row.technician_id,
        technician_name=row.technician_name,
        role=BookingRole(row.role),
        state=BookingState(row.state),
        offer_id=row.offer_id,
        answer=OfferState(row.answer) if row.answer else None,
        distance_m=row.distance_m,
        decision_id=row.decision_id,
        automatic=bool(row.automatic),
        known_reasons=tuple(row.known_reasons),
    )


def list_occupied_spans(
    tx: Tx, technician_ids: Sequence[UUID], within: Span, *, except_for: UUID
) -> dict[UUID, list[Span]]:
    """What the bookings of each technician occupy within a span, those of work order `except_for` left out."""
    b = bookings.c
    rows = tx.conn.execute(
        select(b.technician_id, b.occupied_from, b.occupied_until).where(
            b.org_id == tx.org_id,
            b.technician_id.in_(technician_ids),
            b.state.in_(HOLDING),
            b.occupied_until > within[0],
            b.occupied_from < within[1],
            b.work_order_id != except_for,
        )
    )
    found: dict[UUID, list[Span]] = {}
    for row in rows:
        found.setdefault(row.technician_id, []).append((row.occupied_from, row.occupied_until))
    return found


def count_overlapping_bookings(tx: Tx) -> int:
    """Pairs of bookings that hold the same technician's time at once."""
    a, b = bookings.alias("a").c, bookings.alias("b").c
    same = and_(b.org_id == a.org_id, b.technician_id == a.technician_id, b.id > a.id, b.occupies.overlaps(a.occupies))
    pairs = select(func.count()).where(a.org_id == tx.org_id, a.state.in_(HOLDING), b.state.in_(HOLDING), same)
    return tx.conn.execute(pairs).scalar_one()
