"""Each look at a technician's position is logged, and the technician can read the log."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Role, Scope
from geo_assign.app import EXTENSION
from geo_assign.core.clock import DatabaseClock
from geo_assign.core.db import Database
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.mapview.queries import get_picture
from geo_assign.mapview.tiling import place_on_grid
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_point
from geo_assign.privacy.domain import How
from geo_assign.privacy.queries import list_views
from geo_assign.privacy.tasks import sweep_old_views
from geo_assign.privacy.viewlog import ViewLog
from geo_assign.workforce.store_rules import get_store_rules
from tests.api.neighbours import Neighbours, neighbours_in
from tests.api.samples import OPERATIONS, SAMPLES, request_of
from tests.conftest import World
from tests.day import Day

# Nothing else is here, to the metre and to the kilometre; a step from where she was a moment ago.
HERE = {"lat": 41.1514, "lon": -8.6104}
_TRACES = re.compile(r"41\.15(14)?\b.{0,40}-8\.61(04)?\b|-8\.61(04)?\b.{0,40}41\.15(14)?\b", re.DOTALL)
# They answer callers about themselves, or change what is asked for.
_OF_ONESELF = ("GET /v1/me/", "POST /v1/sessions", "DELETE /v1/sessions")


@pytest.fixture
def neighbours(world: World) -> Iterator[Neighbours]:
    with neighbours_in(world) as neighbours:
        now = neighbours.ours.api.get("/v1/me", by="root").get_json()["server_now"]
        sent = neighbours.ours.api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **HERE}]})
        assert sent.get_json()["results"][0]["verdict"] == "accepted"
        # Without an offer she is a candidate again.
        order = neighbours.ours.things["work_order"]
        assert neighbours.ours.api.post(f"/v1/work-orders/{order}/cancel", by="root", json={}).status_code == 200
        yield neighbours


def reading() -> list[str]:
    """What shows without changing anything: every GET, and the questions that are posted."""
    asked = {"POST /v1/technicians/nearest", "POST /v1/availability"}
    return sorted(
        name
        for name in OPERATIONS
        if (name.startswith("GET") or name in asked) and not name.startswith(_OF_ONESELF) and name in SAMPLES
    )


def test_every_answer_that_carries_a_place_is_in_the_log(
    neighbours: Neighbours, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every operation is asked; those in whose answer the place of Ana's phone is found must have told the log."""
    house = neighbours.ours
    showing = []
    cursor = house.api.get("/v1/map", by="root").get_json()["cursor"]
    for name in reading():
        before = looks(neighbours)
        shown = answer_of(neighbours, name, cursor=cursor)
        if not _TRACES.search(shown) or house.things["technician"] not in shown:
            continue
        showing.append(name)
        assert looks(neighbours) > before, f"{name} shows a technician's position and logs no look"
    with capsys.disabled():
        print(f"[{', '.join(showing)}]", end=" ")
    assert {"GET /v1/map", "GET /v1/live", "POST /v1/technicians/nearest", "GET /v1/technicians/{id}/export"} <= set(
        showing
    )


def test_the_log_says_who_how_when_and_how_often(neighbours: Neighbours) -> None:
    api = neighbours.ours.api
    for _ in range(3):
        api.get("/v1/map", by="desk")
    nearest = {"point": HERE, "store_id": neighbours.ours.things["store"]}
    headers = {"Authorization": f"Bearer {neighbours.ours.token('reader')}"}
    assert api.client.post("/v1/technicians/nearest", json=nearest, headers=headers).status_code == 200
    views = api.get("/v1/me/location-views", by="ana").get_json()["items"]
    assert {(view["viewer"]["kind"], view["viewer"]["name"], view["how"]) for view in views} == {
        ("user", "Desk", "map"),
        ("api_key", "reader", "nearest"),
    }
    assert sum(view["count"] for view in views if view["how"] == "map") == 3
    assert all(view["first_at"] <= view["last_at"] for view in views)
    only = api.get("/v1/me/location-views?limit=1", by="ana").get_json()
    rest = api.get(f"/v1/me/location-views?cursor={only['next_cursor']}", by="ana").get_json()
    assert [*only["items"], *rest["items"]] == views


def test_a_look_at_the_past_is_logged_as_one_and_says_what_it_cannot_know(neighbours: Neighbours) -> None:
    api, ana = neighbours.ours.api, neighbours.ours.things["technician"]
    live = api.get("/v1/map", by="desk").get_json()
    at = live["server_now"]
    looks(neighbours)
    past = api.get(f"/v1/map?at={at}", by="desk").get_json()
    assert {one["id"] for one in past["features"]} == {one["id"] for one in live["features"]}
    assert (past["past"]["at"], live["past"]) == (at, None)
    assert {"names", "skills", "settings"} <= set(past["past"]["as_today"])
    nearest = {"point": HERE}
    asked = api.post(f"/v1/technicians/nearest?at={at}", by="desk", json=nearest).get_json()
    again = api.post("/v1/technicians/nearest", by="desk", json=nearest | {"at": at}).get_json()
    assert {**asked, "past": None} == {**again, "past": None}
    assert (asked["candidates"][0]["technician_id"], asked["past"]["at"]) == (ana, at)
    looks(neighbours)
    views = api.get("/v1/me/location-views", by="ana").get_json()["items"]
    # An entry counts the looks of one minute, and a minute may end between two of them.
    assert Counter(view["how"] for view in views for _ in range(view["count"])) == {"map": 1, "past": 3}


def test_a_tile_is_a_look_and_is_kept_by_its_reader_alone(neighbours: Neighbours) -> None:
    api, before = neighbours.ours.api, looks(neighbours)
    tile = "/v1/map/tiles/14/{}/{}.mvt".format(*place_on_grid(Point(HERE["lat"], HERE["lon"]), 14))
    told = api.get(tile, by="desk")
    assert (told.status_code, told.headers["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")
    assert (told.headers["Cache-Control"], told.headers["Vary"]) == ("private, max-age=3", "Authorization, Cookie")
    assert neighbours.ours.things["technician"].encode() in told.get_data()
    again = api.get(tile, by="desk", headers={"If-None-Match": told.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert looks(neighbours) == before + 2
    # What only counts tells no place; and there is no tile beyond the last one.
    assert api.get("/v1/map/tiles/5/15/12.mvt", by="desk").status_code == 200
    assert looks(neighbours) == before + 2
    assert [api.get(f"/v1/map/tiles/{one}.mvt", by="desk").status_code for one in ("3/8/0", "23/0/0")] == [404, 404]


@pytest.mark.parametrize(
    ("days", "status", "code"), [(1, 422, "in_the_future"), (-31, 410, "past_not_kept"), (-29, 200, None)]
)
def test_only_a_past_that_is_kept_can_be_looked_at(
    neighbours: Neighbours, days: int, status: int, code: str | None
) -> None:
    api = neighbours.ours.api
    now = datetime.fromisoformat(api.get("/v1/me", by="root").get_json()["server_now"])
    at = (now + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    for answer in (
        api.get(f"/v1/map?at={at}", by="desk"),
        api.post(f"/v1/technicians/nearest?at={at}", by="desk", json={"point": HERE}),
        api.post("/v1/technicians/nearest", by="desk", json={"point": HERE, "at": at}),
    ):
        told = answer.get_json()
        assert answer.status_code == status, told
        if status == 422:
            assert [(one["pointer"], one["code"]) for one in told["errors"]] == [("/at", code)]
        elif status == 410:
            assert told["code"] == code
            assert now - timedelta(days=30) <= datetime.fromisoformat(told["reaches_back_to"])
        else:
            assert told["past"]["at"] == at
    twice = api.post(f"/v1/technicians/nearest?at={at}", by="desk", json={"point": HERE, "at": at})
    assert (twice.status_code, twice.get_json()["errors"][0]["code"]) == (422, "repeated")


def test_no_other_reads_it_and_an_own_look_is_not_logged(neighbours: Neighbours) -> None:
    api = neighbours.ours.api
    assert api.get("/v1/me/location-views", by="desk").status_code == 403
    assert api.get("/v1/me/location-views", by="root").status_code == 403
    api.get("/v1/me/export", by="ana")
    assert looks(neighbours) == 0


def test_looks_are_written_about_once_a_second_and_at_the_end(day: Day) -> None:
    day.map("A . J", step_m=500)
    ana = day.technician("A")
    log = ViewLog(day.database)
    log.note(boss(day), How.MAP, [ana], at=day.clock.now())
    assert count(day, ana) == 0
    deadline = time.monotonic() + 10
    while count(day, ana) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    log.note(boss(day), How.MAP, [ana], at=day.clock.now())
    log.close()
    assert count(day, ana) == 2


def test_what_cannot_be_written_is_written_later(day: Day, world: World) -> None:
    day.map("A . J", step_m=500)
    ana = day.technician("A")
    broken = world.database(clock=DatabaseClock())
    log = ViewLog(broken)
    good, broken.engine = broken.engine, Database(world.app_url.replace("@", "@unknown."), pool_size=1).engine
    log.note(boss(day), How.MAP, [ana], at=day.clock.now())
    log.flush()
    assert count(day, ana) == 0
    broken.engine = good
    log.close()
    assert count(day, ana) == 1
    broken.close()


def test_old_looks_are_forgotten(day: Day, world: World, admin: Connection) -> None:
    day.map("A . J", step_m=500)
    ana = day.technician("A")
    with day.database.transaction(day.org_id) as tx:
        now = DatabaseClock().now(tx.conn)
    log = ViewLog(day.database)
    for days in (1, 89, 91, 200):
        log.note(boss(day), How.MAP, [ana], at=now - timedelta(days=days))
        log.note_live(boss(day), frozenset({ana}), at=now - timedelta(days=days))
    log.close()
    worker = Database(world.worker_url, pool_size=1)
    assert sweep_old_views(worker) == 4
    worker.close()
    assert count(day, ana) == 4


# Coarse places -------------------------------------------------------------------------------------------------------


def test_where_the_store_says_so_a_place_is_shown_to_a_kilometre_until_there_is_work(day: Day) -> None:
    day.map("A . . J . . B", step_m=500)
    day.set(coarse_positions=True)
    for letter in "AB":
        day.technician(letter)
    assert [(one.name, one.coarse) for one in shown(day)] == [("A", True), ("B", True)]
    free = shown(day)[0]
    true = day.places["A"]
    assert (free.point.lat, free.point.lon) == (round(true.lat, 2), round(true.lon, 2))
    assert (free.accuracy_m, free.heading_deg, free.speed_mps) == (700.0, None, None)
    assert day.lead("J").technician == "A"
    day.accept("A", day.offer("J"))
    near = {one.name: one for one in shown(day)}
    assert (near["A"].coarse, near["A"].point) == (False, true)
    assert near["B"].coarse
    elsewhere = Scope(store_ids=frozenset({day.store_id}))
    assert {one.name: one.coarse for one in shown(day, elsewhere)} == {"A": False, "B": True}


def test_a_small_view_does_not_find_who_is_shown_elsewhere(day: Day) -> None:
    day.map("A . . J", step_m=500)
    day.set(coarse_positions=True)
    day.technician("A")
    place = day.places["A"]
    corner = shown(day)[0].point
    around = [
        BoundingBox(point.lon - 0.0005, point.lat - 0.0005, point.lon + 0.0005, point.lat + 0.0005)
        for point in (place, corner)
    ]
    with day.database.transaction(day.org_id) as tx:
        found = [len(get_picture(tx, EVERYTHING, view).technicians) for view in around]
    assert found == ([1, 1] if place == corner else [0, 1])


def test_the_ranking_stays_exact(day: Day) -> None:
    day.map("A B . . J", step_m=20)
    day.set(coarse_positions=True)
    for letter in "AB":
        day.technician(letter)
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        question = question_for_point(day.places["J"], at=tx.now(), scope=EVERYTHING, rules=rules, freshness_s=300.0)
        ranking = rank(tx, replace(question, limit=2))
    assert [(one.name, one.coarse) for one in ranking.candidates] == [("B", True), ("A", True)]


def test_a_search_tells_no_more_than_the_policy_allows(neighbours: Neighbours) -> None:
    api, things = neighbours.ours.api, neighbours.ours.things
    path = f"/v1/stores/{things['store']}/settings"
    version = int(api.get(f"/v1/stores/{things['store']}", by="root").headers["ETag"].strip('"'))
    assert api.put(path, by="root", version=version, json={"coarse_positions": True}).status_code == 200
    asked = {"point": {"lat": 41.16, "lon": -8.62}, "store_id": things["store"]}
    (found,) = api.post("/v1/technicians/nearest", by="desk", json=asked).get_json()["candidates"]
    place = found["position"]
    assert (place["lat"], place["lon"], place["coarse"]) == (41.15, -8.61, True)
    assert (place["accuracy_m"], found["distance_m"] % 100) == (700.0, 0.0)
    near = {**asked, "radius_m": 10}
    excluded = api.post("/v1/technicians/nearest", by="desk", json=near).get_json()["excluded"]
    (away,) = [one for one in excluded if one["technician_id"] == things["technician"]]
    (reason,) = away["reasons"]
    assert away["distance_m"] == found["distance_m"]
    assert reason["needed"]["radius_m"] % 100 == 0
    shown_on_map = api.get("/v1/map", by="desk").get_json()["features"]
    (marker,) = [one["properties"] for one in shown_on_map if one["id"] == things["technician"]]
    assert (marker["coarse"], marker["provider"], marker["service_provider"]) == (True, False, None)


# What the tests above are made of ------------------------------------------------------------------------------------


def shown(day: Day, scope: Scope = EVERYTHING) -> Any:
    with day.database.transaction(day.org_id) as tx:
        return sorted(get_picture(tx, scope).technicians, key=lambda one: one.name)


def boss(day: Day) -> Caller:
    return Caller(day.org_id, ActorKind.USER, uuid4(), "Boss", EVERYTHING, Role.ADMINISTRATOR)


def count(day: Day, technician_id: UUID) -> int:
    with day.database.transaction(day.org_id) as tx:
        return sum(view.count for view in list_views(tx, technician_id, limit=200).items)


def looks(neighbours: Neighbours) -> int:
    """How many looks at Ana the log holds."""
    services = neighbours.app.extensions[EXTENSION]
    services.views.flush()
    with services.database.transaction(UUID(neighbours.ours.org_id)) as tx:
        statement = text(
            "SELECT (SELECT coalesce(sum(count), 0) FROM location_views WHERE technician_id = :id) "
            "+ (SELECT count(*) FROM live_views WHERE technician_id = :id)"
        )
        return int(tx.conn.execute(statement, {"id": neighbours.ours.things["technician"]}).scalar_one())


def answer_of(neighbours: Neighbours, name: str, *, cursor: str) -> str:
    """What the administrator is told; of a stream what it says first, behind `cursor`."""
    request = request_of(name, neighbours.ours.things)
    if OPERATIONS[name].streams:
        request["query_string"] = {"cursor": cursor}
    headers = {**request.pop("headers"), "Authorization": f"Bearer {neighbours.ours.token('root')}"}
    answer = neighbours.app.test_client(use_cookies=False).open(headers=headers, buffered=False, **request)
    if not answer.is_streamed:
        return str(answer.get_data(as_text=True))
    try:
        return str(next(answer.iter_encoded()), "utf-8")
    finally:
        answer.close()
