"""Problems of the batch for its tests, and the best plan by trying every one, reckoned apart from what is tested."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import inf, isfinite

import numpy as np
from hypothesis import strategies as st

from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Plan

SELDOM = 10**9


def problem(
    ways: Mapping[tuple[int, int], float],
    *,
    orders: int,
    technicians: int,
    today: list[int] | None = None,
    slots: Sequence[tuple[float, float]] | None = None,
    room: int = SELDOM,
    onward: Mapping[tuple[int, int], float] | None = None,
    since: Mapping[tuple[int, int], float] | None = None,
) -> AssignmentProblem:
    """`ways` maps (order, technician) to travel; without `slots` everything is wanted at once.

    `onward` maps (order, later order) to travel, others are too far; without it each way begins at the technician.
    `since` is told by (order, technician). With a `room` every order is offered.
    """
    slots = slots or [(0.0, 1.0)] * orders
    between = np.full((orders, orders), inf)
    for cell, travel in (onward or {}).items():
        between[cell] = travel
    usual = inf if onward is None else -inf
    return AssignmentProblem(
        order=np.array([order for order, _ in ways], dtype=np.int64),
        technician=np.array([technician for _, technician in ways], dtype=np.int64),
        travel=np.array(list(ways.values()), dtype=float),
        since=np.array([(since or {}).get(cell, usual) for cell in ways], dtype=float),
        room=np.full(len(ways), room, dtype=np.int64),
        starts=np.array([start for start, _ in slots], dtype=float),
        ends=np.array([end for _, end in slots], dtype=float),
        offered=np.full(orders, room != SELDOM),
        today=np.array(today or [0] * technicians, dtype=np.int64),
        onward=between,
    )


# Three orders one after the other and one beside the second; two technicians.
WAYS = {(2, 0): 30.0, (0, 0): 10.0, (0, 1): 15.0, (1, 0): 20.0, (1, 1): 25.0, (3, 1): 45.0, (2, 1): 35.0}
SLOTS = [(0.0, 10.0), (10.0, 20.0), (25.0, 30.0), (12.0, 18.0)]
ONWARD = {(0, 1): 1.0, (1, 2): 2.0, (0, 2): 3.0, (0, 3): 4.0, (3, 2): 5.0}


def town(
    *,
    onward: Mapping[tuple[int, int], float] = ONWARD,
    since: Mapping[tuple[int, int], float] | None = None,
    room: int = SELDOM,
) -> AssignmentProblem:
    return problem(WAYS, orders=4, technicians=2, today=[4, 7], slots=SLOTS, room=room, onward=onward, since=since)


def pairs(asked: AssignmentProblem, plan: Plan) -> dict[int, int]:
    """Order to technician."""
    return {order: int(asked.technician[pair]) for order, pair in enumerate(plan.pair) if pair != UNASSIGNED}


def random_problem(
    seed: int, orders: int, technicians: int, *, room: int = SELDOM, share: float = 0.5
) -> AssignmentProblem:
    """Orders and technicians all over a town, slots over a morning; a second order's way starts from the one before."""
    rng = np.random.default_rng(seed)
    order, technician = np.nonzero(rng.random((orders, technicians)) < share)
    where = rng.random((orders + technicians, 2)) * 20_000
    travel = np.hypot(*(where[order] - where[orders + technician]).T)
    starts = rng.integers(0, 8, orders) * 30.0
    places = where[:orders]
    return AssignmentProblem(
        order=order.astype(np.int64),
        technician=technician.astype(np.int64),
        travel=travel,
        since=np.full(len(order), -np.inf),
        room=np.full(len(order), room, dtype=np.int64),
        starts=starts,
        ends=starts + rng.integers(1, 4, orders) * 30.0,
        offered=np.full(orders, room != SELDOM),
        today=rng.integers(0, 4, technicians),
        onward=np.hypot(*(places[:, np.newaxis] - places).transpose(2, 0, 1)),
    )


@st.composite
def mixed(draw: st.DrawFn, *, most_orders: int = 5, most_people: int = 4) -> AssignmentProblem:
    """A few orders with slots that overlap, touch or follow one another, and technicians of all kinds.

    Some may not; some have appointments in between; some can only come from another order; some have few offers left.
    """
    orders, technicians = draw(st.integers(1, most_orders)), draw(st.integers(1, most_people))
    cells = [(order, technician) for order in range(orders) for technician in range(technicians)]
    chosen = draw(st.lists(st.sampled_from(cells), unique=True, max_size=len(cells)))
    # Few different distances make many ties.
    way = st.sampled_from([0.0, 100.0, 200.0, 700.0, 1_300.0, 5_000.0])
    far = st.one_of(way, way, way, st.just(inf))
    starts = draw(st.lists(st.integers(0, 5), min_size=orders, max_size=orders))
    lengths = draw(st.lists(st.integers(1, 3), min_size=orders, max_size=orders))
    since = st.sampled_from([-inf, -inf, 1.0, 3.0, inf])
    count = len(chosen)
    return AssignmentProblem(
        order=np.array([order for order, _ in chosen], dtype=np.int64),
        technician=np.array([technician for _, technician in chosen], dtype=np.int64),
        travel=np.array(draw(st.lists(far, min_size=count, max_size=count)), dtype=float),
        since=np.array(draw(st.lists(since, min_size=count, max_size=count)), dtype=float),
        room=np.array(draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)), dtype=np.int64),
        starts=np.array(starts, dtype=float),
        ends=np.array(starts, dtype=float) + np.array(lengths, dtype=float),
        offered=np.array(draw(st.lists(st.booleans(), min_size=orders, max_size=orders)), dtype=np.bool_),
        today=np.array(draw(st.lists(st.integers(0, 3), min_size=technicians, max_size=technicians)), dtype=np.int64),
        onward=np.array(draw(st.lists(far, min_size=orders**2, max_size=orders**2)), dtype=float).reshape(orders, -1),
    )


@dataclass(frozen=True, order=True)
class Worth:
    """What a plan is worth: the larger the better. `saved` are tenths of travel below nothing."""

    assigned: int
    saved: int
    load_saved: int

    @property
    def travel(self) -> float:
        return -self.saved / 10


def worth_of(asked: AssignmentProblem, chosen: Sequence[int]) -> Worth | None:
    """Each technician's orders one after the other; None where that cannot be."""
    ways_m, load = 0.0, 0
    for technician in {int(asked.technician[pair]) for pair in chosen}:
        mine = sorted(
            (asked.starts[asked.order[pair]], asked.ends[asked.order[pair]], int(pair))
            for pair in chosen
            if asked.technician[pair] == technician
        )
        if any(earlier[1] > later[0] for earlier, later in pairwise(mine)):
            return None
        asked_before = 0
        for place, (_, _, pair) in enumerate(mine):
            way_m = asked.travel[pair]
            if place and mine[place - 1][1] > asked.since[pair]:
                way_m = asked.onward[asked.order[mine[place - 1][2]], asked.order[pair]]
            if not isfinite(way_m) or asked_before >= asked.room[pair]:
                return None
            ways_m += way_m
            load += int(asked.today[technician]) + place
            asked_before += bool(asked.offered[asked.order[pair]])
    return Worth(len(chosen), -round(ways_m * 10), -load)


def worth(asked: AssignmentProblem, plan: Plan) -> Worth:
    """The same of a plan, which can be."""
    found = worth_of(asked, [int(pair) for pair in plan.pair if pair != UNASSIGNED])
    assert found is not None
    return found


def best_of_all(asked: AssignmentProblem) -> Worth:
    """What the best plan is worth."""
    return max(found for chosen in _all_choices(asked) if (found := worth_of(asked, chosen)) is not None)


def _all_choices(asked: AssignmentProblem) -> Iterator[list[int]]:
    """Every way to give each order one of its pairs, or none."""
    options = [[None, *np.flatnonzero(asked.order == order).tolist()] for order in range(asked.orders)]
    for choice in product(*options):
        yield [pair for pair in choice if pair is not None]
