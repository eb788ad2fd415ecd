"""A batch by drive time: the drives that a plan could have, asked of the stores' routers, in the place of metres.

Asked is of the technicians who can go to each order, and of the ways from one order to a later one that a technician
could do both. That is a small part of the whole matrix.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point, road_s
from geo_assign.matching.batches import Eligible
from geo_assign.matching.domain import Question, RoutingNote
from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Floats, Plan, chains_of
from geo_assign.routing.domain import Drive, DriveCell, RouterChoice
from geo_assign.routing.finder import DriveFinder
from geo_assign.routing.pairs import DrivenPair, PairsAnswer, ask_pairs

ASKED_FOR_S = 15.0
"""So long the routers of all stores have for one batch."""

# A technician whom no road connects is sent only where no other can go.
_WITHOUT_ROAD_S = 6 * 3_600.0


@dataclass(frozen=True, slots=True)
class BatchDrives:
    """What routers told of a batch. With a problem in the `note` the straight line counts for all of it."""

    note: RoutingNote
    told: Mapping[DrivenPair, DriveCell] = field(default_factory=dict)

    @property
    def are_known(self) -> bool:
        return self.note.problem is None

    def seconds(self, source: Point, destination: Point, line_m: float) -> float:
        """By road where a router was asked, else as estimated from the straight line."""
        cell = self.told.get((source, destination))
        if isinstance(cell, Drive):
            return cell.seconds
        return road_s(line_m) + (0.0 if cell is None else _WITHOUT_ROAD_S)


def ask_for_batch(
    finder: DriveFinder,
    routers: Sequence[RouterChoice | None],
    questions: Sequence[Question],
    problem: AssignmentProblem,
    pairs: Sequence[Eligible],
    *,
    deadline: Deadline,
) -> BatchDrives | None:
    """Ask the router of each order's store; None where no store has one. No transaction may be open."""
    wanted: dict[RouterChoice, set[DrivenPair]] = defaultdict(set)
    for order, source in _ways(questions, problem, pairs):
        router = routers[order]
        if router is not None:
            wanted[router].add((source, questions[order].origin))
    if not wanted:
        return None
    answers: list[PairsAnswer] = []
    for router, driven in wanted.items():
        answers.append(ask_pairs(finder, router, driven, deadline=deadline))
        if answers[-1].problem is not None:
            break
    told = {pair: cell for answer in answers for pair, cell in answer.drives.items()}
    return BatchDrives(_note(max(wanted, key=lambda one: len(wanted[one])), answers, told), told)


def in_seconds(
    drives: BatchDrives, questions: Sequence[Question], problem: AssignmentProblem, pairs: Sequence[Eligible]
) -> AssignmentProblem:
    """The same problem with travel in seconds."""
    ways = [drives.seconds(pair.place, questions[pair.order].origin, pair.metres) for pair in pairs]
    onward: Floats = np.full_like(problem.onward, np.inf)
    for before, after in np.argwhere(np.isfinite(problem.onward)).tolist():
        ends = questions[before].origin, questions[after].origin
        onward[before, after] = drives.seconds(*ends, float(problem.onward[before, after]))
    travel = np.where(np.isfinite(problem.travel), np.array(ways, dtype=float), np.inf)
    return replace(problem, travel=travel, onward=onward)


def list_sources(
    questions: Sequence[Question], problem: AssignmentProblem, plan: Plan, pairs: Sequence[Eligible]
) -> dict[int, Point]:
    """By order: where its technician's way begins in a plan."""
    sources = {}
    for chain in chains_of(problem, plan.pair):
        before = UNASSIGNED
        for pair in chain:
            order = int(problem.order[pair])
            from_where = before == UNASSIGNED or problem.ends[before] <= problem.since[pair]
            sources[order] = pairs[pair].place if from_where else questions[before].origin
            before = order
    return sources


def _ways(
    questions: Sequence[Question], problem: AssignmentProblem, pairs: Sequence[Eligible]
) -> Iterator[tuple[int, Point]]:
    """The ways that a plan could have: to which order, and from where."""
    for number in np.flatnonzero(np.isfinite(problem.travel)).tolist():
        yield pairs[number].order, pairs[number].place
    can = np.zeros((problem.orders, len(problem.today)), dtype=np.bool_)
    can[problem.order, problem.technician] = True
    for before, after in np.argwhere(np.isfinite(problem.onward)).tolist():
        if (can[before] & can[after]).any():
            yield after, questions[before].origin


def _note(router: RouterChoice, answers: Sequence[PairsAnswer], told: Mapping[DrivenPair, DriveCell]) -> RoutingNote:
    return RoutingNote(
        router=router.name,
        asked=len(told),
        requests=sum(one.requests for one in answers),
        kept=sum(one.kept for one in answers),
        without_drive=sum(not isinstance(cell, Drive) for cell in told.values()),
        problem=next((one.problem for one in answers if one.problem is not None), None),
    )
