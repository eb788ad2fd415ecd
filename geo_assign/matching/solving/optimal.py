"""Who goes where when many orders wait together: as many as possible, then the least travel in all.

Arrays in, pairs out; no database, no clock. Orders that do not concern one another are solved apart. Where each
technician can have one of them only, and where they are few, the plan is the best of all; for others it is said how
short one could be at most.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from geo_assign.matching.solving.bounds import bound, split
from geo_assign.matching.solving.chains import MOST_ORDERS, solve_exactly
from geo_assign.matching.solving.greedy import GivenSoFar, greedy
from geo_assign.matching.solving.improving import improved
from geo_assign.matching.solving.pairing import match
from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Ints, Plan, quantised, valued


@dataclass(frozen=True, slots=True)
class Solution:
    """The plan to follow, and what giving each order in turn to the nearest would have come to.

    No plan assigns more than `bound_assigned` orders, and none that assigns as many as the best is shorter than
    `bound_travel`, to a tenth of its unit for each order.
    """

    best: Plan
    greedy: Plan
    bound_travel: float
    bound_assigned: int


def solve(problem: AssignmentProblem) -> Solution:
    """The best plan that is found: never worse than `greedy` on the same problem."""
    plain = greedy(problem)
    pair, load = np.full(problem.orders, UNASSIGNED, dtype=np.int64), problem.today.copy()
    bound_travel, bound_assigned = 0.0, 0
    for orders in split(problem):
        part, pairs = problem.part(orders)
        found, part_travel, part_assigned = _solve_part(replace(part, today=load), _within(plain.pair[orders], pairs))
        taken = found.pair != UNASSIGNED
        pair[orders[taken]] = pairs[found.pair[taken]]
        np.add.at(load, part.technician[found.pair[taken]], 1)
        bound_travel, bound_assigned = bound_travel + part_travel, bound_assigned + part_assigned
    best = valued(problem, pair)
    if best.assigned < bound_assigned:
        # Another plan might assign more in one part and fewer in another.
        bound_travel = bound(problem, assigned=best.assigned)[0]
    return Solution(best, plain, min(bound_travel, best.total_travel), bound_assigned)


def _within(plain: Ints, pairs: Ints) -> Ints:
    """Pairs by their numbers in a part of the problem that has these `pairs`."""
    return np.where(plain == UNASSIGNED, UNASSIGNED, np.searchsorted(pairs, plain))


def _solve_part(part: AssignmentProblem, plain: Ints) -> tuple[Plan, float, int]:
    """The plan for orders that concern one another, and its bounds in travel and in orders."""
    if _one_each(part):
        found = _match_in_turns(part, [np.arange(part.orders)])
    elif part.orders <= MOST_ORDERS:
        found = solve_exactly(part)
    else:
        matched, one_by_one = _match_in_turns(part, _turns(part)), valued(part, plain)
        found = improved(part, one_by_one if one_by_one.beats(matched) else matched)
        return found, *bound(part, assigned=found.assigned)
    return found, found.total_travel, found.assigned


def _one_each(part: AssignmentProblem) -> bool:
    """Whether no technician can have two of the orders: all are at one time, or one offer each is all that is left."""
    at_once = part.starts.max() < part.ends.min()
    return bool(at_once or (part.offered.all() and (part.room <= 1).all()))


def _turns(problem: AssignmentProblem) -> Iterator[Ints]:
    """The orders, earliest first, in groups of which all slots share a moment."""
    turn: list[int] = []
    until = np.inf
    for order in np.argsort(problem.starts, kind="stable").tolist():
        if problem.starts[order] >= until:
            yield np.array(turn)
            turn, until = [], np.inf
        turn.append(order)
        until = min(until, float(problem.ends[order]))
    yield np.array(turn)


def _match_in_turns(problem: AssignmentProblem, turns: Iterable[Ints]) -> Plan:
    """Each of the turns by itself, one after the other."""
    so_far = GivenSoFar(problem)
    for orders in turns:
        still, travel = so_far.still_open(np.flatnonzero(np.isin(problem.order, orders)))
        technicians = problem.technician[still]
        chosen = match(problem.order[still], technicians, quantised(travel), so_far.load[technicians])
        for pair in still[chosen].tolist():
            so_far.give(pair)
    return so_far.plan()
