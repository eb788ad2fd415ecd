"""The steps of the solver one by one: values of plans, matching, sets of orders, bounds, better plans for many."""

from collections.abc import Mapping
from math import inf

import numpy as np
import pytest

from geo_assign.matching import bounds, chains, improving, optimal, pairing
from geo_assign.matching.chains import solve_exactly
from geo_assign.matching.greedy import GivenSoFar, greedy
from geo_assign.matching.optimal import solve
from geo_assign.matching.problem import (
    UNASSIGNED,
    AssignmentProblem,
    Plan,
    by_order,
    chains_of,
    in_time,
    quantised,
    valued,
    ways_of,
)
from tests.matching.problems import SELDOM, pairs, problem

# Three orders one after the other and one beside the second; two people.
WAYS = {(2, 0): 30.0, (0, 0): 10.0, (0, 1): 15.0, (1, 0): 20.0, (1, 1): 25.0, (3, 1): 45.0, (2, 1): 35.0}
SLOTS = [(0.0, 10.0), (10.0, 20.0), (25.0, 30.0), (12.0, 18.0)]
ONWARD = {(0, 1): 1.0, (1, 2): 2.0, (0, 2): 3.0, (0, 3): 4.0, (3, 2): 5.0}


def town(
    *,
    onward: Mapping[tuple[int, int], float] = ONWARD,
    since: Mapping[tuple[int, int], float] | None = None,
    room: int = SELDOM,
) -> AssignmentProblem:
    return problem(WAYS, orders=4, people=2, today=[4, 7], slots=SLOTS, room=room, onward=onward, since=since)


# Plans and their values ----------------------------------------------------------------------------------------------


def test_a_part_of_a_problem_has_its_orders_numbered_anew() -> None:
    part, numbers = town(since={(2, 0): 7.0}, room=3).part(np.array([0, 2]))
    assert numbers.tolist() == [0, 1, 2, 6]
    assert part.order.tolist() == [1, 0, 0, 1]
    assert part.person.tolist() == [0, 0, 1, 1]
    assert part.metres.tolist() == [30.0, 10.0, 15.0, 35.0]
    assert part.since.tolist() == [7.0, -inf, -inf, -inf]
    assert part.room.tolist() == [3] * 4
    assert (part.starts.tolist(), part.ends.tolist()) == ([0.0, 25.0], [10.0, 30.0])
    assert (part.offered.tolist(), part.today.tolist()) == ([True, True], [4, 7])
    assert part.onward.tolist() == [[inf, 3.0], [inf, inf]]
    few, numbers = town().part(np.array([0, 2]), np.array([False, True]))
    assert (few.person.tolist(), numbers.tolist()) == ([1, 1], [2, 6])


def test_pairs_of_each_order_in_turn() -> None:
    assert [one.tolist() for one in by_order(town())] == [[1, 2], [3, 4], [0, 6], [5]]


def test_a_plan_is_valued_in_the_order_of_time() -> None:
    asked = town()
    plan = valued(asked, np.array([1, 3, 0, 5]))
    assert plan.metres.tolist() == [10.0, 1.0, 2.0, 45.0]
    assert plan.pair.tolist() == [1, 3, 0, 5]
    assert sorted(chains_of(asked, plan.pair)) == [[1, 3, 0], [5]]
    assert in_time(asked, [0, 1, 3]) == [1, 3, 0]
    left = valued(asked, np.array([1, UNASSIGNED, 0, UNASSIGNED]))
    assert np.isnan(left.metres).tolist() == [False, True, False, True]
    assert left.metres[2] == 3.0


def test_the_way_begins_at_an_order_that_ends_after_since() -> None:
    assert ways_of(town(since={(1, 0): 9.0}), [1, 3]) == [10.0, 1.0]
    assert ways_of(town(since={(1, 0): 10.0}), [1, 3]) == [10.0, 20.0]
    assert ways_of(town(onward={}), [1, 3]) == [10.0, inf]


def test_offers_that_are_not_left_make_a_way_impossible() -> None:
    assert ways_of(town(room=1), [1, 3, 0]) == [10.0, inf, inf]
    assert ways_of(town(room=2), [1, 3, 0]) == [10.0, 1.0, inf]
    assert ways_of(town(room=0), [1]) == [inf]


def test_ways_are_compared_to_a_tenth_of_a_metre() -> None:
    assert quantised(np.array([0.04, 0.06, 12.34])).tolist() == [0, 1, 123]
    assert quantised(np.array([0.04])).dtype == np.int64


# One by one ----------------------------------------------------------------------------------------------------------


def test_who_is_still_open_and_from_where() -> None:
    asked = town()
    so_far = GivenSoFar(asked)
    every = np.arange(7)
    assert [one.tolist() for one in so_far.still_open(every)] == [list(range(7)), list(WAYS.values())]
    so_far.give(3)
    assert so_far.load.tolist() == [5, 7]
    still, metres = so_far.still_open(np.array([0, 1, 2, 3, 5]))
    # Order 0 by person 0 would be before order 1, which can be reached from there; order 1 itself is taken.
    assert (still.tolist(), metres.tolist()) == ([0, 1, 2, 5], [2.0, 10.0, 15.0, 45.0])
    so_far.give(1)
    assert so_far.plan().metres.tolist()[:2] == [10.0, 1.0]
    assert so_far.still_open(np.array([1, 3]))[0].tolist() == []


def test_none_is_open_for_whom_a_later_order_gets_out_of_reach() -> None:
    so_far = GivenSoFar(town(onward={(0, 2): 3.0}))
    so_far.give(3)
    assert so_far.still_open(np.array([0, 1]))[0].tolist() == []
    so_far = GivenSoFar(town(room=0))
    assert so_far.still_open(np.arange(7))[0].tolist() == []


def test_touching_is_open_and_overlapping_is_not() -> None:
    ways = {(0, 0): 1.0, (1, 0): 1.0, (2, 0): 1.0, (3, 0): 1.0}
    so_far = GivenSoFar(problem(ways, orders=4, people=1, slots=[(10, 20), (0, 10), (20, 30), (19, 21)]))
    so_far.give(0)
    assert so_far.still_open(np.arange(1, 4))[0].tolist() == [1, 2]


def test_greedy_takes_the_nearest_then_the_least_busy_then_the_first() -> None:
    ways = {(0, 0): 30.0, (0, 1): 20.0, (1, 0): 10.0, (1, 1): 10.0, (1, 2): 10.01, (2, 0): 7.0, (2, 2): 7.0}
    asked = problem(ways, orders=3, people=3, today=[1, 0, 1], slots=[(0, 1), (1, 2), (2, 3)])
    # The first order makes person 1 as busy as the others; the second is then person 0's, the third person 2's.
    assert pairs(asked, greedy(asked)) == {0: 1, 1: 0, 2: 2}


# One order each ------------------------------------------------------------------------------------------------------


def test_orders_that_share_no_technician_are_solved_apart() -> None:
    rows, columns = np.array([0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3])
    parts = sorted(sorted(part.tolist()) for part in pairing._parts(rows, columns))
    assert parts == [[0], [1, 2, 3], [4]]


def matched(cells: dict[tuple[int, int], int], load: list[int] | None = None) -> set[tuple[int, int]]:
    rows, columns = (np.array(side) for side in zip(*cells, strict=True))
    chosen = pairing.match(rows, columns, np.array(list(cells.values())), np.array(load or [0] * len(cells)))
    assert chosen.tolist() == sorted(chosen.tolist())
    return {(int(rows[n]), int(columns[n])) for n in chosen}


@pytest.fixture(params=["dense", "sparse"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "sparse":
        monkeypatch.setattr(pairing, "_dense", pairing._sparse)


@pytest.mark.usefixtures("either_way")
def test_most_pairs_then_the_least_way_then_load_then_the_lowest() -> None:
    assert matched({(5, 3): 1, (5, 9): 90_000, (7, 3): 50_000}) == {(5, 9), (7, 3)}
    assert matched({(0, 0): 3, (0, 1): 4, (1, 0): 1, (1, 1): 9}) == {(0, 1), (1, 0)}
    assert matched({(0, 0): 0, (0, 1): 0, (0, 2): 0}, [2, 1, 1]) == {(0, 1)}
    assert matched({(0, 2): 5, (0, 1): 5}) == {(0, 1)}
    assert matched({(0, 0): 5, (0, 1): 4}, [0, 40]) == {(0, 1)}
    # Of three orders two can be given.
    assert matched({(0, 0): 5, (1, 0): 6, (2, 0): 1, (2, 1): 3, (2, 2): 4}) == {(0, 0), (2, 1)}
    # Beyond fifteen more than the least busy all are alike.
    assert matched({(0, 0): 5, (0, 1): 5, (1, 2): 5, (1, 0): 90}, [35, 16, 0, 35]) == {(0, 0), (1, 2)}
    assert matched({(0, 0): 5, (0, 1): 5, (1, 2): 5, (1, 0): 90}, [35, 14, 0, 35]) == {(0, 1), (1, 2)}


@pytest.mark.usefixtures("either_way")
def test_an_order_is_left_without_a_technician() -> None:
    asked = problem({(0, 0): 900.0, (1, 1): 100.0, (1, 0): 500.0, (2, 0): 100.0}, orders=3, people=2)
    assert pairs(asked, solve(asked).best) == {1: 1, 2: 0}
    assert matched({(0, 0): 7, (1, 0): 6, (2, 0): 5}) == {(2, 0)}


def test_nothing_can_be_matched_to_nothing() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert pairing.match(nothing, nothing, nothing, nothing).tolist() == []


def test_costs_order_by_way_then_load_then_number_as_far_as_floats_are_exact() -> None:
    ways, load, columns = np.array([7, 0]), np.array([2, 15]), np.array([1, 3])
    scale, numbers = 15 * 2 + 1, 3 * 2 + 1
    assert pairing._costs(ways, load, columns, height=2).tolist() == [
        (8 * scale + 2) * numbers + 1,
        (1 * scale + 15) * numbers + 3,
    ]
    huge = np.array([2**48, 0])
    assert pairing._costs(huge, load, columns, height=2).tolist() == [2**48 + 1, 1]
    # Room for the load, and none for the number.
    large = np.array([2**53 // 6 // 31 - 3, 0])
    assert pairing._costs(large, load, columns, height=2).tolist() == [(large[0] + 1) * 31 + 2, 31 + 15]


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
    assert found.metres.tolist() == [15.0, 20.0, 2.0, 4.0]


def test_without_people_no_order_is_given() -> None:
    assert solve_exactly(problem({}, orders=2, people=0)).assigned == 0


def test_of_equal_plans_the_earlier_order_goes_to_the_lower_number() -> None:
    ways = {(0, 0): 10.0, (0, 1): 50.0, (1, 0): 10.0, (1, 1): 50.0}
    asked = problem(ways, orders=2, people=2, slots=[(10, 20), (0, 10)], onward={(1, 0): 900.0})
    assert pairs(asked, solve_exactly(asked)) == {1: 0, 0: 1}


# What concerns what, and bounds --------------------------------------------------------------------------------------


def test_orders_concern_one_another_by_time_by_ways_and_by_offers() -> None:
    ways = {(0, 0): 1.0, (1, 0): 1.0, (2, 1): 1.0, (3, 2): 1.0, (4, 2): 1.0}
    slots = [(0, 10), (10, 20), (0, 10), (30, 40), (0, 10)]

    def told(**more: object) -> list[list[int]]:
        asked = problem(ways, orders=5, people=3, slots=slots, **more)  # type: ignore[arg-type]
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
    asked = problem(ways, orders=3, people=1, slots=[(10, 20), (0, 11), (20, 30)])
    assert [part.tolist() for part in bounds.split(asked)] == [[0, 1], [2]]
    assert bounds.split(problem({}, orders=0, people=0)) == []
    assert [part.tolist() for part in bounds.split(problem({}, orders=2, people=0))] == [[0], [1]]


def test_who_may_come_from_where() -> None:
    # From order 1 none can go to order 3, which is at the same time.
    follows = bounds._links(town(onward={**ONWARD, (1, 3): 9.0}))[1]
    assert sorted(zip(*(side.tolist() for side in np.nonzero(follows)), strict=True)) == sorted(ONWARD)
    # Person 1 alone could go from 0 to 3, and has an appointment in between.
    assert not bounds._links(town(since={(3, 1): 11.0}))[1][0, 3]


def test_a_way_begins_at_the_base_once_before_an_appointment_and_once_after() -> None:
    asked = town(since={(2, 0): 22.0})
    groups = bounds._base_groups(asked).tolist()
    # Person 0: orders 0 and 1 before the appointment, 2 after it; person 1: all of them.
    assert groups == [2, 1, 3, 1, 3, 3, 3]
    # Where ways begin at the base alone; orders 1 and 3 overlap, person 1 has one of them at most.
    free = bounds._base_groups(problem(WAYS, orders=4, people=2, slots=SLOTS)).tolist()
    assert free == [3, 1, 4, 2, 5, 5, 6]


def test_a_bound_takes_each_place_once() -> None:
    assert bounds.bound(town(), assigned=4) == (41.0, 4)
    asked = problem(
        {(0, 0): 10.0, (1, 0): 12.0, (2, 0): 14.0},
        orders=3,
        people=1,
        slots=[(0, 1), (1, 2), (2, 3)],
        onward={(0, 1): 3.0, (0, 2): 4.0, (1, 2): 50.0},
    )
    # Only one order follows the first one, and only one begins where the person is: 10 + 3 + 50, or 12 + ... .
    assert bounds.bound(asked, assigned=3) == (63.0, 3)
    assert bounds.bound(asked, assigned=2) == (13.0, 3)
    assert bounds.bound(asked, assigned=0) == (0.0, 3)


def test_places_of_a_bound_are_not_mixed_up() -> None:
    # Order 2 is the first in time, and order 1 is reached from there.
    asked = problem(
        {(2, 0): 1.0, (1, 0): 90.0, (0, 1): 1.0},
        orders=3,
        people=2,
        slots=[(0, 1), (1, 2), (0, 1)],
        onward={(2, 1): 2.0},
    )
    assert bounds.bound(asked, assigned=3) == (4.0, 3)
    asked = problem({(0, 0): 10.0, (1, 0): 12.0, (1, 1): 50.0}, orders=2, people=2)
    assert bounds.bound(asked, assigned=1) == (10.0, 2)
    asked = problem(
        {(3, 0): 1.0, (0, 0): 100.0, (1, 1): 1_000.0, (2, 1): 1_000.0},
        orders=4,
        people=2,
        slots=[(1, 2), (0, 1), (1, 2), (0, 1)],
        onward={(3, 0): 1.0},
    )
    assert bounds.bound(asked, assigned=2)[0] == 2.0


def test_a_bound_rounds_down() -> None:
    asked = problem({(0, 0): 10.19}, orders=1, people=1)
    assert bounds.bound(asked, assigned=1) == (10.1, 1)


def test_a_bound_leaves_out_who_can_only_come_from_elsewhere() -> None:
    asked = problem({(0, 0): 10.0, (1, 0): inf}, orders=2, people=1, slots=[(0, 1), (1, 2)], onward={(0, 1): 2.5})
    assert bounds.bound(asked, assigned=2) == (12.5, 2)


# Many orders ---------------------------------------------------------------------------------------------------------


def test_the_longest_detours_come_first() -> None:
    asked = town()
    plan = Plan(np.array([2, 4, UNASSIGNED, 5]), np.array([15.0, 31.0, np.nan, 45.0]))
    # Without a technician; 31 instead of 20; 15 instead of 10; 45 as it must be.
    assert improving._by_detour(asked, plan) == [2, 1, 0, 3]


def test_around_an_order_are_its_technician_and_the_nearest_with_room_among_six() -> None:
    # Person 0 is the nearest to order 7 and the farthest from the others.
    ways = {(order, person): float(person if order == 7 else 9 - person) for order in range(8) for person in range(4)}
    slots = [(float(n), n + 1.0) for n in range(8)]
    asked = problem(ways, orders=8, people=4, slots=slots)
    # Person 3 has orders 0 and 1, person 0 has 2 to 6, person 1 has 7, person 2 has none.
    holder = [3, 3, 0, 0, 0, 0, 0, 1]
    pair = np.array([order * 4 + person for order, person in enumerate(holder)])
    orders, people = improving._around(asked, pair, 0)
    assert (orders.tolist(), people.tolist()) == ([0, 1, 7], [False, True, True, True])
    orders, people = improving._around(asked, pair, 7)
    assert (orders.tolist(), people.tolist()) == ([2, 3, 4, 5, 6, 7], [True, True, True, False])
    pair[7] = UNASSIGNED
    orders, people = improving._around(asked, pair, 7)
    assert (orders.tolist(), people.tolist()) == ([2, 3, 4, 5, 6, 7], [True, True, True, False])


def test_a_plan_for_many_is_made_better() -> None:
    # Six times two orders at one time, each given to the other's neighbour.
    ways, slots = {}, []
    for n in range(6):
        slots += [(float(n), n + 1.0)] * 2
        ways |= {(2 * n, 0): 10.0, (2 * n, 1): 30.0, (2 * n + 1, 0): 20.0, (2 * n + 1, 1): 90.0}
    asked = problem(ways, orders=12, people=2, slots=slots)
    part, _ = asked.part(np.array([0, 1]))
    crossed = valued(part, np.array([0, 3]))
    better = improving.improved(part, crossed)
    assert (better.total_m, better.pair.tolist()) == (50.0, [1, 2])
    assert better.metres.tolist() == [30.0, 20.0]
    assert crossed.pair.tolist() == [0, 3]
    left = improving.improved(part, valued(part, np.array([0, UNASSIGNED])))
    assert (left.assigned, left.total_m) == (2, 50.0)


def test_six_orders_are_shared_out_again_and_seven_are_not() -> None:
    slots = [(float(n), n + 1.0) for n in range(7)]
    ways = {(order, person): 10.0 if person else 90.0 for order in range(7) for person in range(2)}
    six, _ = problem(ways, orders=7, people=2, slots=slots).part(np.arange(6))
    assert improving.improved(six, valued(six, np.arange(6) * 2)).total_m == 60.0
    seven = problem(ways, orders=7, people=2, slots=slots)
    assert improving.improved(seven, valued(seven, np.arange(7) * 2)).total_m == 630.0
    # One person has six and the other one: together they are too many.
    some = valued(seven, np.array([0, 2, 4, 6, 8, 10, 13]))
    assert improving.improved(seven, some).total_m == 550.0


def test_an_order_with_too_many_beside_it_is_passed_over() -> None:
    # Person 0 has seven orders with long detours; the one order of person 2 goes to person 1, who is idle.
    slots = [(float(n), n + 1.0) for n in range(7)] + [(0.0, 1.0)]
    ways = {(order, 0): 500.0 for order in range(7)} | {(order, 1): 10.0 for order in range(7)}
    ways |= {(7, 2): 40.0, (7, 1): 30.0}
    asked = problem(ways, orders=8, people=3, slots=slots)
    given = valued(asked, np.array([0, 1, 2, 3, 4, 5, 6, 14]))
    assert improving.improved(asked, given).total_m == 7 * 500.0 + 30.0


def test_who_has_other_orders_gets_none_of_those_that_are_shared_out_again() -> None:
    # Person 1 has six orders at other times and the first one's time; person 0 keeps order 0.
    slots = [(0.0, 10.0)] + [(float(n), n + 1.0) for n in range(6)]
    ways = {(0, 0): 50.0, (0, 1): 10.0} | {(n, 1): 5.0 for n in range(1, 7)}
    asked = problem(ways, orders=7, people=2, slots=slots)
    given = valued(asked, np.array([0, 2, 3, 4, 5, 6, 7]))
    assert improving.improved(asked, given).pair.tolist() == given.pair.tolist()


def test_an_order_may_stay_without_a_technician() -> None:
    # Three orders at one time for two people: one order is left, and the other two change places.
    ways = {(0, 0): 90.0, (0, 1): 20.0, (1, 0): 10.0, (1, 1): 60.0, (2, 0): 500.0, (2, 1): 600.0}
    asked = problem(ways, orders=3, people=2)
    better = improving.improved(asked, valued(asked, np.array([0, 3, UNASSIGNED])))
    assert (better.pair.tolist(), better.total_m) == ([1, 2, UNASSIGNED], 30.0)


def test_turns_share_a_moment() -> None:
    asked = problem({}, orders=5, people=0, slots=[(5, 9), (0, 4), (3, 6), (4, 8), (9, 10)])
    assert [turn.tolist() for turn in optimal._turns(asked)] == [[1, 2], [3, 0], [4]]


def test_one_order_each_where_all_are_at_one_time_or_offered_with_one_offer_left() -> None:
    slots = [(0.0, 10.0), (9.0, 20.0)]
    ways = {(0, 0): 1.0, (1, 0): 1.0}
    assert optimal._one_each(problem(ways, orders=2, people=1, slots=slots))
    apart = [(0.0, 10.0), (10.0, 20.0)]
    assert not optimal._one_each(problem(ways, orders=2, people=1, slots=apart))
    assert optimal._one_each(problem(ways, orders=2, people=1, slots=apart, room=1))
    assert not optimal._one_each(problem(ways, orders=2, people=1, slots=apart, room=2))


def test_greedy_by_the_numbers_of_a_part() -> None:
    assert optimal._within(np.array([7, UNASSIGNED, 3]), np.array([3, 5, 7])).tolist() == [2, UNASSIGNED, 0]


def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every cluster were too large to be solved exactly, or to be made better."""
    monkeypatch.setattr(optimal, "MOST_ORDERS", 0)
    monkeypatch.setattr(optimal, "improved", lambda _problem, plan: plan)


def test_greedy_is_the_answer_for_many_where_it_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    many(monkeypatch)
    # In turns the earlier order takes the technician whom the older, later one needs.
    ways = {(0, 0): 10.0, (0, 1): 5_000.0, (1, 0): 100.0, (1, 1): 150.0}
    asked = problem(ways, orders=2, people=2, slots=[(10, 20), (0, 10)], onward={})
    assert optimal._match_in_turns(asked, optimal._turns(asked)).total_m == 5_100.0
    found = solve(asked)
    assert (found.best.total_m, found.bound_m, found.bound_assigned) == (160.0, 160.0, 2)
    # In turns two orders that are at one time are not crossed.
    at_once = {(0, 0): 300.0, (0, 1): 400.0, (1, 0): 100.0, (1, 1): 900.0, (2, 0): 5.0}
    crossed = problem(at_once, orders=3, people=2, slots=[(0, 1), (0, 1), (1, 2)], onward={(0, 2): 7.0, (1, 2): 7.0})
    assert (solve(crossed).best.total_m, solve(crossed).greedy.total_m) == (507.0, 1_207.0)
    # And the other way round.
    asked = problem(ways, orders=2, people=2, slots=[(10, 20), (0, 10)], onward={(1, 0): 20.0})
    assert solve(asked).best.total_m == 120.0


def test_a_bound_may_be_less_than_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {(0, 0): 100.0, (0, 1): 150.0, (1, 0): 900.0, (1, 1): 5_000.0}
    asked = problem(ways, orders=2, people=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 4_000.0})
    with monkeypatch.context() as patch:
        many(patch)
        found = solve(asked)
        assert (found.best.total_m, found.bound_m, found.bound_assigned) == (4_100.0, 1_050.0, 2)
        patch.setattr(optimal, "MOST_ORDERS", 2)
        assert solve(asked).best.total_m == 1_050.0


def test_what_another_plan_might_assign_elsewhere_is_in_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    many(monkeypatch)
    ways = {(0, 0): 10.0, (0, 1): 11.0, (1, 0): 20.0, (2, 2): 7.0}
    slots = [(0.0, 10.0), (10.0, 20.0), (0.0, 10.0)]
    # In turns order 0 goes to person 0, who then cannot reach order 1.
    asked = problem(ways, orders=3, people=3, slots=slots, onward={})
    found = solve(asked)
    assert (found.best.assigned, found.bound_assigned) == (2, 3)
    # Two of the three orders, by whichever technicians: 7 and 10.
    assert found.bound_m == found.best.total_m == 17.0


def test_a_plan_that_is_exact_needs_no_looser_bound() -> None:
    # One offer each: order 1 does not follow order 0, though the way would be short.
    ways = {(0, 0): 10.0, (1, 0): 20.0, (1, 1): 100.0}
    asked = problem(ways, orders=2, people=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 1.0}, room=1)
    assert bounds.bound(asked, assigned=2)[0] == 11.0
    assert solve(asked).bound_m == solve(asked).best.total_m == 110.0


def test_many_orders_are_made_better(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {(0, 0): 100.0, (0, 1): 150.0, (1, 0): 900.0, (1, 1): 5_000.0}
    asked = problem(ways, orders=2, people=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 4_000.0})
    monkeypatch.setattr(optimal, "MOST_ORDERS", 0)
    assert solve(asked).best.total_m == 1_050.0


def test_a_problem_keeps_its_load_between_parts() -> None:
    asked = problem(
        {(0, 0): 1.0, (1, 0): 5.0, (1, 1): 5.0, (2, 0): 5.0, (2, 1): 5.0},
        orders=3,
        people=2,
        slots=[(0, 1), (1, 2), (2, 3)],
    )
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 1, 2: 0}


def test_seldom_is_no_limit() -> None:
    assert not problem({(0, 0): 1.0}, orders=1, people=1, room=SELDOM).offered.any()
