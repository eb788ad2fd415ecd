"""One suite that every router runs against a server that speaks its protocol, well and badly."""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_assign.core.deadlines import Deadline
from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.outbound import OutboundClient
from geo_assign.routing.breaker import FAILURES_TO_OPEN, FIRST_OPEN_S, LONGEST_OPEN_S, Breaker
from geo_assign.routing.cells import Cells, cell_key
from geo_assign.routing.domain import (
    Drive,
    DriveAnswer,
    NoDrive,
    RouterChoice,
    RouterName,
    RouterUnusableError,
    RoutingProblemCode,
)
from geo_assign.routing.finder import DriveFinder, least_seconds
from geo_assign.routing.routers import ROUTERS, RouterAccess
from tests.docs.pages import page
from tests.providers import stub
from tests.providers.roads import DETOUR, ROUTER_DIALECTS, SPEED_MPS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, StubServer

ORG, STORE = UUID(int=1), UUID(int=2)
HERE = Point(45.1234, 12.4321)
# What a busy machine may add to a deadline. The faults would hold a plain client for 20 s and more.
PATIENCE_S = 15.0


@pytest.fixture
def finder() -> DriveFinder:
    return DriveFinder(CLIENT)


def around(number: int, *, seed: int = 7) -> list[Point]:
    """Places within some kilometres, each somewhere else."""
    drawn = random.Random(seed)
    return [Point(HERE.lat + drawn.uniform(-0.05, 0.05), HERE.lon + drawn.uniform(-0.05, 0.05)) for _ in range(number)]


def choice(dialect: RouterDialect, server: StubServer, *, deadline_s: float = 10.0) -> RouterChoice:
    return RouterChoice(dialect.router, server.url, deadline_s, ORG, STORE)


def ask(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, sources: list[Point], *, deadline_s: float = 10.0
) -> DriveAnswer:
    chosen = choice(dialect, server, deadline_s=deadline_s)
    return finder.ask_drives(chosen, sources, HERE, deadline=Deadline(deadline_s))


def problem(answer: DriveAnswer) -> RoutingProblemCode | None:
    return answer.problem.code if answer.problem else None


def test_drives_come_in_the_order_of_the_places(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    server.behaviour = dialect.serve(Roads())
    places = around(12)
    answer = ask(finder, dialect, server, places)
    assert answer.problem is None
    for place, drive in zip(places, answer.drives, strict=True):
        road_m = haversine_m(place, HERE) * DETOUR
        assert isinstance(drive, Drive)
        assert drive.seconds == pytest.approx(road_m / SPEED_MPS, abs=1.0)
        assert drive.metres == pytest.approx(road_m, abs=1.0)


def test_the_places_reach_the_router_as_they_are(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    server.behaviour = dialect.serve(Roads())
    places = [Point(-33.9, 151.2), Point(0.0, -0.000001), Point(-33.91, 151.21)]
    finder.ask_drives(choice(dialect, server), places[:2], places[2], deadline=Deadline(10.0))
    [request, *_] = server.requests
    assert dialect.asked(request) == (places[:2], places[2:])
    assert request.headers["user-agent"].startswith("geo-assign")


def test_a_router_below_a_path_is_asked_there(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    chosen = replace(choice(dialect, server), url=f"{server.url}/cars/")
    finder.ask_drives(chosen, around(1), HERE, deadline=Deadline(10.0))
    assert server.requests[0].path.startswith("/cars/")
    assert "//" not in server.requests[0].path


@pytest.mark.parametrize("number", [1, 99, 100, 101, 250, 2_501])
def test_tables_are_as_large_as_the_router_takes(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, number: int
) -> None:
    server.behaviour = dialect.serve(Roads())
    answer = ask(finder, dialect, server, around(number), deadline_s=60.0)
    assert (answer.problem, len(answer.drives)) == (None, number)
    most = ROUTERS[dialect.router].most_sources(1)
    assert most is not None
    assert answer.requests == len(server.requests) == -(-number // most)


def test_a_router_that_takes_less_is_asked_in_smaller_tables(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    whole = dialect.serve(Roads())
    too_big = {"code": "TooBig", "message": ""}, {"error_code": 150, "error": "Exceeded max locations: 10"}
    refusal = stub.answer(json.dumps(too_big[dialect.router is RouterName.VALHALLA]), status=400)

    def at_most_ten(exchange: stub.Exchange) -> None:
        sources, _ = dialect.asked(exchange.request)
        (whole if len(sources) <= 10 else refusal)(exchange)

    server.behaviour = at_most_ten
    answer = ask(finder, dialect, server, around(37))
    assert answer.problem is None
    assert all(isinstance(one, Drive) for one in answer.drives)


def test_a_place_without_a_road_is_unreachable(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    places = around(5)
    server.behaviour = dialect.serve(Roads(islands={places[2]}))
    answer = ask(finder, dialect, server, places)
    assert [isinstance(one, Drive) for one in answer.drives] == [True, True, False, True, True]
    assert answer.drives[2] is NoDrive.UNREACHABLE


@given(bad=st.sets(st.integers(0, 39), max_size=6), number=st.integers(1, 40))
@settings(max_examples=12, deadline=None)
def test_places_off_the_map_cost_no_other(bad: set[int], number: int) -> None:
    places = around(number)
    off = {places[index] for index in bad if index < number}
    for dialect in ROUTER_DIALECTS:
        with StubServer(dialect.serve(Roads(off_map=off))) as server:
            answer = ask(DriveFinder(CLIENT), dialect, server, places)
        assert answer.problem is None
        told = {place for place, one in zip(places, answer.drives, strict=True) if one is NoDrive.OFF_THE_MAP}
        assert told == off


def test_a_destination_off_the_map_is_found_out_with_one_question_more(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    server.behaviour = dialect.serve(Roads(off_map={HERE}))
    answer = ask(finder, dialect, server, around(60))
    assert problem(answer) is RoutingProblemCode.OFF_THE_MAP
    assert len(server.requests) == 2


def test_an_end_that_was_moved_in_silence_is_found_out(finder: DriveFinder, server: StubServer) -> None:
    """An older Valhalla does not say where it moved a place to: the road is then shorter than the straight line."""

    def silent(document: Any) -> Any:
        del document["sources"], document["targets"]
        for [cell] in document["sources_to_targets"]:
            cell["distance"] = 2.0
        return document

    [valhalla] = [one for one in ROUTER_DIALECTS if one.router is RouterName.VALHALLA]
    far = Point(HERE.lat + 1.0, HERE.lon)
    server.behaviour = valhalla.serve(Roads(), change=silent)
    answer = ask(finder, valhalla, server, [far, Point(HERE.lat + 0.01, HERE.lon)])
    assert answer.drives[0] is NoDrive.OFF_THE_MAP
    assert isinstance(answer.drives[1], Drive)


def test_less_than_nothing_between_neighbours_is_nothing(finder: DriveFinder, server: StubServer) -> None:
    """OSRM tells up to -1 m between two places on one segment: rounding, no lie."""
    [osrm] = [one for one in ROUTER_DIALECTS if one.router is RouterName.OSRM]

    def rounded(document: Any) -> Any:
        document["distances"] = [[-0.9]]
        return document

    server.behaviour = osrm.serve(Roads(), change=rounded)
    answer = ask(finder, osrm, server, [Point(HERE.lat + 0.0001, HERE.lon)])
    [drive] = answer.drives
    assert isinstance(drive, Drive)
    assert drive.metres == 0.0


Change = Callable[[RouterDialect, Any], Any]


def _set_everywhere(name_of: Callable[[RouterDialect], tuple[str, str]], value: Any) -> Change:
    def change(dialect: RouterDialect, document: Any) -> Any:
        of_osrm, of_valhalla = name_of(dialect)
        if dialect.router is RouterName.OSRM:
            document[of_osrm] = [[value for _ in row] for row in document[of_osrm]]
        else:
            for row in document["sources_to_targets"]:
                for cell in row:
                    cell[of_valhalla] = value
        return document

    return change


def _seconds(value: Any) -> Change:
    return _set_everywhere(lambda _: ("durations", "time"), value)


def _metres(value: Any) -> Change:
    return _set_everywhere(lambda _: ("distances", "distance"), value)


def _table(dialect: RouterDialect) -> str:
    return "durations" if dialect.router is RouterName.OSRM else "sources_to_targets"


def _replaced(value: Callable[[Any], Any]) -> Change:
    def change(dialect: RouterDialect, document: Any) -> Any:
        document[_table(dialect)] = value(document[_table(dialect)])
        return document

    return change


LIES: dict[str, Change] = {
    "negative seconds": _seconds(-1),
    "a text for seconds": _seconds("12"),
    "true for seconds": _seconds(True),
    "more seconds than a month": _seconds(1e12),
    "negative metres": _metres(-50),
    "metres missing": _metres(None),
    "metres beyond the Earth": _metres(1e18),
    "an object for a number": _seconds({}),
    "a row too few": _replaced(lambda rows: rows[:-1]),
    "a row too many": _replaced(lambda rows: [*rows, rows[0]]),
    "short rows": _replaced(lambda rows: [[] for _ in rows]),
    "long rows": _replaced(lambda rows: [[*row, *row] for row in rows]),
    "no rows": _replaced(lambda _rows: None),
    "an object for rows": _replaced(lambda _rows: {}),
    "rows that are numbers": _replaced(lambda rows: [1 for _ in rows]),
    "no table": lambda dialect, document: {k: v for k, v in document.items() if k != _table(dialect)},
    "places too few": lambda _dialect, document: {**document, "sources": document["sources"][:-1]},
    "places that are none": lambda _dialect, document: {**document, "sources": [None for _ in document["sources"]]},
    "faster than any road": _seconds(0),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_cannot_be_is_a_problem(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, lie: str
) -> None:
    server.behaviour = dialect.serve(Roads(), change=lambda document: LIES[lie](dialect, document))
    far = [Point(HERE.lat + 0.1, HERE.lon + 0.01 * step) for step in range(4)]
    answer = ask(finder, dialect, server, far)
    wanted = RoutingProblemCode.IMPLAUSIBLE if lie == "faster than any road" else RoutingProblemCode.MALFORMED
    assert problem(answer) is wanted
    assert len(finder.cells) == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(finder: DriveFinder, dialect: RouterDialect, server: StubServer, number: str) -> None:
    named = _seconds("§")
    server.behaviour = dialect.serve(
        Roads(), change=lambda document: json.dumps(named(dialect, document)).replace('"§"', number)
    )
    assert problem(ask(finder, dialect, server, around(3))) is RoutingProblemCode.MALFORMED


FAULTS: dict[str, tuple[Behaviour, RoutingProblemCode]] = {
    "hang": (stub.hang(), RoutingProblemCode.TIMEOUT),
    "drip": (stub.drip(b"HTTP/1.1 200 OK\r\n" * 1_000), RoutingProblemCode.TIMEOUT),
    "drip_body": (stub.drip_body(), RoutingProblemCode.TIMEOUT),
    "reset": (stub.reset(), RoutingProblemCode.UNREACHABLE),
    "garbage": (lambda exchange: exchange.send(b"\x00\xff" * 50), RoutingProblemCode.MALFORMED),
    "html": (stub.html(), RoutingProblemCode.MALFORMED),
    "half a document": (stub.half_json('{"code": "Ok", "durations": [[1]]}'), RoutingProblemCode.MALFORMED),
    "cut short": (stub.cut_short('{"code": "Ok"}'), RoutingProblemCode.UNREACHABLE),
    "a list": (stub.answer("[]"), RoutingProblemCode.MALFORMED),
    "null": (stub.answer("null"), RoutingProblemCode.MALFORMED),
    "nothing": (stub.answer(""), RoutingProblemCode.MALFORMED),
    "an empty object": (stub.answer("{}"), RoutingProblemCode.MALFORMED),
    "a bomb": (stub.gzip_bomb(), RoutingProblemCode.MALFORMED),
    "redirect": (stub.redirect("http://127.0.0.1:1/"), RoutingProblemCode.UNAVAILABLE),
    "500": (stub.html(500), RoutingProblemCode.UNAVAILABLE),
    "503": (stub.answer("{}", status=503), RoutingProblemCode.UNAVAILABLE),
    "401": (stub.answer("{}", status=401), RoutingProblemCode.REFUSED),
    "404": (stub.html(404), RoutingProblemCode.REFUSED),
    "429": (stub.answer("{}", status=429), RoutingProblemCode.UNAVAILABLE),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_at_fault_is_a_problem_in_time(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, fault: str
) -> None:
    server.behaviour, wanted = FAULTS[fault]
    deadline_s = 0.5 if wanted is RoutingProblemCode.TIMEOUT else 10.0
    began = time.monotonic()
    answer = ask(finder, dialect, server, around(3), deadline_s=deadline_s)
    assert time.monotonic() - began < PATIENCE_S
    told = problem(answer)
    # Which of these a cut connection is depends on when it is noticed.
    cut = {RoutingProblemCode.UNREACHABLE, RoutingProblemCode.MALFORMED}
    assert told in cut if wanted in cut else told is wanted
    assert answer.problem is not None
    assert server.url not in answer.problem.detail


def test_a_refusal_is_told_in_the_routers_words(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    for status, document in (dialect.refusal, (200, dialect.refusal_with_200)):
        server.behaviour = stub.answer(json.dumps(document), status=status)
        answer = ask(finder, dialect, server, around(2))
        assert answer.problem is not None
        assert answer.problem.code is RoutingProblemCode.REFUSED
        assert str(document.get("message") or document.get("error")) in answer.problem.detail


def test_a_private_address_is_refused_unless_allowed(dialect: RouterDialect, server: StubServer) -> None:
    guarded = DriveFinder(OutboundClient())
    assert problem(ask(guarded, dialect, server, around(2))) is RoutingProblemCode.ADDRESS_REFUSED
    with pytest.raises(InvalidError) as refused:
        guarded.require_usable(choice(dialect, server), HERE)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/router_url", "address_refused")]
    assert server.requests == []


def test_a_closed_port_is_a_problem(finder: DriveFinder, dialect: RouterDialect) -> None:
    with StubServer() as gone:
        chosen = choice(dialect, gone)
    answer = finder.ask_drives(chosen, around(2), HERE, deadline=Deadline(5.0))
    assert problem(answer) is RoutingProblemCode.UNREACHABLE


def test_many_tables_share_one_deadline(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    whole = dialect.serve(Roads())

    def second_hangs(exchange: stub.Exchange) -> None:
        (whole if len(server.requests) == 1 else stub.hang())(exchange)

    server.behaviour = second_hangs
    answer = ask(finder, dialect, server, around(2_600), deadline_s=4.0)
    assert problem(answer) is RoutingProblemCode.TIMEOUT


def test_known_drives_are_not_asked_again(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    server.behaviour = dialect.serve(Roads())
    places = around(6)
    first = ask(finder, dialect, server, places[:4])
    again = ask(finder, dialect, server, places)
    assert (first.kept, again.kept) == (0, 4)
    assert dialect.asked(server.requests[-1])[0] == [Point(round(p.lat, 6), round(p.lon, 6)) for p in places[4:]]
    assert again.drives[:4] == first.drives
    assert ask(finder, dialect, server, places).requests == 0


def test_cells_are_of_one_store_router_and_url() -> None:
    one = RouterChoice(RouterName.OSRM, "http://a.test", 1.0, ORG, STORE)
    others = [
        replace(one, store_id=UUID(int=3)),
        replace(one, name=RouterName.VALHALLA),
        replace(one, url="http://b.test"),
    ]
    there = Point(HERE.lat + 0.01, HERE.lon)
    assert len({cell_key(chosen, there, HERE) for chosen in (one, *others)}) == 4
    assert cell_key(one, there, HERE) == cell_key(one, Point(there.lat + 0.000_001, there.lon), HERE)
    assert cell_key(one, there, HERE) != cell_key(one, Point(there.lat + 0.000_1, there.lon), HERE)
    assert cell_key(one, there, HERE) != cell_key(one, HERE, there)


def test_cells_are_few_and_recent() -> None:
    now = [0.0]
    cells = Cells(most=3, kept_s=60.0, clock=lambda: now[0])
    chosen = RouterChoice(RouterName.OSRM, "http://a.test", 1.0, ORG, STORE)
    keys = [cell_key(chosen, Point(45.0 + step, 12.0), HERE) for step in range(5)]
    for key in keys:
        cells.keep(key, NoDrive.UNREACHABLE)
    assert [cells.find(key) is not None for key in keys] == [False, False, True, True, True]
    now[0] = 60.5
    assert cells.find(keys[-1]) is None


def test_the_breaker_leaves_a_failing_router_alone_for_longer_each_time() -> None:
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.may_call()
        breaker.note_failure()
    pauses = []
    for _ in range(8):
        began = now[0]
        while not breaker.may_call():
            now[0] += 0.5
        assert not breaker.may_call(), "one tries, the others wait"
        pauses.append(now[0] - began)
        breaker.note_failure()
    assert pauses[:3] == [FIRST_OPEN_S, 2 * FIRST_OPEN_S, 4 * FIRST_OPEN_S]
    assert max(pauses) == LONGEST_OPEN_S
    breaker.note_success()
    assert breaker.may_call()


def test_a_router_that_failed_repeatedly_is_not_called(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    server.behaviour = stub.html(500)
    told = [problem(ask(finder, dialect, server, around(2))) for _ in range(FAILURES_TO_OPEN + 2)]
    assert told == [RoutingProblemCode.UNAVAILABLE] * FAILURES_TO_OPEN + [RoutingProblemCode.CIRCUIT_OPEN] * 2
    assert len(server.requests) == FAILURES_TO_OPEN
    other = replace(choice(dialect, server), store_id=UUID(int=9))
    finder.ask_drives(other, around(2), HERE, deadline=Deadline(5.0))
    assert len(server.requests) == FAILURES_TO_OPEN + 1


def test_a_router_is_tried_before_it_is_chosen(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    chosen = choice(dialect, server)
    server.behaviour = dialect.serve(Roads())
    finder.require_usable(chosen, HERE)
    for behaviour in (stub.html(), stub.html(404), dialect.serve(Roads(off_map={HERE}))):
        server.behaviour = behaviour
        with pytest.raises(RouterUnusableError) as refused:
            finder.require_usable(chosen, HERE)
        assert refused.value.errors[0].pointer == "/router_url"
    server.behaviour = stub.html(503)
    finder.require_usable(chosen, HERE)
    assert finder.test_router(chosen, HERE).problem is not None


@pytest.mark.parametrize("url", ["", "ftp://router.test", "http://", "http://user@router.test"])
def test_a_url_that_is_none(finder: DriveFinder, url: str) -> None:
    chosen = RouterChoice(RouterName.OSRM, url, 1.0, ORG, STORE)
    assert finder.ask_drives(chosen, around(1), HERE, deadline=Deadline(5.0)).problem is not None
    with pytest.raises(InvalidError):
        finder.require_usable(chosen, HERE)


@given(
    lat=st.floats(-80, 80),
    lon=st.floats(-179, 179),
    north=st.floats(-2, 2),
    east=st.floats(-2, 2),
    name=st.sampled_from(RouterName),
)
@settings(max_examples=60, deadline=None)
def test_no_drive_is_shorter_than_its_lower_bound(
    lat: float, lon: float, north: float, east: float, name: RouterName
) -> None:
    chosen = RouterChoice(name, None, 1.0, ORG, STORE)
    source, destination = Point(lat, lon), Point(lat + north, max(-180.0, min(180.0, lon + east)))
    line_m = haversine_m(source, destination)
    [[drive]] = (
        ROUTERS[RouterName.STRAIGHT_LINE]
        .build(RouterAccess(CLIENT, ""))
        .drives([source], [destination], deadline_s=1.0)
    )
    assert isinstance(drive, Drive)
    assert least_seconds(chosen, line_m) <= drive.seconds * (1 + 1e-9)


def test_the_page_lists_the_routers() -> None:
    text = page("docs/routing.md").text
    told = {name.value for name in RouterName} | {code.value for code in RoutingProblemCode}
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == told


# From one place to many -----------------------------------------------------------------------------------------------


def ask_from(finder: DriveFinder, dialect: RouterDialect, server: StubServer, destinations: list[Point]) -> DriveAnswer:
    return finder.ask_drives_from(choice(dialect, server), HERE, destinations, deadline=Deadline(10.0))


@pytest.mark.parametrize("number", [0, 1, 100, 130])
def test_drives_to_many_places_come_in_their_order(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, number: int
) -> None:
    places = around(number)
    island = places[number // 2 : number // 2 + 1]
    server.behaviour = dialect.serve(Roads(slow={HERE: 300.0}, islands=set(island)))
    answer = ask_from(finder, dialect, server, places)
    assert answer.problem is None
    for place, drive in zip(places, answer.drives, strict=True):
        if place in island:
            assert drive is NoDrive.UNREACHABLE
            continue
        assert isinstance(drive, Drive)
        assert drive.seconds == pytest.approx(by_road_s(HERE, place) + 300.0, abs=1.0)


def test_the_way_back_is_another_drive(finder: DriveFinder, dialect: RouterDialect, server: StubServer) -> None:
    """One-way streets: what was told of one direction is not told of the other."""
    server.behaviour = dialect.serve(Roads(slow={HERE: 300.0}))
    [place] = around(1)
    [there], [back] = ask(finder, dialect, server, [place]).drives, ask_from(finder, dialect, server, [place]).drives
    assert isinstance(there, Drive)
    assert isinstance(back, Drive)
    assert back.seconds == pytest.approx(there.seconds + 300.0, abs=1.0)
    assert ask(finder, dialect, server, [place]).kept == ask_from(finder, dialect, server, [place]).kept == 1


def test_destinations_off_the_map_cost_no_other(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer
) -> None:
    places = around(20)
    server.behaviour = dialect.serve(Roads(off_map={places[3], places[17]}))
    told = ask_from(finder, dialect, server, places).drives
    assert [number for number, one in enumerate(told) if one is NoDrive.OFF_THE_MAP] == [3, 17]
    server.behaviour = dialect.serve(Roads(off_map={HERE}))
    assert problem(ask_from(DriveFinder(CLIENT), dialect, server, places)) is RoutingProblemCode.OFF_THE_MAP


@pytest.mark.parametrize("lie", ["negative seconds", "short rows", "no table", "faster than any road"])
def test_a_lie_about_many_places_is_a_problem(
    finder: DriveFinder, dialect: RouterDialect, server: StubServer, lie: str
) -> None:
    server.behaviour = dialect.serve(Roads(), change=lambda document: LIES[lie](dialect, document))
    far = [Point(HERE.lat + 0.1, HERE.lon + 0.01 * step) for step in range(4)]
    answer = ask_from(finder, dialect, server, far)
    assert problem(answer) in (RoutingProblemCode.IMPLAUSIBLE, RoutingProblemCode.MALFORMED)
    assert (list(answer.drives), len(finder.cells)) == ([], 0)
