"""What became of the work of a period: answers, waiting, demand by hour, load and places, as far as a caller sees it.

All but what is pending now speaks of the work orders that were created in the period. Days and hours are those of each
order's store.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import func, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.insight.counting import (
    CONFIDENCES,
    DEMAND_BASES,
    DRIVE_BASES,
    KINDS,
    MODES,
    OUTCOMES,
    PLACE_BASES,
    PROVIDERS,
    SOURCES,
    CountedFinding,
    digits_of,
)
from geo_assign.insight.domain import (
    BOUNDS_M,
    BOUNDS_S,
    Acceptance,
    AcceptedAfter,
    AssignedAfter,
    ChosenAgainstNearest,
    DriveError,
    Farther,
    HourOfDemand,
    HourOfDuty,
    Insight,
    InsightQuestion,
    Load,
    OfStore,
    PlaceCount,
    Waiting,
)
from geo_assign.insight.duty_hours import HOURS_OF_DAY, HourSeconds
from geo_assign.insight.packing import PeriodTally, Spread
from geo_assign.insight.summed import read_tally
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import Kind, PendingReason, State
from geo_assign.workorders.tables import work_orders
from geo_assign.workorders.visibility import sees_work_order

MOST_TECHNICIANS = 200


def get_insight(tx: Tx, scope: Scope, question: InsightQuestion) -> Insight:
    """What became of the period's work."""
    tally = read_tally(tx, scope, question)
    return Insight(
        acceptance=_acceptance(tally),
        accepted_after=[AcceptedAfter(*one) for one in sorted(tally.count(CountedFinding.MINUTE).items())],
        assigned_after=_assigned_after(tally),
        waiting=_waiting(tx, scope, question),
        demand=_demand(tally),
        duty=_duty(tally),
        duty_known=_duty_known(tally, question),
        load=_load(tx, tally),
        places=_places(tally),
        drives=list(_drives(tally)),
        chosen=list(_chosen(tally)),
        by_store=_by_store(tally),
    )


def _acceptance(tally: PeriodTally) -> Acceptance:
    counts = tally.count(CountedFinding.OUTCOME)
    taken = tally.median_by_key(CountedFinding.TAKEN).get(0)
    outcomes = [counts.get(place, 0) for place, _ in enumerate(OUTCOMES, start=1)]
    return Acceptance._make([*outcomes, None if taken is None else taken.seconds])


def _assigned_after(tally: PeriodTally) -> list[AssignedAfter]:
    medians = tally.median_by_day(CountedFinding.WAITED)
    return sorted(AssignedAfter(day, Kind(KINDS[kind - 1]), *median) for (day, kind), median in medians.items())


def _demand(tally: PeriodTally) -> list[HourOfDemand]:
    hours: dict[tuple[int, int], HourOfDemand] = {}
    for key, number in tally.count(CountedFinding.DEMAND).items():
        weekday, hour, unserved = digits_of(key, *DEMAND_BASES)
        before = hours.get((weekday, hour), HourOfDemand(weekday, hour, 0, 0))
        hours[weekday, hour] = before._replace(
            orders=before.orders + number, unserved=before.unserved + number * unserved
        )
    return sorted(hours.values())


def _duty(tally: PeriodTally) -> list[HourOfDuty]:
    """Each store's means, together."""
    means = np.zeros((2, 7, HOURS_OF_DAY))
    is_known = np.zeros((7, HOURS_OF_DAY), bool)
    for week in tally.hours_by_store.values():
        known, *seconds = week.transpose(1, 0, 2)
        is_known |= known > 0
        means += np.divide(seconds, known, where=known > 0, out=np.zeros_like(means))
    return [
        HourOfDuty(int(day) + 1, int(hour), *(round(float(mean), 2) for mean in means[:, day, hour]))
        for day, hour in np.argwhere(is_known)
    ]


def _duty_known(tally: PeriodTally, question: InsightQuestion) -> float:
    first, last = question.within
    so_far_s = (min(last, question.at) - first).total_seconds()
    weeks = list(tally.hours_by_store.values())
    if so_far_s <= 0 or not weeks:
        return 0.0
    return min(1.0, round(float(sum(week[:, 0].sum() for week in weeks)) / so_far_s / len(weeks), 3))


def _places(tally: PeriodTally) -> list[PlaceCount]:
    places: dict[tuple[int, int], PlaceCount] = {}
    for key, number in tally.count(CountedFinding.PLACE).items():
        source, confidence, learned = digits_of(key, *PLACE_BASES)
        none = PlaceCount(_name(SOURCES, source), _name(CONFIDENCES, confidence), 0, 0)
        before = places.get((source, confidence), none)
        places[source, confidence] = before._replace(
            orders=before.orders + number, learned=before.learned + number * learned
        )
    # The most first; without a place last among those alike.
    return sorted(
        places.values(),
        key=lambda one: (-one.orders, one.source is None, one.source, one.confidence is None, one.confidence),
    )


def _name(names: Sequence[str], place: int) -> str | None:
    return None if place == 0 else names[place - 1]


def _drives(tally: PeriodTally) -> Iterator[DriveError]:
    took = tally.median_by_key(CountedFinding.TOOK)
    estimated_off = tally.median_by_key(CountedFinding.ESTIMATED_OFF)
    told_off = tally.median_by_key(CountedFinding.TOLD_OFF)
    by_provider = ((_name(PROVIDERS, digits_of(key, *DRIVE_BASES)[0]) or "", key) for key in took)
    for provider, key in sorted(by_provider):
        hour = digits_of(key, *DRIVE_BASES)[1]
        drives, seconds = took[key]
        yield DriveError(provider, hour, drives, seconds, estimated_off[key].seconds, told_off[key].seconds)


def _chosen(tally: PeriodTally) -> Iterator[ChosenAgainstNearest]:
    metres, seconds = (
        tally.spread(finding, (0, *bounds))
        for finding, bounds in ((CountedFinding.FARTHER_M, BOUNDS_M), (CountedFinding.FARTHER_S, BOUNDS_S))
    )
    outside = tally.count(CountedFinding.OUTSIDE)
    for place, mode in enumerate(MODES, start=1):
        if place in metres or place in outside:
            farther_m, farther_s = _farther(metres.get(place)), _farther(seconds.get(place))
            yield ChosenAgainstNearest(
                mode, farther_m.nearest + sum(farther_m.bands), outside.get(place, 0), farther_m, farther_s
            )


def _farther(spread: Spread | None) -> Farther:
    if spread is None:
        return Farther(0, (0, 0, 0), None)
    nearest, *bands = spread.numbers
    return Farther(nearest, bands, spread.total / sum(bands) if sum(bands) else None)


def _by_store(tally: PeriodTally) -> list[OfStore]:
    hours = tally.hours_by_store
    nothing = np.zeros((7, 3, HOURS_OF_DAY), np.int64)
    return [_of_store(store_id, one, hours.get(store_id, nothing)) for store_id, one in tally.by_store().items()]


def _of_store(store_id: UUID, tally: PeriodTally, hours: HourSeconds) -> OfStore:
    acceptance, chosen = _acceptance(tally), list(_chosen(tally))
    demand = _demand(tally)
    assigned = tally.median(CountedFinding.WAITED)
    return OfStore(
        store_id,
        orders=sum(hour.orders for hour in demand),
        unserved=sum(hour.unserved for hour in demand),
        accepted=acceptance.accepted,
        answered=acceptance.accepted + acceptance.rejected + acceptance.expired,
        median_accept_s=acceptance.median_s,
        median_assign_s=None if assigned is None else assigned.seconds,
        nearest=sum(one.farther_m.nearest for one in chosen),
        chosen=sum(one.orders for one in chosen),
        on_duty_s=int(hours[:, 1].sum()),
        free_s=int(hours[:, 2].sum()),
    )


def _waiting(tx: Tx, scope: Scope, question: InsightQuestion) -> list[Waiting]:
    w = work_orders.c
    conditions = [w.org_id == tx.org_id, sees_work_order(viewer_of(tx, scope))]
    if question.store_ids:
        conditions.append(w.store_id.in_(question.store_ids))
    if question.group_id is not None:
        conditions.append(w.group_id == question.group_id)
    number = func.count().label("orders")
    rows = tx.conn.execute(
        select(w.pending_reason, w.kind, number, func.min(w.created_at))
        .where(w.pending_reason.is_not(None), w.state == State.PENDING, *conditions)
        .group_by(w.pending_reason, w.kind)
        .order_by(number.desc(), w.pending_reason, w.kind)
    )
    return [Waiting(PendingReason(one.pending_reason), Kind(one.kind), *one[2:]) for one in rows]


def _load(tx: Tx, tally: PeriodTally) -> list[Load]:
    loads = tally.list_loads(MOST_TECHNICIANS)
    t = technicians.c
    named = select(t.id, t.name).where(t.org_id == tx.org_id, t.id.in_([one.technician_id for one in loads]))
    names = {row.id: row.name for row in tx.conn.execute(named)}
    busiest = sorted(loads, key=lambda one: (-one.micros, names[one.technician_id], one.technician_id))
    return [
        Load(one.technician_id, names[one.technician_id], one.number, one.micros / 1e6)
        for one in busiest[:MOST_TECHNICIANS]
    ]
