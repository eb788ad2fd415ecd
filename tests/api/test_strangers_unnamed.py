"""Whatever tells of an order names no technician of other stores and groups to callers who may not see them.

Ana and Cem work for the centre, near the customer; Bo for the ovens in the north, Dov for the north without a group.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from geo_assign.app import EXTENSION, create_app
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.deliveries import fan_out
from tests.access.api import SEED, Api
from tests.api.neighbours import CLOSED_PORT, HERE, created
from tests.conftest import World

PEOPLE = ("ana", "bo", "cem", "dov")
CALLERS = ("key", "north", "ovens")


def _document() -> str:
    organization = copy.deepcopy(SEED["organizations"][0])
    person = {"password": "some-password", "on_duty": True}
    organization["technicians"] += [
        {"slug": "cem", "name": "Cem", "store": "centre", "email": "cem@acme.example", **person},
        {"slug": "dov", "name": "Dov", "store": "north", "email": "dov@acme.example", "password": "dov-password"},
    ]
    organization["users"] += [
        {
            "email": "north@acme.example",
            "name": "North's",
            "password": "north-password",
            "role": "store_administrator",
            "stores": ["north"],
        },
        {
            "email": "ovens@acme.example",
            "name": "Oven desk",
            "password": "ovens-password",
            "role": "dispatcher",
            "groups": ["ovens"],
        },
    ]
    scopes = ["read", "leads:write", "webhooks"]
    organization["api_keys"].append({"name": "key", "scopes": scopes, "stores": ["north"]})
    return json.dumps({"organizations": [organization]})


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    app = create_app(world.settings())
    services = app.extensions[EXTENSION]
    try:
        api = Api(app.test_client(), load(services.database, services.settings, read_document(_document())))
        recorded_at = api.get("/v1/me", by="root").get_json()["server_now"]
        for slug, lat in (("ana", HERE["lat"]), ("cem", HERE["lat"] + 0.002)):
            ping = {"positions": [{"recorded_at": recorded_at, "lat": lat, "lon": HERE["lon"]}]}
            assert api.post("/v1/positions", by=api.entry("technicians", slug)["token"], json=ping).status_code == 200
        yield api
    finally:
        services.close()


def ask(api: Api, path: str, by: str) -> Any:
    token = api.entry("api_keys", "key")["key"] if by == "key" else api.token(by)
    answer = api.get(path, by=token)
    return answer.get_json() if answer.status_code == 200 else None


def northern_lead(api: Api, *, group: bool) -> str:
    """A lead of the north beside the centre's technicians; no technician of the north is on duty."""
    more = {"group_id": api.id("groups", "ovens")} if group else {}
    lead = {"customer": {"name": "Any Customer"}, "store_id": api.id("stores", "north"), "location": HERE, **more}
    return created(api, "/v1/leads", lead)


def named_in(api: Api, told: Any) -> set[str]:
    """The technicians whom an answer names, by id or by name."""
    said = json.dumps(told)
    ids = {slug: api.id("technicians", slug) for slug in PEOPLE}
    return {slug for slug in PEOPLE if ids[slug] in said or f'"{slug.capitalize()}"' in said}


@pytest.mark.parametrize("group", [True, False])
def test_a_receipt_names_those_of_whom_why_tells_and_no_others(api: Api, *, group: bool) -> None:
    order = northern_lead(api, group=group)
    (whole,) = ask(api, f"/v1/work-orders/{order}/decisions", "root")["items"]
    assert named_in(api, whole) == set(PEOPLE), "an administrator sees all"
    path = f"/v1/decisions/{whole['id']}"
    for caller in CALLERS:
        asked = {slug: ask(api, f"{path}/why?technician_id={api.id('technicians', slug)}", caller) for slug in PEOPLE}
        seen = {slug for slug in PEOPLE if asked[slug] is not None}
        assert seen == ({"bo"} if caller == "ovens" else {"bo", "dov"})
        alone = ask(api, path, caller)
        assert named_in(api, alone) == seen, caller
        assert ask(api, f"/v1/work-orders/{order}/decisions", caller)["items"] == [alone]
        assert alone["excluded"] == [one for one in whole["excluded"] if named_in(api, one) <= seen]
        assert alone["counts"] == whole["counts"], "how many there were names no technician"


@pytest.mark.parametrize("group", [True, False])
def test_a_pending_order_names_members_alone_wherever_it_is_told(api: Api, *, group: bool) -> None:
    webhook = created(api, "/v1/webhooks", {"url": CLOSED_PORT, "store_ids": [api.id("stores", "north")]})
    order = northern_lead(api, group=group)
    members = {"bo"} if group else {"bo", "dov"}
    for caller in (*CALLERS, "root"):
        shown = ask(api, f"/v1/work-orders/{order}", caller)
        assert shown["pending_reason"] == "nobody_eligible"
        assert named_in(api, shown["pending_detail"]["nearest"]) == members
        assert named_in(api, shown) == members
        history = ask(api, f"/v1/work-orders/{order}/events", caller)
        assert named_in(api, history) == members
        assert "nearest" in json.dumps(history)
        assert named_in(api, ask(api, "/v1/work-orders", caller)) == members
    feed = ask(api, "/v1/events", "key")
    assert any(event["type"] == "work_order.pending" for event in feed["items"])
    assert named_in(api, feed) == members
    services = api.client.application.extensions[EXTENSION]
    services.database.run(UUID(api.organization["id"]), fan_out)
    sent = [one["data"] for one in ask(api, f"/v1/webhooks/{webhook}/deliveries", "north")["items"]]
    assert named_in(api, sent) == members


def test_who_created_an_order_of_another_store_is_told_who_was_asked_and_of_no_one_else(api: Api) -> None:
    """The key sees the order that it created, and no technician of the store that has it now."""
    lead = {"customer": {"name": "Any Customer"}, "store_id": api.id("stores", "north"), "location": HERE}
    order = api.post("/v1/leads", by=api.entry("api_keys", "key")["key"], json=lead).get_json()["id"]
    away = {"store_id": api.id("stores", "centre")}
    version = ask(api, f"/v1/work-orders/{order}", "root")["version"]
    sent = api.post(f"/v1/work-orders/{order}/transfer", by="root", version=version, json=away)
    assert sent.status_code == 200, sent.get_json()
    ladder = f"/v1/work-orders/{order}/ladder"
    assert named_in(api, ask(api, ladder, "root")) == {"ana", "cem"}
    told = ask(api, ladder, "key")
    assert named_in(api, told) == {"ana"}, "the order itself tells who is asked"
    assert [rung["outcome"] for rung in told["rungs"]] == ["offered"]
    assert told["truncated"] is True
    *_, last = ask(api, f"/v1/work-orders/{order}/decisions", "key")["items"]
    assert (last["outcome"], last["candidates"]) == ("offered", [])
    *_, whole = ask(api, f"/v1/work-orders/{order}/decisions", "root")["items"]
    assert {one["name"] for one in whole["candidates"]} == {"Ana", "Cem"}
    assert [ask(api, ladder, caller) for caller in ("north", "ovens")] == [None, None]
