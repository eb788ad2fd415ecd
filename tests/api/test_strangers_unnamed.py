"""Whatever tells of an order names no technician of other stores and groups to callers who may not see them.

Ana and Cem work for the centre, near the customer; Bo for the ovens in the north, Dov for the north without a group.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.app import EXTENSION, create_app
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.deliveries import claim_some, fan_out
from tests.access.api import SEED, Api
from tests.api.neighbours import CLOSED_PORT, HERE, created
from tests.conftest import World

PEOPLE = ("ana", "bo", "cem", "dov")
CALLERS = ("key", "north", "ovens")
STORED = (
    ("work_orders", "pending_detail", "{nearest,0}"),
    ("work_order_events", "detail", "{nearest,0}"),
    ("outbox", "payload", "{detail,nearest,0}"),
    ("webhook_deliveries", "data", "{detail,nearest,0}"),
)
"""Where the details of pending orders stand: table, column, and the first of those who are named."""


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


def test_what_older_versions_wrote_names_members_alone_wherever_it_is_read(api: Api, admin: Connection) -> None:
    """They named the nearest three whatever their store: such entries stand in four tables."""
    listens = {"store_ids": [api.id("stores", "north")], "events": ["work_order.pending"]}
    webhook = created(api, "/v1/webhooks", {"url": CLOSED_PORT, **listens})
    order = northern_lead(api, group=False)
    services = api.client.application.extensions[EXTENSION]
    org_id = UUID(api.organization["id"])
    services.database.run(org_id, fan_out)
    ana = {"technician_id": api.id("technicians", "ana"), "name": "Ana", "reasons": ["offline", "wrong_group"]}
    for table, column, path in STORED:
        names_ana = text(f"""
            UPDATE {table} SET {column} = jsonb_insert({column}, '{path}', CAST(:ana AS jsonb))
            WHERE {column} #> '{path}' IS NOT NULL
        """)
        assert admin.execute(names_ana, {"ana": json.dumps(ana)}).rowcount == 1, table
    for caller in (*CALLERS, "root"):
        shown = ask(api, f"/v1/work-orders/{order}", caller)
        assert named_in(api, shown["pending_detail"]["nearest"]) == {"bo", "dov"}
        for path in (f"/v1/work-orders/{order}", f"/v1/work-orders/{order}/events", "/v1/work-orders"):
            assert named_in(api, ask(api, path, caller)) == {"bo", "dov"}, (path, caller)
    assert named_in(api, ask(api, "/v1/events", "key")) == {"bo", "dov"}
    deliveries = ask(api, f"/v1/webhooks/{webhook}/deliveries", "north")["items"]
    assert named_in(api, deliveries) == {"bo", "dov"}
    with services.database.transaction(org_id) as tx:
        sent = [one.data for one in claim_some(tx, services.webhooks.box, UUID(webhook), at_most=50)]
    assert named_in(api, sent) == {"bo", "dov"}


def test_a_gap_to_a_first_candidate_of_another_store_is_not_told(api: Api) -> None:
    """With the own distance it would tell how far away that technician was. Dov is nearer than Bo, and in no group."""
    for slug, lat in (("bo", HERE["lat"] + 0.01), ("dov", HERE["lat"] + 0.004)):
        token = api.entry("technicians", slug)["token"]
        assert api.put("/v1/me/presence", by=token, json={"on_duty": True}).status_code == 200
        recorded_at = api.get("/v1/me", by="root").get_json()["server_now"]
        ping = {"positions": [{"recorded_at": recorded_at, "lat": lat, "lon": HERE["lon"]}]}
        assert api.post("/v1/positions", by=token, json=ping).status_code == 200
    order = northern_lead(api, group=False)
    (decision,) = ask(api, f"/v1/work-orders/{order}/decisions", "root")["items"]
    assert [one["name"] for one in decision["candidates"]] == ["Dov", "Bo"]
    why = f"/v1/decisions/{decision['id']}/why?technician_id={api.id('technicians', 'bo')}"
    told = {caller: ask(api, why, caller) for caller in ("north", "key", "root", "ovens")}
    assert told["north"]["gap_m"] == pytest.approx(667, abs=5)
    assert told["north"] == told["key"] == told["root"]
    assert "farther than the first" in told["north"]["sentence"]
    assert told["ovens"] == {**told["north"], "gap_m": None, "sentence": "Bo could go, but was number 2."}


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
