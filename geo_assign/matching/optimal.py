"""Who goes where when many orders wait together: as many as possible, then the least travel in all.

Arrays in, pairs out; no database, no clock. Orders are numbered oldest first, people by id, so that a tie is decided
the same way every time. Costs are integers, so that adding them up never rounds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Follow = Callable[[int, int], float]
"""How far the person of a pair is, in metres, coming from an earlier order of the problem; inf: not allowed then."""

UNASSIGNED = -1
_PER_METRE = 10  # ways that differ by less than this part of a metre are alike
_MOST_FAIRNESS = 15  # beyond so many more appointments than the least busy person all are alike
_EXACT = 2**53  # floats hold every integer below
# Below this many cells a full matrix is the quicker one, and so it is where more than every sixteenth cell is used.
_DENSE_CELLS = 1_000_000
_DENSE_SHARE = 16


@dataclass(frozen=True, slots=True)
class AssignmentProblem:
    """Parallel arrays of eligible pairs, each of them once, and what each order and person brings.

    By pair: `order` and `person` numbers, `metres`, and `room`, how many other orders of this problem the person may
    be given and still be eligible for this one. By order: `starts` and `ends` of the time it occupies, travel buffer
    included, half-open, seconds. By person: `today`, the number of appointments of that day.
    """

    order: Ints
    person: Ints
    metres: Floats
    room: Ints
    starts: Floats
    ends: Floats
    today: Ints
    follow: Follow | None = None

    @property
    def orders(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Plan:
    """By order: the pair that it is given, or UNASSIGNED, and the metres of the way, NaN for UNASSIGNED."""

    pair: Ints
    metres: Floats

    @property
    def assigned(self) -> int:
        return int(np.count_nonzero(self.pair != UNASSIGNED))

    @property
    def total_m(self) -> float:
        return float(np.nansum(self.metres))

    def beats(self, other: "Plan") -> bool:
        """More orders given, or as many with less travel."""
        if self.assigned != other.assigned:
            return self.assigned > other.assigned
        return round(self.total_m * _PER_METRE) < round(other.total_m * _PER_METRE)


@dataclass(frozen=True, slots=True)
class Solution:
    """The plan to follow, and what giving each order in turn to the nearest would have come to."""

    best: Plan
    greedy: Plan


def solve(problem: AssignmentProblem) -> Solution:
    """The best plan: never worse than `greedy` on the same problem, which is the answer where it is better."""
    plain, optimal = greedy(problem), _by_clusters(problem)
    return Solution(best=plain if plain.beats(optimal) else optimal, greedy=plain)


def greedy(problem: AssignmentProblem) -> Plan:
    """Oldest order first, each to the nearest who is still free then: what orders get that come one by one."""
    diary = _Diary(problem)
    by_order = np.argsort(problem.order, kind="stable")
    bounds = np.searchsorted(problem.order[by_order], np.arange(problem.orders + 1))
    for first, last in pairwise(bounds):
        pairs, metres = diary.still_open(by_order[first:last])
        if len(pairs):
            people = problem.person[pairs]
            nearest = np.lexsort((people, diary.load[people], _quantised(metres)))[0]
            diary.give(int(pairs[nearest]), float(metres[nearest]))
    return diary.plan()


@dataclass
class _Diary:
    """What has been given so far, as the next choice sees it."""

    problem: AssignmentProblem
    pair: Ints = field(init=False)
    metres: Floats = field(init=False)
    load: Ints = field(init=False)
    given: dict[int, list[int]] = field(default_factory=dict)
    _busy: NDArray[np.bool_] = field(init=False)
    _last: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.pair = np.full(self.problem.orders, UNASSIGNED, dtype=np.int64)
        self.metres = np.full(self.problem.orders, np.nan)
        self.load = self.problem.today.copy()
        self._busy = np.zeros(len(self.problem.today), dtype=bool)
        self._last = np.zeros(len(self.problem.today), dtype=np.int64)

    def give(self, pair: int, metres: float) -> None:
        order, person = int(self.problem.order[pair]), int(self.problem.person[pair])
        self.pair[order], self.metres[order] = pair, metres
        self.load[person] += 1
        self._busy[person], self._last[person] = True, order
        self.given.setdefault(person, []).append(order)

    def still_open(self, pairs: Ints) -> tuple[Ints, Floats]:
        """Those of the pairs whose person can still go, with the metres from where that person then is."""
        metres = self.problem.metres[pairs].copy()
        busy = np.flatnonzero(self._busy[self.problem.person[pairs]])
        # Most are busy with what they were given last: that is seen of all at once.
        in_the_way = self._overlap_last(pairs[busy])
        metres[busy[in_the_way]] = np.inf
        for at in busy[~in_the_way]:
            metres[at] = self._metres_of(int(pairs[at]))
        may = np.isfinite(metres)
        return pairs[may], metres[may]

    def plan(self) -> Plan:
        return Plan(self.pair, self.metres)

    def _overlap_last(self, pairs: Ints) -> NDArray[np.bool_]:
        problem = self.problem
        last, order = self._last[problem.person[pairs]], problem.order[pairs]
        overlap: NDArray[np.bool_] = (problem.starts[last] < problem.ends[order]) & (
            problem.ends[last] > problem.starts[order]
        )
        return overlap

    def _metres_of(self, pair: int) -> float:
        problem = self.problem
        order, mine = int(problem.order[pair]), self.given[int(problem.person[pair])]
        start, end = problem.starts[order], problem.ends[order]
        full = len(mine) >= problem.room[pair]
        if full or any(problem.starts[other] < end and problem.ends[other] > start for other in mine):
            return np.inf
        before = [other for other in mine if problem.ends[other] <= start]
        if problem.follow is None or not before:
            return float(problem.metres[pair])
        return problem.follow(pair, max(before, key=lambda other: float(problem.ends[other])))


def _by_clusters(problem: AssignmentProblem) -> Plan:
    """Each set of overlapping slots by itself, in time order, and again while a person is found for what is left.

    Within a cluster no person gets two orders at once; those that merely hang together through a third have the rounds.
    """
    diary = _Diary(problem)
    clusters = [np.sort(pairs) for pairs in _clusters(problem)]
    found = True
    while found:
        found = False
        for pairs in clusters:
            waiting = pairs[diary.pair[problem.order[pairs]] == UNASSIGNED]
            still, metres = diary.still_open(waiting)
            chosen = _match(problem, still, metres, diary.load)
            for at in chosen:
                diary.give(int(still[at]), float(metres[at]))
            found = found or len(chosen) > 0
    return diary.plan()


def _clusters(problem: AssignmentProblem) -> Iterator[Ints]:
    """The pairs of orders whose slots hang together by overlapping, earliest first."""
    cluster_of, cluster, until = np.zeros(problem.orders, dtype=np.int64), -1, -np.inf
    for order in np.argsort(problem.starts, kind="stable"):
        if problem.starts[order] >= until:
            cluster += 1
        cluster_of[order], until = cluster, max(until, problem.ends[order])
    of_pair = cluster_of[problem.order]
    by_cluster = np.argsort(of_pair, kind="stable")
    yield from np.split(by_cluster, np.flatnonzero(np.diff(of_pair[by_cluster])) + 1)


def _match(problem: AssignmentProblem, pairs: Ints, metres: Floats, load: Ints) -> Ints:
    """Where in `pairs` those stand that are chosen: each order and each person at most once."""
    if not len(pairs):
        return np.empty(0, dtype=np.int64)
    rows = np.unique(problem.order[pairs], return_inverse=True)[1]
    columns = np.unique(problem.person[pairs], return_inverse=True)[1]
    load_of = load[problem.person[pairs]]
    ways = _quantised(metres)
    parts = [part[_matched(rows[part], columns[part], ways[part], load_of[part])] for part in _parts(rows, columns)]
    return np.sort(np.concatenate(parts))


def _parts(rows: Ints, columns: Ints) -> list[Ints]:
    """Orders that share no person, even through others, do not concern one another."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - loaded by the first batch, not by every start
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    height, size = int(rows.max()) + 1, int(rows.max() + columns.max()) + 2
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns + height)), shape=(size, size))
    part_of = connected_components(graph, directed=False)[1][rows]
    by_part = np.argsort(part_of, kind="stable")
    return np.split(by_part, np.flatnonzero(np.diff(part_of[by_part])) + 1)


def _matched(rows: Ints, columns: Ints, ways: Ints, load: Ints) -> Ints:
    """The chosen of one part: as many as possible, least way, least load, lowest numbers."""
    rows = np.unique(rows, return_inverse=True)[1]
    columns = np.unique(columns, return_inverse=True)[1]
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    costs = _costs(ways, np.minimum(load - load.min(), _MOST_FAIRNESS), columns, height=height)
    no_person = int(costs.max()) * height + 1
    cells = height * width
    dense = cells <= _DENSE_CELLS or len(rows) * _DENSE_SHARE > cells or width < height
    find = _dense if dense else _sparse
    chosen = find(rows, columns, costs, no_person, shape=(height, width))
    by_cell = np.argsort(rows * width + columns)
    return by_cell[np.searchsorted((rows * width + columns)[by_cell], chosen)]


def _costs(ways: Ints, load: Ints, columns: Ints, *, height: int) -> Ints:
    """One integer per pair that orders whole plans by way, then load, then number, as far as that stays exact."""
    costs = ways + 1
    for less, most in ((load, _MOST_FAIRNESS), (columns, int(columns.max()))):
        scale = most * height + 1
        if (int(costs.max()) * scale + most) * (height + 1) * 2 < _EXACT:
            costs = costs * scale + less
    return costs


def _dense(rows: Ints, columns: Ints, costs: Ints, no_person: int, *, shape: tuple[int, int]) -> Ints:
    """Chosen cells, numbered row by row. A pair that may not be costs more than everything else together."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    matrix = np.full(shape, float(no_person))
    matrix[rows, columns] = costs
    row, column = linear_sum_assignment(matrix)
    real = matrix[row, column] < no_person
    cells: Ints = row[real] * shape[1] + column[real]
    return cells


def _sparse(rows: Ints, columns: Ints, costs: Ints, no_person: int, *, shape: tuple[int, int]) -> Ints:
    """The same where most pairs may not be: each order has a column of its own that means UNASSIGNED."""
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # noqa: PLC0415

    height, width = shape
    own = np.arange(height)
    values = np.concatenate([costs, np.full(height, no_person)]).astype(float)
    places = (np.concatenate([rows, own]), np.concatenate([columns, width + own]))
    graph = csr_array((values, places), shape=(height, width + height))
    row, column = min_weight_full_bipartite_matching(graph)
    real = column < width
    cells: Ints = row[real].astype(np.int64) * width + column[real]
    return cells


def _quantised(metres: Floats) -> Ints:
    return np.rint(metres * _PER_METRE).astype(np.int64)
