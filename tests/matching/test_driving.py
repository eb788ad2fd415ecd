"""Ranking by drive time: the same as the router asked of everyone, asked of few, with no transaction open."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.matching.domain import Candidate, Question, Ranking
from geo_assign.matching.driving import is_same_search, rank_by_drive_time
from geo_assign.matching.queries import rank
from geo_assign.routing.domain import NoDrive, RouterChoice, RoutingProblemCode
from geo_assign.routing.finder import DriveFinder
from tests.day import Day, shifted
from tests.matching.asking import asked
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect
from tests.providers.stub import CLIENT, Behaviour, Exchange, StubServer

LETTERS = "ABCDEFGHI"


def by_drive_time(day: Day, dialect: RouterDialect, server: StubServer, question: Question) -> Ranking:
    chosen = RouterChoice(dialect.router, server.url, 20.0, day.org_id, day.store_id)
    return rank_by_drive_time(partial(day.database.transaction, day.org_id), DriveFinder(CLIENT), chosen, question)


def letters(day: Day, candidates: Sequence[Candidate]) -> str:
    return "".join(day.letter(one.technician_id) for one in candidates)


def test_a_near_one_across_the_river_loses_to_one_who_is_there_sooner(
    day: Day, dialect: RouterDialect, server: StubServer
) -> None:
    day.map("A . J . . B . C", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)
    server.behaviour = dialect.serve(Roads(slow={day.places["A"]: 1_200.0}))
    ranking = by_drive_time(day, dialect, server, asked(day, "J"))
    assert letters(day, ranking.candidates) == "BCA"
    assert ranking.distance_method == dialect.router.value
    first = ranking.candidates[0]
    assert first.drive is not None
    assert (first.eta_s, first.way_m) == (first.drive.seconds, first.drive.metres)
    assert first.way_m > first.distance_m
    assert ranking.routing is not None
    assert (ranking.routing.asked, ranking.routing.requests) == (3, 1)


def test_equal_drives_are_ordered_by_distance_then_id(day: Day, dialect: RouterDialect, server: StubServer) -> None:
    day.map("A B . J C . . D", step_m=1_000)
    for letter in "ABCD":
        day.technician(letter)
    day.places["E"] = day.places["C"]
    day.technician("E")
    server.behaviour = dialect.serve(Roads(), change=partial(_same_for_all, dialect))
    ranking = by_drive_time(day, dialect, server, asked(day, "J"))
    together = sorted("CE", key=lambda letter: day.people[letter])
    assert letters(day, ranking.candidates) == "".join([*together, "B", "A", "D"])


def _same_for_all(dialect: RouterDialect, document: dict[str, object]) -> dict[str, object]:
    name = "durations" if "durations" in document else "sources_to_targets"
    rows = document[name]
    assert isinstance(rows, list)
    if name == "durations":
        return document | {name: [[900] for _ in rows]}
    return document | {name: [[{**row[0], "time": 900}] for row in rows]}


def test_who_cannot_drive_there_comes_last(day: Day, dialect: RouterDialect, server: StubServer) -> None:
    day.map("A J B . C . D", step_m=1_000)
    for letter in "ABCD":
        day.technician(letter)
    server.behaviour = dialect.serve(Roads(islands={day.places["A"]}, off_map={day.places["C"]}))
    ranking = by_drive_time(day, dialect, server, asked(day, "J"))
    assert letters(day, ranking.candidates) == "BDAC"
    assert [one.no_drive for one in ranking.candidates] == [None, None, NoDrive.UNREACHABLE, NoDrive.OFF_THE_MAP]
    assert ranking.routing is not None
    assert (ranking.routing.without_drive, ranking.routing.problem) == (2, None)


FAULTS: dict[str, Behaviour] = {
    "hangs": stub.hang(),
    "garbage": stub.html(),
    "error with 200": stub.answer('{"code": "NoTable", "error_code": 199, "error": "no"}'),
    "down": stub.html(503),
    "gone": stub.reset(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_at_fault_leaves_the_straight_line(
    day: Day, dialect: RouterDialect, server: StubServer, fault: str
) -> None:
    day.map("A . J . . B . C", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)
    server.behaviour = FAULTS[fault]
    question = asked(day, "J")
    chosen = RouterChoice(dialect.router, server.url, 0.5, day.org_id, day.store_id)
    begin = partial(day.database.transaction, day.org_id)
    ranking = rank_by_drive_time(begin, DriveFinder(CLIENT), chosen, question)
    assert letters(day, ranking.candidates) == "ABC"
    assert ranking.distance_method == "geodesic"
    assert ranking.routing is not None
    assert ranking.routing.problem is not None
    assert all(one.drive is None and one.no_drive is None for one in ranking.candidates)


def test_a_place_off_the_map_leaves_the_straight_line(day: Day, dialect: RouterDialect, server: StubServer) -> None:
    day.map("A . J . . B", step_m=1_000)
    for letter in "AB":
        day.technician(letter)
    server.behaviour = dialect.serve(Roads(off_map={day.places["J"]}))
    ranking = by_drive_time(day, dialect, server, asked(day, "J"))
    assert letters(day, ranking.candidates) == "AB"
    assert ranking.routing is not None
    assert ranking.routing.problem is not None
    assert ranking.routing.problem.code is RoutingProblemCode.OFF_THE_MAP


def test_without_candidates_no_router_is_asked(day: Day, dialect: RouterDialect, server: StubServer) -> None:
    day.map("A . J", step_m=1_000)
    day.technician("A", on_duty=False)
    ranking = by_drive_time(day, dialect, server, asked(day, "J"))
    assert (ranking.candidates, server.requests) == ((), [])


# Against the full matrix ----------------------------------------------------------------------------------------------


def test_the_order_is_that_of_the_full_matrix_and_few_are_asked(day: Day) -> None:
    """A fleet that thins out, roads that know no straight line, places without roads, and every limit.

    No transaction is open while a router is asked.
    """
    drawn = random.Random(11)
    where = [_scattered(drawn) for _ in range(100)]
    _hire(day, where)
    transactions = _Transactions(day)
    asked_of = everyone = requests = 0
    for turn in range(10):
        dialect = ROUTER_DIALECTS[turn % 2]
        day.places["J"] = _scattered(drawn, within_m=6_000)
        roads = Roads(slow={place: drawn.uniform(0, 900) for place in where})
        for place in drawn.sample(where, 8):
            (roads.islands if turn % 4 < 2 else roads.off_map).add(place)
        question = asked(day, "J", limit=(1, 3, 5, 20, 50)[turn % 5])
        with StubServer(transactions.watching(dialect.serve(roads))) as server:
            chosen = RouterChoice(dialect.router, server.url, 60.0, day.org_id, day.store_id)
            ranking = rank_by_drive_time(transactions, DriveFinder(CLIENT), chosen, question)
        assert ranking.routing is not None
        assert ranking.routing.problem is None
        expected = _full_matrix(day, dialect, roads, question)
        assert [one.technician_id for one in ranking.candidates] == expected[: question.limit]
        asked_of += ranking.routing.asked
        everyone += len(expected)
        requests += ranking.routing.requests
    assert asked_of < 0.8 * everyone
    assert len(transactions.open_during_requests) == requests > 20
    assert set(transactions.open_during_requests) == {0}


class _Transactions:
    """Opens transactions, and knows how many were open when a router was asked."""

    def __init__(self, day: Day) -> None:
        self._day, self._open = day, 0
        self.open_during_requests: list[int] = []

    @contextmanager
    def __call__(self) -> Iterator[Tx]:
        with self._day.database.transaction(self._day.org_id) as tx:
            self._open += 1
            yield tx
        self._open -= 1

    def watching(self, answer: Behaviour) -> Behaviour:
        def behave(exchange: Exchange) -> None:
            self.open_during_requests.append(self._open)
            answer(exchange)

        return behave


def _scattered(drawn: random.Random, *, within_m: float = 45_000) -> Point:
    """Near the middle more often than far away."""
    east_m, south_m = (drawn.choice((-1, 1)) * within_m * drawn.random() ** 2 for _ in range(2))
    return shifted(Point(41.0, -30.0), east_m=east_m, south_m=south_m)


def _hire(day: Day, where: Sequence[Point]) -> None:
    for number, place in enumerate(where):
        letter = f"T{number}"
        day.places[letter] = place
        day.technician(letter)


def _full_matrix(day: Day, dialect: RouterDialect, roads: Roads, question: Question) -> list[UUID]:
    """Everyone who can go, by what the router would have told of each of them."""
    with day.database.transaction(day.org_id) as tx:
        everyone = rank(tx, replace(question, limit=10_000), explain=False).candidates

    def key(one: Candidate) -> tuple[float, float, UUID]:
        place, far = one.position.point, one.distance_m
        road = None if roads.is_off(place) else roads.road(place, question.origin)
        if road is None:
            return float("inf"), far, one.technician_id
        told = float(int(road[0])) if dialect.router == "valhalla" else round(road[0], 1)
        return told, far, one.technician_id

    return [one.technician_id for one in sorted(everyone, key=key)]


def test_a_search_is_the_same_as_long_as_only_time_passes(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A")
    first = asked(day, "J")
    day.later("3 s")
    assert is_same_search(first, asked(day, "J"))
    assert not is_same_search(first, asked(day, "J", skills=("screen",)))
    assert not is_same_search(first, asked(day, "J", limit=3))
    assert not is_same_search(first, asked(day, "J", slot="12:30-13:30"))
    fixed = asked(day, "J", slot="15:00-16:00")
    day.later("3 s")
    assert is_same_search(fixed, asked(day, "J", slot="15:00-16:00"))
    assert not is_same_search(fixed, asked(day, "J", slot="15:00-16:30"))
