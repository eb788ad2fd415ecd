"""What no plan can beat: which orders concern one another, and how short the ways of a plan could be at most.

An order's way begins either where its technician is anyway, or at the order that the technician did before. Taken
for itself, each of these places can be left once only: that is a matching, which every plan keeps, so the cheapest
matching is no longer than the shortest plan.
"""

import numpy as np

from geo_assign.matching.solving.pairing import match
from geo_assign.matching.solving.problem import PER_UNIT, AssignmentProblem, Flags, Ints, by_order


def split(problem: AssignmentProblem) -> list[Ints]:
    """The orders that concern one another, even through others, in sets: by earliest slot, each ascending.

    Two do where a technician could be given either: their times overlap, the way to the later depends on the earlier,
    or the offers that the technician may have are too few for both.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - loaded by the first batch, not by every start
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    if not problem.orders:
        return []
    together = _links(problem)[0]
    part_of = connected_components(csr_array(together), directed=False)[1]
    parts = [np.flatnonzero(part_of == part) for part in range(int(part_of.max()) + 1)]
    return sorted(parts, key=lambda orders: (float(problem.starts[orders].min()), int(orders[0])))


def bound(problem: AssignmentProblem, *, assigned: int) -> tuple[float, int]:
    """Travel that no plan with `assigned` orders or more goes below, and orders that no plan goes above."""
    earlier, later = np.nonzero(_links(problem)[1])
    groups = _base_groups(problem)
    near = np.isfinite(problem.travel)
    rows = np.concatenate([problem.order[near], later])
    columns = np.concatenate([groups[near], len(groups) + earlier])
    travel = np.concatenate([problem.travel[near], problem.onward[earlier, later]])
    ways = np.floor(travel * PER_UNIT).astype(np.int64)
    most = len(match(rows, columns, ways, np.zeros_like(ways)))
    # So many orders may be left out for nothing.
    unassigned = problem.orders - assigned
    every, place = np.divmod(np.arange(problem.orders * unassigned), max(unassigned, 1))
    rows = np.concatenate([rows, every])
    columns = np.concatenate([columns, len(groups) + problem.orders + place])
    ways = np.concatenate([ways, np.zeros_like(every)])
    return float(ways[match(rows, columns, ways, np.zeros_like(ways))].sum() / PER_UNIT), most


def _links(problem: AssignmentProblem) -> tuple[Flags, Flags]:
    """By two orders: whether they concern each other, and whether a technician may come from the one to the other."""
    has = np.zeros((problem.orders, len(problem.today)), dtype=np.bool_)
    has[problem.order, problem.technician] = True
    limited = _is_limited(problem, has)
    together, follows = (np.zeros((problem.orders, problem.orders), dtype=np.bool_) for _ in range(2))
    for order, pairs in enumerate(by_order(problem)):
        technicians = problem.technician[pairs]
        earlier = problem.ends <= problem.starts[order]
        overlaps = ~earlier & (problem.starts < problem.ends[order])
        matters = earlier[:, np.newaxis] & (problem.ends[:, np.newaxis] > problem.since[pairs])
        both = has[:, technicians]
        together[:, order] = (both & (matters | overlaps[:, np.newaxis] | limited[technicians])).any(axis=1)
        follows[:, order] = (both & matters).any(axis=1) & np.isfinite(problem.onward[:, order])
    return together, follows


def _is_limited(problem: AssignmentProblem, has: Flags) -> Flags:
    """By technician: whether one may have too few offers left for all of the orders."""
    room = np.full(len(problem.today), np.iinfo(np.int64).max)
    np.minimum.at(room, problem.technician, problem.room)
    return np.asarray(problem.offered @ has.astype(np.int64) >= room)


def _base_groups(problem: AssignmentProblem) -> Ints:
    """By pair the number of its group: pairs of one technician, of which at most one begins where the technician is.

    Of two in a group either the times overlap, or who has done the earlier comes to the later from an order.
    """
    groups, number = np.zeros(len(problem.order), dtype=np.int64), 0
    until = np.minimum(problem.since, problem.starts[problem.order])
    in_time = np.lexsort((problem.starts[problem.order], problem.technician))
    for pairs in np.split(in_time, np.flatnonzero(np.diff(problem.technician[in_time])) + 1):
        number, first_end = number + 1, np.inf
        for pair in pairs.tolist():
            if first_end <= until[pair]:
                number, first_end = number + 1, np.inf
            groups[pair] = number
            first_end = min(first_end, problem.ends[problem.order[pair]])
    return groups
