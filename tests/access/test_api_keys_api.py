"""API keys over HTTP: what an administrator reads of them, and what a key's holder is told."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.access.api import Api

WIDGET = {"name": "Booking page", "scopes": ["widget"], "web_origins": ["https://Shop.example/"]}


def made(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.post("/v1/api-keys", by="root", json={"name": "till", "scopes": ["read"], **body})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def shown(api: Api, key: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/v1/api-keys/{key['id']}", by="root").json)


def test_a_new_key_in_full(api: Api) -> None:
    store = api.id("stores", "centre")
    key = made(api, scopes=["technicians:read", "leads:write"], store_ids=[store], expires_at="2199-01-01T00:00:00Z")
    told = {name: key[name] for name in ("kind", "scopes", "store_ids", "created_by", "expires_at", "web_origins")}
    assert told == {
        "kind": "secret",
        "scopes": ["leads:write", "technicians:read"],
        "store_ids": [store],
        "created_by": "Root",
        "expires_at": "2199-01-01T00:00:00Z",
        "web_origins": [],
    }
    assert [key[name] for name in ("leads_per_day", "last_used_at", "revoked_at", "previous_token_until")] == [None] * 4
    assert shown(api, key) == {name: value for name, value in key.items() if name != "token"}


def test_a_publishable_key_in_full(api: Api) -> None:
    key = made(api, **WIDGET, store_ids=[api.id("stores", "centre")], leads_per_day=50)
    assert (key["kind"], key["web_origins"], key["leads_per_day"]) == ("publishable", ["https://shop.example"], 50)
    assert key["token"].startswith("gpk_")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"scopes": []}, "/scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2199-01-01T00:00:00"}, "/expires_at"),
        ({"scopes": ["widget", "read"]}, "/scopes"),
        ({"scopes": ["widget"]}, "/store_ids"),
        ({"web_origins": ["https://shop.example"]}, "/web_origins"),
        ({"leads_per_day": 10}, "/leads_per_day"),
        ({**WIDGET, "web_origins": ["*"]}, "/web_origins/0"),
        ({**WIDGET, "web_origins": ["https://shop.example/page"]}, "/web_origins/0"),
        ({**WIDGET, "leads_per_day": 0}, "/leads_per_day"),
    ],
)
def test_what_a_key_cannot_be(api: Api, body: dict[str, Any], pointer: str) -> None:
    answer = api.post("/v1/api-keys", by="root", json={"name": "till", "scopes": ["read"], **body})
    assert answer.status_code == 422, answer.json
    assert answer.json["errors"][0]["pointer"] == pointer


def test_a_key_is_changed_and_acts_so_at_once(api: Api) -> None:
    key = made(api)
    path = f"/v1/api-keys/{key['id']}"
    assert api.get("/v1/work-orders", by=key["token"]).status_code == 200
    assert api.patch(path, by="root", json={"name": "Desk"}).status_code == 428
    store = api.id("stores", "north")
    changed = api.patch(path, by="root", version=1, json={"scopes": ["leads:write"], "store_ids": [store]})
    assert (changed.json["scopes"], changed.json["store_ids"]) == (["leads:write"], [store])
    assert api.get("/v1/calendar?from=2031-03-01&to=2031-03-02", by=key["token"]).status_code == 403
    stale = api.patch(path, by="root", version=1, json={"name": "Other"})
    assert (stale.status_code, stale.json["current"]["scopes"]) == (412, ["leads:write"])


def test_a_refusal_names_the_missing_scope(api: Api) -> None:
    key = made(api, scopes=["technicians:read"])
    lead = {"store_id": api.id("stores", "centre"), "customer": {"name": "Eva"}, "address": "Rua Nova 1"}
    for method, path, body, missing in (
        ("POST", "/v1/leads", lead, ["leads:write"]),
        ("GET", "/v1/calendar?from=2031-03-01&to=2031-03-02", None, ["read"]),
        ("GET", "/v1/users", None, []),
        ("PUT", f"/v1/stores/{api.id('stores', 'centre')}/settings", {}, []),
    ):
        refused = api.call(method, path, by=key["token"], json=body)
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
        assert refused.json["missing_scopes"] == missing
        assert all(scope in refused.json["detail"] for scope in missing)
    assert "missing_scopes" not in api.get("/v1/users", by="desk").json


def test_a_key_that_ended_says_so_to_its_holder(api: Api, admin: Connection) -> None:
    key = made(api)
    admin.execute(text("UPDATE api_keys SET expires_at = now() WHERE id = :id"), {"id": key["id"]})
    expired = api.get("/v1/work-orders", by=key["token"])
    assert (expired.status_code, expired.json["code"], expired.json["ended"]) == (401, "api_key_ended", "expired")
    assert expired.headers["WWW-Authenticate"].startswith("Bearer")
    assert api.delete(f"/v1/api-keys/{key['id']}", by="root").status_code == 204
    assert api.get("/v1/work-orders", by=key["token"]).json["ended"] == "revoked"
    unknown = api.get("/v1/work-orders", by=key["token"][:-1] + ("A" if key["token"][-1] != "A" else "B"))
    assert (unknown.status_code, unknown.json["code"]) == (401, "unauthenticated")


def test_a_token_is_replaced_without_a_gap(api: Api) -> None:
    key = made(api)
    rotated = api.post(f"/v1/api-keys/{key['id']}/rotate", by="root", json={"overlap_hours": 2}).json
    assert rotated["token"] != key["token"]
    for token in (key["token"], rotated["token"]):
        assert api.get("/v1/work-orders", by=token).status_code == 200
    last = api.post(f"/v1/api-keys/{key['id']}/rotate", by="root", json={"overlap_hours": 0}).json
    told = api.get("/v1/work-orders", by=rotated["token"]).json
    assert (told["code"], told["ended"]) == ("api_key_ended", "replaced")
    assert api.get("/v1/work-orders", by=last["token"]).status_code == 200
    for overlap_hours in (-1, 721, "2"):
        refused = api.post(f"/v1/api-keys/{key['id']}/rotate", by="root", json={"overlap_hours": overlap_hours})
        assert refused.status_code == 422


def test_the_last_use_is_shown_and_no_request_waits_for_it(api: Api, admin: Connection) -> None:
    key = made(api)
    assert shown(api, key)["last_used_at"] is None
    api.get("/v1/work-orders", by=key["token"])
    first = shown(api, key)["last_used_at"]
    assert first is not None
    rows = text("SELECT xmin::text FROM api_keys WHERE id = :id")
    written = admin.execute(rows, {"id": key["id"]}).scalar_one()
    for _ in range(5):
        api.get("/v1/work-orders", by=key["token"])
    assert admin.execute(rows, {"id": key["id"]}).scalar_one() == written
