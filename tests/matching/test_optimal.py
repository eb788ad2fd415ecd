"""The batch on its own: arrays in, pairs out, against brute force and against greedy."""

from itertools import pairwise, product
from time import thread_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from geo_assign.matching import optimal
from geo_assign.matching.optimal import UNASSIGNED, AssignmentProblem, Plan, greedy, solve

SELDOM = 10**9


def problem(
    ways: dict[tuple[int, int], float],
    *,
    orders: int,
    people: int,
    today: list[int] | None = None,
    slots: list[tuple[float, float]] | None = None,
    room: int = SELDOM,
    follow: optimal.Follow | None = None,
) -> AssignmentProblem:
    """`ways` maps (order, person) to metres; without `slots` everything is wanted at once."""
    slots = slots or [(0.0, 1.0)] * orders
    return AssignmentProblem(
        order=np.array([order for order, _ in ways], dtype=np.int64),
        person=np.array([person for _, person in ways], dtype=np.int64),
        metres=np.array(list(ways.values()), dtype=float),
        room=np.full(len(ways), room, dtype=np.int64),
        starts=np.array([start for start, _ in slots], dtype=float),
        ends=np.array([end for _, end in slots], dtype=float),
        today=np.array(today or [0] * people, dtype=np.int64),
        follow=follow,
    )


def pairs(asked: AssignmentProblem, plan: Plan) -> dict[int, int]:
    """Order to person."""
    return {order: int(asked.person[pair]) for order, pair in enumerate(plan.pair) if pair != UNASSIGNED}


def test_greedy_crosses_and_the_batch_does_not() -> None:
    # The older job takes the nearest, and of all technicians the younger one has only this one near.
    asked = problem({(0, 0): 300, (0, 1): 400, (1, 0): 100, (1, 1): 900}, orders=2, people=2)
    found = solve(asked)
    assert pairs(asked, found.greedy) == {0: 0, 1: 1}
    assert pairs(asked, found.best) == {0: 1, 1: 0}
    assert (found.best.total_m, found.greedy.total_m) == (500.0, 1200.0)


def test_more_orders_count_more_than_shorter_ways() -> None:
    asked = problem({(0, 0): 1, (0, 1): 90_000, (1, 0): 50_000}, orders=2, people=2)
    assert pairs(asked, solve(asked).best) == {0: 1, 1: 0}


def test_equal_ways_go_to_who_has_least_today_and_then_to_the_first() -> None:
    tie = {(0, 0): 500.0, (0, 1): 500.01, (0, 2): 500.0}
    busy = problem(tie, orders=1, people=3, today=[3, 1, 1])
    assert pairs(busy, solve(busy).best) == {0: 1}
    alike = problem(tie, orders=1, people=3)
    assert pairs(alike, solve(alike).best) == {0: 0}


def test_one_person_takes_two_orders_only_one_after_the_other() -> None:
    ways = {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0}
    asked = problem(ways, orders=3, people=1, slots=[(0, 10), (10, 20), (15, 25)])
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 0}
    assert solve(problem(ways, orders=3, people=1, slots=[(0, 10), (10, 20), (15, 25)], room=1)).best.assigned == 1


def test_a_chain_of_overlapping_slots_may_still_use_its_ends() -> None:
    # The middle slot overlaps both others, which do not overlap each other: one person can take both ends.
    ways = {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0}
    asked = problem(ways, orders=3, people=1, slots=[(0, 10), (20, 30), (5, 25)])
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 0}


def test_who_goes_on_from_an_earlier_order_starts_from_there() -> None:
    ways = {(0, 0): 10.0, (0, 1): 50.0, (1, 0): 10.0, (1, 1): 50.0}
    slots = [(0.0, 10.0), (10.0, 20.0)]
    asked = problem(ways, orders=2, people=2, slots=slots, follow=lambda _pair, _earlier: 70.0)
    assert pairs(asked, solve(asked).best) == {0: 0, 1: 1}
    alone = {(0, 0): 10.0, (1, 0): 10.0}
    asked = problem(alone, orders=2, people=1, slots=slots, follow=lambda _pair, _earlier: np.inf)
    assert pairs(asked, solve(asked).best) == {0: 0}


def test_nothing_to_do_is_a_plan_too() -> None:
    assert solve(problem({}, orders=2, people=0)).best.assigned == 0
    assert solve(problem({}, orders=0, people=0)).best.total_m == 0.0


def plan_of(pair: list[int], metres: list[float]) -> Plan:
    return Plan(np.array(pair, dtype=np.int64), np.array(metres, dtype=float))


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
    asked = problem(ways, orders=2, people=2, today=today, slots=[(0, 10), (20, 30)])
    found = solve(asked)
    assert pairs(asked, found.greedy) == pairs(asked, found.best) == {0: 0, 1: second}


def test_however_much_all_have_today_the_one_with_less_gets_it() -> None:
    asked = problem({(0, 0): 500.0, (0, 1): 500.0}, orders=1, people=2, today=[10, 8])
    assert pairs(asked, optimal._by_clusters(asked)) == {0: 1}


def test_an_earlier_slot_may_touch_the_one_that_was_given_first() -> None:
    asked = problem({(0, 0): 10.0, (1, 0): 10.0}, orders=2, people=1, slots=[(10, 20), (0, 10)])
    assert pairs(asked, solve(asked).greedy) == {0: 0, 1: 0}


def test_the_way_begins_at_the_last_order_before_whatever_its_number() -> None:
    # By time the order 1 comes first, then 0, then 2.
    from_there = {(0, 1): 30.0, (2, 0): 70.0, (2, 1): 50.0}
    asked = problem(
        {(0, 0): 10.0, (1, 0): 10.0, (2, 0): 10.0},
        orders=3,
        people=1,
        slots=[(10, 20), (0, 10), (30, 40)],
        follow=lambda pair, earlier: from_there[pair, earlier],
    )
    found = solve(asked)
    assert found.greedy.metres.tolist() == [10.0, 10.0, 70.0]
    assert optimal._by_clusters(asked).metres.tolist() == [30.0, 10.0, 70.0]


def test_orders_that_share_no_technician_are_solved_apart() -> None:
    rows, columns = np.array([0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3])
    parts = sorted(sorted(part.tolist()) for part in optimal._parts(rows, columns))
    assert parts == [[0], [1, 2, 3], [4]]


def test_the_sparse_way_leaves_an_order_without_a_technician() -> None:
    ways = {(0, 0): 900.0, (1, 1): 100.0, (1, 0): 500.0, (2, 0): 100.0}
    asked = problem(ways, orders=3, people=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal, "_dense", optimal._sparse)
        assert pairs(asked, solve(asked).best) == {1: 1, 2: 0}


@st.composite
def small(draw: st.DrawFn) -> AssignmentProblem:
    """Up to five orders and five people, some of whom may not, at one time."""
    orders, people = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cells = [(order, person) for order in range(orders) for person in range(people)]
    chosen = draw(st.lists(st.sampled_from(cells), unique=True, max_size=len(cells)))
    # Few different distances make many ties.
    ways = {cell: draw(st.integers(0, 6)) * 100.0 for cell in chosen}
    today = draw(st.lists(st.integers(0, 3), min_size=people, max_size=people))
    return problem(ways, orders=orders, people=people, today=today)


@given(small())
@settings(max_examples=300, deadline=None)
def test_the_best_plan_is_the_best_of_all(asked: AssignmentProblem) -> None:
    assert worth(asked, solve(asked).best) == max(worth_of(asked, choice) for choice in all_choices(asked))


@given(small())
@settings(max_examples=100, deadline=None)
def test_the_sparse_way_is_worth_the_same(asked: AssignmentProblem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        expected = worth(asked, solve(asked).best)
        patch.setattr(optimal, "_dense", optimal._sparse)
        assert worth(asked, solve(asked).best) == expected


def worth(asked: AssignmentProblem, plan: Plan) -> tuple[int, int, int]:
    return worth_of(asked, [int(pair) for pair in plan.pair if pair != UNASSIGNED])


def worth_of(asked: AssignmentProblem, chosen: list[int]) -> tuple[int, int, int]:
    """Number assigned, metres saved, load saved: the larger the better."""
    metres = sum(asked.metres[pair] for pair in chosen)
    return len(chosen), -round(metres * 10), -sum(int(asked.today[asked.person[pair]]) for pair in chosen)


def all_choices(asked: AssignmentProblem) -> list[list[int]]:
    """Every way to give each order one of its pairs, or none, and no technician two."""
    options = [[None, *np.flatnonzero(asked.order == order)] for order in range(asked.orders)]
    choices = ([int(pair) for pair in choice if pair is not None] for choice in product(*options))
    return [choice for choice in choices if len({int(asked.person[pair]) for pair in choice}) == len(choice)]


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 60), st.booleans())
@settings(max_examples=60, deadline=None)
def test_never_worse_than_greedy_whatever_the_slots(seed: int, orders: int, people: int, one_by_one: bool) -> None:
    asked = random_problem(seed, orders, people, room=1 if one_by_one else SELDOM)
    found = solve(asked)
    assert not found.greedy.beats(found.best)
    assert_possible(asked, found.best)
    assert_possible(asked, found.greedy)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_order_in_which_pairs_are_told_does_not_matter(seed: int) -> None:
    asked = random_problem(seed, 12, 12)
    shuffled = np.random.default_rng(seed + 1).permutation(len(asked.order))
    told = {name: getattr(asked, name)[shuffled] for name in ("order", "person", "metres", "room")}
    again = AssignmentProblem(**told, starts=asked.starts, ends=asked.ends, today=asked.today)
    assert pairs(asked, solve(asked).best) == pairs(again, solve(again).best)
    assert pairs(asked, greedy(asked)) == pairs(again, greedy(again))


def random_problem(seed: int, orders: int, people: int, *, room: int = SELDOM, share: float = 0.5) -> AssignmentProblem:
    """Orders and people scattered over a town, slots over a morning."""
    rng = np.random.default_rng(seed)
    order, person = np.nonzero(rng.random((orders, people)) < share)
    where = rng.random((orders + people, 2)) * 20_000
    metres = np.hypot(*(where[order] - where[orders + person]).T)
    starts = rng.integers(0, 8, orders) * 30.0
    return AssignmentProblem(
        order=order.astype(np.int64),
        person=person.astype(np.int64),
        metres=metres,
        room=np.full(len(order), room, dtype=np.int64),
        starts=starts,
        ends=starts + rng.integers(1, 4, orders) * 30.0,
        today=rng.integers(0, 4, people),
    )


def assert_possible(asked: AssignmentProblem, plan: Plan) -> None:
    """No technician is in two places at once, or has more orders than the pair's room allows."""
    mine: dict[int, list[int]] = {}
    for order, person in pairs(asked, plan).items():
        mine.setdefault(person, []).append(order)
    for orders in mine.values():
        times = sorted((asked.starts[order], asked.ends[order]) for order in orders)
        assert all(before[1] <= after[0] for before, after in pairwise(times))
        assert len(orders) <= asked.room[0]


def test_two_hundred_orders_among_a_thousand_people(capsys: pytest.CaptureFixture[str]) -> None:
    asked = random_problem(7, 200, 1_000, share=1.0)
    asked = AssignmentProblem(
        **{name: getattr(asked, name) for name in ("order", "person", "metres", "room", "today")},
        starts=np.zeros(200),
        ends=np.ones(200),
    )
    matrix = asked.metres.reshape(200, 1_000)
    linear_sum_assignment(matrix[:2, :2])  # the library is loaded before anything is timed
    plain_s = min(timed(lambda: linear_sum_assignment(matrix)) for _ in range(3))
    ours_s = min(timed(lambda: solve(asked)) for _ in range(3))
    found = solve(asked)
    with capsys.disabled():
        ways = f"{found.best.total_m / 1000:.1f} km, greedy {found.greedy.total_m / 1000:.1f} km"
        print(f"[200 x 1,000: {ours_s * 1000:.0f} ms, scipy alone {plain_s * 1000:.0f} ms; {ways}]", end=" ")
    row, column = linear_sum_assignment(matrix)
    assert found.best.total_m == pytest.approx(matrix[row, column].sum(), rel=1e-5)
    assert ours_s < 500 * plain_s  # the rest is sorting two hundred thousand pairs


def timed(work: object) -> float:
    started = thread_time()
    work()  # type: ignore[operator]
    return thread_time() - started
