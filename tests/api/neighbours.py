"""Two organizations in one database, alike in everything but their ids, and one of each thing in both."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from geo_assign.app import EXTENSION, create_app
from geo_assign.seed import load, read_document
from geo_assign.webhooks.commands.deliveries import fan_out
from tests.access.api import SEED, Api
from tests.conftest import World
from tests.snapshots import written_once

HERE = {"lat": 41.151, "lon": -8.61}
CLOSED_PORT = "http://127.0.0.1:9/hook"
UP_NORTH = {"lat": 41.251, "lon": -8.61}
_MORE_KEYS = [
    {"name": "reader", "scopes": ["read"], "stores": ["centre"]},
    {"name": "writer", "scopes": ["leads:write"], "stores": ["centre"]},
    {"name": "fleet", "scopes": ["positions:write"], "stores": ["centre"]},
    {"name": "directory", "scopes": ["technicians:read"], "stores": ["centre"]},
    {"name": "listener", "scopes": ["webhooks"], "stores": ["centre"]},
    {"name": "page", "scopes": ["widget"], "stores": ["centre"], "web_origins": ["https://shop.example"]},
]
KEYS = {str(key["name"]) for key in _MORE_KEYS}


@dataclass(frozen=True)
class House:
    """One organization: its people through `api`, its things by kind.

    Kinds beginning with `spare_` may be taken away; those beginning with `other_` lie in the store and the group that
    only the administrator sees, those beginning with `sibling_` in another group of the store `centre`; the rest
    belongs to that store and the group `phones`.
    """

    api: Api
    org_id: str
    things: dict[str, str]

    def token(self, who: str) -> str:
        """The token of a caller; `KEYS` are the API keys with one scope each."""
        if who in KEYS:
            return str(self.api.entry("api_keys", who)["key"])
        return self.api.token(who)


@dataclass(frozen=True)
class Neighbours:
    """Ours, and the other organization."""

    app: Flask
    ours: House
    theirs: House


@contextmanager
def neighbours_in(world: World) -> Iterator[Neighbours]:
    """The whole API over two organizations of the same shape, in an empty database."""
    furnished = _furnished(world)
    app = create_app(world.settings())
    try:
        yield Neighbours(app, *(_house(app, organization, things) for organization, things in furnished))
    finally:
        app.extensions[EXTENSION].close()


@written_once
def _furnished(world: World) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Both organizations, as their seed tells them, with the ids of their things by kind."""
    app = create_app(world.settings())
    services = app.extensions[EXTENSION]
    try:
        document = {"organizations": [_organization("acme"), _organization("rival")]}
        tree = load(services.database, services.settings, read_document(json.dumps(document)))
        return [(organization, _furnish(app, organization)) for organization in tree["organizations"]]
    finally:
        services.close()


def _house(app: Flask, organization: dict[str, Any], things: dict[str, str]) -> House:
    return House(Api(app.test_client(), {"organizations": [organization]}), str(organization["id"]), things)


def _organization(slug: str) -> dict[str, Any]:
    organization = copy.deepcopy(SEED["organizations"][0]) | {"slug": slug}
    organization["api_keys"] += _MORE_KEYS
    return dict(organization)


def _furnish(app: Flask, organization: dict[str, Any]) -> dict[str, str]:
    api = Api(app.test_client(), {"organizations": [organization]})
    things = {
        "absent": str(uuid4()),
        "photo": str(uuid4()),
        "push_subscription": str(uuid4()),
        "store": api.id("stores", "centre"),
        "other_store": api.id("stores", "north"),
        "group": api.id("groups", "phones"),
        "other_group": api.id("groups", "ovens"),
        "provider": api.id("providers", "fixers"),
        "technician": api.id("technicians", "ana"),
        "other_technician": api.id("technicians", "bo"),
        "user": api.id("users", "desk@acme.example"),
        "api_key": api.id("api_keys", "reader"),
    }
    _make_spares(api, things)
    _invite(api, things)
    _make_work(api, things)
    _make_siblings(api, things)
    app.extensions[EXTENSION].database.run(UUID(organization["id"]), fan_out)
    sent = api.get(f"/v1/webhooks/{things['webhook']}/deliveries", by="root").get_json()["items"]
    things["delivery"] = sent[-1]["id"]
    return things


def _make_spares(api: Api, things: dict[str, str]) -> None:
    store, group = things["store"], things["group"]
    person = {"name": "Spare", "store_id": store, "group_ids": [group]}
    away = {"starts_at": "2031-01-01T00:00:00Z", "ends_at": "2031-01-02T00:00:00Z"}
    user = {"email": "spare@acme.example", "name": "Spare", "role": "dispatcher"}
    place = {"name": "Spare", "timezone": "Europe/Lisbon", "location": HERE}
    for kind, path, body in (
        ("spare_store", "/v1/stores", place),
        ("spare_group", "/v1/service-groups", {"name": "Spare", "store_id": store}),
        ("spare_provider", "/v1/service-providers", {"name": "Spare", "group_ids": [group]}),
        ("spare_technician", "/v1/technicians", person),
        ("spare_user", "/v1/users", user),
        ("spare_api_key", "/v1/api-keys", {"name": "Spare", "scopes": ["read"]}),
        ("webhook", "/v1/webhooks", {"url": CLOSED_PORT, "store_ids": [store]}),
        ("spare_webhook", "/v1/webhooks", {"url": CLOSED_PORT, "events": ["work_order.created"], "store_ids": [store]}),
        ("other_webhook", "/v1/webhooks", {"url": CLOSED_PORT, "store_ids": [things["other_store"]]}),
        ("time_off", f"/v1/technicians/{things['technician']}/time-off", away),
    ):
        things[kind] = created(api, path, body)
    tracker = {"name": "Spare phone", "app": "osmand"}
    things["tracker"] = created(api, f"/v1/technicians/{things['technician']}/trackers", tracker)


def _invite(api: Api, things: dict[str, str]) -> None:
    """Invitations in reach of the store administrator and out of it, and a session that may be ended."""
    groups = {
        "invitation": things["group"],
        "spare_invitation": things["group"],
        "other_invitation": things["other_group"],
    }
    for kind, group in groups.items():
        body = {"email": f"{kind}@acme.example", "role": "dispatcher", "group_ids": [group]}
        things[kind] = created(api, "/v1/invitations", body)
    root = {"organization": api.organization["slug"], "email": "root@acme.example", "password": "root-password"}
    spare = api.post("/v1/sessions", json=root).get_json()["token"]
    listed = api.get("/v1/sessions", by=spare).get_json()["items"]
    things["spare_session"] = next(session["id"] for session in listed if session["current"])


def _make_work(api: Api, things: dict[str, str]) -> None:
    lead = {"customer": {"name": "Any Customer"}, "store_id": things["store"]}
    position = {"recorded_at": _now(api), **HERE}
    assert api.post("/v1/positions", by="ana", json={"positions": [position]}).status_code == 200
    # The nearest is asked; the other orders wait for a technician.
    things["work_order"] = created(api, "/v1/leads", {**lead, "location": HERE, "group_id": things["group"]})
    things["spare_order"] = created(api, "/v1/leads", {**lead, "address": "Rua Nova 1"})
    north = {"store_id": things["other_store"], "group_id": things["other_group"], "location": UP_NORTH}
    things["other_order"] = created(api, "/v1/leads", {**lead, **north})
    note = {"text": "Parts come at ten.", "group_id": things["group"], "work_order_ids": [things["work_order"]]}
    things["pin"] = _learned(api, {**lead, "group_id": things["group"]})
    things["other_pin"] = _learned(api, {**lead, **north, "location": None})
    things["handover_note"] = created(api, "/v1/handover-notes", note)
    things["spare_handover_note"] = created(api, "/v1/handover-notes", note)
    for kind in ("saved_view", "spare_saved_view"):
        things[kind] = created(api, "/v1/views", {"name": kind})
    elsewhere = {"text": "To the north.", "group_id": things["other_group"]}
    things["other_handover_note"] = created(api, "/v1/handover-notes", elsewhere)
    order = api.get(f"/v1/work-orders/{things['work_order']}", by="root").get_json()
    assert order["state"] == "offered", order
    other = api.get(f"/v1/work-orders/{things['other_order']}", by="root").get_json()
    things |= {"offer": order["offer"]["id"], "decision": order["decision_id"], "other_decision": other["decision_id"]}


def _make_siblings(api: Api, things: dict[str, str]) -> None:
    store = {"store_id": things["store"]}
    things["sibling_group"] = group = created(api, "/v1/service-groups", {"name": "Kettles", **store})
    things["sibling_technician"] = created(api, "/v1/technicians", {"name": "Cem", "group_ids": [group], **store})
    invited = {"email": "sibling@acme.example", "role": "dispatcher", "group_ids": [group]}
    things["sibling_invitation"] = created(api, "/v1/invitations", invited)
    lead = {"customer": {"name": "Any Customer"}, "location": UP_NORTH, "group_id": group, **store}
    things["sibling_order"] = created(api, "/v1/leads", lead)
    things["sibling_pin"] = _learned(api, {**lead, "location": None})
    note = {"text": "To the kettles.", "group_id": group}
    things["sibling_handover_note"] = created(api, "/v1/handover-notes", note)
    order = api.get(f"/v1/work-orders/{things['sibling_order']}", by="root").get_json()
    things["sibling_decision"] = order["decision_id"]


def _learned(api: Api, lead: dict[str, Any]) -> str:
    """The pin that is proposed where a person put one for an address that no geocoder knows."""
    order = created(api, "/v1/leads", {**lead, "address": f"Rua Velha {lead['store_id'][:4]} {len(lead)}, 7"})
    version = api.get(f"/v1/work-orders/{order}", by="root").get_json()["version"]
    placed = api.patch(f"/v1/work-orders/{order}", by="root", version=version, json={"location": UP_NORTH})
    assert placed.status_code == 200, placed.get_json()
    api.post(f"/v1/work-orders/{order}/cancel", by="root", json={})
    (pin,) = api.get(f"/v1/learned-pins?work_order_id={order}", by="root").get_json()["items"]
    return str(pin["id"])


def created(api: Api, path: str, body: dict[str, Any]) -> str:
    """The id of what a POST by the administrator made."""
    answer = api.post(path, by="root", json=body)
    assert answer.status_code == 201, (path, answer.get_json())
    return str(answer.get_json()["id"])


def _now(api: Api) -> str:
    return str(api.get("/v1/me", by="root").get_json()["server_now"])
