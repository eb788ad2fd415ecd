"""Free slots in a store with a router: the ways before and after a visit by road."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.geo import haversine_m
from geo_assign.free_time.availability import Availability, Search, measure_ways, search_free_slots
from geo_assign.free_time.ways import Ways
from geo_assign.matching.domain import Slot
from geo_assign.matching.questions import question_for_point
from geo_assign.routing.domain import RoutingProblemCode
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.store_rules import get_store_rules
from tests.day import Day
from tests.free_time.test_availability import HOUR, NINE_TO_SIX, TOMORROW, search
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, StubServer

OSRM = ROUTER_DIALECTS[0]


@pytest.fixture
def town(day: Day, server: StubServer) -> Day:
    """Ana has work at her letter until ten and from two on; the visit is wanted four kilometres away."""
    day.map("A . . . J", step_m=1_000)
    day.technician("A", hours=NINE_TO_SIX, booked="tomorrow 09:00-10:00")
    day.book("A", "tomorrow 14:00-15:00")
    day.set(router="osrm", router_url=server.url, travel_buffer_minutes=0)
    return day


def find(day: Day, *, finder: DriveFinder | None = None) -> tuple[Availability, Ways]:
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        question = question_for_point(
            day.places["J"], at=tx.now(), scope=EVERYTHING, slot=Slot(TOMORROW, TOMORROW + HOUR), rules=rules,
            freshness_s=rules.settings.freshness_s,
        )  # fmt: skip
    wanted = Search(question, TOMORROW + timedelta(days=1), ZoneInfo(day.timezone), limit=50)
    ways = measure_ways(lambda: day.database.transaction(day.org_id), finder or DriveFinder(CLIENT), rules, wanted)
    with day.database.transaction(day.org_id) as tx:
        return search_free_slots(tx, wanted, ways), ways


def starts(day: Day, found: Availability) -> list[str]:
    return [f"{slot.start.astimezone(ZoneInfo(day.timezone)):%H:%M}" for slot in found.slots]


def way_s(day: Day) -> float:
    return by_road_s(day.places["A"], day.places["J"])


def test_there_is_time_for_the_ways_as_the_router_tells_them(
    town: Day, server: StubServer, dialect: RouterDialect
) -> None:
    """It takes 29 minutes there, with a ferry, and 59 back."""
    town.set(router=dialect.router.value, router_url=server.url, travel_buffer_minutes=0)
    slow = {town.places["A"]: 1_200.0, town.places["J"]: 3_000.0}
    server.behaviour = dialect.serve(Roads(slow=slow))
    found, ways = find(town)
    assert starts(town, found) == [
        "10:30", "10:45", "11:00", "11:15", "11:30", "11:45", "12:00", "15:30", "15:45", "16:00", "16:15", "16:30",
        "16:45", "17:00",
    ]  # fmt: skip
    [ana] = found.slots[0].technicians
    assert ana.travel_before_s == pytest.approx(way_s(town) + 1_200, abs=2)
    assert ana.travel_after_s == pytest.approx(way_s(town) + 3_000, abs=2)
    assert ways.note is not None
    assert (ways.note.router, ways.note.problem, ways.note.requests) == (dialect.router, None, 2)
    # Without a router there are others.
    assert starts(town, search(town, "J", limit=50))[0] == "10:15"


def test_a_factor_that_drives_have_taught_is_left_time_for(town: Day, server: StubServer, admin: Connection) -> None:
    server.behaviour = OSRM.serve(Roads())
    learned = '{"osrm": {"all": 3.0, "10": 0.5}, "straight_line": {"all": 2.0}}'
    admin.execute(text("UPDATE stores SET eta_factors = CAST(:learned AS jsonb)"), {"learned": learned})
    found, ways = find(town)
    [ana] = found.slots[0].technicians
    assert ana.travel_before_s == pytest.approx(3 * way_s(town), abs=4)
    assert ways.factor == 3.0
    assert starts(town, found)[0] == "10:30"
    server.behaviour = stub.html(503)
    found, ways = find(town)
    [ana] = found.slots[0].technicians
    assert (ways.factor, starts(town, found)[0]) == (2.0, "10:30")
    assert ana.travel_before_s == pytest.approx(
        2 * haversine_m(town.places["A"], town.places["J"]) * 1.4 / 8.3, rel=0.01
    )


FAULTS: dict[str, tuple[Behaviour, RoutingProblemCode]] = {
    "down": (stub.html(503), RoutingProblemCode.UNAVAILABLE),
    "hanging": (stub.hang(), RoutingProblemCode.TIMEOUT),
    "an error with 200": (stub.answer('{"code": "NoTable", "message": "no"}'), RoutingProblemCode.REFUSED),
    "NaN": (stub.answer('{"code": "Ok", "durations": [[NaN]], "distances": [[1]]}'), RoutingProblemCode.MALFORMED),
    "negative": (
        OSRM.serve(
            Roads(), change=lambda told: {**told, "durations": [[-1.0 for _ in row] for row in told["durations"]]}
        ),
        RoutingProblemCode.MALFORMED,
    ),
    "short": (
        OSRM.serve(Roads(), change=lambda told: {**told, "durations": told["durations"][:-1]}),
        RoutingProblemCode.MALFORMED,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_that_fails_leaves_the_slots_of_the_straight_line(town: Day, server: StubServer, fault: str) -> None:
    town.set(router="osrm", router_url=server.url, travel_buffer_minutes=0, router_deadline_s=0.5)
    server.behaviour, code = FAULTS[fault]
    found, ways = find(town)
    assert found == search(town, "J", limit=50)
    assert ways.note is not None
    assert ways.note.problem is not None
    assert ways.note.problem.code is code


def test_what_fails_on_the_way_back_tells_neither(town: Day, server: StubServer) -> None:
    first = iter([OSRM.serve(Roads(slow={town.places["A"]: 1_200.0}))])
    server.behaviour = lambda exchange: next(first, stub.html(503))(exchange)  # noqa: PLW0108 - another each time
    found, ways = find(town)
    assert (dict(ways.to), dict(ways.back)) == ({}, {})
    assert found == search(town, "J", limit=50)


def test_a_place_that_no_road_reaches_is_estimated(town: Day, server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads(islands={town.places["A"]}))
    found, ways = find(town)
    assert found == search(town, "J", limit=50)
    assert ways.note is not None
    assert ways.note.without_drive == 2


def test_a_second_search_asks_nothing_anew(town: Day, server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads())
    finder = DriveFinder(CLIENT)
    first, _ = find(town, finder=finder)
    again, ways = find(town, finder=finder)
    assert (again, len(server.requests)) == (first, 2)
    assert ways.note is not None
    assert (ways.note.requests, ways.note.kept) == (0, ways.note.asked)
