"""Solving many work orders together, for a dispatcher who asks and for leads that were collected.

Who can go is read in one transaction, the solving holds none, and each pair is given in one of its own. A technician
who was taken meanwhile is lost to the batch, and told; the other pairs stand.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Caller, system_caller
from geo_assign.core.db import Database, Tx
from geo_assign.core.idempotency import Attempt, claim
from geo_assign.core.ids import new_id
from geo_assign.dispatch.commands.collecting import take_collected
from geo_assign.dispatch.commands.optimizing import (
    LEFT,
    BatchRequest,
    Chosen,
    Gathered,
    Left,
    Lost,
    gather,
    give_chosen,
    look_further,
)
from geo_assign.matching.batches import NEAREST, Eligible, as_problem
from geo_assign.matching.optimal import Solution, solve
from geo_assign.matching.problem import UNASSIGNED, Plan
from geo_assign.receipts.coarse import shown_m
from geo_assign.receipts.domain import BatchEntry, Decision
from geo_assign.receipts.queries import list_batch, list_shown_coarsely
from geo_assign.workorders.queries import find_work_order

# Near whom more people are looked for, while orders are left whose nearest were all taken.
_FURTHER = (4 * NEAREST, 16 * NEAREST)


@dataclass(frozen=True, slots=True)
class Totals:
    """A batch in numbers: orders given and metres, by it and by greedy, which sends the nearest to the oldest first.

    Among the technicians looked at no plan assigns more than `bound_assigned` orders, and none that assigns as many as
    this one is shorter than `bound_m`: None in what older versions wrote. `truncated`: of some orders only the nearest
    people were looked at. `more`: more orders wait than were solved.
    """

    orders: int = 0
    assigned: int = 0
    optimal_m: float = 0.0
    bound_assigned: int | None = None
    bound_m: float | None = None
    greedy_assigned: int = 0
    greedy_m: float = 0.0
    truncated: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Alone:
    """Whom an order would have got by itself. `coarse`: whether the distance may be told to a hundred metres only."""

    technician_id: UUID
    distance_m: float
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """An order and who gets it; whom greedy would have sent; `lost` once it could not be given any more."""

    chosen: Chosen
    greedy: Alone | None
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Optimized:
    """A batch solved `at` this instant. `committed`: its pairs were given, but for those that are lost.

    `expires_at`: until when a preview may be given out.

    `coarse`: the technicians whose distances the caller may know to a hundred metres only.
    """

    id: UUID
    at: datetime
    pairs: tuple[Pair, ...]
    left: tuple[Left, ...]
    totals: Totals
    coarse: Collection[UUID]
    committed: bool = False
    expires_at: datetime | None = None

    @property
    def technicians(self) -> set[UUID]:
        """The technicians of whom it tells how far away they are."""
        return _technicians(self.pairs)


def _technicians(pairs: Sequence[Pair]) -> set[UUID]:
    greedy = {pair.greedy.technician_id for pair in pairs if pair.greedy is not None}
    return {pair.chosen.technician_id for pair in pairs} | greedy


def optimize(
    database: Database, caller: Caller, wanted: BatchRequest, *, attempt: Attempt | None = None
) -> tuple[Optimized, bool]:
    """Solve the wanted orders together and give them out.

    Returns what came of it, and whether an earlier attempt had done so: then what that one gave. What tells a distance
    of technicians who are shown coarsely is rounded; the choice follows the exact ones. Raises as `gather` does, and
    KeyReusedError.
    """
    batch_id = new_id()

    def begin(tx: Tx) -> Gathered | Optimized:
        earlier = claim(tx, attempt, batch_id) if attempt is not None else None
        return gather(tx, caller, wanted) if earlier is None else read_given(tx, caller, earlier)

    begun = database.run(caller.org_id, begin)
    if isinstance(begun, Optimized):
        return as_shown(begun), True
    return as_shown(give_out(database, caller, _solve(database, caller, begun, batch_id=batch_id))), False


def solve_wanted(database: Database, caller: Caller, wanted: BatchRequest) -> Optimized:
    """Solve the wanted orders together, with exact distances; changes nothing. Raises as `gather` does."""
    gathered = database.run(caller.org_id, lambda tx: gather(tx, caller, wanted))
    return _solve(database, caller, gathered, batch_id=new_id())


def as_shown(found: Optimized) -> Optimized:
    """The batch with rounded distances of `coarse`; and its sums, from which a single distance could be told."""
    if not found.coarse:
        return found
    totals = replace(
        found.totals,
        optimal_m=shown_m(found.totals.optimal_m, coarse=True),
        bound_m=None if found.totals.bound_m is None else shown_m(found.totals.bound_m, coarse=True),
        greedy_m=shown_m(found.totals.greedy_m, coarse=True),
    )
    return replace(found, pairs=tuple(_pair_as_shown(pair, found.coarse) for pair in found.pairs), totals=totals)


def _pair_as_shown(pair: Pair, coarse: Collection[UUID]) -> Pair:
    chosen, greedy = pair.chosen, pair.greedy
    distance_m = shown_m(chosen.distance_m, coarse=chosen.technician_id in coarse)
    if greedy is not None:
        greedy = replace(greedy, distance_m=shown_m(greedy.distance_m, coarse=greedy.technician_id in coarse))
    return replace(pair, chosen=replace(chosen, distance_m=distance_m), greedy=greedy)


def give_out(database: Database, caller: Caller, found: Optimized) -> Optimized:
    """Give each pair in a transaction of its own, at the distance of that moment; those that cannot be are lost."""

    def give(pair: Pair) -> Pair:
        given = database.run(caller.org_id, lambda tx: give_chosen(tx, caller, pair.chosen))
        return replace(pair, lost=given) if isinstance(given, Lost) else replace(pair, chosen=given)

    pairs = tuple(give(pair) for pair in found.pairs)
    coarse = {pair.chosen.technician_id for pair in pairs if pair.chosen.coarse} | set(found.coarse)
    return replace(found, pairs=pairs, coarse=coarse, committed=True)


def _solve(database: Database, caller: Caller, gathered: Gathered, *, batch_id: UUID) -> Optimized:
    """Solve, and again with more people as long as orders are left whose nearest were all taken."""
    further = iter(_FURTHER)
    while True:
        problem, eligible = as_problem(gathered.questions, gathered.choice, as_offers=gathered.as_offers)
        solution = solve(problem)
        # Greedy too is shown all it could have chosen from, or the comparison would flatter the batch.
        plans = (solution.best, solution.greedy)
        wanting = [n for n in sorted(gathered.choice.truncated) if any(plan.pair[n] == UNASSIGNED for plan in plans)]
        nearest = next(further, None) if wanting else None
        if nearest is None:
            return _result(gathered, solution, eligible, batch_id=batch_id)
        gathered = _look_further(database, caller, gathered, wanting, nearest=nearest)


def _look_further(
    database: Database, caller: Caller, gathered: Gathered, numbers: Sequence[int], *, nearest: int
) -> Gathered:
    return database.run(caller.org_id, lambda tx: look_further(tx, gathered, numbers, nearest=nearest))


def _result(gathered: Gathered, solution: Solution, eligible: Sequence[Eligible], *, batch_id: UUID) -> Optimized:
    best, greedy = solution.best, solution.greedy
    optimal_m = _told_m(best)
    totals = Totals(
        orders=len(gathered.orders),
        assigned=best.assigned,
        optimal_m=optimal_m,
        bound_assigned=solution.bound_assigned,
        bound_m=optimal_m if solution.bound_m == best.total_m else min(round(solution.bound_m, 1), optimal_m),
        greedy_assigned=greedy.assigned,
        greedy_m=_told_m(greedy),
        truncated=bool(gathered.choice.truncated),
        more=gathered.more,
    )
    unassigned = (
        gathered.without_eligible.get(n) or Left(order, "all_taken", LEFT["all_taken"])
        for n, order in enumerate(gathered.orders)
        if best.pair[n] == UNASSIGNED
    )
    pairs = tuple(_pairs(gathered, solution, eligible, batch={"id": batch_id, **asdict(totals)}))
    told = [eligible[pair] for plan in (best, greedy) for pair in plan.pair if pair != UNASSIGNED]
    coarse = {one.technician_id for one in told if one.coarse}
    return Optimized(batch_id, gathered.at, pairs, (*gathered.left, *unassigned), totals, coarse)


def _told_m(plan: Plan) -> float:
    """The sum of the ways as they are told, each to ten centimetres."""
    ways_m: list[float] = plan.metres[plan.pair != UNASSIGNED].tolist()
    return round(sum(round(way_m, 1) for way_m in ways_m), 1)


def _pairs(
    gathered: Gathered, solution: Solution, eligible: Sequence[Eligible], *, batch: Mapping[str, object]
) -> Iterator[Pair]:
    """Earliest slot first: who goes on from one order to the next is given the first one first."""
    for n in sorted(range(len(gathered.orders)), key=lambda n: (gathered.questions[n].slot.start, n)):
        pair = int(solution.best.pair[n])
        if pair == UNASSIGNED:
            continue
        alone = _alone(solution.greedy, n, eligible)
        one, metres = eligible[pair], round(float(solution.best.metres[n]), 1)
        receipt = {
            **batch,
            "chosen": {"name": one.name, "distance_m": metres, "coarse": one.coarse},
            "greedy": None if alone is None else asdict(alone),
        }
        chosen = Chosen(
            gathered.orders[n],
            one.technician_id,
            one.name,
            metres,
            gathered.as_offers[n],
            receipt,
            coarse=one.coarse,
        )
        yield Pair(chosen, alone)


def _alone(greedy: Plan, n: int, eligible: Sequence[Eligible]) -> Alone | None:
    pair = int(greedy.pair[n])
    if pair == UNASSIGNED:
        return None
    one = eligible[pair]
    return Alone(one.technician_id, round(float(greedy.metres[n]), 1), one.coarse)


def read_given(tx: Tx, caller: Caller, batch_id: UUID) -> Optimized:
    """What a batch gave, from its receipts; what it could not give is not kept."""
    given = list_batch(tx, batch_id)
    pairs = [pair for decision in given if (pair := _as_given(tx, caller, decision)) is not None]
    totals = _totals(given[0].batch) if given and given[0].batch else Totals()
    coarse = list_shown_coarsely(tx, caller.scope, given) & _technicians(pairs)
    return Optimized(batch_id, tx.now(), tuple(pairs), (), totals, coarse, committed=True)


def _totals(batch: BatchEntry) -> Totals:
    return Totals(
        orders=batch["orders"],
        assigned=batch["assigned"],
        optimal_m=batch["optimal_m"],
        bound_assigned=batch.get("bound_assigned"),
        bound_m=batch.get("bound_m"),
        greedy_assigned=batch["greedy_assigned"],
        greedy_m=batch["greedy_m"],
        truncated=batch["truncated"],
        more=batch["more"],
    )


def _as_given(tx: Tx, caller: Caller, decision: Decision) -> Pair | None:
    order = find_work_order(tx, caller.scope, decision.work_order_id)
    batch = decision.batch
    if order is None or batch is None or decision.chosen_technician_id is None:
        return None
    told = batch["chosen"]
    greedy = batch["greedy"]
    alone = None if greedy is None else Alone(UUID(greedy["technician_id"]), greedy["distance_m"])
    chosen = Chosen(
        order, decision.chosen_technician_id, told["name"], told["distance_m"], decision.outcome == "offered", batch
    )
    return Pair(chosen, alone)


def solve_collected(database: Database, org_id: UUID, store_id: UUID) -> list[UUID]:
    """Solve what a store collected, if its window is closed, and give it out.

    Returns those orders: evaluate each by itself, for those without a technician and for parallel offers.
    Dying in between leaves due rows.
    """
    taken = database.run(org_id, lambda tx: take_collected(tx, store_id))
    if not taken:
        return []
    caller = system_caller(org_id)
    wanted = BatchRequest(work_order_ids=tuple(taken), explain=False)
    gathered = database.run(org_id, lambda tx: gather(tx, caller, wanted))
    give_out(database, caller, _solve(database, caller, gathered, batch_id=new_id()))
    return taken
