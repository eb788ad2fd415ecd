"""Many orders and many technicians as arrays, and the plans that are made for them. No database, no clock.

Orders are numbered oldest first, technicians by id, so that a tie is decided the same way every time. Travel has one
unit in the whole problem: metres, or seconds where routers told the drives (`geo_assign.matching.batch_drives`). It is
compared in whole tenths of the unit, so that adding it up never rounds.
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
PER_UNIT = 10  # travel that differs by less than this part of a unit is alike


@dataclass(frozen=True, slots=True)
class AssignmentProblem:
    """Parallel arrays of eligible pairs, each of them once, and what each order and technician brings.

    By pair: `order` and `technician` numbers; `travel` where no other order of this problem comes before, inf for a
    technician who can come from another order only; `since`, from when on an order of this problem that ends counts as
    the place where the way begins, inf for never; `room`, how many other orders of this problem the technician may have
    been offered before this one. By order: `starts` and `ends` of the time it occupies, travel buffer included,
    half-open, seconds; `offered`, whether the technician is asked first. By technician: `today`, the number of
    appointments of that day. `onward[i, j]`: travel from order i to order j; inf: too far.
    """

    order: Ints
    technician: Ints
    travel: Floats
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

    def part(self, orders: Ints, technicians: Flags | None = None) -> tuple["AssignmentProblem", Ints]:
        """The problem of some orders (ascending), which are numbered anew, and the numbers that their pairs had.

        `technicians`: those of them who are left, by technician; None: all.
        """
        wanted = np.isin(self.order, orders)
        pairs = np.flatnonzero(wanted if technicians is None else wanted & technicians[self.technician])
        smaller = replace(
            self,
            order=np.searchsorted(orders, self.order[pairs]),
            technician=self.technician[pairs],
            travel=self.travel[pairs],
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
    """By order: the pair that it is given, or UNASSIGNED, and the travel to it, NaN for UNASSIGNED."""

    pair: Ints
    travel: Floats

    @property
    def assigned(self) -> int:
        return int(np.count_nonzero(self.pair != UNASSIGNED))

    @property
    def total_travel(self) -> float:
        return float(np.nansum(self.travel))

    def beats(self, other: "Plan") -> bool:
        """More orders given, or as many with less travel."""
        if self.assigned != other.assigned:
            return self.assigned > other.assigned
        return round(self.total_travel * PER_UNIT) < round(other.total_travel * PER_UNIT)


def by_order(problem: AssignmentProblem) -> Iterator[Ints]:
    """The pairs of each order."""
    pairs = np.argsort(problem.order, kind="stable")
    bounds = np.searchsorted(problem.order[pairs], np.arange(problem.orders + 1))
    for first, last in pairwise(bounds):
        yield pairs[first:last]


def valued(problem: AssignmentProblem, pair: Ints) -> Plan:
    """The plan that gives each order its pair, every way measured from where its technician is by then."""
    travel = np.full(problem.orders, np.nan)
    for chain in chains_of(problem, pair):
        travel[problem.order[chain]] = ways_of(problem, chain)
    return Plan(pair, travel)


def chains_of(problem: AssignmentProblem, pair: Ints) -> list[list[int]]:
    """The pairs of each technician who is given an order, in the order of time."""
    given: dict[int, list[int]] = {}
    for one in pair[pair != UNASSIGNED].tolist():
        given.setdefault(int(problem.technician[one]), []).append(one)
    return [in_time(problem, chain) for chain in given.values()]


def in_time(problem: AssignmentProblem, pairs: Sequence[int]) -> list[int]:
    """The pairs, earliest order first."""
    starts = problem.starts[problem.order[list(pairs)]].tolist()
    return [pair for _, pair in sorted(zip(starts, pairs, strict=True), key=itemgetter(0))]


def ways_of(problem: AssignmentProblem, chain: Sequence[int]) -> list[float]:
    """Travel of each of one technician's pairs, whose times follow one another; inf for one that may not be."""
    ways, offered, before = [], 0, UNASSIGNED
    for pair in chain:
        order = int(problem.order[pair])
        ways.append(_way(problem, pair, before=before) if offered < problem.room[pair] else np.inf)
        offered += int(problem.offered[order])
        before = order
    return ways


def quantised(travel: Floats) -> Ints:
    """Whole tenths of the unit."""
    return np.rint(travel * PER_UNIT).astype(np.int64)


def _way(problem: AssignmentProblem, pair: int, *, before: int) -> float:
    if before == UNASSIGNED or problem.ends[before] <= problem.since[pair]:
        return float(problem.travel[pair])
    return float(problem.onward[before, problem.order[pair]])
