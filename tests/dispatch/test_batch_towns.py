"""A batch against every plan there is: totals and receipts are true, and no plan beats it."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.dispatch.commands.optimizing import BatchRequest
from geo_assign.dispatch.solved import Optimized
from geo_assign.receipts.domain import BatchEntry, Decision
from geo_assign.receipts.queries import get_decision
from tests.day import Day
from tests.dispatch.batch_towns import Town, random_town
from tests.thoroughness import times

_EACH = times(2, 4)
"""Towns in one database."""


@pytest.mark.parametrize("first", range(0, times(_EACH, 200), _EACH))
def test_batches_of_random_towns_are_the_best_and_true(day: Day, first: int) -> None:
    for number in range(first, first + _EACH):
        town = random_town(Random(f"town {number}").randrange(10**9), number)
        group = f"g{number}"
        town.build(day, group)
        wanted = BatchRequest(group_id=day.group(group), mode="offer" if town.as_offers else "assign")
        preview, _ = day.dispatch.optimize(day.boss, wanted, commit=False)
        check_plan(day, town, preview)
        given, _ = day.dispatch.optimize(day.boss, wanted, commit=True)
        assert [pair.lost for pair in given.pairs] == [None] * len(given.pairs)
        assert told(day, given) == told(day, preview)
        if given.pairs:
            check_receipts(day, town, given)


class Told(NamedTuple):
    """Who gets a job, and how far away the technician is: to a hundred metres where that is all one may know."""

    name: str
    metres: float
    off_m: float


def told(day: Day, found: Optimized) -> dict[str, Told]:
    """By job."""
    return {
        day.job(pair.chosen.order.id): Told(
            day.letter(pair.chosen.technician_id),
            pair.chosen.distance_m,
            50.051 if pair.chosen.technician_id in found.coarse else 0.051,
        )
        for pair in found.pairs
    }


def check_plan(day: Day, town: Town, found: Optimized) -> None:
    """It can be, its ways are true, and it is the best of all."""
    plan, totals = told(day, found), found.totals
    ways = town.worth({job: one.name for job, one in plan.items()})
    assert ways is not None, plan
    for job, one in plan.items():
        assert one.metres == pytest.approx(ways[job], abs=one.off_m)
    served, least_m = town.best()
    assert totals.assigned == totals.bound_assigned == served == len(plan)
    assert totals.bound_m == totals.optimal_m
    assert sum(ways.values()) == pytest.approx(least_m, abs=0.1 * len(town.jobs))
    assert totals.optimal_m == pytest.approx(least_m, abs=50.051 if found.coarse else 0.1 * len(town.jobs))
    assert (totals.greedy_assigned, -totals.greedy_m) <= (totals.assigned, -totals.optimal_m + 0.1 * len(town.jobs))


def check_receipts(day: Day, town: Town, found: Optimized) -> None:
    """What is kept is exact: each receipt's distance is that of its candidate, sums are those of the ways."""
    receipts = [receipt_of(day, day.job(pair.chosen.order.id)) for pair in found.pairs]
    batches = [batch_of(receipt) for receipt in receipts]
    for receipt, batch in zip(receipts, batches, strict=True):
        candidates = {one["technician_id"]: one["distance_m"] for one in receipt.candidates}
        assert candidates[str(receipt.chosen_technician_id)] == pytest.approx(batch["chosen"]["distance_m"], abs=0.051)
    for batch in batches:
        assert batch["optimal_m"] == pytest.approx(sum(one["chosen"]["distance_m"] for one in batches), abs=1e-6)
    check_greedy(day, town, receipts)


def check_greedy(day: Day, town: Town, receipts: Sequence[Decision]) -> None:
    """The ways that greedy's choices would have come to, where all of them are told."""
    batches = [batch_of(receipt) for receipt in receipts]
    alone = {
        day.job(receipt.work_order_id): one
        for receipt, batch in zip(receipts, batches, strict=True)
        if (one := batch["greedy"]) is not None
    }
    if len(alone) < batches[0]["greedy_assigned"]:
        return
    ways = town.worth({job: day.letter(one["technician_id"]) for job, one in alone.items()})
    assert ways is not None
    assert {job: one["distance_m"] for job, one in alone.items()} == pytest.approx(ways, abs=0.051)
    assert batches[0]["greedy_m"] == pytest.approx(sum(one["distance_m"] for one in alone.values()), abs=1e-6)


def receipt_of(day: Day, job: str) -> Decision:
    decision_id = day.outcome(job).order.decision_id
    assert decision_id is not None
    with day.database.transaction(day.org_id) as tx:
        return get_decision(tx, EVERYTHING, decision_id)


def batch_of(receipt: Decision) -> BatchEntry:
    assert receipt.batch is not None
    return receipt.batch
