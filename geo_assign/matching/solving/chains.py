"""A few orders with different slots, solved exactly: every way to share them out in sets, one for each technician.

A set of orders has one order of time, so what it costs a technician is one number. Technicians are then added one by
one, keeping for each set of orders the cheapest way to serve it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Flags, Ints, Plan, quantised, valued

MOST_ORDERS = 10
"""So many orders are solved exactly, whatever their slots."""

_NEVER = 2**62


def solve_exactly(problem: AssignmentProblem) -> Plan:
    """The best plan of all: most orders, least way, least load, lowest numbers.

    Time and memory double with each further order: for MOST_ORDERS at most. Sets of orders are numbers whose bit n
    stands for the n-th order in time.
    """
    in_time = np.argsort(problem.starts, kind="stable")
    technicians, rows = np.unique(problem.technician, return_inverse=True)
    pairs = np.full((len(technicians), problem.orders), UNASSIGNED, dtype=np.int64)
    pairs[rows, np.argsort(in_time)[problem.order]] = np.arange(len(problem.order))
    possible, ways = _ways(problem, in_time, pairs)
    cheapest = _cheapest(possible, _costs(ways, problem.today[technicians]), most=problem.orders)
    chosen = np.full(problem.orders, UNASSIGNED, dtype=np.int64)
    for row, orders in _shared_out(cheapest, sets=possible.shape[1]):
        for n in range(problem.orders):
            if orders >> n & 1:
                chosen[in_time[n]] = pairs[row, n]
    return valued(problem, chosen)


def _ways(problem: AssignmentProblem, in_time: Ints, pairs: Ints) -> tuple[Flags, Ints]:
    """By technician and set of orders: whether the technician can do them all, and the ways together."""
    sets = 1 << problem.orders
    possible, ways = np.zeros((len(pairs), sets), dtype=np.bool_), np.zeros((len(pairs), sets), dtype=np.int64)
    possible[:, 0] = True
    offered = sum(1 << n for n, order in enumerate(in_time) if problem.offered[order])
    for orders in range(1, sets):
        last = orders.bit_length() - 1
        rest = orders ^ 1 << last
        pair, order = pairs[:, last], in_time[last]
        way = problem.travel[pair]
        if rest:
            before = in_time[rest.bit_length() - 1]
            if problem.ends[before] > problem.starts[order]:
                continue
            way = np.where(problem.ends[before] > problem.since[pair], problem.onward[before, order], way)
        has_room = (rest & offered).bit_count() < problem.room[pair]
        possible[:, orders] = possible[:, rest] & (pair != UNASSIGNED) & has_room & np.isfinite(way)
        ways[:, orders] = ways[:, rest] + quantised(np.where(possible[:, orders], way, 0.0))
    return possible, ways


def _costs(ways: Ints, today: Ints) -> Ints:
    """One integer for each set of a technician's that orders whole plans by way, then load, then number."""
    technicians, sets = ways.shape
    orders = sets.bit_length() - 1
    size = np.array([one.bit_count() for one in range(sets)])
    # The load of each further order counts those before it.
    load = today[:, np.newaxis] * size + size * (size - 1) // 2
    number = np.arange(technicians)[:, np.newaxis] * size
    most_load = orders * (int(today.max(initial=0)) + orders)
    costs: Ints = (ways * (most_load + 1) + load) * (orders * technicians + 1) + number
    return costs


def _cheapest(possible: Flags, costs: Ints, *, most: int) -> Mapping[int, Sequence[tuple[int, int]]]:
    """By technician the sets, with their costs, for which the technician is one of the `most` cheapest.

    A plan has at most as many technicians as orders, so one of these is still free when the other orders are served.
    """
    found = defaultdict(list)
    # From the latest on: of equal plans the one is kept that gives the earlier orders to the lower numbers.
    for orders in range(possible.shape[1] - 1, 0, -1):
        rows = np.flatnonzero(possible[:, orders])
        for row in rows[np.argsort(costs[rows, orders], kind="stable")[:most]].tolist():
            found[row].append((orders, int(costs[row, orders])))
    return found


def _shared_out(cheapest: Mapping[int, Sequence[tuple[int, int]]], *, sets: int) -> Iterator[tuple[int, int]]:
    """Who serves which set of orders in the best plan."""
    best = np.full(sets, _NEVER)
    best[0] = 0
    steps = []
    for row, served in sorted(cheapest.items()):
        before, taken = best.copy(), np.zeros(sets, dtype=np.int64)
        reached = np.flatnonzero(before < _NEVER)
        for orders, cost in served:
            rest = reached[reached & orders == 0]
            whole, total = rest | orders, before[rest] + cost
            better = total < best[whole]
            best[whole[better]] = total[better]
            taken[whole[better]] = orders
        steps.append((row, taken))
    left = max(np.flatnonzero(best < _NEVER).tolist(), key=lambda orders: (orders.bit_count(), -int(best[orders])))
    for row, taken in reversed(steps):
        if taken[left]:
            yield row, int(taken[left])
            left ^= int(taken[left])
