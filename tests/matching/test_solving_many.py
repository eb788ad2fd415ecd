"""The steps of the solver one by one: better plans for many orders."""

import numpy as np
import pytest

from geo_assign.matching.solving import bounds, improving, optimal
from geo_assign.matching.solving.optimal import solve
from geo_assign.matching.solving.problem import (
    UNASSIGNED,
    Plan,
    valued,
)
from tests.matching.problems import SELDOM, pairs, problem, town

# Many orders ---------------------------------------------------------------------------------------------------------


def test_the_longest_detours_come_first() -> None:
    asked = town()
    plan = Plan(np.array([2, 4, UNASSIGNED, 5]), np.array([15.0, 31.0, np.nan, 45.0]))
    # Without a technician; 31 instead of 20; 15 instead of 10; 45 as it must be.
    assert improving._by_detour(asked, plan) == [2, 1, 0, 3]


def test_around_an_order_are_its_technician_and_the_nearest_with_room_among_six() -> None:
    # Technician 0 is the nearest to order 7 and the farthest from the others.
    ways = {
        (order, technician): float(technician if order == 7 else 9 - technician)
        for order in range(8)
        for technician in range(4)
    }
    slots = [(float(n), n + 1.0) for n in range(8)]
    asked = problem(ways, orders=8, technicians=4, slots=slots)
    # Technician 3 has orders 0 and 1, technician 0 has 2 to 6, technician 1 has 7, technician 2 has none.
    holder = [3, 3, 0, 0, 0, 0, 0, 1]
    pair = np.array([order * 4 + technician for order, technician in enumerate(holder)])
    orders, technicians = improving._around(asked, pair, 0)
    assert (orders.tolist(), technicians.tolist()) == ([0, 1, 7], [False, True, True, True])
    orders, technicians = improving._around(asked, pair, 7)
    assert (orders.tolist(), technicians.tolist()) == ([2, 3, 4, 5, 6, 7], [True, True, True, False])
    pair[7] = UNASSIGNED
    orders, technicians = improving._around(asked, pair, 7)
    assert (orders.tolist(), technicians.tolist()) == ([2, 3, 4, 5, 6, 7], [True, True, True, False])


def test_a_plan_for_many_is_made_better() -> None:
    # Six times two orders at one time, each given to the other's neighbour.
    ways, slots = {}, []
    for n in range(6):
        slots += [(float(n), n + 1.0)] * 2
        ways |= {(2 * n, 0): 10.0, (2 * n, 1): 30.0, (2 * n + 1, 0): 20.0, (2 * n + 1, 1): 90.0}
    asked = problem(ways, orders=12, technicians=2, slots=slots)
    part, _ = asked.part(np.array([0, 1]))
    crossed = valued(part, np.array([0, 3]))
    better = improving.improved(part, crossed)
    assert (better.total_travel, better.pair.tolist()) == (50.0, [1, 2])
    assert better.travel.tolist() == [30.0, 20.0]
    assert crossed.pair.tolist() == [0, 3]
    left = improving.improved(part, valued(part, np.array([0, UNASSIGNED])))
    assert (left.assigned, left.total_travel) == (2, 50.0)


def test_six_orders_are_shared_out_again_and_seven_are_not() -> None:
    slots = [(float(n), n + 1.0) for n in range(7)]
    ways = {(order, technician): 10.0 if technician else 90.0 for order in range(7) for technician in range(2)}
    six, _ = problem(ways, orders=7, technicians=2, slots=slots).part(np.arange(6))
    assert improving.improved(six, valued(six, np.arange(6) * 2)).total_travel == 60.0
    seven = problem(ways, orders=7, technicians=2, slots=slots)
    assert improving.improved(seven, valued(seven, np.arange(7) * 2)).total_travel == 630.0
    # One technician has six and the other one: together they are too many.
    some = valued(seven, np.array([0, 2, 4, 6, 8, 10, 13]))
    assert improving.improved(seven, some).total_travel == 550.0


def test_an_order_with_too_many_beside_it_is_passed_over() -> None:
    # Technician 0 has seven orders with long detours; the one order of technician 2 goes to technician 1, who is idle.
    slots = [(float(n), n + 1.0) for n in range(7)] + [(0.0, 1.0)]
    ways = {(order, 0): 500.0 for order in range(7)} | {(order, 1): 10.0 for order in range(7)}
    ways |= {(7, 2): 40.0, (7, 1): 30.0}
    asked = problem(ways, orders=8, technicians=3, slots=slots)
    given = valued(asked, np.array([0, 1, 2, 3, 4, 5, 6, 14]))
    assert improving.improved(asked, given).total_travel == 7 * 500.0 + 30.0


def test_who_has_other_orders_gets_none_of_those_that_are_shared_out_again() -> None:
    # Technician 1 has six orders at other times and the first one's time; technician 0 keeps order 0.
    slots = [(0.0, 10.0)] + [(float(n), n + 1.0) for n in range(6)]
    ways = {(0, 0): 50.0, (0, 1): 10.0} | {(n, 1): 5.0 for n in range(1, 7)}
    asked = problem(ways, orders=7, technicians=2, slots=slots)
    given = valued(asked, np.array([0, 2, 3, 4, 5, 6, 7]))
    assert improving.improved(asked, given).pair.tolist() == given.pair.tolist()


def test_an_order_may_stay_without_a_technician() -> None:
    # Three orders at one time for two technicians: one order is left, and the other two change places.
    ways = {(0, 0): 90.0, (0, 1): 20.0, (1, 0): 10.0, (1, 1): 60.0, (2, 0): 500.0, (2, 1): 600.0}
    asked = problem(ways, orders=3, technicians=2)
    better = improving.improved(asked, valued(asked, np.array([0, 3, UNASSIGNED])))
    assert (better.pair.tolist(), better.total_travel) == ([1, 2, UNASSIGNED], 30.0)


def test_turns_share_a_moment() -> None:
    asked = problem({}, orders=5, technicians=0, slots=[(5, 9), (0, 4), (3, 6), (4, 8), (9, 10)])
    assert [turn.tolist() for turn in optimal._turns(asked)] == [[1, 2], [3, 0], [4]]


def test_one_order_each_where_all_are_at_one_time_or_offered_with_one_offer_left() -> None:
    slots = [(0.0, 10.0), (9.0, 20.0)]
    ways = {(0, 0): 1.0, (1, 0): 1.0}
    assert optimal._one_each(problem(ways, orders=2, technicians=1, slots=slots))
    apart = [(0.0, 10.0), (10.0, 20.0)]
    assert not optimal._one_each(problem(ways, orders=2, technicians=1, slots=apart))
    assert optimal._one_each(problem(ways, orders=2, technicians=1, slots=apart, room=1))
    assert not optimal._one_each(problem(ways, orders=2, technicians=1, slots=apart, room=2))


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
    asked = problem(ways, orders=2, technicians=2, slots=[(10, 20), (0, 10)], onward={})
    assert optimal._match_in_turns(asked, optimal._turns(asked)).total_travel == 5_100.0
    found = solve(asked)
    assert (found.best.total_travel, found.bound_travel, found.bound_assigned) == (160.0, 160.0, 2)
    # In turns two orders that are at one time are not crossed.
    at_once = {(0, 0): 300.0, (0, 1): 400.0, (1, 0): 100.0, (1, 1): 900.0, (2, 0): 5.0}
    crossed = problem(
        at_once, orders=3, technicians=2, slots=[(0, 1), (0, 1), (1, 2)], onward={(0, 2): 7.0, (1, 2): 7.0}
    )
    assert (solve(crossed).best.total_travel, solve(crossed).greedy.total_travel) == (507.0, 1_207.0)
    # And the other way round.
    asked = problem(ways, orders=2, technicians=2, slots=[(10, 20), (0, 10)], onward={(1, 0): 20.0})
    assert solve(asked).best.total_travel == 120.0


def test_a_bound_may_be_less_than_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {(0, 0): 100.0, (0, 1): 150.0, (1, 0): 900.0, (1, 1): 5_000.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 4_000.0})
    with monkeypatch.context() as patch:
        many(patch)
        found = solve(asked)
        assert (found.best.total_travel, found.bound_travel, found.bound_assigned) == (4_100.0, 1_050.0, 2)
        patch.setattr(optimal, "MOST_ORDERS", 2)
        assert solve(asked).best.total_travel == 1_050.0


def test_what_another_plan_might_assign_elsewhere_is_in_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    many(monkeypatch)
    ways = {(0, 0): 10.0, (0, 1): 11.0, (1, 0): 20.0, (2, 2): 7.0}
    slots = [(0.0, 10.0), (10.0, 20.0), (0.0, 10.0)]
    # In turns order 0 goes to technician 0, who then cannot reach order 1.
    asked = problem(ways, orders=3, technicians=3, slots=slots, onward={})
    found = solve(asked)
    assert (found.best.assigned, found.bound_assigned) == (2, 3)
    # Two of the three orders, by whichever technicians: 7 and 10.
    assert found.bound_travel == found.best.total_travel == 17.0


def test_a_plan_that_is_exact_needs_no_looser_bound() -> None:
    # One offer each: order 1 does not follow order 0, though the way would be short.
    ways = {(0, 0): 10.0, (1, 0): 20.0, (1, 1): 100.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 1.0}, room=1)
    assert bounds.bound(asked, assigned=2)[0] == 11.0
    assert solve(asked).bound_travel == solve(asked).best.total_travel == 110.0


def test_many_orders_are_made_better(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {(0, 0): 100.0, (0, 1): 150.0, (1, 0): 900.0, (1, 1): 5_000.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 4_000.0})
    monkeypatch.setattr(optimal, "MOST_ORDERS", 0)
    assert solve(asked).best.total_travel == 1_050.0


def test_a_problem_keeps_its_load_between_parts() -> None:
    asked = problem(
        {(0, 0): 1.0, (1, 0): 5.0, (1, 1): 5.0, (2, 0): 5.0, (2, 1): 5.0},
        orders=3,
        technicians=2,
        slots=[(0, 1), (1, 2), (2, 3)],
    )
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 1, 2: 0}


def test_seldom_is_no_limit() -> None:
    assert not problem({(0, 0): 1.0}, orders=1, technicians=1, room=SELDOM).offered.any()
