"""(0, 0) is what forms write where no place is known, and coordinates are typed where an address is asked."""

from typing import Any

import pytest

from tests.api.neighbours import HERE, House, Neighbours

ZERO = {"lat": 0, "lon": 0.0}
ADDRESS = "Rua do Moinho 12, Braga"


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


def _order(house: House, path: str = "/v1/leads", **more: Any) -> Any:
    body = {"store_id": house.things["store"], "customer": {"name": "Eva"}, **more}
    return house.api.post(path, by="root", json=body)


def _edit(house: House, order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    version = {"If-Match": f'"{order["version"]}"'}
    edited = house.api.patch(f"/v1/work-orders/{order['id']}", by="root", json=changes, headers=version)
    assert edited.status_code == 200, edited.get_json()
    answer: dict[str, Any] = edited.get_json()
    return answer


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/tickets"])
def test_an_address_beside_an_unset_place_is_looked_up(house: House, path: str) -> None:
    made = _order(house, path, address=ADDRESS, location=ZERO)
    assert made.status_code == 201, made.get_json()
    assert made.get_json()["location"] is None
    waits_for = {"/v1/leads": "map_key_missing", "/v1/tickets": "unassigned"}
    assert made.get_json()["pending_reason"] == waits_for[path]


def test_an_unset_place_alone_is_none(house: House) -> None:
    refused = _order(house, location=ZERO)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/address")
    assert _order(house, "/v1/tickets", location=ZERO).get_json()["location"] is None


def test_an_unset_place_moves_no_work_order(house: House) -> None:
    order = _order(house, location=HERE).get_json()
    assert _edit(house, order, location=ZERO, notes="x")["location"] == order["location"]


@pytest.mark.parametrize(
    "location", [{"lat": "41.1", "lon": -8.6}, {"lat": True, "lon": -8.6}, {"lat": 41.1, "lon": None}]
)
def test_a_coordinate_is_a_number(house: House, location: dict[str, Any]) -> None:
    assert _order(house, address=ADDRESS, location=location).status_code == 422


def test_a_home_that_is_unset_is_none(house: House) -> None:
    body = {"name": "Cy", "store_id": house.things["store"], "home": ZERO}
    made = house.api.post("/v1/technicians", by="root", json=body)
    assert (made.status_code, made.get_json()["home"]) == (201, None)
    version = {"If-Match": made.headers["ETag"]}
    path = f"/v1/technicians/{made.get_json()['id']}"
    moved = house.api.patch(path, by="root", json={"home": HERE}, headers=version)
    assert moved.get_json()["home"] == HERE
    version = {"If-Match": moved.headers["ETag"]}
    assert house.api.patch(path, by="root", json={"home": ZERO}, headers=version).get_json()["home"] is None


def test_a_base_that_is_unset_is_none(house: House) -> None:
    made = house.api.post("/v1/service-providers", by="root", json={"name": "Helpers", "base": ZERO})
    assert (made.status_code, made.get_json()["base"]) == (201, None)


def test_a_store_is_somewhere(house: House) -> None:
    body = {"name": "South", "timezone": "Europe/Lisbon", "location": ZERO}
    refused = house.api.post("/v1/stores", by="root", json=body)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/location")


def test_no_search_begins_at_an_unset_place(house: House) -> None:
    body = {"point": ZERO, "store_id": house.things["store"]}
    assert house.api.post("/v1/technicians/nearest", by="root", json=body).status_code == 422


@pytest.mark.parametrize("typed", ["41.1503, -8.6102", "41,1503; -8,6102", "41.1503° N, 8.6102° W"])
def test_coordinates_typed_as_an_address_are_a_pin(house: House, typed: str) -> None:
    order = _order(house, address=typed).get_json()
    place = order["location"]
    assert (place["lat"], place["lon"], place["source"]) == (41.1503, -8.6102, "pin")
    assert order["address"] == typed


def test_an_address_corrected_to_coordinates_is_a_pin_until_it_is_an_address_again(house: House) -> None:
    order = _order(house, address=ADDRESS).get_json()
    pinned = _edit(house, order, address="41.1503, -8.6102")
    assert (pinned["location"]["lat"], pinned["location"]["source"]) == (41.1503, "pin")
    again = _edit(house, pinned, address=ADDRESS)
    assert again["location"] is None or again["location"]["source"] != "pin"
    assert again["pending_reason"] == "map_key_missing", "the address was looked up"


def test_a_pin_set_by_hand_stays_when_the_address_is_corrected_to_coordinates(house: House) -> None:
    order = _order(house, location=HERE).get_json()
    pinned = _edit(house, order, location={"lat": 41.2, "lon": -8.6})
    kept = _edit(house, pinned, address="41.1503, -8.6102")
    assert (kept["location"]["lat"], kept["address"]) == (41.2, "41.1503, -8.6102")


def test_a_question_may_name_coordinates(house: House) -> None:
    body = {"address": "41.1503, -8.6102", "store_id": house.things["store"]}
    assert house.api.post("/v1/technicians/nearest", by="root", json=body).get_json()["origin"]["lat"] == 41.1503
    found = house.api.post("/v1/geocode", by="root", json=body).get_json()
    assert (found["location"]["lat"], found["location"]["confidence"], found["provider"]) == (41.1503, "rooftop", None)
