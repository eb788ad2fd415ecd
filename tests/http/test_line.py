"""The line on a simulated clock: what is let in is answered soon, and the others are told at once."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.http.line import BURST_S, Line, Turn, TurnPace
from geo_assign.http.operations import Lane


@dataclass
class Server:
    """Works on all that has begun at once: `parallel` of them at full speed, more share that. Times in seconds."""

    line: Line
    parallel: float
    sizes: dict[str, float]
    chosen: random.Random
    now: float = 0.0
    left: dict[Turn, float] = field(default_factory=dict)
    answered: list[tuple[Lane, float]] = field(default_factory=list)
    refused: list[Lane] = field(default_factory=list)

    def run(self, arrivals: Iterator[tuple[float, Lane, str]]) -> None:
        for at, lane, kind in arrivals:
            self._work_until(at)
            if self.line.refuses(lane, self.now):
                self.refused.append(lane)
                continue
            turn, begins = self.line.arrive(lane, kind, self.now)
            if begins:
                self._begin(turn)
        self._work_until(float("inf"))

    def _work_until(self, at: float) -> None:
        while self.left:
            speed = min(1.0, self.parallel / len(self.left))
            turn = min(self.left, key=lambda one: self.left[one])
            done_at = self.now + self.left[turn] / speed
            if done_at > at:
                break
            self._pass(done_at, speed)
            del self.left[turn]
            self.answered.append((turn.lane, self.now - turn.arrived_at))
            for following in self.line.depart(turn, self.now):
                self._begin(following)
        if at != float("inf"):
            self._pass(at, min(1.0, self.parallel / max(1, len(self.left))))

    def _begin(self, turn: Turn) -> None:
        self.left[turn] = self.sizes[turn.kind] * self.chosen.uniform(0.7, 1.3)

    def _pass(self, until: float, speed: float) -> None:
        for turn in self.left:
            self.left[turn] -= (until - self.now) * speed
        self.now = until


@dataclass(frozen=True)
class World:
    """A server and what it is asked: seconds that each kind takes alone, and how many go on at full speed."""

    name: str
    parallel: float
    most: int
    sizes: dict[str, float]
    lane: Lane = Lane.ORDINARY

    @property
    def capacity_per_s(self) -> float:
        return self.parallel / (sum(self.sizes.values()) / len(self.sizes))


WORLDS = [
    World("two cores", 2.0, 8, {"nearest": 0.004}),
    World("one core", 1.0, 8, {"nearest": 0.004}),
    World("slow searches", 2.0, 8, {"nearest": 0.05}),
    World("a mixture", 2.0, 8, {"nearest": 0.004, "leads": 0.009, "schedule": 0.002}),
    World("a database with room", 6.0, 8, {"nearest": 0.01}),
    World("pictures", 2.0, 8, {"map": 0.02}, Lane.PICTURES),
    World("phones", 2.0, 8, {"pings": 0.003}, Lane.PHONES),
]


def asked(world: World, load: float, seed: int, *, lasting_s: float = 8.0) -> Server:
    """What became of `load` times the capacity, calm before."""
    chosen = random.Random(seed)
    line = Line(most=world.most, patience_s=2.0)
    server = Server(line, world.parallel, world.sizes, chosen)

    def arrivals() -> Iterator[tuple[float, Lane, str]]:
        at = 0.0
        while at < lasting_s:
            rate = world.capacity_per_s * (0.4 if at < 2.0 else load)
            at += chosen.expovariate(rate)
            yield at, world.lane, chosen.choice(sorted(world.sizes))

    server.run(arrivals())
    return server


def p50(server: Server) -> float:
    return median(took for _, took in server.answered)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_accepted_requests_stay_quick_and_nothing_is_lost_to_the_refused(world: World, seed: int) -> None:
    half, full = asked(world, 0.5, seed), asked(world, 1.0, seed)
    for load in (2.0, 4.0):
        much = asked(world, load, seed)
        assert p50(much) <= 3 * p50(half)
        assert len(much.answered) >= 0.9 * len(full.answered)
    assert len(half.refused) <= 0.001 * len(half.answered)


@pytest.mark.parametrize(
    ("clients", "lane", "parallel"),
    [
        *((clients, Lane.ORDINARY, parallel) for clients in (8, 16) for parallel in (0.7, 1.0, 2.0, 4.0)),
        (8, Lane.PICTURES, 1.0),
        (64, Lane.PHONES, 2.0),
    ],
)
def test_those_who_ask_one_after_the_other_are_never_refused(clients: int, lane: Lane, parallel: float) -> None:
    """Each asks again when it has its answer: that is no overload, however fast the server."""
    chosen = random.Random(5)
    line = Line(most=8, patience_s=2.0)
    ends: list[tuple[float, int, Turn]] = []
    now, answered = 0.0, 0

    def begin(turn: Turn) -> None:
        took_s = 0.004 * max(1.0, line.working / parallel) * chosen.uniform(0.8, 1.2)
        heapq.heappush(ends, (now + took_s, id(turn), turn))

    def ask() -> None:
        assert not line.refuses(lane, now)
        turn, begins = line.arrive(lane, "nearest", now)
        if begins:
            begin(turn)

    for _ in range(clients):
        ask()
    while answered < 5_000:
        now, _, turn = heapq.heappop(ends)
        answered += 1
        for following in line.depart(turn, now):
            begin(following)
        ask()


def test_a_burst_is_let_wait_and_a_long_line_is_not() -> None:
    line = Line(most=1, patience_s=2.0)
    first, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    assert line.depart(first, 0.01) == []
    line.arrive(Lane.ORDINARY, "x", 1.0)
    for _ in range(100):
        assert not line.refuses(Lane.ORDINARY, 1.0)
        line.arrive(Lane.ORDINARY, "x", 1.0)
    assert line.expected_wait_s(Lane.ORDINARY) == pytest.approx(1.01)
    assert line.refuses(Lane.ORDINARY, 1.0 + 2 * BURST_S)
    # Pictures give way first; who is in front of the line does not see it.
    assert line.refuses(Lane.PICTURES, 1.0 + 2 * BURST_S)
    assert not line.refuses(Lane.PHONES, 1.0 + 2 * BURST_S)
    assert not line.refuses(Lane.CONTINUED, 1.0 + 2 * BURST_S)


def busy_line() -> Line:
    """One is worked on, as usual for 10 ms, and others have waited for a while: now is 1.2."""
    line = Line(most=1, patience_s=2.0)
    first, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    line.depart(first, 0.01)
    for _ in range(2):
        line.arrive(Lane.ORDINARY, "x", 1.0)
    return line


@given(st.lists(st.sampled_from([lane for lane in Lane if lane is not Lane.CONTINUED]), max_size=40))
def test_those_on_the_way_count_as_if_they_stood_in_the_line(lanes: list[Lane]) -> None:
    standing, coming = busy_line(), busy_line()
    for lane in lanes:
        let_in = not standing.refuses(lane, 1.2)
        if let_in:
            standing.arrive(lane, "x", 1.2)
        assert (coming.expect(lane, 1.2) is not None) == let_in


def test_one_that_is_late_is_judged_anew() -> None:
    line = busy_line()
    late, withdrawn = (line.expect(Lane.PHONES, 1.2) for _ in range(2))
    assert late is not None
    assert withdrawn is not None
    assert line.stop_expecting(withdrawn)
    assert not line.stop_expecting(withdrawn)
    expected_s = line.expected_wait_s(Lane.PHONES)
    last = line.expect(Lane.PHONES, 1.21 + BURST_S)
    assert last is not None
    assert not line.stop_expecting(late)
    # It counted until then: the last one is in its place.
    assert line.expected_wait_s(Lane.PHONES) == expected_s
    assert line.stop_expecting(last)


def test_no_more_wait_than_there_is_room() -> None:
    line = Line(most=1, room=2, patience_s=9.0)
    for _ in range(3):
        assert not line.refuses(Lane.CONTINUED, 1.0)
        line.arrive(Lane.CONTINUED, "x", 1.0)
    assert [line.refuses(lane, 1.0) for lane in Lane] == [True] * len(Lane)


def test_no_one_expects_to_wait_longer_than_the_patience_even_in_a_burst() -> None:
    line = Line(most=1, patience_s=0.5)
    first, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    line.depart(first, 0.1)
    let_in = 0
    while not line.refuses(Lane.ORDINARY, 1.0):
        line.arrive(Lane.ORDINARY, "x", 1.0)
        let_in += 1
    assert let_in == 1 + 5


def test_the_best_lane_goes_first_the_newest_of_it_and_the_old_before_that() -> None:
    line = Line(most=1, patience_s=9.0)
    current, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    waiting = {}
    for at, (name, lane) in enumerate(
        [
            ("old", Lane.ORDINARY),
            ("map", Lane.PICTURES),
            ("second", Lane.ORDINARY),
            *((f"waits {number}", Lane.ORDINARY) for number in range(6)),
            ("ping", Lane.PHONES),
        ]
    ):
        waiting[name], begins = line.arrive(lane, "x", at * 0.001)
        assert not begins
    waiting["new"], _ = line.arrive(Lane.ORDINARY, "x", 0.01)
    order = []
    for now in (0.011, 0.012, *(0.2 + number / 10 for number in range(9))):
        (current,) = line.depart(current, now)
        order.append(next(name for name, turn in waiting.items() if turn is current))
    assert order == [
        "ping",
        "new",
        *(f"waits {number}" for number in (5, 4, 3, 2, 1)),
        "old",
        "waits 0",
        "second",
        "map",
    ]


def test_work_that_waits_for_something_else_holds_no_other_up() -> None:
    line = Line(most=1, patience_s=9.0)
    stuck, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    waiting, begins = line.arrive(Lane.ORDINARY, "x", 0.01)
    assert not begins
    assert line.go_on(0.02) == []
    assert line.go_on(line.long_s()) == [waiting]
    assert line.depart(stuck, 30.0) == []
    assert line.pace.turn_s is None
    assert line.depart(waiting, 30.0) == []
    assert line.working == 0


def test_a_turn_that_is_handed_back_goes_to_the_next_and_teaches_nothing() -> None:
    line = Line(most=1, patience_s=9.0)
    unused, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    waiting, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    assert line.hand_back(unused, 0.001) == [waiting]
    assert line.pace.turn_s is None
    assert line.depart(waiting, 0.011) == []
    assert line.pace.turn_s == pytest.approx(0.01)
    # One whom it took long does not hold a turn any more.
    stuck, _ = line.arrive(Lane.ORDINARY, "x", 1.0)
    line.go_on(1.0 + line.long_s())
    assert line.hand_back(stuck, 9.0) == []
    assert line.working == 0


def test_who_gives_up_is_not_called() -> None:
    line = Line(most=1, patience_s=9.0)
    current, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    waiting, _ = line.arrive(Lane.ORDINARY, "x", 0.0)
    assert line.give_up(waiting)
    assert not line.give_up(waiting)
    assert line.depart(current, 1.0) == []


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.sampled_from(Lane), st.floats(0, 0.05), st.floats(0.0005, 0.3)), max_size=120),
)
def test_each_who_is_let_in_has_one_turn_and_never_too_many_at_once(
    most: int, asks: list[tuple[Lane, float, float]]
) -> None:
    line = Line(most=most, patience_s=2.0)
    server = Server(line, 2.0, {}, random.Random(0))
    sizes = {str(number): size for number, (_, _, size) in enumerate(asks)}
    server.sizes = sizes
    at, arrivals = 0.0, []
    for number, (lane, pause, _) in enumerate(asks):
        at += pause
        arrivals.append((at, lane, str(number)))
    server.run(iter(arrivals))
    assert len(server.answered) + len(server.refused) == len(asks)
    assert (line.working, line.waiting) == (0, 0)
    assert line.pace.limit <= most


@pytest.mark.parametrize(("slowed", "limit"), [(1.0, 8), (1.5, 8), (4.0, 2)])
def test_as_many_at_once_as_are_worth_it(slowed: float, limit: int) -> None:
    pace = TurnPace(8)
    pace.learn(Turn(Lane.ORDINARY, "x", 0.0, began_at=0.0), 0.01, beside=0)
    for _ in range(400):
        pace.learn(Turn(Lane.ORDINARY, "x", 0.0, began_at=0.0, beside=pace.limit - 1), 0.01 * slowed, beside=2)
    assert pace.limit == limit
