"""What became of the work of a period: answers, waiting, demand by hour, load and places, as far as a caller sees it.

All but what is pending now speaks of the work orders that were created in the period. Days and hours are those of each
order's store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Double,
    Integer,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn, AnySelect, AnyType
from geo_assign.core.spans import Span
from geo_assign.workforce.tables import stores, technicians
from geo_assign.workorders.domain import BookingState, Kind, OfferState, PendingReason, State
from geo_assign.workorders.tables import bookings, drives, offers, work_order_events, work_orders
from geo_assign.workorders.visibility import sees_work_order

LAST_MINUTE = 10
"""Answers that took this many minutes or longer are counted together."""
MOST_TECHNICIANS = 200
_HAS_TIME = (BookingState.ASSIGNED, BookingState.DONE)


@dataclass(frozen=True, slots=True)
class InsightQuestion:
    """Work orders created within a span, of one store or group, or all that the caller sees."""

    within: Span
    at: datetime
    store_id: UUID | None = None
    group_id: UUID | None = None


class Acceptance(NamedTuple):
    """Offers by what became of them, and the seconds until half of those accepted were."""

    accepted: int
    rejected: int
    expired: int
    withdrawn: int
    open: int
    median_s: float | None


class AcceptedAfter(NamedTuple):
    """How many offers were accepted within this minute after they were made; the last stands for it and later."""

    minute: int
    offers: int


class AssignedAfter(NamedTuple):
    """Of one day's orders of a kind those that a technician got, and the seconds until half of them had one."""

    day: date
    kind: Kind
    orders: int
    median_s: float


class Waiting(NamedTuple):
    """What is pending now for one reason."""

    reason: PendingReason
    kind: Kind
    orders: int
    oldest_at: datetime


class HourOfDemand(NamedTuple):
    """Orders whose slot begins in one hour of the week; `unserved` never had a technician and are over or cancelled."""

    weekday: int
    """1 is Monday."""
    hour: int
    orders: int
    unserved: int


class Load(NamedTuple):
    """What one technician has, or had, to do."""

    technician_id: UUID
    name: str
    orders: int
    seconds: float


class PlaceCount(NamedTuple):
    """Orders by where their place comes from, and how exact it is; both null without a place.

    `learned` of them have it from a learned pin.
    """

    source: str | None
    confidence: str | None
    orders: int
    learned: int


class DriveError(NamedTuple):
    """Drives that began in one hour of the day, by what estimated them: medians of seconds.

    `took_s`: what they took; `estimated_off_s` and `told_off_s`: how far off they were as estimated, and as told with
    what the store had learned by then.
    """

    provider: str
    hour: int
    drives: int
    took_s: float
    estimated_off_s: float
    told_off_s: float


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything that is told of a period."""

    acceptance: Acceptance
    accepted_after: Sequence[AcceptedAfter]
    assigned_after: Sequence[AssignedAfter]
    waiting: Sequence[Waiting]
    demand: Sequence[HourOfDemand]
    load: Sequence[Load]
    places: Sequence[PlaceCount]
    drives: Sequence[DriveError]


def get_insight(tx: Tx, scope: Scope, question: InsightQuestion) -> Insight:
    """What became of the period's work."""
    cohort = _cohort(tx, scope, question)
    acceptance, accepted_after = _answers(tx, cohort)
    assigned_after, demand, places = _of_orders(tx, cohort, question.at)
    return Insight(
        acceptance=acceptance,
        accepted_after=accepted_after,
        assigned_after=assigned_after,
        waiting=_waiting(tx, scope, question),
        demand=demand,
        load=_load(tx, cohort),
        places=places,
        drives=_drives(tx, cohort),
    )


def _cohort(tx: Tx, scope: Scope, question: InsightQuestion) -> CTE:
    w, s = work_orders.c, stores.c
    first, last = question.within
    return (
        select(
            w.id,
            w.kind,
            w.state,
            w.created_at,
            w.slot_start,
            w.slot_end,
            w.location_source,
            w.location_confidence,
            w.location_learned.is_not(None).label("is_learned"),
            s.timezone,
        )
        .select_from(work_orders.join(stores, and_(s.org_id == tx.org_id, s.id == w.store_id)))
        .where(w.created_at >= first, w.created_at < last, *_seen(tx, scope, question))
        .cte("cohort")
    )


def _seen(tx: Tx, scope: Scope, question: InsightQuestion) -> list[ColumnElement[bool]]:
    w = work_orders.c
    conditions = [w.org_id == tx.org_id, sees_work_order(viewer_of(tx, scope))]
    if question.store_id is not None:
        conditions.append(w.store_id == question.store_id)
    if question.group_id is not None:
        conditions.append(w.group_id == question.group_id)
    return conditions


def _answers(tx: Tx, cohort: CTE) -> tuple[Acceptance, list[AcceptedAfter]]:
    """What became of the cohort's offers; the minutes of those accepted. Each offer is read once."""
    o = offers.c
    taken_s = cast(extract("epoch", o.responded_at - o.offered_at), Double)
    minute = cast(func.least(func.floor(taken_s / 60) + 1, LAST_MINUTE), Integer)
    accepted = o.state == OfferState.ACCEPTED
    answers = (
        select(o.state, case((accepted, taken_s)).label("taken_s"), case((accepted, minute)).label("minute"))
        .where(o.org_id == tx.org_id, o.work_order_id == cohort.c.id)
        .cte("answers")
        .prefix_with("MATERIALIZED")
    )
    a = answers.c
    median = func.percentile_cont(0.5).within_group(a.taken_s)
    rows = tx.conn.execute(
        union_all(
            select(
                a.state, null().cast(Integer).label("minute"), func.count().label("offers"), median.label("median_s")
            ).group_by(a.state),
            select(null().cast(Text), a.minute, func.count(), null().cast(Double))
            .where(a.minute.is_not(None))
            .group_by(a.minute),
        )
    ).all()
    of_state = {row.state: row for row in rows if row.state is not None}
    counts = [of_state[state].offers if state in of_state else 0 for state in _OUTCOMES]
    taken = of_state.get(OfferState.ACCEPTED)
    minutes = sorted((row.minute, row.offers) for row in rows if row.minute is not None)
    acceptance = Acceptance._make([*counts, None if taken is None else taken.median_s])
    return acceptance, [AcceptedAfter(*one) for one in minutes]


_OUTCOMES = (
    OfferState.ACCEPTED,
    OfferState.REJECTED,
    OfferState.EXPIRED,
    OfferState.WITHDRAWN,
    OfferState.OFFERED,
)


def _first_assigned(tx: Tx, cohort: CTE) -> CTE:
    """When each order of the cohort first had a technician."""
    e = work_order_events.c
    return (
        select(e.work_order_id, func.min(e.at).label("at"))
        .where(e.org_id == tx.org_id, e.state == State.ASSIGNED, e.work_order_id == cohort.c.id)
        .group_by(e.work_order_id)
        .cte("first_assigned")
    )


def _facts(tx: Tx, cohort: CTE, at: datetime) -> CTE:
    """A row for each order of the cohort: what is counted of it, in its store's days and hours."""
    c, first = cohort.c, _first_assigned(tx, cohort)
    begins = func.timezone(c.timezone, c.slot_start)
    is_over = or_(c.slot_end < at, c.state == State.CANCELLED)
    return (
        select(
            c.kind,
            c.location_source,
            c.location_confidence,
            c.is_learned,
            cast(func.timezone(c.timezone, c.created_at), Date).label("day"),
            cast(extract("epoch", first.c.at - c.created_at), Double).label("waited_s"),
            cast(extract("isodow", begins), Integer).label("weekday"),
            cast(extract("hour", begins), Integer).label("hour"),
            and_(first.c.at.is_(None), is_over, c.state != State.CONVERTED).label("is_unserved"),
        )
        .select_from(cohort.outerjoin(first, first.c.work_order_id == c.id))
        .cte("facts")
        .prefix_with("MATERIALIZED")
    )


def _of_orders(tx: Tx, cohort: CTE, at: datetime) -> tuple[list[AssignedAfter], list[HourOfDemand], list[PlaceCount]]:
    """Three findings of one reading of the cohort and its history."""
    f = _facts(tx, cohort, at).c
    number, median = func.count(), func.percentile_cont(0.5).within_group(f.waited_s)
    unserved, learned = func.count(case((f.is_unserved, 1))), func.count(case((f.is_learned, 1)))
    rows = tx.conn.execute(
        union_all(
            _finding("assigned", number, median_s=median, day=f.day, first=f.kind)
            .where(f.waited_s.is_not(None))
            .group_by(f.day, f.kind),
            _finding("demand", number, unserved=unserved, weekday=f.weekday, hour=f.hour).group_by(f.weekday, f.hour),
            _finding("place", number, learned=learned, first=f.location_source, second=f.location_confidence).group_by(
                f.location_source, f.location_confidence
            ),
        )
    ).all()
    assigned = [
        AssignedAfter(row.day, Kind(row.first), row.orders, row.median_s) for row in rows if row.finding == "assigned"
    ]
    demand = [HourOfDemand(row.weekday, row.hour, row.orders, row.unserved) for row in rows if row.finding == "demand"]
    places = [PlaceCount(row.first, row.second, row.orders, row.learned) for row in rows if row.finding == "place"]
    # The most first; without a place last among those alike.
    places.sort(key=lambda one: (-one.orders, one.source is None, one.source, one.confidence is None, one.confidence))
    return sorted(assigned, key=lambda one: (one.day, one.kind)), sorted(demand), places


_MEMBERS: Mapping[str, AnyType] = {
    "unserved": Integer(),
    "learned": Integer(),
    "median_s": Double(),
    "day": Date(),
    "weekday": Integer(),
    "hour": Integer(),
    "first": Text(),
    "second": Text(),
}


def _finding(name: str, orders: AnyColumn, **members: AnyColumn) -> AnySelect:
    """Rows of one finding; the members that belong to others are null."""
    shown = (cast(members.get(member, null()), kind).label(member) for member, kind in _MEMBERS.items())
    return select(cast(literal(name), Text).label("finding"), orders.label("orders"), *shown)


def _waiting(tx: Tx, scope: Scope, question: InsightQuestion) -> list[Waiting]:
    w = work_orders.c
    number = func.count().label("orders")
    rows = tx.conn.execute(
        select(w.pending_reason, w.kind, number, func.min(w.created_at))
        .where(w.pending_reason.is_not(None), w.state == State.PENDING, *_seen(tx, scope, question))
        .group_by(w.pending_reason, w.kind)
        .order_by(number.desc(), w.pending_reason, w.kind)
    )
    return [Waiting(PendingReason(one.pending_reason), Kind(one.kind), *one[2:]) for one in rows]


def _load(tx: Tx, cohort: CTE) -> list[Load]:
    b, t = bookings.c, technicians.c
    seconds = cast(func.sum(extract("epoch", b.ends_at - b.starts_at)), Double).label("seconds")
    rows = tx.conn.execute(
        select(t.id, t.name, func.count(), seconds)
        .where(
            b.org_id == tx.org_id,
            b.work_order_id == cohort.c.id,
            b.state.in_(_HAS_TIME),
            t.org_id == tx.org_id,
            t.id == b.technician_id,
        )
        .group_by(t.id, t.name)
        .order_by(seconds.desc(), t.name, t.id)
        .limit(MOST_TECHNICIANS)
    )
    return [Load(*row) for row in rows]


def _drives(tx: Tx, cohort: CTE) -> list[DriveError]:
    d = drives.c
    medians = [
        func.percentile_cont(0.5).within_group(seconds)
        for seconds in (d.seconds, func.abs(d.seconds - d.estimated_s), func.abs(d.seconds - d.told_s))
    ]
    rows = tx.conn.execute(
        select(d.provider, d.hour, func.count(), *medians)
        .where(d.org_id == tx.org_id, d.work_order_id == cohort.c.id, d.seconds.is_not(None))
        .group_by(d.provider, d.hour)
        .order_by(d.provider, d.hour)
    )
    return [DriveError(*row) for row in rows]
