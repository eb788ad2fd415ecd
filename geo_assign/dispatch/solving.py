"""Solving gathered orders: by the drives that routers tell, or else by distance. No transaction is held."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Database
from geo_assign.core.deadlines import Deadline
from geo_assign.dispatch.commands.optimizing import LEFT, Chosen, Gathered, Left, look_further
from geo_assign.dispatch.solved import Alone, Optimized, Pair, Totals
from geo_assign.matching.batch_drives import ASKED_FOR_S, BatchDrives, ask_for_batch, in_seconds, list_sources
from geo_assign.matching.batches import NEAREST, Eligible, as_problem
from geo_assign.matching.solving.optimal import Solution, solve
from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Plan, valued
from geo_assign.routing.domain import Drive
from geo_assign.routing.finder import DriveFinder

# Near whom more people are looked for, while orders are left whose nearest were all taken.
_FURTHER = (4 * NEAREST, 16 * NEAREST)


@dataclass(frozen=True, slots=True)
class _Solved:
    """A solution with what it was made of: `problem` is in metres, whatever was solved."""

    problem: AssignmentProblem
    eligible: Sequence[Eligible]
    solution: Solution
    drives: BatchDrives | None

    @property
    def by_time(self) -> BatchDrives | None:
        """The drives that it was solved by; None: by distance."""
        return self.drives if self.drives is not None and self.drives.are_known else None


def solve_gathered(
    database: Database, caller: Caller, gathered: Gathered, batch_id: UUID, finder: DriveFinder | None
) -> Optimized:
    """Solve, and again with more people as long as orders are left whose nearest were all taken."""
    further, deadline = iter(_FURTHER), Deadline(ASKED_FOR_S)
    while True:
        solved = _solve_once(gathered, finder, deadline)
        # Greedy too is shown all it could have chosen from, or the comparison would flatter the batch.
        plans = (solved.solution.best, solved.solution.greedy)
        wanting = [n for n in sorted(gathered.choice.truncated) if any(plan.pair[n] == UNASSIGNED for plan in plans)]
        nearest = next(further, None) if wanting else None
        if nearest is None:
            return _result(gathered, solved, batch_id=batch_id)
        gathered = _look_further(database, caller, gathered, wanting, nearest=nearest)


def _solve_once(gathered: Gathered, finder: DriveFinder | None, deadline: Deadline) -> _Solved:
    """By drive time where a store's router tells it, else by distance."""
    problem, eligible = as_problem(gathered.questions, gathered.choice, as_offers=gathered.as_offers)
    drives = None
    if finder is not None:
        drives = ask_for_batch(finder, gathered.routers, gathered.questions, problem, eligible, deadline=deadline)
    is_timed = drives is not None and drives.are_known
    wanted = in_seconds(drives, gathered.questions, problem, eligible) if drives is not None and is_timed else problem
    return _Solved(problem, eligible, solve(wanted), drives)


def _look_further(
    database: Database, caller: Caller, gathered: Gathered, numbers: Sequence[int], *, nearest: int
) -> Gathered:
    return database.run(caller.org_id, lambda tx: look_further(tx, gathered, numbers, nearest=nearest))


def _result(gathered: Gathered, solved: _Solved, *, batch_id: UUID) -> Optimized:
    best, greedy = solved.solution.best, solved.solution.greedy
    routing = None if solved.drives is None else solved.drives.note
    totals = _sums(gathered, solved)
    unassigned = (
        gathered.without_eligible.get(n) or Left(order, "all_taken", LEFT["all_taken"])
        for n, order in enumerate(gathered.orders)
        if best.pair[n] == UNASSIGNED
    )
    batch = {"id": batch_id, **asdict(totals), "routing": None if routing is None else asdict(routing)}
    pairs = tuple(_pairs(gathered, solved, batch=batch))
    told = [solved.eligible[pair] for plan in (best, greedy) for pair in plan.pair if pair != UNASSIGNED]
    coarse = {one.technician_id for one in told if one.coarse}
    return Optimized(batch_id, gathered.at, pairs, (*gathered.left, *unassigned), totals, coarse, routing=routing)


def _sums(gathered: Gathered, solved: _Solved) -> Totals:
    solution = solved.solution
    best_m, greedy_m = (_told(valued(solved.problem, plan.pair)) for plan in (solution.best, solution.greedy))
    totals = Totals(
        orders=len(gathered.orders),
        assigned=solution.best.assigned,
        optimal_m=best_m,
        bound_assigned=solution.bound_assigned,
        greedy_assigned=solution.greedy.assigned,
        greedy_m=greedy_m,
        truncated=bool(gathered.choice.truncated),
        more=gathered.more,
    )
    told = _told(solution.best)
    bound = told if solution.bound_travel == solution.best.total_travel else min(round(solution.bound_travel, 1), told)
    if solved.by_time is None:
        return replace(totals, bound_m=bound)
    return replace(totals, optimal_s=told, bound_s=bound, greedy_s=_told(solution.greedy))


def _told(plan: Plan) -> float:
    """The sum of the ways as they are told, each to ten centimetres, or a tenth of a second."""
    ways: list[float] = plan.travel[plan.pair != UNASSIGNED].tolist()
    return round(sum(round(way, 1) for way in ways), 1)


def _pairs(gathered: Gathered, solved: _Solved, *, batch: Mapping[str, object]) -> Iterator[Pair]:
    """Earliest slot first: who goes on from one order to the next is given the first one first."""
    best, greedy = (_alone(gathered, solved, plan) for plan in (solved.solution.best, solved.solution.greedy))
    router = None if solved.by_time is None else solved.by_time.note.router
    for n in sorted(best, key=lambda n: (gathered.questions[n].slot.start, n)):
        one, alone = best[n], greedy.get(n)
        name = solved.eligible[int(solved.solution.best.pair[n])].name
        told = {"name": name, "distance_m": one.distance_m, "coarse": one.coarse, "drive_s": one.drive_s}
        receipt = {**batch, "chosen": told, "greedy": None if alone is None else asdict(alone)}
        chosen = Chosen(
            gathered.orders[n],
            one.technician_id,
            name,
            one.distance_m,
            gathered.as_offers[n],
            receipt,
            coarse=one.coarse,
            drive_s=one.drive_s,
            router=router,
        )
        yield Pair(chosen, alone)


def _alone(gathered: Gathered, solved: _Solved, plan: Plan) -> dict[int, Alone]:
    """By order whom a plan gives it, and how far away."""
    travel, drives = valued(solved.problem, plan.pair).travel, solved.by_time
    sources = {} if drives is None else list_sources(gathered.questions, solved.problem, plan, solved.eligible)
    found = {}
    for n, pair in enumerate(plan.pair.tolist()):
        if pair == UNASSIGNED:
            continue
        one, drive = solved.eligible[pair], None
        if drives is not None:
            drive = drives.told.get((sources[n], gathered.questions[n].origin))
        drive_s = round(drive.seconds, 1) if isinstance(drive, Drive) else None
        found[n] = Alone(one.technician_id, round(float(travel[n]), 1), one.coarse, drive_s)
    return found
