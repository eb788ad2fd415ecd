"""The batch on its own: arrays in, pairs out, against brute force and against greedy."""

from dataclasses import replace
from itertools import pairwise
from time import thread_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from geo_assign.matching.solving import optimal, pairing
from geo_assign.matching.solving.greedy import greedy
from geo_assign.matching.solving.optimal import solve
from geo_assign.matching.solving.problem import UNASSIGNED, AssignmentProblem, Plan
from tests.matching.problems import SELDOM, best_of_all, mixed, pairs, problem, random_problem, worth
from tests.thoroughness import times


def test_greedy_crosses_and_the_batch_does_not() -> None:
    # The older job takes the nearest, and of all technicians the younger one has only this one near.
    asked = problem({(0, 0): 300, (0, 1): 400, (1, 0): 100, (1, 1): 900}, orders=2, technicians=2)
    found = solve(asked)
    assert pairs(asked, found.greedy) == {0: 0, 1: 1}
    assert pairs(asked, found.best) == {0: 1, 1: 0}
    assert (found.best.total_travel, found.greedy.total_travel) == (500.0, 1200.0)
    assert (found.bound_travel, found.bound_assigned) == (500.0, 2)


def test_more_orders_count_more_than_shorter_ways() -> None:
    asked = problem({(0, 0): 1, (0, 1): 90_000, (1, 0): 50_000}, orders=2, technicians=2)
    assert pairs(asked, solve(asked).best) == {0: 1, 1: 0}


def test_equal_ways_go_to_who_has_least_today_and_then_to_the_first() -> None:
    tie = {(0, 0): 500.0, (0, 1): 500.01, (0, 2): 500.0}
    busy = problem(tie, orders=1, technicians=3, today=[3, 1, 1])
    assert pairs(busy, solve(busy).best) == {0: 1}
    alike = problem(tie, orders=1, technicians=3)
    assert pairs(alike, solve(alike).best) == {0: 0}


def test_one_person_takes_two_orders_only_one_after_the_other() -> None:
    ways = {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0}
    asked = problem(ways, orders=3, technicians=1, slots=[(0, 10), (10, 20), (15, 25)])
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 0}
    assert solve(problem(ways, orders=3, technicians=1, slots=[(0, 10), (10, 20), (15, 25)], room=1)).best.assigned == 1


def test_a_chain_of_overlapping_slots_may_still_use_its_ends() -> None:
    # The middle slot overlaps both others, which do not overlap each other: one technician can take both ends.
    ways = {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0}
    asked = problem(ways, orders=3, technicians=1, slots=[(0, 10), (20, 30), (5, 25)])
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 0}


def test_who_goes_on_from_an_earlier_order_starts_from_there() -> None:
    ways = {(0, 0): 10.0, (0, 1): 50.0, (1, 0): 10.0, (1, 1): 50.0}
    slots = [(0.0, 10.0), (10.0, 20.0)]
    asked = problem(ways, orders=2, technicians=2, slots=slots, onward={(0, 1): 70.0})
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 1}
    alone = {(0, 0): 10.0, (1, 0): 10.0}
    asked = problem(alone, orders=2, technicians=1, slots=slots, onward={})
    assert pairs(asked, solve(asked).best) == {0: 0}


def test_nothing_to_do_is_a_plan_too() -> None:
    assert solve(problem({}, orders=2, technicians=0)).best.assigned == 0
    nothing = solve(problem({}, orders=0, technicians=0))
    assert (nothing.best.total_travel, nothing.bound_travel, nothing.bound_assigned) == (0.0, 0.0, 0)


def plan_of(pair: list[int], travel: list[float]) -> Plan:
    return Plan(np.array(pair, dtype=np.int64), np.array(travel, dtype=float))


def test_a_plan_with_more_orders_beats_one_with_less_travel() -> None:
    far, near = plan_of([3, 5], [900.0, 900.0]), plan_of([3, UNASSIGNED], [10.0, np.nan])
    assert (far.assigned, near.assigned) == (2, 1)
    assert far.beats(near)
    assert not near.beats(far)


def test_of_plans_with_as_many_orders_the_one_with_less_travel_wins() -> None:
    one, other = plan_of([0, UNASSIGNED], [100.0, np.nan]), plan_of([0, UNASSIGNED], [100.1, np.nan])
    assert one.beats(other)
    assert not other.beats(one)
    assert not one.beats(one)
    alike = plan_of([0, UNASSIGNED], [100.04, np.nan])
    assert not one.beats(alike)
    assert not alike.beats(one)


@pytest.mark.parametrize(("today", "second"), [([2, 2], 1), ([0, 1], 0), ([1, 1], 1)])
def test_what_was_given_before_counts_as_load(today: list[int], second: int) -> None:
    # The second order is as far from both, and the first technician has the first one already.
    ways = {(0, 0): 100.0, (1, 0): 500.0, (1, 1): 500.0}
    asked = problem(ways, orders=2, technicians=2, today=today, slots=[(0, 10), (20, 30)])
    found = solve(asked)
    assert pairs(asked, found.greedy) == pairs(asked, found.best) == {0: 0, 1: second}


def test_however_much_all_have_today_the_one_with_less_gets_it() -> None:
    asked = problem({(0, 0): 500.0, (0, 1): 500.0}, orders=1, technicians=2, today=[10, 8])
    assert pairs(asked, optimal._match_in_turns(asked, [np.array([0])])) == {0: 1}


def test_an_earlier_slot_may_touch_the_one_that_was_given_first() -> None:
    asked = problem({(0, 0): 10.0, (1, 0): 10.0}, orders=2, technicians=1, slots=[(10, 20), (0, 10)])
    assert pairs(asked, solve(asked).greedy) == {0: 0, 1: 0}


def test_greedy_is_valued_in_the_order_of_time() -> None:
    # The older order 0 is the later one: once order 1 is given, the way to order 0 begins there.
    asked = problem(
        {(0, 0): 10.0, (1, 0): 10.0}, orders=2, technicians=1, slots=[(10, 20), (0, 10)], onward={(1, 0): 30.0}
    )
    found = solve(asked)
    assert found.greedy.travel.tolist() == [30.0, 10.0]
    assert found.greedy.total_travel == found.best.total_travel == 40.0


def test_both_plans_are_compared_by_ways_in_the_order_of_time() -> None:
    # As greedy gives them one by one it seems to come to 20 m; in truth it is 510 m, and 200 m are the best.
    asked = problem(
        {(0, 0): 10.0, (0, 1): 190.0, (1, 0): 10.0, (1, 1): 900.0},
        orders=2,
        technicians=2,
        slots=[(10, 20), (0, 10)],
        onward={(1, 0): 500.0},
    )
    found = solve(asked)
    assert (pairs(asked, found.greedy), found.greedy.total_travel) == ({0: 0, 1: 0}, 510.0)
    assert (pairs(asked, found.best), found.best.total_travel) == ({0: 1, 1: 0}, 200.0)


def test_greedy_gives_no_earlier_order_that_puts_a_later_one_out_of_reach() -> None:
    ways = {(0, 0): 10.0, (1, 0): 10.0, (1, 1): 80.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(10, 20), (0, 10)], onward={})
    assert pairs(asked, greedy(asked)) == {0: 0, 1: 1}


def test_the_way_begins_at_the_last_order_before_whatever_its_number() -> None:
    # By time the order 1 comes first, then 0, then 2.
    from_there = {(1, 0): 30.0, (0, 2): 70.0, (1, 2): 50.0}
    asked = problem(
        {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0},
        orders=3,
        technicians=1,
        slots=[(10, 20), (0, 10), (30, 40)],
        onward=from_there,
    )
    found = solve(asked)
    assert found.greedy.travel.tolist() == [30.0, 10.0, 70.0]
    assert optimal._match_in_turns(asked, optimal._turns(asked)).travel.tolist() == [30.0, 10.0, 70.0]


def test_an_appointment_in_between_is_where_the_way_begins() -> None:
    # The technician has an appointment until 15: the order that ends at 10 is not the last place before 20.
    asked = problem(
        {(0, 0): 10.0, (1, 0): 40.0},
        orders=2,
        technicians=1,
        slots=[(0, 10), (20, 30)],
        onward={(0, 1): 5_000.0},
        since={(1, 0): 15.0},
    )
    assert solve(asked).best.travel.tolist() == solve(asked).greedy.travel.tolist() == [10.0, 40.0]


def test_who_is_too_far_away_may_come_from_an_earlier_order() -> None:
    asked = problem(
        {(0, 0): 10.0, (1, 0): np.inf}, orders=2, technicians=1, slots=[(0, 10), (10, 20)], onward={(0, 1): 25.0}
    )
    found = solve(asked)
    assert found.best.travel.tolist() == found.greedy.travel.tolist() == [10.0, 25.0]


def test_different_slots_are_solved_together() -> None:
    # Slot after slot, the first order goes to its nearest, who is then missing where the second is.
    ways = {(0, 0): 100.0, (0, 1): 150.0, (1, 0): 900.0, (1, 1): 5_000.0}
    asked = problem(ways, orders=2, technicians=2, slots=[(0, 10), (10, 20)], onward={(0, 1): 4_000.0})
    found = solve(asked)
    assert (pairs(asked, found.best), found.best.total_travel) == ({0: 1, 1: 0}, 1_050.0)
    assert pairs(asked, optimal._match_in_turns(asked, optimal._turns(asked))) == {0: 0, 1: 0}


@given(mixed())
@settings(max_examples=times(25, 2_000), deadline=None)
def test_the_best_plan_is_the_best_of_all_whatever_the_slots(asked: AssignmentProblem) -> None:
    found, best = solve(asked), best_of_all(asked)
    assert (found.bound_assigned, found.bound_travel) == (found.best.assigned, found.best.total_travel)
    told = worth(asked, found.best)
    assert (told.assigned, told.saved) == (best.assigned, best.saved)
    assert found.best.total_travel == pytest.approx(told.travel, abs=0.1)
    assert found.greedy.total_travel == pytest.approx(worth(asked, found.greedy).travel, abs=0.1)


@given(mixed())
@settings(max_examples=times(25, 2_000), deadline=None)
def test_where_it_is_not_the_best_the_bounds_hold(asked: AssignmentProblem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal, "MOST_ORDERS", 0)
        found = solve(asked)
    best = best_of_all(asked)
    assert found.bound_assigned >= best.assigned >= found.best.assigned
    assert not found.greedy.beats(found.best)
    if best.assigned == found.best.assigned:
        assert found.bound_travel <= best.travel + 0.05
        assert best.travel - 0.05 <= found.best.total_travel == pytest.approx(worth(asked, found.best).travel, abs=0.1)


@st.composite
def at_once(draw: st.DrawFn) -> AssignmentProblem:
    """Up to five orders and five technicians, some of whom may not, at one time."""
    orders, technicians = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cells = [(order, technician) for order in range(orders) for technician in range(technicians)]
    chosen = draw(st.lists(st.sampled_from(cells), unique=True, max_size=len(cells)))
    # Few different distances make many ties.
    ways = {cell: draw(st.integers(0, 6)) * 100.0 for cell in chosen}
    today = draw(st.lists(st.integers(0, 3), min_size=technicians, max_size=technicians))
    return problem(ways, orders=orders, technicians=technicians, today=today)


@given(at_once())
@settings(max_examples=times(20, 500), deadline=None)
def test_the_best_plan_is_the_best_of_all(asked: AssignmentProblem) -> None:
    assert worth(asked, solve(asked).best) == best_of_all(asked)


@given(at_once())
@settings(max_examples=times(20, 500), deadline=None)
def test_the_sparse_way_is_worth_the_same(asked: AssignmentProblem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        expected = worth(asked, solve(asked).best)
        patch.setattr(pairing, "_dense", pairing._sparse)
        assert worth(asked, solve(asked).best) == expected


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40), st.booleans())
@settings(max_examples=times(8, 60), deadline=None)
def test_never_worse_than_greedy_whatever_the_slots(seed: int, orders: int, technicians: int, one_by_one: bool) -> None:
    asked = random_problem(seed, orders, technicians, room=1 if one_by_one else SELDOM)
    found = solve(asked)
    assert not found.greedy.beats(found.best)
    assert_possible(asked, found.best)
    assert_possible(asked, found.greedy)
    assert found.bound_travel <= found.best.total_travel
    assert found.bound_assigned >= found.best.assigned


@given(st.integers(0, 10**6))
@settings(max_examples=times(3, 20), deadline=None)
def test_the_order_in_which_pairs_are_told_does_not_matter(seed: int) -> None:
    asked = random_problem(seed, 12, 12)
    shuffled = np.random.default_rng(seed + 1).permutation(len(asked.order))
    told = {name: getattr(asked, name)[shuffled] for name in ("order", "technician", "travel", "room", "since")}
    again = replace(asked, **told)
    assert pairs(asked, solve(asked).best) == pairs(again, solve(again).best)
    assert pairs(asked, greedy(asked)) == pairs(again, greedy(again))


def assert_possible(asked: AssignmentProblem, plan: Plan) -> None:
    """No technician is in two places at once, or has more orders than the pair's room allows."""
    mine: dict[int, list[int]] = {}
    for order, technician in pairs(asked, plan).items():
        mine.setdefault(technician, []).append(order)
    for orders in mine.values():
        times = sorted((asked.starts[order], asked.ends[order]) for order in orders)
        assert all(before[1] <= after[0] for before, after in pairwise(times))
        assert len(orders) <= asked.room[0]


def test_two_hundred_orders_among_a_thousand_people(capsys: pytest.CaptureFixture[str]) -> None:
    asked = random_problem(7, 200, 1_000, share=1.0)
    asked = replace(asked, starts=np.zeros(200), ends=np.ones(200))
    matrix = asked.travel.reshape(200, 1_000)
    linear_sum_assignment(matrix[:2, :2])  # the library is loaded before anything is timed
    plain_s = min(timed(lambda: linear_sum_assignment(matrix)) for _ in range(3))
    ours_s = min(timed(lambda: solve(asked)) for _ in range(3))
    found = solve(asked)
    with capsys.disabled():
        ways = f"{found.best.total_travel / 1000:.1f} km, greedy {found.greedy.total_travel / 1000:.1f} km"
        print(f"[200 x 1,000: {ours_s * 1000:.0f} ms, scipy alone {plain_s * 1000:.0f} ms; {ways}]", end=" ")
    row, column = linear_sum_assignment(matrix)
    assert found.best.total_travel == pytest.approx(matrix[row, column].sum(), rel=1e-5)
    assert ours_s < 500 * plain_s  # the rest is sorting two hundred thousand pairs


def timed(work: object) -> float:
    started = thread_time()
    work()  # type: ignore[operator]
    return thread_time() - started
