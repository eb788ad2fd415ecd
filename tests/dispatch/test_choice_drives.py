"""A choice looked at before it is made, in a store with a router: the ways before and after by road."""

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.geo import haversine_m, road_s
from geo_assign.dispatch.choices import AssignmentPreview, get_assignment_preview, tell_drives
from geo_assign.routing.domain import RoutingProblemCode
from geo_assign.routing.finder import DriveFinder
from tests.day import Day
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, Exchange, StubServer

SLOT = "12:30-13:30"
"""It starts soon, so the live positions count."""
LATER = "15:00-16:00"


@pytest.fixture
def street(day: Day, server: StubServer) -> Day:
    """The job J, which starts soon; work at L comes before or after."""
    day.set(lead_auto_user_assignment="off")
    day.map("C . B . A J . L", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J", slot=SLOT)
    day.set(router="osrm", router_url=server.url)
    return day


def look(day: Day, letter: str, slot: str | None = None) -> AssignmentPreview:
    with day.database.transaction(day.org_id) as tx:
        found = get_assignment_preview(
            tx, day.boss.scope, day.jobs["J"], day.people[letter], day.slot(slot) if slot else None
        )
    return tell_drives(found, DriveFinder(CLIENT))


def way_s(day: Day, start: str, end: str) -> float:
    return by_road_s(day.places[start], day.places[end])


def test_the_ways_before_and_after_are_the_routers(street: Day, server: StubServer, dialect: RouterDialect) -> None:
    street.set(router=dialect.router.value)
    server.behaviour = dialect.serve(Roads(slow={street.places["J"]: 600.0}))
    street.book("B", "14:00-15:00", at="L")
    choice = look(street, "B")
    assert choice.drive is not None
    assert choice.drive_after is not None
    assert choice.eta_s == choice.drive.seconds == pytest.approx(way_s(street, "B", "J"), abs=2)
    assert choice.travel_after_s == choice.drive_after.seconds
    assert choice.travel_after_s == pytest.approx(way_s(street, "J", "L") + 600.0, abs=2)
    assert choice.following is not None
    assert (choice.following.start, choice.following.end) == street.slot("14:00-15:00")
    assert choice.routing is not None
    assert (choice.routing.router, choice.routing.problem) == (dialect.router, None)
    # Ana, who is nearer, and both ways.
    assert (choice.routing.asked, choice.routing.requests) == (3, 2)
    [ana] = choice.nearer
    assert ana.drive is not None
    assert ana.drive.seconds == pytest.approx(way_s(street, "A", "J"), abs=2)


def test_the_way_begins_where_the_work_before_is(street: Day, server: StubServer) -> None:
    server.behaviour = ROUTER_DIALECTS[0].serve(Roads())
    street.book("B", "13:00-14:10", at="L")
    choice = look(street, "B", LATER)
    assert choice.drive is not None
    assert choice.drive.seconds == pytest.approx(way_s(street, "L", "J"), abs=2)
    assert choice.previous is not None
    assert choice.arrives_at is not None
    assert (choice.arrives_at - choice.previous.end).total_seconds() == pytest.approx(choice.drive.seconds, abs=0.01)


def test_of_a_technician_who_is_excluded_the_way_is_told_too(street: Day, server: StubServer) -> None:
    server.behaviour = ROUTER_DIALECTS[0].serve(Roads())
    street.book("A", "13:00-13:50", at="L")
    choice = look(street, "A")
    assert choice.reasons
    assert choice.drive is not None
    assert choice.drive.seconds == pytest.approx(way_s(street, "A", "J"), abs=2)


FAULTS: dict[str, tuple[Behaviour, RoutingProblemCode]] = {
    "down": (stub.html(503), RoutingProblemCode.UNAVAILABLE),
    "an error with 200": (stub.answer('{"code": "NoTable", "message": "no"}'), RoutingProblemCode.REFUSED),
    "no JSON": (stub.html(200), RoutingProblemCode.MALFORMED),
    "cut off": (stub.reset(), RoutingProblemCode.UNREACHABLE),
    "NaN": (stub.answer('{"code": "Ok", "durations": [[NaN]], "distances": [[1]]}'), RoutingProblemCode.MALFORMED),
    "short rows": (
        stub.answer('{"code": "Ok", "durations": [[]], "distances": [[]], "sources": [], "destinations": []}'),
        RoutingProblemCode.MALFORMED,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_that_fails_leaves_the_straight_lines_estimates(street: Day, server: StubServer, fault: str) -> None:
    server.behaviour, code = FAULTS[fault]
    street.book("B", "14:00-15:00", at="L")
    choice = look(street, "B")
    assert choice.routing is not None
    assert choice.routing.problem is not None
    assert choice.routing.problem.code is code
    assert (choice.drive, choice.drive_after) == (None, None)
    assert choice.distance_m is not None
    assert choice.eta_s == road_s(choice.distance_m)
    assert choice.travel_after_s == pytest.approx(road_s(haversine_m(street.places["J"], street.places["L"])), rel=0.01)


def test_a_router_that_fails_on_the_second_question_tells_neither_way(street: Day, server: StubServer) -> None:
    behaviours = iter([ROUTER_DIALECTS[0].serve(Roads())])

    def once(exchange: Exchange) -> None:
        next(behaviours, stub.html(503))(exchange)

    server.behaviour = once
    street.book("B", "14:00-15:00", at="L")
    choice = look(street, "B")
    assert choice.routing is not None
    assert choice.routing.problem is not None
    assert (choice.drive, choice.drive_after, [one.drive for one in choice.nearer]) == (None, None, [None])


def test_a_way_that_no_road_leads_is_estimated(street: Day, server: StubServer) -> None:
    server.behaviour = ROUTER_DIALECTS[0].serve(Roads(islands={street.places["B"]}))
    choice = look(street, "B")
    assert choice.routing is not None
    assert (choice.routing.problem, choice.routing.without_drive) == (None, 1)
    assert choice.drive is None
    assert choice.distance_m is not None
    assert choice.eta_s == road_s(choice.distance_m)


def test_what_drives_have_taught_is_told_apart_from_what_the_router_said(
    street: Day, server: StubServer, admin: Connection
) -> None:
    server.behaviour = ROUTER_DIALECTS[0].serve(Roads())
    factors = '{"osrm": {"all": 2.0}, "straight_line": {"all": 1.5}}'
    admin.execute(text("UPDATE stores SET eta_factors = CAST(:factors AS jsonb)"), {"factors": factors})
    street.book("B", "14:00-15:00", at="L")
    choice = look(street, "B")
    assert choice.drive is not None
    assert choice.drive_after is not None
    assert (choice.eta_s, choice.eta_factor) == (choice.drive.seconds * 2.0, 2.0)
    assert choice.travel_after_s == choice.drive_after.seconds * 2.0
    server.behaviour = stub.html(503)
    choice = look(street, "B")
    assert choice.distance_m is not None
    assert (choice.eta_s, choice.eta_factor) == (road_s(choice.distance_m) * 1.5, 1.5)


def test_without_a_router_none_is_asked_and_the_way_on_is_told(street: Day, server: StubServer) -> None:
    street.set(router="straight_line")
    street.book("B", "14:00-15:00", at="L")
    choice = look(street, "B")
    assert (choice.routing, choice.drive, server.requests) == (None, None, [])
    assert choice.travel_after_s is not None
    assert look(street, "A").following is None
