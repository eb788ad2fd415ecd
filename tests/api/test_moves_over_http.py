"""Tickets, moves and lists as callers meet them: versions, permissions, badges, and roles that end mid-session."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.api.neighbours import HERE, House, Neighbours

NOTHING = {"items": [], "next_cursor": None, "count": 0, "count_is_at_least": False}


@pytest.fixture
def house(neighbours: Neighbours) -> House:
    return neighbours.ours


# Tickets --------------------------------------------------------------------------------------------------------------


def test_a_ticket_without_an_address_is_in_the_pool_and_the_map_says_why_not(house: House) -> None:
    ticket = post(house, "/v1/tickets", {"store_id": house.things["store"], "customer": {"name": "Eva"}})
    assert (ticket["kind"], ticket["state"], ticket["pending_reason"]) == ("ticket", "pending", "unassigned")
    asked = house.api.post("/v1/technicians/nearest", by="root", json={"work_order_id": ticket["id"]})
    shown = house.api.get(f"/v1/map?work_order_id={ticket['id']}", by="root")
    for refused in (asked, shown):
        assert (refused.status_code, refused.get_json()["code"]) == (409, "work_order_has_no_location")


def test_a_retried_ticket_of_the_point_of_sale_is_the_same(house: House) -> None:
    body = {"store_id": house.things["store"], "customer": {"name": "Eva"}, "external_id": f"pos-{uuid4().hex}"}
    first, again = (
        house.api.post("/v1/tickets", by="shop", json=body, headers={"Idempotency-Key": "ticket"}) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.get_json()["id"], again.headers["Idempotency-Replayed"]) == (first.get_json()["id"], "true")
    assert first.headers["Location"] == f"/v1/work-orders/{first.get_json()['id']}"
    refused = house.api.post("/v1/tickets", by="shop", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "duplicate_external_id")


def test_a_lead_without_a_place_is_still_refused(house: House) -> None:
    refused = house.api.post(
        "/v1/leads", by="root", json={"store_id": house.things["store"], "customer": {"name": "Eva"}}
    )
    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/address"]


def test_who_accepts_what_became_a_ticket_is_told_which(house: House) -> None:
    order = house.api.get(f"/v1/work-orders/{house.things['work_order']}", by="root").get_json()
    ticket = move(house, order, "convert", {}, by="desk").get_json()
    assert (ticket["kind"], ticket["converted_from"]) == ("ticket", order["id"])
    late = house.api.post(f"/v1/offers/{order['offer']['id']}/accept", by="ana")
    assert (late.status_code, late.get_json()["code"]) == (410, "work_order_converted")
    assert late.get_json()["ticket_id"] == ticket["id"]
    again = house.api.post(f"/v1/work-orders/{order['id']}/convert", by="desk")
    assert (again.status_code, again.get_json()["id"]) == (200, ticket["id"])
    events = house.api.get(f"/v1/work-orders/{order['id']}/events", by="desk").get_json()["items"]
    assert (events[-1]["kind"], events[-1]["detail"]) == ("converted", {"ticket_id": ticket["id"]})


# Moves ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["transfer", "reassign-group", "reject-group", "reallocate"])
def test_a_move_says_which_version_it_saw(house: House, step: str) -> None:
    order = ticket_of(house)
    body = {
        "transfer": {"store_id": house.things["other_store"]},
        "reassign-group": {"group_id": house.things["other_group"]},
        "reject-group": {},
        "reallocate": {"technician_id": house.things["technician"]},
    }[step]
    refused = house.api.post(f"/v1/work-orders/{order['id']}/{step}", by="desk", json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (428, "version_required")


def test_what_is_sent_away_is_no_longer_the_senders(house: House) -> None:
    order = ticket_of(house)
    sent = move(house, order, "reassign-group", {"group_id": house.things["other_group"]}, by="desk").get_json()
    assert (sent["group_id"], sent["store_id"]) == (house.things["other_group"], house.things["other_store"])
    assert house.api.get(f"/v1/work-orders/{order['id']}", by="desk").status_code == 404
    back = move(house, sent, "reject-group", {"note": "not ours"}, by="root").get_json()
    shown = house.api.get(f"/v1/work-orders/{order['id']}", by="desk").get_json()
    assert [stay["group_name"] for stay in shown["group_stays"]] == ["Phones", "Ovens", "Phones"]
    assert shown["group_stays"][-1]["note"] == "not ours"
    assert back["returned_to"] == shown["returned_to"] == house.things["user"]
    mine = house.api.get("/v1/work-orders?for_me=true", by="desk").get_json()
    assert order["id"] in [one["id"] for one in mine["items"]]
    assert house.api.get("/v1/work-orders?for_me=true", by="root").get_json()["count"] == 0


def test_where_work_can_be_sent_to_goes_beyond_the_scope(house: House) -> None:
    answer = house.api.get("/v1/destinations", by="desk").get_json()
    groups = {store["name"]: [group["name"] for group in store["groups"]] for store in answer["items"]}
    assert groups == {"Centre": ["Kettles", "Phones", "Spare"], "North": ["Ovens"], "Spare": []}


def test_a_new_slot_wants_both_a_time_and_a_free_technician(house: House) -> None:
    order, other = (assigned(house, f"2033-02-01T{hour}:00:00Z") for hour in (10, 12))
    path = f"/v1/work-orders/{order['id']}"
    for slot, status in ((None, 422), ({"end": "2033-02-01T11:00:00Z"}, 422), ({"start": "2033-02-01T12:30"}, 409)):
        answer = house.api.patch(path, by="desk", version=order["version"], json={"slot": slot})
        assert answer.status_code == status, answer.get_json()
    assert answer.get_json()["conflict"]["work_order_id"] == other["id"]
    moved = house.api.patch(
        path, by="desk", version=order["version"], json={"slot": {"start": "2033-02-01T14:00:00Z"}, "notes": "later"}
    ).get_json()
    assert moved["slot"] == {"start": "2033-02-01T14:00:00Z", "end": "2033-02-01T15:00:00Z"}
    assert (moved["state"], moved["notes"]) == ("assigned", "later")


# Roles ----------------------------------------------------------------------------------------------------------------


def test_a_group_that_is_taken_away_mid_session_is_gone_at_the_next_write(house: House) -> None:
    order = ticket_of(house, slot={"start": "2033-05-01T10:00:00Z"})  # Ana's hours of today are other tests'
    chosen = {"technician_id": house.things["technician"]}
    change_desk(house, group_ids=[])
    try:
        for step, body in (("assign", chosen), ("transfer", {"store_id": house.things["other_store"]}), ("cancel", {})):
            refused = move(house, order, step, body, by="desk")
            assert (refused.status_code, refused.get_json()["code"]) == (404, "work_order_not_found")
        assert house.api.get("/v1/work-orders", by="desk").get_json() == NOTHING
    finally:
        change_desk(house, group_ids=[house.things["group"]])
    assert move(house, order, "assign", chosen, by="desk").status_code == 200


def test_a_permission_that_is_taken_away_mid_session_is_gone_too(house: House) -> None:
    order = assigned(house, "2033-03-01T10:00:00Z")
    to = {"technician_id": house.things["spare_technician"]}
    change_desk(house, permissions=[])
    try:
        refused = move(house, order, "reallocate", to, by="desk")
        assert (refused.status_code, refused.get_json()["permission"]) == (403, "reallocate")
    finally:
        change_desk(house, permissions=["reallocate"])
    assert move(house, order, "reallocate", to, by="desk").get_json()["assignee"]["name"] == "Spare"


def test_force_needs_its_own_permission(house: House) -> None:
    order = assigned(house, "2033-04-01T10:00:00Z")
    order = house.api.post(f"/v1/work-orders/{order['id']}/status", by="ana", json={"state": "travelling"}).get_json()
    to = {"technician_id": house.things["spare_technician"], "force": True, "reason": "accident"}
    refused = move(house, order, "reallocate", to, by="desk")
    assert (refused.status_code, refused.get_json()["permission"]) == (403, "force_travelling")
    refused = move(house, order, "reallocate", to | {"force": False}, by="centre")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "work_order_under_way")
    assert move(house, order, "reallocate", to, by="centre").get_json()["assignee"]["name"] == "Spare"


# Lists ----------------------------------------------------------------------------------------------------------------


def test_the_badge_equals_the_list(house: House) -> None:
    for _ in range(3):
        ticket_of(house)
    path = "/v1/work-orders?bucket=needs_you&sort=-priority&limit=2"
    page = house.api.get(path, by="desk").get_json()
    count, items = page["count"], list(page["items"])
    while page["next_cursor"]:
        page = house.api.get(f"{path}&cursor={page['next_cursor']}", by="desk").get_json()
        assert page["count"] is None
        items += page["items"]
    assert count == len(items) == len({item["id"] for item in items})


@pytest.mark.parametrize("query", ["sort=colour", "sort=--number", "bucket=nowhere", "slot_from=2033-01-01T10:00:00"])
def test_what_the_list_does_not_know_it_refuses(house: House, query: str) -> None:
    refused = house.api.get(f"/v1/work-orders?{query}", by="desk")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "invalid_query")


def test_a_cursor_of_another_sort_is_refused(house: House) -> None:
    for _ in range(2):
        ticket_of(house)
    cursor = house.api.get("/v1/work-orders?limit=1&sort=number", by="desk").get_json()["next_cursor"]
    refused = house.api.get(f"/v1/work-orders?limit=1&cursor={cursor}", by="desk")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "bad_cursor")


# Short words ----------------------------------------------------------------------------------------------------------


def post(house: House, path: str, body: dict[str, Any], *, by: str = "root") -> dict[str, Any]:
    answer = house.api.post(path, by=by, json=body)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def move(house: House, order: dict[str, Any], step: str, body: dict[str, Any], *, by: str) -> TestResponse:
    """A step of a caller who has just read the order."""
    return house.api.post(f"/v1/work-orders/{order['id']}/{step}", by=by, version=order["version"], json=body)


def ticket_of(house: House, **more: Any) -> dict[str, Any]:
    """A ticket of the phones that waits for a person."""
    body = {"store_id": house.things["store"], "group_id": house.things["group"], "customer": {"name": "Eva"}}
    return post(house, "/v1/tickets", {**body, "location": HERE, **more}, by="desk")


def assigned(house: House, start: str) -> dict[str, Any]:
    """A ticket of the phones that Ana has."""
    body = {"store_id": house.things["store"], "group_id": house.things["group"], "customer": {"name": "Eva"}}
    chosen = {"assignee_id": house.things["technician"], "slot": {"start": start}}
    ticket = post(house, "/v1/tickets", {**body, **chosen}, by="desk")
    assert ticket["state"] == "assigned", ticket
    return ticket


def change_desk(house: House, **changes: Any) -> None:
    """The administrator changes what the dispatcher may do, while the dispatcher is logged in."""
    path = f"/v1/users/{house.things['user']}"
    version = house.api.get(path, by="root").get_json()["version"]
    answer = house.api.patch(path, by="root", version=version, json=changes)
    assert answer.status_code == 200, answer.get_json()
