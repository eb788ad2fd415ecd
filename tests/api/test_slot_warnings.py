"""A slot that is probably a mistake is accepted, and named in the answer of the call that gave it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.neighbours import HERE, House, Neighbours

DOUBTS = [
    ({"start": "2020-01-13T08:45:00Z", "end": "2020-01-13T09:45:00Z"}, ["slot_over"]),
    ({"start": "2020-01-13T08:45:00", "end": "2020-03-13T09:45:00"}, ["slot_over", "slot_long"]),
    ({"start": "2031-01-01T08:00:00Z", "end": "2031-02-02T08:00:00Z"}, ["slot_long"]),
    ({"start": "2031-01-01T08:00:00Z", "end": "2031-02-01T08:00:00Z"}, []),
    ({"start": "2031-01-01T08:00:00Z"}, []),
]


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/tickets"])
@pytest.mark.parametrize(("slot", "codes"), DOUBTS)
def test_what_is_created_is_warned_of(house: House, path: str, slot: dict[str, str], codes: list[str]) -> None:
    created = order_of(house, path, slot)
    assert [warned["code"] for warned in created["warnings"]] == codes
    assert {warned["pointer"] for warned in created["warnings"]} <= {"/slot/end"}
    assert all(warned["detail"].endswith(".") for warned in created["warnings"])
    assert house.api.get(f"/v1/work-orders/{created['id']}", by="root").get_json()["warnings"] == []


@pytest.mark.parametrize(("slot", "codes"), DOUBTS)
def test_what_is_rescheduled_is_warned_of(house: House, slot: dict[str, str], codes: list[str]) -> None:
    at = datetime.now(UTC) + timedelta(days=700)
    order = order_of(house, "/v1/tickets", {"start": at.isoformat()})
    version = {"If-Match": f'"{order["version"]}"'}
    moved = house.api.patch(f"/v1/work-orders/{order['id']}", by="root", json={"slot": slot}, headers=version)
    assert [warned["code"] for warned in moved.get_json()["warnings"]] == codes
    version = {"If-Match": moved.headers["ETag"]}
    noted = house.api.patch(f"/v1/work-orders/{order['id']}", by="root", json={"notes": "ring"}, headers=version)
    assert noted.get_json()["warnings"] == []


def order_of(house: House, path: str, slot: dict[str, str]) -> dict[str, Any]:
    body = {"store_id": house.things["store"], "customer": {"name": "Eva"}, "location": HERE, "slot": slot}
    made = house.api.post(path, by="root", json=body)
    assert made.status_code == 201, made.get_json()
    answer: dict[str, Any] = made.get_json()
    return answer
