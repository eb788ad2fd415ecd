"""Texts that people typed may name the customer: none of them leaves the house, whichever act it was typed into."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.access.api import Api, seeded_api
from tests.conftest import World

TYPED = "Maria of 911222333 said so"
LOCATION = {"lat": 41.1522, "lon": -8.6122}


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


def test_no_typed_text_is_in_an_outgoing_event_and_every_code_is(api: Api, admin: Connection) -> None:
    """Each act that takes a text is done with one; the codes that stand in the same places are sent."""
    reject_an_offer(api)
    take_steps(api)
    move_between_groups_and_stores(api)
    replace_a_technician(api)
    rows = admin.execute(text("SELECT event_type, payload FROM outbox")).all()
    told = json.dumps([row.payload for row in rows])
    assert TYPED not in told
    kinds = {row.event_type.removeprefix("work_order.") for row in rows}
    assert kinds >= {"cancelled", "rejected", "status_changed", "transferred", "unassigned"}
    rejected = next(row.payload for row in rows if row.event_type == "work_order.rejected")
    assert rejected["detail"]["reason"] == "too_far"
    history = admin.execute(text("SELECT detail FROM work_order_events")).scalars()
    assert json.dumps(list(history)).count(TYPED) >= 6, "the history keeps what was typed"


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return answer.get_json()


def lead(api: Api, **more: Any) -> dict[str, Any]:
    body = {
        "store_id": api.id("stores", "centre"),
        "group_id": api.id("groups", "phones"),
        "customer": {"name": TYPED},
        "notes": TYPED,
        "address": TYPED,
        **more,
    }
    found: dict[str, Any] = done(api.post("/v1/leads", by="root", json=body))
    return found


def reject_an_offer(api: Api) -> None:
    now = done(api.get("/v1/me", by="root"))["server_now"]
    done(api.post("/v1/positions", by="ana", json={"positions": [{"recorded_at": now, **LOCATION}]}))
    order = lead(api, location=LOCATION)
    (offer,) = done(api.get("/v1/me/offers", by="ana"))["items"]
    said = {"reason": "too_far", "note": TYPED}
    done(api.post(f"/v1/offers/{offer['id']}/reject", by="ana", json=said))
    order = done(api.get(f"/v1/work-orders/{order['id']}", by="root"))
    path = f"/v1/work-orders/{order['id']}"
    done(api.patch(path, by="root", version=order["version"], json={"notes": f"{TYPED}!", "address": f"{TYPED}!"}))
    done(api.post(f"{path}/cancel", by="root", json={"reason": TYPED}))


def take_steps(api: Api) -> None:
    order = lead(api, assignee_id=api.id("technicians", "ana"))
    for state in ("travelling", "on_site"):
        step = {"state": state, "note": TYPED}
        done(api.post(f"/v1/work-orders/{order['id']}/status", by="ana", json=step))
    done(api.post(f"/v1/work-orders/{order['id']}/cancel", by="root", json={"reason": TYPED}))


def move_between_groups_and_stores(api: Api) -> None:
    order = lead(api, location=LOCATION)
    path = f"/v1/work-orders/{order['id']}"
    for step, body in (
        ("reassign-group", {"group_id": api.id("groups", "ovens"), "note": TYPED}),
        ("reject-group", {"note": TYPED}),
        ("transfer", {"store_id": api.id("stores", "north")}),
    ):
        version = done(api.get(path, by="root"))["version"]
        done(api.post(f"{path}/{step}", by="root", version=version, json=body))


def replace_a_technician(api: Api) -> None:
    person = {"name": "Cem", "store_id": api.id("stores", "centre"), "group_ids": [api.id("groups", "phones")]}
    cem = done(api.post("/v1/technicians", by="root", json=person))["id"]
    order = lead(api, assignee_id=api.id("technicians", "ana"))
    to = {"technician_id": cem, "reason": TYPED}
    done(api.post(f"/v1/work-orders/{order['id']}/reallocate", by="root", version=order["version"], json=to))
