"""A plan for many orders made better: what a few neighbours were given is shared out among them again, exactly."""

from itertools import cycle, islice

import numpy as np

from geo_assign.matching.chains import solve_exactly
from geo_assign.matching.problem import UNASSIGNED, AssignmentProblem, Flags, Ints, Plan, chains_of

_AT_ONCE = 6
_TRIES = 200


def improved(problem: AssignmentProblem, plan: Plan) -> Plan:
    """A plan that is not beaten by `plan`: around each order in turn, those with the longest detours first."""
    pair, metres = plan.pair.copy(), plan.metres.copy()
    for order in islice(cycle(_by_detour(problem, plan)), min(2 * problem.orders, _TRIES)):
        orders, people = _around(problem, pair, order)
        if len(orders) > _AT_ONCE:
            continue
        part, pairs = problem.part(orders, people)
        found = solve_exactly(part)
        if found.beats(Plan(pair[orders], metres[orders])):
            pair[orders] = np.where(found.pair == UNASSIGNED, UNASSIGNED, pairs[found.pair])
            metres[orders] = found.metres
    return Plan(pair, metres)


def _by_detour(problem: AssignmentProblem, plan: Plan) -> list[int]:
    """The orders, those without a technician first, then those whose way is longest beside the shortest there is."""
    shortest = np.full(problem.orders, np.inf)
    np.minimum.at(shortest, problem.order, problem.metres)
    detour = np.where(plan.pair == UNASSIGNED, np.inf, plan.metres - shortest)
    by_detour: list[int] = np.argsort(-detour, kind="stable").tolist()
    return by_detour


def _around(problem: AssignmentProblem, pair: Ints, order: int) -> tuple[Ints, Flags]:
    """The people nearest to an order who have few enough orders together, and these orders."""
    pairs = np.flatnonzero(problem.order == order)
    given = {int(problem.person[chain[0]]): problem.order[chain] for chain in chains_of(problem, pair)}
    holder = [] if pair[order] == UNASSIGNED else [int(problem.person[pair[order]])]
    nearest = problem.person[pairs[np.argsort(problem.metres[pairs], kind="stable")]].tolist()
    orders, people = np.array([order]), np.zeros(len(problem.today), dtype=np.bool_)
    for person in [*holder, *nearest]:
        more = np.union1d(orders, given.get(person, orders))
        if person in holder or len(more) <= _AT_ONCE:
            orders, people[person] = more, True
    return orders, people
