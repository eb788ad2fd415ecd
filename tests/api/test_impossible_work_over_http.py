"""What is done to a technician or a provider is judged before the call answers; what is refused names the work."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.api.neighbours import HERE, House, Neighbours, created

SLOT = {"start": "2031-03-04T10:00:00Z", "end": "2031-03-04T11:00:00Z"}  # a Tuesday


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


def hire(house: House, **more: object) -> str:
    body = {"name": f"T {uuid4().hex[:6]}", "store_id": house.things["store"], "skills": ["glass"], **more}
    return created(house.api, "/v1/technicians", body)


def give(house: House, technician_id: str, **more: object) -> str:
    body = {
        "store_id": house.things["store"],
        "customer": {"name": "Eva"},
        "location": HERE,
        "slot": SLOT,
        "skills": ["glass"],
        "assignee_id": technician_id,
        **more,
    }
    return created(house.api, "/v1/tickets", body)


def read(house: House, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = house.api.get(path, by="root").get_json()
    return answer


def patch(house: House, path: str, body: dict[str, Any]) -> TestResponse:
    version = {"If-Match": house.api.get(path, by="root").headers["ETag"]}
    return house.api.patch(path, by="root", json=body, headers=version)


def reasons_of(house: House, order_id: str) -> list[str]:
    order = read(house, f"/v1/work-orders/{order_id}")
    if order["alarm"] is None:
        return []
    assert (order["alarm"]["code"], order["state"], order["bucket"]) == ("work_impossible", "assigned", "needs_you")
    (technician,) = order["alarm"]["technicians"]
    assert technician["technician_id"] == order["assignee"]["id"]
    return list(technician["reasons"])


def exception_path(technician_id: str) -> str:
    return f"/v1/technicians/{technician_id}/hours-exceptions/2031-03-04"


DAY = {"starts_at": "2031-03-04T00:00:00Z", "ends_at": "2031-03-05T00:00:00Z"}
CHANGES: dict[str, tuple[Callable[[House, str], TestResponse], str]] = {
    "active false": (lambda house, who: patch(house, f"/v1/technicians/{who}", {"active": False}), "inactive"),
    "deleted": (lambda house, who: house.api.delete(f"/v1/technicians/{who}", by="root"), "inactive"),
    "skills": (lambda house, who: patch(house, f"/v1/technicians/{who}", {"skills": []}), "missing_skill"),
    "hours": (
        lambda house, who: patch(house, f"/v1/technicians/{who}", {"hours": {"mon": [["09:00", "18:00"]]}}),
        "outside_hours",
    ),
    "store": (
        lambda house, who: patch(house, f"/v1/technicians/{who}", {"store_id": house.things["other_store"]}),
        "wrong_group",
    ),
    "time off": (lambda house, who: house.api.post(f"/v1/technicians/{who}/time-off", by="root", json=DAY), "time_off"),
    "one date": (lambda house, who: house.api.put(exception_path(who), by="root", json={"spans": []}), "outside_hours"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_next_read_shows_the_alarm(house: House, name: str) -> None:
    change, reason = CHANGES[name]
    technician_id = hire(house)
    order_id = give(house, technician_id)
    assert reasons_of(house, order_id) == []
    assert change(house, technician_id).status_code < 300
    assert reasons_of(house, order_id) == [reason]
    listed = read(house, f"/v1/work-orders?bucket=needs_you&technician_id={technician_id}")
    assert [order["id"] for order in listed["items"]] == [order_id]


def test_taking_time_off_and_an_exception_back_clears_it(house: House) -> None:
    technician_id = hire(house)
    order_id = give(house, technician_id)
    path = f"/v1/technicians/{technician_id}/time-off"
    away = created(house.api, path, DAY)
    assert house.api.put(exception_path(technician_id), by="root", json={"spans": []}).status_code == 200
    assert reasons_of(house, order_id) == ["outside_hours", "time_off"]
    assert house.api.delete(f"{path}/{away}", by="root").status_code == 204
    assert reasons_of(house, order_id) == ["outside_hours"]
    assert house.api.delete(exception_path(technician_id), by="root").status_code == 204
    assert reasons_of(house, order_id) == []


def test_a_provider_whose_agreement_is_moved(house: House) -> None:
    group = house.things["group"]
    provider_id = created(house.api, "/v1/service-providers", {"name": "Quick", "group_ids": [group]})
    technician_id = hire(house, provider_id=provider_id)
    order_id = give(house, technician_id)
    path = f"/v1/service-providers/{provider_id}"
    assert patch(house, path, {"valid_until": "2031-03-04T09:00:00Z"}).status_code == 200
    assert reasons_of(house, order_id) == ["agreement_expired"]
    assert patch(house, path, {"valid_until": None}).status_code == 200
    assert reasons_of(house, order_id) == []


@pytest.mark.parametrize("how", ["delete", "patch"])
def test_a_provider_that_is_refused_an_end_names_the_work(house: House, how: str) -> None:
    group = house.things["group"]
    provider_id = created(house.api, "/v1/service-providers", {"name": "Quick", "group_ids": [group]})
    order_id = give(house, hire(house, provider_id=provider_id))
    path = f"/v1/service-providers/{provider_id}"
    refused = house.api.delete(path, by="root") if how == "delete" else patch(house, path, {"active": False})
    number = read(house, f"/v1/work-orders/{order_id}")["number"]
    assert (refused.status_code, refused.get_json()["code"]) == (409, "in_use")
    assert refused.get_json()["work_orders"] == [{"id": order_id, "number": number}]
    assert number in refused.get_json()["detail"]


def test_an_erasure_that_is_refused_names_the_work(house: House) -> None:
    technician_id = hire(house)
    orders = [give(house, technician_id), give(house, technician_id, slot={"start": "2031-03-05T10:00:00Z"})]
    refused = house.api.post(f"/v1/technicians/{technician_id}/erase", by="root")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "has_open_work")
    numbers = [read(house, f"/v1/work-orders/{order_id}")["number"] for order_id in orders]
    assert [one["number"] for one in refused.get_json()["work_orders"]] == numbers
    assert " and ".join(numbers) in refused.get_json()["detail"]
