"""What partners keep with a work order, and how they follow what changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.neighbours import HERE, House, Neighbours

FULL = {f"key {number}": "v" * 500 for number in range(20)}


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


def create(house: House, path: str = "/v1/leads", **more: Any) -> TestResponse:
    body = {"store_id": house.things["store"], "customer": {"name": "Ida Example"}, "location": HERE, **more}
    return house.api.post(path, by="root", json=body)


def change(house: House, order: dict[str, Any], **members: Any) -> TestResponse:
    path = f"/v1/work-orders/{order['id']}"
    return house.api.patch(path, by="root", json=members, headers={"If-Match": "*"} | _version(house, path))


def _version(house: House, path: str) -> dict[str, str]:
    return {"If-Match": house.api.get(path, by="root").headers["ETag"]}


# Metadata -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/tickets"])
@pytest.mark.parametrize("metadata", [{}, {"order": "A-1"}, {"a": "", "ü k": "日本"}, {"k" * 40: "v"}, FULL])
def test_metadata_are_answered_as_they_were_sent(house: House, path: str, metadata: dict[str, str]) -> None:
    made = create(house, path, metadata=metadata)
    assert made.status_code == 201, made.get_json()
    assert made.get_json()["metadata"] == metadata
    read = house.api.get(f"/v1/work-orders/{made.get_json()['id']}", by="root").get_json()
    assert read["metadata"] == metadata


def test_metadata_are_replaced_as_a_whole_and_emptied_by_null(house: House) -> None:
    order = create(house, metadata={"a": "1", "b": "2"}).get_json()
    assert change(house, order, notes="ring").get_json()["metadata"] == {"a": "1", "b": "2"}
    assert change(house, order, metadata={"b": "3"}).get_json()["metadata"] == {"b": "3"}
    assert change(house, order, metadata=None).get_json()["metadata"] == {}
    assert create(house).get_json()["metadata"] == {}


@pytest.mark.parametrize(
    "metadata",
    [
        {"k" * 41: "v"},
        {"k": "v" * 501},
        {**FULL, "one more": "v"},
        {"k": 1},
        {"k": True},
        {"k": {"deep": "v"}},
        {"k": ["v"]},
        {"": "v"},
        {"k\0": "v"},
        {"k": "v\0"},
        {"bell\a": "v"},
        ["k"],
        "k",
    ],
)
def test_other_metadata_are_refused(house: House, metadata: Any) -> None:
    made = create(house, metadata=metadata)
    assert made.status_code == 422, made.get_json()
    assert all(problem["pointer"].startswith("/metadata") for problem in made.get_json()["errors"])


def test_webhooks_and_the_ticket_of_a_lead_have_the_metadata(house: House) -> None:
    order = create(house, metadata={"order": "A-7"}).get_json()
    told = [one["data"] for one in _feed(house) if one["data"].get("work_order_id") == order["id"]]
    assert told
    assert {one["metadata"]["order"] for one in told} == {"A-7"}
    ticket = house.api.post(
        f"/v1/work-orders/{order['id']}/convert", by="root", headers=_version(house, f"/v1/work-orders/{order['id']}")
    )
    assert ticket.get_json()["metadata"] == {"order": "A-7"}


def test_forgetting_the_customer_empties_the_metadata_everywhere(house: House) -> None:
    order = create(house, metadata={"buyer": "Mona Secret"}).get_json()
    house.api.post(f"/v1/work-orders/{order['id']}/cancel", by="root", json={})
    erased = house.api.post(f"/v1/work-orders/{order['id']}/erase-customer", by="root")
    assert erased.status_code == 200, erased.get_json()
    assert erased.get_json()["metadata"] == {}
    assert "Mona Secret" not in str(_feed(house))


def _feed(house: House) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page = house.api.get("/v1/events?limit=200", by="root").get_json()
    while page["items"] or page["has_more"]:
        items += page["items"]
        page = house.api.get(f"/v1/events?limit=200&after={page['next_cursor']}", by="root").get_json()
    return items


# External ids ---------------------------------------------------------------------------------------------------------


def test_an_external_id_can_be_changed_and_taken_away(house: House) -> None:
    order = create(house, external_id="x-1").get_json()
    assert change(house, order, external_id="x-2").get_json()["external_id"] == "x-2"
    assert change(house, order, external_id="x-2").status_code == 200
    assert create(house, external_id="x-1").status_code == 201
    assert change(house, order, external_id=None).get_json()["external_id"] is None
    assert create(house, external_id="x-2").status_code == 201


def test_a_taken_external_id_names_the_order_that_has_it(house: House) -> None:
    holder, other = create(house, external_id="y-1").get_json(), create(house).get_json()
    refused = change(house, other, external_id="y-1")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "duplicate_external_id")
    assert refused.get_json()["work_order_id"] == holder["id"]
    assert refused.get_json()["number"] == holder["number"]
    elsewhere = create(house, external_id="y-1", store_id=house.things["other_store"])
    assert elsewhere.status_code == 201
    assert house.api.get(f"/v1/work-orders/{other['id']}", by="root").get_json()["external_id"] is None


# Lists ----------------------------------------------------------------------------------------------------------------


def listed(house: House, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = house.api.get(path, by="root", query_string={"limit": 2, **query})
    assert answer.status_code == 200, answer.get_json()
    items = list(answer.get_json()["items"])
    while (cursor := answer.get_json()["next_cursor"]) is not None:
        answer = house.api.get(path, by="root", query_string={"limit": 2, **query, "cursor": cursor})
        items += answer.get_json()["items"]
    return items


def test_work_orders_are_followed_by_what_changed(house: House) -> None:
    orders = [create(house, "/v1/tickets").get_json() for _ in range(5)]
    since = orders[-1]["updated_at"]
    for number in (3, 0, 2):
        change(house, orders[number], notes="changed")
    found = listed(house, "/v1/work-orders", updated_since=since)
    assert [one["id"] for one in found if one["notes"] == "changed"] == [orders[number]["id"] for number in (3, 0, 2)]
    assert [one["updated_at"] for one in found] == sorted(one["updated_at"] for one in found)
    assert orders[1]["id"] not in {one["id"] for one in found}


def test_what_changes_between_two_pages_comes_again(house: House) -> None:
    orders = [create(house, "/v1/tickets").get_json() for _ in range(4)]
    query = {"updated_since": orders[0]["updated_at"], "limit": 2}
    first = house.api.get("/v1/work-orders", by="root", query_string=query).get_json()
    seen = [one["id"] for one in first["items"]]
    change(house, orders[0], notes="meanwhile")
    change(house, orders[3], notes="meanwhile")
    rest, cursor = [], first["next_cursor"]
    while cursor is not None:
        page = house.api.get("/v1/work-orders", by="root", query_string={**query, "cursor": cursor}).get_json()
        rest += [(one["id"], one["notes"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [orders[0]["id"], orders[1]["id"]]
    assert rest[-3:] == [(orders[2]["id"], None), (orders[0]["id"], "meanwhile"), (orders[3]["id"], "meanwhile")]


def test_work_orders_are_found_by_when_they_were_created(house: House) -> None:
    orders = [create(house, "/v1/tickets").get_json() for _ in range(4)]
    span = {"created_from": orders[1]["created_at"], "created_to": orders[3]["created_at"]}
    assert [one["id"] for one in listed(house, "/v1/work-orders", **span)] == [orders[1]["id"], orders[2]["id"]]
    assert (
        listed(house, "/v1/work-orders", created_from=orders[1]["created_at"], created_to="1999-01-01T00:00:00Z") == []
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/stores", "store"),
        ("/v1/service-groups", "group"),
        ("/v1/service-providers", "provider"),
        ("/v1/technicians", "technician"),
    ],
)
def test_master_data_are_followed_by_what_changed(house: House, path: str, kind: str) -> None:
    before = listed(house, path)
    since = max(one["updated_at"] for one in before)
    one = f"{path}/{house.things[kind]}"
    changed = house.api.patch(one, by="root", json={"name": f"Renamed {kind}"}, headers=_version(house, one))
    assert changed.status_code == 200, changed.get_json()
    found = listed(house, path, updated_since=since)
    assert house.things[kind] in {item["id"] for item in found}
    assert [item["updated_at"] for item in found] == sorted(item["updated_at"] for item in found)
    assert len(listed(house, path, updated_since="2001-01-01T00:00:00Z")) == len(before)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert listed(house, path, updated_since=tomorrow.isoformat()) == []


@pytest.mark.parametrize("wrong", ["yesterday", "2026-05-21", "2026-05-21T10:00:00", "17"])
@pytest.mark.parametrize("path", ["/v1/work-orders", "/v1/technicians"])
def test_an_instant_says_what_it_is(house: House, path: str, wrong: str) -> None:
    assert house.api.get(path, by="root", query_string={"updated_since": wrong}).status_code == 422
