"""What a partner does with an API key alone: find its stores, and look after the work that came from it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.api import Api, seeded_api
from tests.conftest import World

HERE = {"lat": 41.151, "lon": -8.61}
ALONE = ("read", "leads:write", "positions:write", "technicians:read", "webhooks")


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


@pytest.fixture
def north(api: Api) -> str:
    return api.id("stores", "north")


@pytest.fixture
def centre(api: Api) -> str:
    return api.id("stores", "centre")


def key_of(api: Api, *scopes: str, stores: list[str], name: str = "partner") -> str:
    body = {"name": name, "scopes": list(scopes), "store_ids": stores}
    return str(api.post("/v1/api-keys", by="root", json=body).json["token"])


def lead(api: Api, store: str, by: str, **members: Any) -> dict[str, Any]:
    body = {"store_id": store, "customer": {"name": "Eva"}, "location": HERE, **members}
    answer = api.post("/v1/leads", by=by, json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


@pytest.mark.parametrize("scope", ALONE)
def test_a_key_finds_out_what_it_is_for(api: Api, centre: str, scope: str) -> None:
    token = key_of(api, scope, stores=[centre])
    me = api.get("/v1/me", by=token).json
    assert (me["user"], me["technician_id"], me["csrf_token"]) == (None, None, None)
    assert (me["api_key"]["name"], me["api_key"]["scopes"]) == ("partner", [scope])
    assert me["api_key"]["store_ids"] == [centre]
    assert me["organization"]["slug"] == "acme"
    assert [(store["id"], store["name"], store["timezone"]) for store in me["stores"]] == [
        (centre, "Centre", "Europe/Lisbon")
    ]
    assert [group["name"] for group in me["groups"]] == ["Phones"]


def test_a_key_of_the_organization_sees_all_stores(api: Api, centre: str, north: str) -> None:
    token = key_of(api, "leads:write", stores=[])
    me = api.get("/v1/me", by=token).json
    assert {store["id"] for store in me["stores"]} == {centre, north}
    assert me["api_key"]["store_ids"] == []
    assert {one["id"] for one in api.get("/v1/destinations", by=token).json["items"]} == {centre, north}


@pytest.mark.parametrize("scope", ALONE)
def test_any_key_reads_its_stores(api: Api, centre: str, north: str, scope: str) -> None:
    token = key_of(api, scope, stores=[centre])
    assert [store["id"] for store in api.get("/v1/stores", by=token).json["items"]] == [centre]
    assert api.get(f"/v1/stores/{centre}", by=token).json["name"] == "Centre"
    assert api.get(f"/v1/stores/{centre}/settings", by=token).json["lead_time_tat_minutes"] == 2.5
    assert [one["name"] for one in api.get("/v1/destinations", by=token).json["items"]] == ["Centre"]
    for path in (f"/v1/stores/{north}", f"/v1/stores/{north}/settings"):
        assert api.get(path, by=token).status_code == 404
    for path in (f"/v1/stores/{centre}/map-key", "/v1/api-keys", "/v1/users", "/v1/me/views", "/v1/audit"):
        assert api.get(path, by=token).status_code == 403


def test_people_read_the_stores_of_their_scope(api: Api, centre: str) -> None:
    for who in ("desk", "ana"):
        assert [store["id"] for store in api.get("/v1/stores", by=who).json["items"]] == [centre]
        assert api.get(f"/v1/stores/{centre}/settings", by=who).status_code == 403
    assert [one["id"] for one in api.get("/v1/destinations", by="ana").json["items"]] == [centre]
    assert len(api.get("/v1/destinations", by="desk").json["items"]) == 2


def test_who_writes_leads_reads_corrects_and_moves_them(api: Api, centre: str) -> None:
    token = key_of(api, "leads:write", stores=[centre])
    order = lead(api, centre, token)
    path = f"/v1/work-orders/{order['id']}"
    assert [one["id"] for one in api.get("/v1/work-orders", by=token).json["items"]] == [order["id"]]
    corrected = api.patch(path, by=token, version=order["version"], json={"customer": {"name": "Eva Lima"}})
    assert corrected.json["customer"]["name"] == "Eva Lima"
    slot = {"start": "2031-03-03T10:00:00Z", "end": "2031-03-03T11:00:00Z"}
    moved = api.patch(path, by=token, version=corrected.json["version"], json={"slot": slot})
    assert moved.json["slot"] == slot
    assert api.post(f"{path}/auto-assign", by=token).status_code == 200
    kinds = [event["kind"] for event in api.get(f"{path}/events", by=token).json["items"]]
    assert {"created", "changed", "rescheduled"} <= set(kinds)
    assert api.post(f"{path}/cancel", by=token, json={"reason": "changed plans"}).json["state"] == "cancelled"


def test_work_of_its_stores_is_a_keys_also_when_another_made_it(api: Api, centre: str, north: str) -> None:
    token = key_of(api, "leads:write", stores=[centre])
    ours, theirs = lead(api, centre, "root"), lead(api, north, "root")
    assert api.get(f"/v1/work-orders/{ours['id']}", by=token).status_code == 200
    for path in ("", "/events"):
        assert api.get(f"/v1/work-orders/{theirs['id']}{path}", by=token).status_code == 404
    version = theirs["version"]
    assert (
        api.patch(f"/v1/work-orders/{theirs['id']}", by=token, version=version, json={"notes": "x"}).status_code == 404
    )
    assert api.post(f"/v1/work-orders/{theirs['id']}/cancel", by=token).status_code == 404


def test_work_that_came_from_a_key_stays_in_its_sight(api: Api, centre: str, north: str) -> None:
    token, other = (key_of(api, "leads:write", stores=[centre], name=name) for name in ("partner", "another"))
    order = lead(api, centre, token)
    path = f"/v1/work-orders/{order['id']}"
    moved = api.post(f"{path}/transfer", by="root", version=order["version"], json={"store_id": north})
    assert moved.status_code == 200, moved.json
    assert api.get(path, by=token).json["store_id"] == north
    assert [one["id"] for one in api.get("/v1/work-orders", by=token).json["items"]] == [order["id"]]
    noted = api.patch(path, by=token, version=moved.json["version"], json={"notes": "Ring twice"})
    assert noted.json["notes"] == "Ring twice"
    for by in (other, "shop"):
        assert api.get(path, by=by).status_code == 404
    assert api.post(f"{path}/cancel", by=token).json["state"] == "cancelled"


def test_a_directory_of_technicians_without_where_they_live(api: Api, centre: str) -> None:
    token = key_of(api, "technicians:read", stores=[centre])
    (shown,) = api.get("/v1/technicians", by=token).json["items"]
    whole = api.get(f"/v1/technicians/{shown['id']}", by="root").json
    assert whole["home"] is not None
    assert whole["user_id"] is not None
    assert shown == {**whole, "home": None, "user_id": None}
    assert api.get(f"/v1/technicians/{shown['id']}", by=token).json == shown
    assert api.get(f"/v1/technicians/{api.id('technicians', 'bo')}", by=token).status_code == 404
    assert api.get("/v1/technicians", by=key_of(api, "read", stores=[centre], name="reader")).status_code == 403


def test_a_listener_has_webhooks_for_its_stores(api: Api, centre: str, north: str) -> None:
    token = key_of(api, "webhooks", stores=[centre])
    hook = {"url": "http://127.0.0.1:9/hook"}
    made = api.post("/v1/webhooks", by=token, json=hook)
    assert made.json["store_ids"] == [centre]
    assert api.post("/v1/webhooks", by=token, json={**hook, "store_ids": [north]}).status_code == 422
    of_all = api.post("/v1/webhooks", by="root", json=hook).json["id"]
    assert api.get(f"/v1/webhooks/{of_all}", by=token).status_code == 404
    assert [one["id"] for one in api.get("/v1/webhooks", by=token).json["items"]] == [made.json["id"]]
    lead(api, centre, "root")
    lead(api, north, "root")
    told = api.get("/v1/events", by=token).json["items"]
    assert told
    assert {event["data"]["work_order"]["store_id"] for event in told if "work_order" in event["data"]} <= {centre}


def test_a_fleets_server_sends_positions_of_named_technicians(api: Api, centre: str) -> None:
    token = key_of(api, "positions:write", stores=[centre])
    now = api.get("/v1/me", by=token).json["server_now"]
    ana, bo = api.id("technicians", "ana"), api.id("technicians", "bo")
    sent = {"positions": [{"recorded_at": now, **HERE}, {"recorded_at": "nonsense"}]}

    def verdicts(query: str) -> list[str]:
        answer = api.post(f"/v1/positions?{query}", by=token, json=sent)
        assert answer.status_code == 200, answer.json
        return [result["verdict"] for result in answer.json["results"]]

    assert verdicts(f"technician_id={ana}") == ["accepted", "rejected"]
    assert verdicts("technician=ana") == ["duplicate", "rejected"]
    assert verdicts("technician=ana&device=van-2")[0] in {"accepted", "late"}
    for query in (f"technician_id={bo}", "technician=bo", "technician=unknown"):
        refused = api.post(f"/v1/positions?{query}", by=token, json=sent)
        assert (refused.status_code, refused.json["code"]) == (404, "technician_not_found")
    for query in ("", f"technician_id={ana}&technician=ana"):
        assert api.post(f"/v1/positions?{query}", by=token, json=sent).status_code == 422
    api.put("/v1/me/presence", by="ana", json={"on_duty": False})
    later = {"positions": [{"recorded_at": api.get("/v1/me", by=token).json["server_now"], **HERE}]}
    off = api.post("/v1/positions?technician=ana", by=token, json=later).json["results"]
    assert (off[0]["verdict"], off[0]["reason"]) == ("rejected", "off_duty")
    assert api.post(f"/v1/positions?technician_id={bo}", by="ana", json=sent).status_code == 404
