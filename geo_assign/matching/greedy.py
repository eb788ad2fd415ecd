"""What orders get that come one by one: each to the nearest who is still free, the oldest order first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from geo_assign.matching.problem import (
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
        still, metres = so_far.still_open(pairs)
        if len(still):
            people = problem.person[still]
            nearest = np.lexsort((people, so_far.load[people], quantised(metres)))[0]
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
        """Give the pair's order to its person."""
        person = int(self.problem.person[pair])
        self.pair[self.problem.order[pair]] = pair
        self.load[person] += 1
        self.given[person] = in_time(self.problem, [*self.given.get(person, ()), pair])

    def still_open(self, pairs: Ints) -> tuple[Ints, Floats]:
        """Those of the pairs whose person can still go, with the metres from where that person then is."""
        people = self.problem.person[pairs]
        metres = np.where(self.problem.room[pairs] > 0, self.problem.metres[pairs], np.inf)
        for at in np.flatnonzero(self.load[people] > self.problem.today[people]):
            metres[at] = self._metres_of(int(pairs[at]))
        may = np.isfinite(metres)
        return pairs[may], metres[may]

    def plan(self) -> Plan:
        """What has been given, valued in the order of time."""
        return valued(self.problem, self.pair)

    def _metres_of(self, pair: int) -> float:
        """The way, or inf: also where an order that was given before could not be reached any more."""
        problem, mine = self.problem, self.given[int(self.problem.person[pair])]
        start, end = self._times[problem.order[pair]]
        if any(other_start < end and other_end > start for other_start, other_end in self._times_of(mine)):
            return np.inf
        chain = in_time(problem, [*mine, pair])
        ways = ways_of(problem, chain)
        return ways[chain.index(pair)] if np.all(np.isfinite(ways)) else np.inf

    def _times_of(self, pairs: Sequence[int]) -> Iterator[tuple[float, float]]:
        return (self._times[self.problem.order[pair]] for pair in pairs)
