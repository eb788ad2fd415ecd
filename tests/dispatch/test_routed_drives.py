"""A store's router is asked about drives that have ended, so that its times learn, too."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from geo_assign.access.domain import EVERYTHING
from geo_assign.dispatch.tasks import calibrate_etas
from geo_assign.privacy.commands import erase_technician
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.domain import LEAST_DRIVES
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import State
from tests.conftest import World
from tests.day import Day, shifted
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect, by_road_s
from tests.providers.stub import CLIENT, Behaviour, StubServer
from tests.workorders.test_drives import sweeping

OSRM = ROUTER_DIALECTS[0]
_LETTERS = "JKLMNOPQRSTUVWXYZ"


@pytest.fixture
def house(day: Day, server: StubServer) -> Day:
    """Jobs some six kilometres from where Ana is, in a store with a router."""
    day.map("A", step_m=1)
    day.technician("A")
    for number, letter in enumerate(_LETTERS):
        day.places[letter] = shifted(day.places["A"], east_m=6_000.0 + 20.0 * number)
    day.set(router="osrm", router_url=server.url)
    server.behaviour = OSRM.serve(Roads())
    return day


def way_s(day: Day, letter: str) -> float:
    return by_road_s(day.places["A"], day.places[letter])


def drive(day: Day, letter: str, took_s: float) -> None:
    """Drive to a job, which takes so long, do the work and come back."""
    day.later("5 s")
    day.ping("A", day.places["A"], accuracy_m=9.0)
    day.lead(letter, assignee="A")
    day.step(letter, "A", State.TRAVELLING)
    day.clock.advance(timedelta(seconds=took_s))
    day.ping("A", day.places[letter], accuracy_m=9.0)
    day.step(letter, "A", State.ON_SITE)
    day.step(letter, "A", State.COMPLETED)
    day.later("90 min")


def sweep(day: Day, world: World) -> int:
    with sweeping(day, world) as worker:
        return calibrate_etas(worker, day.database, DriveFinder(CLIENT))


def drives(day: Day, provider: str) -> list[Any]:
    statement = text("SELECT * FROM drives WHERE provider = :provider ORDER BY began_at")
    with day.database.transaction(day.org_id) as tx:
        return list(tx.conn.execute(statement, {"provider": provider}))


def factor(day: Day, provider: str) -> float | None:
    with day.database.transaction(day.org_id) as tx:
        return get_store_rules(tx, EVERYTHING, day.store_id).find_eta_factor(provider, day.clock.now())


def test_a_router_s_times_learn_beside_the_straight_line_s(
    house: Day, world: World, server: StubServer, dialect: RouterDialect
) -> None:
    name = dialect.router.value
    house.set(router=name)
    server.behaviour = dialect.serve(Roads())
    for letter in _LETTERS[: LEAST_DRIVES - 1]:
        drive(house, letter, way_s(house, letter) * 1.9)
    assert sweep(house, world) == 1
    assert factor(house, name) is None
    drive(house, _LETTERS[LEAST_DRIVES - 1], way_s(house, _LETTERS[LEAST_DRIVES - 1]) * 1.9)
    assert sweep(house, world) == 1
    assert factor(house, name) == pytest.approx(1.9, rel=0.02)
    assert factor(house, "straight_line") not in (None, factor(house, name))
    routed = drives(house, name)
    assert [one.estimated_s == one.told_s for one in routed] == [True] * LEAST_DRIVES
    assert [one.seconds for one in routed] == [one.seconds for one in drives(house, "straight_line")]
    assert routed[0].estimated_s == pytest.approx(way_s(house, "J"), abs=1)
    drive(house, "Z", way_s(house, "Z") * 1.9)
    sweep(house, world)
    last = drives(house, name)[-1]
    assert last.told_s == pytest.approx(last.seconds, rel=0.02), "told with what was learned by then"
    assert len(server.requests) == LEAST_DRIVES + 1, "each drive is asked about once"


FAULTS: dict[str, Behaviour] = {
    "down": stub.html(503),
    "hanging": stub.hang(),
    "an error with 200": stub.answer('{"code": "NoTable", "message": "no"}'),
    "NaN": stub.answer('{"code": "Ok", "durations": [[NaN]], "distances": [[1]]}'),
    "negative": OSRM.serve(Roads(), change=lambda document: {**document, "durations": [[-5.0]]}),
    "short": OSRM.serve(Roads(), change=lambda document: {**document, "durations": [[]]}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_router_that_fails_costs_the_straight_line_nothing_and_is_asked_again(
    house: Day, world: World, server: StubServer, fault: str
) -> None:
    house.set(router_deadline_s=0.3)
    server.behaviour = FAULTS[fault]
    for letter in "JK":
        drive(house, letter, 1_200.0)
    assert sweep(house, world) == 1
    assert (len(drives(house, "straight_line")), drives(house, "osrm")) == (2, [])
    assert len(server.requests) == 1, "the first failure ends the asking"
    server.behaviour = OSRM.serve(Roads())
    house.set(router_deadline_s=10)
    drive(house, "L", 1_200.0)
    assert sweep(house, world) == 1
    assert len(drives(house, "osrm")) == 3


def test_a_place_without_a_road_costs_no_other(house: Day, world: World, server: StubServer) -> None:
    server.behaviour = OSRM.serve(Roads(islands={house.places["J"]}, off_map={house.places["K"]}))
    for letter in "JKL":
        drive(house, letter, 1_200.0)
    sweep(house, world)
    assert [one.work_order_id for one in drives(house, "osrm")] == [house.jobs["L"]]


def test_what_the_track_does_not_tell_any_more_is_not_asked(house: Day, world: World, server: StubServer) -> None:
    drive(house, "J", 1_200.0)
    with house.database.transaction(house.org_id) as tx:
        erase_technician(tx, house.boss, house.people["A"])
    sweep(house, world)
    assert (drives(house, "osrm"), server.requests) == ([], [])
    assert len(drives(house, "straight_line")) == 1


def test_a_place_that_was_corrected_meanwhile_is_not_the_one_driven_to(
    house: Day, world: World, server: StubServer
) -> None:
    drive(house, "J", 1_200.0)
    with house.database.transaction(house.org_id) as tx:
        moved = {"org_id": house.org_id, "id": house.jobs["J"]}
        tx.conn.execute(text("UPDATE work_orders SET lat = lat + 0.05 WHERE org_id = :org_id AND id = :id"), moved)
    sweep(house, world)
    assert (drives(house, "osrm"), server.requests) == ([], [])


def test_a_drive_that_the_router_thinks_ten_times_as_short_tells_nothing(
    house: Day, world: World, server: StubServer
) -> None:
    drive(house, "J", way_s(house, "J") * 8.5)
    sweep(house, world)
    assert len(server.requests) in (0, 1)
    assert drives(house, "osrm") == []


def test_both_rows_go_together_and_a_second_departure_begins_anew(house: Day, world: World, server: StubServer) -> None:
    drive(house, "J", 1_200.0)
    sweep(house, world)
    assert len(drives(house, "osrm")) == 1
    house.clock.advance(timedelta(days=91))
    sweep(house, world)
    assert (drives(house, "osrm"), drives(house, "straight_line")) == ([], [])
    assert server.requests
