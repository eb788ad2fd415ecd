"""What became of the work of a period: answers, waiting, demand by hour, load and places, as far as a caller sees it.

All but what is pending now speaks of the work orders that were created in the period. Days and hours are those of each
order's store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Date, Double, Integer, and_, case, cast, extract, func, or_, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.workforce.tables import stores, technicians
from geo_assign.workorders.domain import BookingState, Kind, OfferState, PendingReason, State
from geo_assign.workorders.tables import bookings, offers, work_order_events, work_orders
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
    """Orders by where their place comes from, and how exact it is; both null without a place."""

    source: str | None
    confidence: str | None
    orders: int


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


def get_insight(tx: Tx, scope: Scope, question: InsightQuestion) -> Insight:
    """What became of the period's work."""
    cohort = _cohort(tx, scope, question)
    return Insight(
        acceptance=_acceptance(tx, cohort),
        accepted_after=_accepted_after(tx, cohort),
        assigned_after=_assigned_after(tx, cohort),
        waiting=_waiting(tx, scope, question),
        demand=_demand(tx, cohort, question.at),
        load=_load(tx, cohort),
        places=_places(tx, cohort),
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


def _acceptance(tx: Tx, cohort: CTE) -> Acceptance:
    o = offers.c
    taken_s = extract("epoch", o.responded_at - o.offered_at)
    accepted = o.state == OfferState.ACCEPTED
    counts = [func.count().filter(o.state == state).label(state) for state in _OUTCOMES]
    median = func.percentile_cont(0.5).within_group(cast(taken_s, Double)).filter(accepted)
    row = tx.conn.execute(select(*counts, median).where(o.org_id == tx.org_id, o.work_order_id == cohort.c.id)).one()
    return Acceptance._make(row)


_OUTCOMES = (
    OfferState.ACCEPTED,
    OfferState.REJECTED,
    OfferState.EXPIRED,
    OfferState.WITHDRAWN,
    OfferState.OFFERED,
)


def _accepted_after(tx: Tx, cohort: CTE) -> list[AcceptedAfter]:
    o = offers.c
    minutes = func.floor(extract("epoch", o.responded_at - o.offered_at) / 60) + 1
    minute = cast(func.least(minutes, LAST_MINUTE), Integer).label("minute")
    accepted = (o.org_id == tx.org_id, o.work_order_id == cohort.c.id, o.state == OfferState.ACCEPTED)
    rows = tx.conn.execute(select(minute, func.count()).where(*accepted).group_by(minute).order_by(minute))
    return [AcceptedAfter(*row) for row in rows]


def _first_assigned(tx: Tx, cohort: CTE) -> CTE:
    """When each order of the cohort first had a technician."""
    e = work_order_events.c
    return (
        select(e.work_order_id, func.min(e.at).label("at"))
        .where(e.org_id == tx.org_id, e.state == State.ASSIGNED, e.work_order_id == cohort.c.id)
        .group_by(e.work_order_id)
        .cte("first_assigned")
    )


def _assigned_after(tx: Tx, cohort: CTE) -> list[AssignedAfter]:
    c, first = cohort.c, _first_assigned(tx, cohort)
    day = cast(func.timezone(c.timezone, c.created_at), Date).label("day")
    waited_s = cast(extract("epoch", first.c.at - c.created_at), Double)
    median = func.percentile_cont(0.5).within_group(waited_s)
    rows = tx.conn.execute(
        select(day, c.kind, func.count(), median)
        .where(first.c.work_order_id == c.id)
        .group_by(day, c.kind)
        .order_by(day, c.kind)
    )
    return [AssignedAfter(one.day, Kind(one.kind), *one[2:]) for one in rows]


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


def _demand(tx: Tx, cohort: CTE, at: datetime) -> list[HourOfDemand]:
    c, first = cohort.c, _first_assigned(tx, cohort)
    begins = func.timezone(c.timezone, c.slot_start)
    weekday = cast(extract("isodow", begins), Integer).label("weekday")
    hour = cast(extract("hour", begins), Integer).label("hour")
    is_over = or_(c.slot_end < at, c.state == State.CANCELLED)
    unserved = func.count(case((and_(first.c.at.is_(None), is_over, c.state != State.CONVERTED), 1)))
    rows = tx.conn.execute(
        select(weekday, hour, func.count(), unserved)
        .select_from(cohort.outerjoin(first, first.c.work_order_id == c.id))
        .group_by(weekday, hour)
        .order_by(weekday, hour)
    )
    return [HourOfDemand(*row) for row in rows]


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


def _places(tx: Tx, cohort: CTE) -> list[PlaceCount]:
    c = cohort.c
    number = func.count().label("orders")
    rows = tx.conn.execute(
        select(c.location_source, c.location_confidence, number)
        .group_by(c.location_source, c.location_confidence)
        .order_by(number.desc(), c.location_source, c.location_confidence)
    )
    return [PlaceCount(*row) for row in rows]
