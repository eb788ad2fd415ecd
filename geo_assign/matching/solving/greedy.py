"""What orders get that come one by one: each to the nearest who is still free, the oldest order first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from geo_assign.matching.solving.problem import (
    UNASSIGNED,
    AssignmentProblem,
    Floats,
    Ints,
    Plan,
    by_order,
    in_time,
    quantised,
    valued,
    ways_of,
)


def greedy(problem: AssignmentProblem) -> Plan:
    """The plan of giving each order in turn to the nearest, valued when all are given."""
    so_far = GivenSoFar(problem)
    for pairs in by_order(problem):
        still, travel = so_far.still_open(pairs)
        if len(still):
            technicians = problem.technician[still]
            nearest = np.lexsort((technicians, so_far.load[technicians], quantised(travel)))[0]
            so_far.give(int(still[nearest]))
    return so_far.plan()


@dataclass
class GivenSoFar:
    """What has been given so far, as the next choice sees it."""

    problem: AssignmentProblem
    pair: Ints = field(init=False)
    load: Ints = field(init=False)
    given: dict[int, list[int]] = field(default_factory=dict)
    _times: list[tuple[float, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.pair = np.full(self.problem.orders, UNASSIGNED, dtype=np.int64)
        self.load = self.problem.today.copy()
        self._times = list(zip(self.problem.starts.tolist(), self.problem.ends.tolist(), strict=True))

    def give(self, pair: int) -> None:
        """Give the pair's order to its technician."""
        technician = int(self.problem.technician[pair])
        self.pair[self.problem.order[pair]] = pair
        self.load[technician] += 1
        self.given[technician] = in_time(self.problem, [*self.given.get(technician, ()), pair])

    def still_open(self, pairs: Ints) -> tuple[Ints, Floats]:
        """Those of the pairs whose technician can still go, with the travel from where that technician then is."""
        technicians = self.problem.technician[pairs]
        travel = np.where(self.problem.room[pairs] > 0, self.problem.travel[pairs], np.inf)
        for at in np.flatnonzero(self.load[technicians] > self.problem.today[technicians]):
            travel[at] = self._travel_of(int(pairs[at]))
        may = np.isfinite(travel)
        return pairs[may], travel[may]

    def plan(self) -> Plan:
        """What has been given, valued in the order of time."""
        return valued(self.problem, self.pair)

    def _travel_of(self, pair: int) -> float:
        """The way, or inf: also where an order that was given before could not be reached any more."""
        problem, mine = self.problem, self.given[int(self.problem.technician[pair])]
        start, end = self._times[problem.order[pair]]
        if any(other_start < end and other_end > start for other_start, other_end in self._times_of(mine)):
            return np.inf
        chain = in_time(problem, [*mine, pair])
        ways = ways_of(problem, chain)
        return ways[chain.index(pair)] if np.all(np.isfinite(ways)) else np.inf

    def _times_of(self, pairs: Sequence[int]) -> Iterator[tuple[float, float]]:
        return (self._times[self.problem.order[pair]] for pair in pairs)
