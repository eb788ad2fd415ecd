"""Many orders and many people as arrays, and the plans that are made for them. No database, no clock.

Orders are numbered oldest first, people by id, so that a tie is decided the same way every time. Ways are compared as
whole tenths of a metre, so that adding them up never rounds. Where a router told drives, seconds stand in the place of
all metres (`geo_assign.matching.batch_drives`): what is solved is the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNASSIGNED = -1
PER_METRE = 10  # ways that differ by less than this part of a metre are alike


@dataclass(frozen=True, slots=True)
class AssignmentProblem:
    """Parallel arrays of eligible pairs, each of them once, and what each order and person brings.

    By pair: `order` and `person` numbers; `metres` of the way where no other order of this problem comes before, inf
    for a person who can come from another order only; `since`, from when on an order of this problem that ends counts
    as the place where the way begins, inf for never; `room`, how many other orders of this problem the person may have
    been offered before this one. By order: `starts` and `ends` of the time it occupies, travel buffer included,
    half-open, seconds; `offered`, whether the technician is asked first. By person: `today`, the number of appointments
    of that day. `onward[i, j]`: metres from order i to order j; inf: too far.
    """

    order: Ints
    person: Ints
    metres: Floats
    since: Floats
    room: Ints
    starts: Floats
    ends: Floats
    offered: Flags
    today: Ints
    onward: Floats

    @property
    def orders(self) -> int:
        return len(self.starts)

    def part(self, orders: Ints, people: Flags | None = None) -> tuple["AssignmentProblem", Ints]:
        """The problem of some orders (ascending), which are numbered anew, and the numbers that their pairs had.

        `people`: those of them who are left, by person; None: all.
        """
        wanted = np.isin(self.order, orders)
        pairs = np.flatnonzero(wanted if people is None else wanted & people[self.person])
        smaller = replace(
            self,
            order=np.searchsorted(orders, self.order[pairs]),
            person=self.person[pairs],
            metres=self.metres[pairs],
            since=self.since[pairs],
            room=self.room[pairs],
            starts=self.starts[orders],
            ends=self.ends[orders],
            offered=self.offered[orders],
            onward=self.onward[np.ix_(orders, orders)],
        )
        return smaller, pairs


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
        return round(self.total_m * PER_METRE) < round(other.total_m * PER_METRE)


def by_order(problem: AssignmentProblem) -> Iterator[Ints]:
    """The pairs of each order."""
    pairs = np.argsort(problem.order, kind="stable")
    bounds = np.searchsorted(problem.order[pairs], np.arange(problem.orders + 1))
    for first, last in pairwise(bounds):
        yield pairs[first:last]


def valued(problem: AssignmentProblem, pair: Ints) -> Plan:
    """The plan that gives each order its pair, every way measured from where its person is by then."""
    metres = np.full(problem.orders, np.nan)
    for chain in chains_of(problem, pair):
        metres[problem.order[chain]] = ways_of(problem, chain)
    return Plan(pair, metres)


def chains_of(problem: AssignmentProblem, pair: Ints) -> list[list[int]]:
    """The pairs of each person who is given an order, in the order of time."""
    given: dict[int, list[int]] = {}
    for one in pair[pair != UNASSIGNED].tolist():
        given.setdefault(int(problem.person[one]), []).append(one)
    return [in_time(problem, chain) for chain in given.values()]


def in_time(problem: AssignmentProblem, pairs: Sequence[int]) -> list[int]:
    """The pairs, earliest order first."""
    starts = problem.starts[problem.order[list(pairs)]].tolist()
    return [pair for _, pair in sorted(zip(starts, pairs, strict=True), key=itemgetter(0))]


def ways_of(problem: AssignmentProblem, chain: Sequence[int]) -> list[float]:
    """Metres of each of one person's pairs, whose times follow one another; inf for one that may not be."""
    ways, offered, before = [], 0, UNASSIGNED
    for pair in chain:
        order = int(problem.order[pair])
        ways.append(_way(problem, pair, before=before) if offered < problem.room[pair] else np.inf)
        offered += int(problem.offered[order])
        before = order
    return ways


def quantised(metres: Floats) -> Ints:
    """Tenths of metres, whole."""
    return np.rint(metres * PER_METRE).astype(np.int64)


def _way(problem: AssignmentProblem, pair: int, *, before: int) -> float:
    if before == UNASSIGNED or problem.ends[before] <= problem.since[pair]:
        return float(problem.metres[pair])
    return float(problem.onward[before, problem.order[pair]])
