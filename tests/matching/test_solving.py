"""The steps of the solver one by one: values of plans, one by one, matching."""

from math import inf

import numpy as np
import pytest

from geo_assign.matching.solving import pairing
from geo_assign.matching.solving.greedy import GivenSoFar, greedy
from geo_assign.matching.solving.optimal import solve
from geo_assign.matching.solving.problem import (
    UNASSIGNED,
    by_order,
    chains_of,
    in_time,
    quantised,
    valued,
    ways_of,
)
from tests.matching.problems import WAYS, pairs, problem, town

# Plans and their values ----------------------------------------------------------------------------------------------


def test_a_part_of_a_problem_has_its_orders_numbered_anew() -> None:
    part, numbers = town(since={(2, 0): 7.0}, room=3).part(np.array([0, 2]))
    assert numbers.tolist() == [0, 1, 2, 6]
    assert part.order.tolist() == [1, 0, 0, 1]
    assert part.technician.tolist() == [0, 0, 1, 1]
    assert part.travel.tolist() == [30.0, 10.0, 15.0, 35.0]
    assert part.since.tolist() == [7.0, -inf, -inf, -inf]
    assert part.room.tolist() == [3] * 4
    assert (part.starts.tolist(), part.ends.tolist()) == ([0.0, 25.0], [10.0, 30.0])
    assert (part.offered.tolist(), part.today.tolist()) == ([True, True], [4, 7])
    assert part.onward.tolist() == [[inf, 3.0], [inf, inf]]
    few, numbers = town().part(np.array([0, 2]), np.array([False, True]))
    assert (few.technician.tolist(), numbers.tolist()) == ([1, 1], [2, 6])


def test_pairs_of_each_order_in_turn() -> None:
    assert [one.tolist() for one in by_order(town())] == [[1, 2], [3, 4], [0, 6], [5]]


def test_a_plan_is_valued_in_the_order_of_time() -> None:
    asked = town()
    plan = valued(asked, np.array([1, 3, 0, 5]))
    assert plan.travel.tolist() == [10.0, 1.0, 2.0, 45.0]
    assert plan.pair.tolist() == [1, 3, 0, 5]
    assert sorted(chains_of(asked, plan.pair)) == [[1, 3, 0], [5]]
    assert in_time(asked, [0, 1, 3]) == [1, 3, 0]
    left = valued(asked, np.array([1, UNASSIGNED, 0, UNASSIGNED]))
    assert np.isnan(left.travel).tolist() == [False, True, False, True]
    assert left.travel[2] == 3.0


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
    still, travel = so_far.still_open(np.array([0, 1, 2, 3, 5]))
    # Order 0 by technician 0 would be before order 1, which can be reached from there; order 1 itself is taken.
    assert (still.tolist(), travel.tolist()) == ([0, 1, 2, 5], [2.0, 10.0, 15.0, 45.0])
    so_far.give(1)
    assert so_far.plan().travel.tolist()[:2] == [10.0, 1.0]
    assert so_far.still_open(np.array([1, 3]))[0].tolist() == []


def test_none_is_open_for_whom_a_later_order_gets_out_of_reach() -> None:
    so_far = GivenSoFar(town(onward={(0, 2): 3.0}))
    so_far.give(3)
    assert so_far.still_open(np.array([0, 1]))[0].tolist() == []
    so_far = GivenSoFar(town(room=0))
    assert so_far.still_open(np.arange(7))[0].tolist() == []


def test_touching_is_open_and_overlapping_is_not() -> None:
    ways = {(0, 0): 1.0, (1, 0): 1.0, (2, 0): 1.0, (3, 0): 1.0}
    so_far = GivenSoFar(problem(ways, orders=4, technicians=1, slots=[(10, 20), (0, 10), (20, 30), (19, 21)]))
    so_far.give(0)
    assert so_far.still_open(np.arange(1, 4))[0].tolist() == [1, 2]


def test_greedy_takes_the_nearest_then_the_least_busy_then_the_first() -> None:
    ways = {(0, 0): 30.0, (0, 1): 20.0, (1, 0): 10.0, (1, 1): 10.0, (1, 2): 10.01, (2, 0): 7.0, (2, 2): 7.0}
    asked = problem(ways, orders=3, technicians=3, today=[1, 0, 1], slots=[(0, 1), (1, 2), (2, 3)])
    # The first order makes technician 1 as busy as the others; the second then goes to technician 0, the third to 2.
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
    asked = problem({(0, 0): 900.0, (1, 1): 100.0, (1, 0): 500.0, (2, 0): 100.0}, orders=3, technicians=2)
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
