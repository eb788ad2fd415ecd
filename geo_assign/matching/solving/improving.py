"""A plan for many orders made better: what a few neighbours were given is shared out among them again, exactly."""

from itertools import cycle, islice

import numpy as np

from geo_assign.matching.solving.chains import solve_exactly
from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Flags, Ints, Plan, chains_of

_AT_ONCE = 6
_TRIES = 200


def improved(problem: AssignmentProblem, plan: Plan) -> Plan:
    """A plan that is not beaten by `plan`: around each order in turn, those with the longest detours first."""
    pair, travel = plan.pair.copy(), plan.travel.copy()
    for order in islice(cycle(_by_detour(problem, plan)), min(2 * problem.orders, _TRIES)):
        orders, technicians = _around(problem, pair, order)
        if len(orders) > _AT_ONCE:
            continue
        part, pairs = problem.part(orders, technicians)
        found = solve_exactly(part)
        if found.beats(Plan(pair[orders], travel[orders])):
            pair[orders] = np.where(found.pair == UNASSIGNED, UNASSIGNED, pairs[found.pair])
            travel[orders] = found.travel
    return Plan(pair, travel)


def _by_detour(problem: AssignmentProblem, plan: Plan) -> list[int]:
    """The orders, those without a technician first, then those whose way is longest beside the shortest there is."""
    shortest = np.full(problem.orders, np.inf)
    np.minimum.at(shortest, problem.order, problem.travel)
    detour = np.where(plan.pair == UNASSIGNED, np.inf, plan.travel - shortest)
    by_detour: list[int] = np.argsort(-detour, kind="stable").tolist()
    return by_detour


def _around(problem: AssignmentProblem, pair: Ints, order: int) -> tuple[Ints, Flags]:
    """The technicians nearest to an order who have few enough orders together, and these orders."""
    pairs = np.flatnonzero(problem.order == order)
    given = {int(problem.technician[chain[0]]): problem.order[chain] for chain in chains_of(problem, pair)}
    holder = [] if pair[order] == UNASSIGNED else [int(problem.technician[pair[order]])]
    nearest = problem.technician[pairs[np.argsort(problem.travel[pairs], kind="stable")]].tolist()
    orders, technicians = np.array([order]), np.zeros(len(problem.today), dtype=np.bool_)
    for technician in [*holder, *nearest]:
        more = np.union1d(orders, given.get(technician, orders))
        if technician in holder or len(more) <= _AT_ONCE:
            orders, technicians[technician] = more, True
    return orders, technicians
