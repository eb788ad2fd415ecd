"""Free slots as a caller asks for them over HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


def test_a_slot_found_over_http_is_taken_as_it_is(api: Api) -> None:
    body = {"store_id": api.id("stores", "centre"), "point": {"lat": 41.151, "lon": -8.61}, "limit": 3}
    body |= {"from": "2031-05-01T09:10:00", "to": "2031-05-01T18:00:00", "duration_minutes": 45}
    answer = api.post("/v1/availability", by="shop", json=body)
    assert answer.status_code == 200, answer.json
    slots = answer.get_json()["slots"]
    assert slots[0]["start"] == "2031-05-01T08:15:00Z"
    (ana,) = slots[0]["technicians"]
    lead = {
        "store_id": body["store_id"],
        "customer": {"name": "Rui"},
        "location": body["point"],
        "slot": {"start": slots[0]["start"], "end": slots[0]["end"]},
        "assignee_id": ana["id"],
    }
    assert api.post("/v1/leads", by="desk", json=lead).get_json()["state"] == "assigned"
    again = api.post("/v1/availability", by="shop", json=body).get_json()["slots"][0]
    assert again["start"] == slots[0]["end"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"address": "Rua Nova 1"}, 422, "invalid_request"),
        ({"point": None, "address": "Nowhere 5"}, 409, "address_not_found"),
        ({"from": "2031-03-30T01:30:00"}, 422, "wall_time_does_not_exist"),
        ({"from": "2031-05-01T09:00:00Z", "to": "2031-05-01T08:00:00Z"}, 422, "invalid_request"),
        ({"from": "2031-05-01T09:00:00Z", "to": "2031-07-01T08:00:00Z"}, 422, "invalid_request"),
        ({"technician_ids": [str(uuid4())]}, 404, "not_found"),
    ],
)
def test_what_cannot_be_searched_is_said(api: Api, change: dict[str, Any], status: int, code: str) -> None:
    body = {"store_id": api.id("stores", "centre"), "point": {"lat": 41.151, "lon": -8.61}} | change
    answer = api.post("/v1/availability", by="desk", json={k: v for k, v in body.items() if v is not None})
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    if code == "address_not_found":
        assert answer.get_json()["candidates"] == []


def test_another_store_is_not_there(api: Api) -> None:
    body = {"store_id": api.id("stores", "north"), "point": {"lat": 41.151, "lon": -8.61}}
    assert api.post("/v1/availability", by="desk", json=body).status_code == 404
