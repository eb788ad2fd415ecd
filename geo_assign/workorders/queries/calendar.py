"""The calendar: who works when, what fills that time, what is free, and what no technician has.

A few statements, whatever the span: technicians by page, then all of theirs by their ids and plain start and end
columns, which keep their index under row security where range operators do not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from geo_assign.access.domain import Scope
from geo_assign.access.queries import after
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import ResultRow
from geo_assign.core.spans import Span, clip, subtract
from geo_assign.workforce.hours_exceptions import list_away, list_working_times
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.tables import (
    service_groups,
    service_providers,
    stores,
    technician_groups,
    technicians,
)
from geo_assign.workforce.visibility import sees_store, sees_technician
from geo_assign.workforce.working_time import working_spans
from geo_assign.workorders.domain import (
    BOOKED,
    HOLDING,
    UNDER_WAY,
    WAITING,
    BookingState,
    Kind,
    OfferState,
    State,
    title_of,
)
from geo_assign.workorders.queries.work_orders import number_text
from geo_assign.workorders.tables import bookings, offers, work_orders
from geo_assign.workorders.visibility import sees_work_order

# Rows of the unassigned that one answer holds; there may be more, and then it says so.
UNASSIGNED_LIMIT = 500

Fill = Literal["hollow", "dashed", "soft", "solid", "faded"]
"""How a bar is drawn: without a technician, held by an offer, assigned, under way, done."""


class NamedProvider(TypedDict):
    """A service provider by name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class CalendarQuestion:
    """Whose time, between two instants: technicians of one store or group, or all of the caller's."""

    within: Span
    at: datetime
    store_id: UUID | None = None
    group_id: UUID | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A work order in a technician's row, or among the unassigned. Times in UTC; `family` and `fill` are its colour."""

    work_order_id: UUID
    number: str
    title: str
    kind: Kind
    state: State
    store_id: UUID
    family: Kind
    fill: Fill
    start: datetime
    end: datetime
    role: str | None
    occupied_from: datetime | None
    offer_expires_at: datetime | None
    priority: int
    pinned: bool
    customer_name: str | None
    has_location: bool


@dataclass(frozen=True, slots=True)
class TechnicianRow:
    """One technician's time. `busy`: held by work that the caller may not see. Hours and time off end with the span."""

    id: UUID
    name: str
    store_id: UUID
    provider: NamedProvider | None
    on_duty: bool
    active: bool
    bookings: Sequence[Entry]
    busy: Sequence[Span]
    hours: Sequence[Span]
    free: Sequence[Span]
    time_off: Sequence[Span]


@dataclass(frozen=True, slots=True)
class UnassignedWork:
    """Work without a technician, by the start of its slot; `total` counts also what is beyond the first `items`."""

    items: Sequence[Entry]
    total: int


def common_zone(tx: Tx, scope: Scope) -> ZoneInfo:
    """The zone of all active stores that the caller sees; UTC when they differ."""
    zones = select(stores.c.timezone).where(
        stores.c.org_id == tx.org_id, stores.c.active, sees_store(viewer_of(tx, scope))
    )
    names = tx.conn.execute(zones.distinct().limit(2)).scalars().all()
    return get_zone(names[0] if len(names) == 1 else "UTC")


def list_calendar(tx: Tx, scope: Scope, question: CalendarQuestion) -> Page[TechnicianRow]:
    """The technicians of the scope by name, each with their time within the question's span."""
    people = _people(tx, scope, question)
    ids = [person.id for person in people.items]
    booked, away = _bookings(tx, scope, question.within, ids), list_away(tx, ids, question.within)
    working = list_working_times(tx, ids, question.within)
    rows = []
    for person in people.items:
        hours = clip(working_spans(working[person.id], question.within), question.within)
        rows.append(_row(person, booked[person.id], hours=hours, off=clip(away.get(person.id, ()), question.within)))
    return Page(rows, people.next_cursor)


def list_unassigned(tx: Tx, scope: Scope, question: CalendarQuestion) -> UnassignedWork:
    """The work orders of the scope that wait, not even offered, whose slot touches the span.

    Those wanted as soon as possible stand at the question's `at`, not in the past.
    """
    w, (start, end) = work_orders.c, question.within
    begins = case((w.slot_given, w.slot_start), else_=func.greatest(w.slot_start, question.at))
    ends = case((w.slot_given, w.slot_end), else_=begins + (w.slot_end - w.slot_start))
    conditions = [
        w.org_id == tx.org_id,
        w.state.in_(sorted(WAITING)),
        w.slot_start < end,
        begins < end,
        ends > start,
        sees_work_order(viewer_of(tx, scope)),
        *_belongs(question),
    ]
    shown = select(*_ORDER, begins.label("starts_at"), ends.label("ends_at"), func.count().over().label("total"))
    rows = tx.conn.execute(shown.where(*conditions).order_by(begins, w.id).limit(UNASSIGNED_LIMIT)).all()
    return UnassignedWork([_entry(row) for row in rows], rows[0].total if rows else 0)


_w = work_orders.c
_ORDER = (
    _w.id.label("work_order_id"),
    _w.kind,
    _w.number,
    _w.state,
    _w.store_id,
    _w.device,
    _w.priority,
    _w.pinned,
    _w.customer["name"].astext.label("customer_name"),
    _w.lat.is_not(None).label("has_location"),
)


def _people(tx: Tx, scope: Scope, question: CalendarQuestion) -> Page[ResultRow]:
    """Who works here, and who no longer does but has time booked within the span."""
    t, v, b = technicians.c, service_providers.c, bookings.c
    start, end = question.within
    has_bookings = exists().where(
        b.org_id == tx.org_id, b.technician_id == t.id, _is_shown(), b.occupied_until > start, b.starts_at < end
    )
    provider = technicians.outerjoin(service_providers, and_(v.org_id == t.org_id, v.id == t.provider_id))
    conditions = [sees_technician(viewer_of(tx, scope)), or_(t.active, has_bookings), *_of(tx, question)]
    if question.cursor is not None:
        conditions.append(after(t.name, t.id, decode(question.cursor, str, UUID)))
    rows = tx.conn.execute(
        select(t.id, t.name, t.store_id, t.on_duty, t.active, t.provider_id, v.name.label("provider_name"))
        .select_from(provider)
        .where(t.org_id == tx.org_id, *conditions)
        .order_by(t.name, t.id)
        .limit(question.limit + 1)
    )
    return page(list[ResultRow](rows), question.limit, lambda person: (person.name, person.id))


def _of(tx: Tx, question: CalendarQuestion) -> Iterator[ColumnElement[bool]]:
    """Of one store: who belongs to it or to one of its groups. Of one group: its members."""
    t, g, m = technicians.c, service_groups.c, technician_groups.c
    members = select(m.technician_id).where(m.org_id == tx.org_id)
    if question.group_id is not None:
        yield t.id.in_(members.where(m.group_id == question.group_id))
    if question.store_id is not None:
        groups = select(g.id).where(g.org_id == tx.org_id, g.store_id == question.store_id)
        yield or_(t.store_id == question.store_id, t.id.in_(members.where(m.group_id.in_(groups))))


def _belongs(question: CalendarQuestion) -> Iterator[ColumnElement[bool]]:
    if question.store_id is not None:
        yield work_orders.c.store_id == question.store_id
    if question.group_id is not None:
        yield work_orders.c.group_id == question.group_id


def _is_shown() -> ColumnElement[bool]:
    return bookings.c.state.in_(BOOKED)


def _bookings(tx: Tx, scope: Scope, within: Span, ids: Collection[UUID]) -> dict[UUID, list[ResultRow]]:
    """What fills these people's time, by start; `visible` says whether the work order is the caller's to see."""
    b, o, (start, end) = bookings.c, offers.c, within
    joined = bookings.join(work_orders, and_(_w.org_id == b.org_id, _w.id == b.work_order_id)).outerjoin(
        offers,
        and_(
            o.org_id == b.org_id,
            o.work_order_id == b.work_order_id,
            o.technician_id == b.technician_id,
            o.state == OfferState.OFFERED,
        ),
    )
    times = (b.technician_id, b.role, b.state.label("booking_state"), b.starts_at, b.ends_at)
    occupied = (b.occupied_from, b.occupied_until, o.expires_at, sees_work_order(viewer_of(tx, scope)).label("visible"))
    statement = (
        select(*_ORDER, *times, *occupied)
        .select_from(joined)
        .where(
            b.org_id == tx.org_id,
            b.technician_id.in_(ids),
            _is_shown(),
            b.occupied_until > start,
            b.occupied_from < end,
        )
        .order_by(b.starts_at, b.id)
    )
    found: dict[UUID, list[ResultRow]] = defaultdict(list)
    for row in tx.conn.execute(statement):
        found[row.technician_id].append(row)
    return found


def _row(
    person: ResultRow, booked: Sequence[ResultRow], *, hours: Sequence[Span], off: Sequence[Span]
) -> TechnicianRow:
    held = [(row.occupied_from, row.occupied_until) for row in booked if row.booking_state in HOLDING]
    provider: NamedProvider | None = (
        {"id": person.provider_id, "name": person.provider_name} if person.provider_id else None
    )
    return TechnicianRow(
        id=person.id,
        name=person.name,
        store_id=person.store_id,
        provider=provider,
        on_duty=person.on_duty,
        active=person.active,
        bookings=[_entry(row, booking=row) for row in booked if row.visible],
        busy=[(row.occupied_from, row.occupied_until) for row in booked if not row.visible],
        hours=hours,
        free=subtract(hours, [*off, *held]) if person.active else [],
        time_off=off,
    )


def _entry(row: ResultRow, *, booking: ResultRow | None = None) -> Entry:
    kind, state = Kind(row.kind), State(row.state)
    number = number_text(kind, row.number)
    return Entry(
        work_order_id=row.work_order_id,
        number=number,
        title=title_of(row.device) or number,
        kind=kind,
        state=state,
        store_id=row.store_id,
        family=kind,
        fill=_fill(state, None if booking is None else BookingState(booking.booking_state)),
        start=row.starts_at,
        end=row.ends_at,
        role=None if booking is None else booking.role,
        occupied_from=None if booking is None else booking.occupied_from,
        offer_expires_at=None if booking is None else booking.expires_at,
        priority=row.priority,
        pinned=row.pinned,
        customer_name=row.customer_name,
        has_location=row.has_location,
    )


def _fill(state: State, booking: BookingState | None) -> Fill:
    if booking is None:
        return "hollow"
    if booking is BookingState.DONE:
        return "faded"
    if booking is BookingState.OFFERED:
        return "dashed"
    return "solid" if state in UNDER_WAY else "soft"
