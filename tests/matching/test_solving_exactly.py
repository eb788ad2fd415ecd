"""The steps of the solver one by one: sets of orders, what concerns what, bounds."""

from math import inf

import numpy as np

from geo_assign.matching.solving import bounds, chains
from geo_assign.matching.solving.chains import solve_exactly
from geo_assign.matching.solving.problem import (
    UNASSIGNED,
)
from tests.matching.problems import ONWARD, SLOTS, WAYS, pairs, problem, town

# A few orders exactly ------------------------------------------------------------------------------------------------


def test_ways_of_each_set_of_orders() -> None:
    asked = town()
    in_time_ = np.array([0, 1, 3, 2])
    table = np.array([[1, 3, UNASSIGNED, 0], [2, 4, 5, 6]])
    possible, ways = chains._ways(asked, in_time_, table)
    sets = {n: int(ways[0, n]) for n in range(16) if possible[0, n]}
    assert sets == {0: 0, 1: 100, 2: 200, 3: 110, 8: 300, 9: 130, 10: 220, 11: 130}
    # The second and the fourth order overlap.
    assert [n for n in range(16) if possible[1, n]] == [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13]
    assert ways[1, 13] == 150 + 40 + 50
    assert ways.dtype == np.int64


def test_sets_keep_to_the_offers_that_are_left_and_to_appointments() -> None:
    in_time_, table = np.array([0, 1, 3, 2]), np.array([[1, 3, UNASSIGNED, 0]])
    possible, _ = chains._ways(town(room=2), in_time_, table)
    assert [n for n in range(16) if possible[0, n]] == [0, 1, 2, 3, 8, 9, 10]
    possible, ways = chains._ways(town(since={(2, 0): 20.0}), in_time_, table)
    assert (ways[0, 9], ways[0, 11]) == (100 + 300, 110 + 300)
    possible, _ = chains._ways(town(onward={(0, 1): 1.0}), in_time_, table)
    assert [n for n in range(16) if possible[0, n]] == [0, 1, 2, 3, 8]


def test_costs_of_sets() -> None:
    ways = np.array([[0, 5, 6, 11], [0, 7, 8, 15]])
    # Two orders: loads up to 2 * (3 + 2), numbers up to 2 * 2.
    costs = chains._costs(ways, np.array([1, 3]))
    assert costs.tolist() == [
        [0, (5 * 11 + 1) * 5, (6 * 11 + 1) * 5, (11 * 11 + 3) * 5],
        [0, (7 * 11 + 3) * 5 + 1, (8 * 11 + 3) * 5 + 1, (15 * 11 + 7) * 5 + 2],
    ]
    assert costs.dtype == np.int64
    assert chains._costs(np.array([[0, 5]]), np.array([0])).tolist() == [[0, 5 * 2 * 2]]


def test_for_each_set_the_cheapest_are_kept() -> None:
    possible = np.array([[True, True], [True, True], [True, False], [True, True]])
    costs = np.array([[0, 9], [0, 7], [0, 1], [0, 8]])
    assert dict(chains._cheapest(possible, costs, most=2)) == {1: [(1, 7)], 3: [(1, 8)]}


def test_sets_are_shared_out_at_the_least_cost() -> None:
    served = {2: [(3, 50), (1, 20)], 0: [(2, 25), (1, 21)], 1: [(2, 90)]}
    assert sorted(chains._shared_out(served, sets=4)) == [(0, 2), (2, 1)]
    # One of the orders cannot be served beside the other.
    assert list(chains._shared_out({0: [(1, 20), (2, 10)]}, sets=4)) == [(0, 2)]
    assert list(chains._shared_out({}, sets=4)) == []


def test_exactly_is_exact_for_a_town() -> None:
    found = solve_exactly(town())
    assert pairs(town(), found) == {0: 1, 1: 0, 2: 0, 3: 1}
    assert found.travel.tolist() == [15.0, 20.0, 2.0, 4.0]


def test_without_people_no_order_is_given() -> None:
    assert solve_exactly(problem({}, orders=2, technicians=0)).assigned == 0


def test_of_equal_plans_the_earlier_order_goes_to_the_lower_number() -> None:
    ways = {(0, 0): 10.0, (0, 1): 50.0, (1, 0): 10.0, (1, 1): 50.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(10, 20), (0, 10)], onward={(1, 0): 900.0})
    assert pairs(asked, solve_exactly(asked)) == {1: 0, 0: 1}


# What concerns what, and bounds --------------------------------------------------------------------------------------


def test_orders_concern_one_another_by_time_by_ways_and_by_offers() -> None:
    ways = {(0, 0): 1.0, (1, 0): 1.0, (2, 1): 1.0, (3, 2): 1.0, (4, 2): 1.0}
    slots = [(0, 10), (10, 20), (0, 10), (30, 40), (0, 10)]

    def told(**more: object) -> list[list[int]]:
        asked = problem(ways, orders=5, technicians=3, slots=slots, **more)  # type: ignore[arg-type]
        return [part.tolist() for part in bounds.split(asked)]

    apart = [[0], [2], [4], [1], [3]]
    assert told() == apart
    assert told(onward={}) == [[0, 1], [2], [3, 4]]
    assert told(onward={}, since={(1, 0): 10.0}) == [[0], [2], [3, 4], [1]]
    assert told(onward={}, since={(1, 0): 9.0}) == [[0, 1], [2], [3, 4]]
    assert told(room=2) == [[0, 1], [2], [3, 4]]
    assert told(room=3) == apart


def test_overlapping_orders_concern_one_another_and_touching_ones_do_not() -> None:
    ways = {(0, 0): 1.0, (1, 0): 1.0, (2, 0): 1.0}
    asked = problem(ways, orders=3, technicians=1, slots=[(10, 20), (0, 11), (20, 30)])
    assert [part.tolist() for part in bounds.split(asked)] == [[0, 1], [2]]
    assert bounds.split(problem({}, orders=0, technicians=0)) == []
    assert [part.tolist() for part in bounds.split(problem({}, orders=2, technicians=0))] == [[0], [1]]


def test_who_may_come_from_where() -> None:
    # From order 1 none can go to order 3, which is at the same time.
    follows = bounds._links(town(onward={**ONWARD, (1, 3): 9.0}))[1]
    assert sorted(zip(*(side.tolist() for side in np.nonzero(follows)), strict=True)) == sorted(ONWARD)
    # Technician 1 alone could go from 0 to 3, and has an appointment in between.
    assert not bounds._links(town(since={(3, 1): 11.0}))[1][0, 3]


def test_a_way_begins_at_the_base_once_before_an_appointment_and_once_after() -> None:
    asked = town(since={(2, 0): 22.0})
    groups = bounds._base_groups(asked).tolist()
    # Technician 0: orders 0 and 1 before the appointment, 2 after it; technician 1: all of them.
    assert groups == [2, 1, 3, 1, 3, 3, 3]
    # Where ways begin at the base alone; orders 1 and 3 overlap, technician 1 has one of them at most.
    free = bounds._base_groups(problem(WAYS, orders=4, technicians=2, slots=SLOTS)).tolist()
    assert free == [3, 1, 4, 2, 5, 5, 6]


def test_a_bound_takes_each_place_once() -> None:
    assert bounds.bound(town(), assigned=4) == (41.0, 4)
    asked = problem(
        {(0, 0): 10.0, (1, 0): 12.0, (2, 0): 14.0},
        orders=3,
        technicians=1,
        slots=[(0, 1), (1, 2), (2, 3)],
        onward={(0, 1): 3.0, (0, 2): 4.0, (1, 2): 50.0},
    )
    # Only one order follows the first one, and only one begins where the technician is: 10 + 3 + 50, or 12 + ... .
    assert bounds.bound(asked, assigned=3) == (63.0, 3)
    assert bounds.bound(asked, assigned=2) == (13.0, 3)
    assert bounds.bound(asked, assigned=0) == (0.0, 3)


def test_places_of_a_bound_are_not_mixed_up() -> None:
    # Order 2 is the first in time, and order 1 is reached from there.
    asked = problem(
        {(2, 0): 1.0, (1, 0): 90.0, (0, 1): 1.0},
        orders=3,
        technicians=2,
        slots=[(0, 1), (1, 2), (0, 1)],
        onward={(2, 1): 2.0},
    )
    assert bounds.bound(asked, assigned=3) == (4.0, 3)
    asked = problem({(0, 0): 10.0, (1, 0): 12.0, (1, 1): 50.0}, orders=2, technicians=2)
    assert bounds.bound(asked, assigned=1) == (10.0, 2)
    asked = problem(
        {(3, 0): 1.0, (0, 0): 100.0, (1, 1): 1_000.0, (2, 1): 1_000.0},
        orders=4,
        technicians=2,
        slots=[(1, 2), (0, 1), (1, 2), (0, 1)],
        onward={(3, 0): 1.0},
    )
    assert bounds.bound(asked, assigned=2)[0] == 2.0


def test_a_bound_rounds_down() -> None:
    asked = problem({(0, 0): 10.19}, orders=1, technicians=1)
    assert bounds.bound(asked, assigned=1) == (10.1, 1)


def test_a_bound_leaves_out_who_can_only_come_from_elsewhere() -> None:
    asked = problem({(0, 0): 10.0, (1, 0): inf}, orders=2, technicians=1, slots=[(0, 1), (1, 2)], onward={(0, 1): 2.5})
    assert bounds.bound(asked, assigned=2) == (12.5, 2)
