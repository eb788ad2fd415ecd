"""Drive time over HTTP: the settings of the router, searches by drive time, what their answers say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from geo_assign.core.geo import Point
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.day import shifted
from tests.providers import stub
from tests.providers.roads import ROUTER_DIALECTS, Roads, RouterDialect
from tests.providers.stub import StubServer

OSRM = ROUTER_DIALECTS[0]
HERE = Point(41.15, -8.61)
MOVED = {"location": {"lat": HERE.lat + 0.002, "lon": HERE.lon}}
PLACES = {"ana": shifted(HERE, east_m=700.0), "bo": shifted(HERE, east_m=-2_000.0)}


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """Ana is nearer, Bo is there first."""
    with seeded_api(world) as api:
        bo = f"/v1/technicians/{api.id('technicians', 'bo')}"
        moved = {"store_id": api.id("stores", "centre"), "group_ids": [api.id("groups", "phones")]}
        version = api.get(bo, by="root").get_json()["version"]
        assert api.patch(bo, by="root", version=version, json=moved).status_code == 200
        for who, place in PLACES.items():
            api.put("/v1/me/presence", by=who, json={"on_duty": True})
            position = {"recorded_at": datetime.now(UTC).isoformat(), "lat": place.lat, "lon": place.lon}
            told = api.post("/v1/positions", by=who, json={"positions": [position | {"accuracy_m": 5}]}).get_json()
            assert told["results"][0]["verdict"] == "accepted", told
        yield api


def roads() -> Roads:
    return Roads(slow={PLACES["ana"]: 900.0})


def store(api: Api) -> str:
    return f"/v1/stores/{api.id('stores', 'centre')}"


def put(api: Api, **settings: Any) -> Any:
    version = api.get(store(api), by="root").get_json()["version"]
    return api.put(f"{store(api)}/settings", by="root", version=version, json=settings)


def choose(api: Api, server: StubServer, dialect: RouterDialect = OSRM, **more: Any) -> None:
    server.behaviour = dialect.serve(roads())
    answer = put(api, router=dialect.router.value, router_url=server.url, **more)
    assert answer.status_code == 200, answer.get_json()


def nearest(api: Api, **body: Any) -> dict[str, Any]:
    question = {"point": {"lat": HERE.lat, "lon": HERE.lon}, "store_id": api.id("stores", "centre")} | body
    answer = api.post("/v1/technicians/nearest", by="root", json=question)
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def names(answer: dict[str, Any]) -> list[str]:
    return [one["name"] for one in answer["candidates"]]


def test_a_search_ranks_by_drive_time_and_says_how(api: Api, server: StubServer, dialect: RouterDialect) -> None:
    by_line = nearest(api)
    assert (names(by_line), by_line["distance_method"], by_line["routing"]) == (["Ana", "Bo"], "geodesic", None)
    choose(api, server, dialect)
    for question in ({}, {"rank_by": "drive_time"}, {"rank_by": "drive_time", "detail": "brief"}):
        found = nearest(api, **question)
        assert names(found) == ["Bo", "Ana"]
        assert (found["distance_method"], found["ranked_by"]) == (dialect.router.value, "drive_time")
        first = found["candidates"][0]
        assert first["eta_s"] == pytest.approx(260, abs=3)
        assert first["distance_m"] == pytest.approx(2_600, abs=20)
        assert first["straight_m"] == pytest.approx(2_000, abs=10)
        routing = found["routing"]
        assert (routing["router"], routing["asked"], routing["problem"]) == (dialect.router.value, 2, None)
    assert (found["routing"]["kept"], found["routing"]["requests"]) == (2, 0)
    by_distance = nearest(api, rank_by="distance")
    assert (names(by_distance), by_distance["distance_method"]) == (["Ana", "Bo"], "geodesic")
    assert "straight_m" not in by_distance["candidates"][0]


def test_the_stores_own_order_of_ranking_holds_where_a_search_says_none(api: Api, server: StubServer) -> None:
    choose(api, server, rank_by="distance")
    assert nearest(api)["ranked_by"] == "distance"
    assert nearest(api, rank_by="drive_time")["distance_method"] == "osrm"
    assert nearest(api, store_id=None, rank_by="drive_time")["distance_method"] == "geodesic"


def test_a_work_order_brings_the_router_of_its_store(api: Api, server: StubServer) -> None:
    choose(api, server, lead_auto_user_assignment="off")
    point = {"lat": HERE.lat, "lon": HERE.lon}
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "location": point}
    order = api.post("/v1/leads", by="root", json=body).get_json()
    answer = api.post("/v1/technicians/nearest", by="root", json={"work_order_id": order["id"]}).get_json()
    assert (names(answer), answer["distance_method"]) == (["Bo", "Ana"], "osrm")


@pytest.mark.parametrize("fault", [stub.html(503), stub.html(), stub.answer('{"code": "NoTable"}'), stub.reset()])
def test_a_search_says_that_the_straight_line_ranked_and_why(
    api: Api, server: StubServer, fault: stub.Behaviour
) -> None:
    choose(api, server)
    server.behaviour = fault
    found = nearest(api)
    assert (names(found), found["distance_method"], found["ranked_by"]) == (["Ana", "Bo"], "geodesic", "distance")
    assert found["routing"]["problem"]["code"] in {"unavailable", "malformed", "refused", "unreachable"}
    assert found["counts"]["available"] == 2


def test_an_offer_and_its_receipt_tell_the_drive(api: Api, server: StubServer) -> None:
    choose(api, server)
    body = {
        "store_id": api.id("stores", "centre"),
        "customer": {"name": "Eva"},
        "location": {"lat": HERE.lat, "lon": HERE.lon},
    }
    order = api.post("/v1/leads", by="root", json=body).get_json()
    assert order["offer"]["technician_id"] == api.id("technicians", "bo")
    assert order["offer"]["eta_s"] == pytest.approx(260, abs=3)
    receipt = api.get(f"/v1/decisions/{order['decision_id']}", by="root").get_json()
    assert receipt["routing"]["router"] == "osrm"
    assert receipt["candidates"][0]["drive"]["seconds"] == order["offer"]["eta_s"]
    why = api.get(
        f"/v1/decisions/{order['decision_id']}/why?technician_id={api.id('technicians', 'ana')}", by="root"
    ).get_json()
    assert why["rank"] == 2
    assert "later than the first" in why["sentence"]


def test_a_router_is_tried_when_it_is_chosen(api: Api, server: StubServer) -> None:
    server.behaviour = stub.html()
    refused = put(api, router="osrm", router_url=server.url)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "router_unusable")
    assert refused.get_json()["errors"][0]["pointer"] == "/router_url"
    assert api.get(f"{store(api)}/settings", by="root").get_json()["router"] == "straight_line"
    server.behaviour = stub.html(503)
    assert put(api, router="osrm", router_url=server.url).status_code == 200
    test = api.post(f"{store(api)}/router/test", by="centre").get_json()
    assert (test["ok"], test["problem"]["code"]) == (False, "unavailable")
    server.behaviour = OSRM.serve(roads())
    assert api.post(f"{store(api)}/router/test", by="centre").get_json() == {"ok": True, "problem": None}
    asked = len(server.requests)
    assert put(api, router="osrm", router_url=f"{server.url}/", radius_m=9_000).status_code == 200
    assert len(server.requests) == asked, "the router is the same"


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"router": "osrm"}, ""),
        ({"router": "graphhopper"}, "/router"),
        ({"router": "osrm", "router_url": "ftp://router.test"}, "/router_url"),
        ({"router": "osrm", "router_url": "http://name:secret@router.test"}, "/router_url"),
        ({"router": "osrm", "router_url": "http://router.test/?key=1"}, "/router_url"),
        ({"router": "osrm", "router_url": "http://router.test:99999"}, "/router_url"),
        ({"router_deadline_s": 0}, "/router_deadline_s"),
        ({"router_deadline_s": 11}, "/router_deadline_s"),
        ({"rank_by": "fame"}, "/rank_by"),
    ],
)
def test_settings_of_a_router_that_mean_nothing_are_refused(api: Api, settings: dict[str, Any], pointer: str) -> None:
    answer = put(api, **settings)
    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in answer.get_json()["errors"]}


def test_a_private_router_needs_the_operators_leave(world: World, server: StubServer) -> None:
    with seeded_api(world, outbound_allow="") as api:
        answer = put(api, router="osrm", router_url=server.url)
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.get_json()["errors"]] == [
            ("/router_url", "address_refused")
        ]
    assert server.requests == []


def test_a_preview_tells_drives_and_a_router_that_hangs_costs_it_no_answer(api: Api, server: StubServer) -> None:
    choose(api, server, lead_auto_user_assignment="off")
    point = {"lat": HERE.lat, "lon": HERE.lon}
    body = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "location": point}
    order = api.post("/v1/leads", by="root", json=body).get_json()
    choice = {"technician_id": api.id("technicians", "bo")}
    preview = f"/v1/work-orders/{order['id']}/assign/preview"
    told = api.post(preview, by="root", json=choice).get_json()
    assert told["drive"]["seconds"] == told["eta_s"] == pytest.approx(260, abs=3)
    assert (told["routing"]["router"], told["routing"]["problem"], told["eta_factor"]) == ("osrm", None, None)
    assert [one["eta_s"] for one in told["nearer"]] == [pytest.approx(991, abs=3)]
    server.behaviour = stub.hang()
    assert put(api, router="osrm", router_url=server.url, router_deadline_s=0.2).status_code == 200
    moved = api.patch(f"/v1/work-orders/{order['id']}", by="root", version=order["version"], json=MOVED)
    assert moved.status_code == 200, moved.get_json()
    told = api.post(preview, by="root", json=choice).get_json()
    assert (told["routing"]["problem"]["code"], told["drive"], told["may_assign"]) == ("timeout", None, True)
    assert told["eta_s"] > 0


def test_free_slots_leave_time_for_the_ways_by_road_and_say_how(api: Api, server: StubServer) -> None:
    body = {"store_id": api.id("stores", "centre"), "point": {"lat": HERE.lat, "lon": HERE.lon}, "limit": 3}
    by_line = api.post("/v1/availability", by="root", json=body).get_json()
    assert (by_line["routing"], by_line["travel_is_calibrated"], by_line["travel_factor"]) == (None, False, None)
    choose(api, server)
    by_road = api.post("/v1/availability", by="root", json=body).get_json()
    assert (by_road["routing"]["router"], by_road["routing"]["problem"]) == ("osrm", None)
    ways = {one["name"]: one["travel_before_s"] for one in by_road["slots"][-1]["technicians"]}
    assert ways["Ana"] == pytest.approx(991, abs=3)
    assert ways["Bo"] == pytest.approx(260, abs=3)
    server.behaviour = stub.html(503)
    elsewhere = body | {"point": {"lat": HERE.lat + 0.001, "lon": HERE.lon}}
    failed = api.post("/v1/availability", by="root", json=elsewhere).get_json()
    assert failed["routing"]["problem"]["code"] == "unavailable"
    assert failed["slots"]
