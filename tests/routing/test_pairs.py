"""Drives of many pairs of places, asked in tables: each pair once, within the limits, and what a bad router costs."""

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point, haversine_m
from geo_assign.routing import pairs as pairs_module
from geo_assign.routing.domain import Drive, NoDrive, RouterChoice, RouterName, RoutingProblemCode
from geo_assign.routing.finder import DriveFinder
from geo_assign.routing.pairs import DrivenPair, PairsAnswer, ask_pairs, tables_of
from geo_assign.routing.routers import ROUTERS
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, StubServer

OSRM = ROUTER_DIALECTS[0]


def scattered(number: int, *, seed: int = 3) -> list[Point]:
    drawn = random.Random(seed)
    return [Point(45.0 + drawn.uniform(-0.1, 0.1), 12.0 + drawn.uniform(-0.1, 0.1)) for _ in range(number)]


def nearest_of(people: list[Point], places: list[Point], *, each: int) -> list[DrivenPair]:
    """Each place with the people nearest to it, as a batch asks."""
    return [(one, place) for place in places for one in sorted(people, key=lambda one: haversine_m(one, place))[:each]]


def ask(
    dialect: RouterDialect, server: StubServer, wanted: list[DrivenPair], *, finder: DriveFinder | None = None,
    deadline_s: float = 30.0, together_s: float = 60.0,
) -> PairsAnswer:  # fmt: skip
    choice = RouterChoice(dialect.router, server.url, deadline_s, UUID(int=1), UUID(int=2))
    return ask_pairs(finder or DriveFinder(CLIENT), choice, wanted, deadline=Deadline(together_s))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40)), max_size=400, unique=True),
    st.sampled_from([RouterName.OSRM, RouterName.VALHALLA, RouterName.STRAIGHT_LINE]),
)
def test_tables_hold_each_pair_and_keep_to_the_limits(drawn: list[tuple[int, int]], router: RouterName) -> None:
    people, places = scattered(61), scattered(41, seed=4)
    wanted = {(people[one], places[other]) for one, other in drawn}
    spec = ROUTERS[router]
    tables = list(tables_of(wanted, spec))
    held = [{(one, other) for one in table.sources for other in table.destinations} & wanted for table in tables]
    assert set().union(*held) == wanted
    for table, useful in zip(tables, held, strict=True):
        cells = len(table.sources) * len(table.destinations)
        assert len(set(table.sources)) == len(table.sources)
        if spec.most_places is not None:
            assert len(table.sources) + len(table.destinations) <= spec.most_places
        if spec.most_pairs is not None:
            assert cells <= spec.most_pairs
        assert len(useful) * 2 >= cells


def test_drives_of_a_batch_take_few_tables(dialect: RouterDialect, server: StubServer) -> None:
    people, places = scattered(50), scattered(40, seed=4)
    island = places[7]
    server.behaviour = dialect.serve(Roads(slow={people[3]: 500.0}, islands={island}))
    wanted = nearest_of(people, places, each=30)
    answer = ask(dialect, server, wanted)
    assert answer.problem is None
    assert set(answer.drives) == set(wanted)
    for (source, destination), cell in answer.drives.items():
        if destination == island:
            assert cell is NoDrive.UNREACHABLE
            continue
        assert isinstance(cell, Drive)
        more = 500.0 if source == people[3] else 0.0
        assert cell.seconds == pytest.approx(by_road_s(source, destination) + more, abs=1.1)
    assert answer.requests == len(server.requests) < len(places) / 2


def test_what_is_known_is_not_asked_again(server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads())
    finder, wanted = DriveFinder(CLIENT), nearest_of(scattered(10), scattered(5, seed=4), each=10)
    first = ask(OSRM, server, wanted[:30], finder=finder)
    asked = len(server.requests)
    again = ask(OSRM, server, wanted[:30], finder=finder)
    assert (again.drives, again.requests, again.kept, len(server.requests)) == (first.drives, 0, 30, asked)
    assert ask(OSRM, server, wanted, finder=finder).kept == 30
    assert ask(OSRM, server, []).drives == {}


def test_places_off_the_map_cost_no_other(dialect: RouterDialect, server: StubServer) -> None:
    people, places = scattered(12), scattered(6, seed=4)
    off = {people[2], places[4]}
    server.behaviour = dialect.serve(Roads(off_map=off))
    answer = ask(dialect, server, nearest_of(people, places, each=12))
    assert answer.problem is None
    for pair, cell in answer.drives.items():
        assert (cell is NoDrive.OFF_THE_MAP) == bool(off & set(pair)), pair


def _changed(name: str, value: Any) -> Behaviour:
    """OSRM with another value in each cell of a table."""
    return OSRM.serve(Roads(), change=lambda told: {**told, name: [[value for _ in row] for row in told[name]]})


def _shortened(name: str) -> Behaviour:
    return OSRM.serve(Roads(), change=lambda told: {**told, name: told[name][:-1]})


FAULTS: dict[str, tuple[Behaviour, RoutingProblemCode]] = {
    "down": (stub.html(503), RoutingProblemCode.UNAVAILABLE),
    "hanging": (stub.hang(), RoutingProblemCode.TIMEOUT),
    "cut off": (stub.reset(), RoutingProblemCode.UNREACHABLE),
    "no JSON": (stub.html(200), RoutingProblemCode.MALFORMED),
    "an error with 200": (stub.answer('{"code": "NoTable", "message": "no"}'), RoutingProblemCode.REFUSED),
    "negative": (_changed("durations", -1.0), RoutingProblemCode.MALFORMED),
    "NaN": (_changed("durations", float("nan")), RoutingProblemCode.MALFORMED),
    "faster than any road": (_changed("durations", 0), RoutingProblemCode.IMPLAUSIBLE),
    "rows too few": (_shortened("durations"), RoutingProblemCode.MALFORMED),
    "places too few": (_shortened("sources"), RoutingProblemCode.MALFORMED),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_that_fails_tells_no_half_of_it(server: StubServer, fault: str) -> None:
    server.behaviour, code = FAULTS[fault]
    finder = DriveFinder(CLIENT)
    far = [Point(45.0 + 0.2 * step, 12.0) for step in range(4)]
    wanted = [(one, other) for one in far for other in far if one != other]
    answer = ask(OSRM, server, wanted, finder=finder, deadline_s=0.5)
    assert answer.problem is not None
    assert (answer.problem.code, answer.drives, len(finder.cells)) == (code, {}, 0)
    assert len(server.requests) <= 1


def test_one_that_fails_again_and_again_is_left_alone(server: StubServer) -> None:
    server.behaviour = stub.html(503)
    finder, wanted = DriveFinder(CLIENT), [(one, Point(45.0, 12.0)) for one in scattered(3)]
    told = [ask(OSRM, server, wanted, finder=finder).problem for _ in range(5)]
    assert [one.code for one in told if one is not None][-1] is RoutingProblemCode.CIRCUIT_OPEN
    assert len(server.requests) == 3


def test_all_tables_together_have_one_deadline(server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads())
    answer = ask(OSRM, server, nearest_of(scattered(3), scattered(2, seed=4), each=3), together_s=-1.0)
    assert answer.problem is not None
    assert (answer.problem.code, server.requests) == (RoutingProblemCode.TIMEOUT, [])


def test_too_many_drives_are_not_asked(server: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_module, "MOST_PAIRS", 5)
    answer = ask(OSRM, server, nearest_of(scattered(3), scattered(2, seed=4), each=3))
    assert answer.problem is not None
    assert (answer.problem.code, server.requests) == (RoutingProblemCode.TABLE_REFUSED, [])
