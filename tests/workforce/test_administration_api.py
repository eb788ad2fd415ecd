"""Stores, groups, providers, technicians, users and API keys over HTTP: who may, and how two people do not collide."""

from typing import Any

import pytest

from tests.access.api import Api

POINT = {"lat": 41.0, "lon": -8.0}


def bodies(api: Api) -> dict[str, dict[str, Any]]:
    """A valid body for every collection."""
    store, group = api.id("stores", "centre"), api.id("groups", "phones")
    return {
        "stores": {"name": "South", "timezone": "Europe/Lisbon", "location": POINT},
        "service-groups": {"name": "Laptops", "store_id": store},
        "service-providers": {"name": "Helpers", "group_ids": [group], "valid_until": "2030-01-01T00:00:00Z"},
        "technicians": {"name": "Cy", "store_id": store, "group_ids": [group], "skills": ["b", "a"]},
        "users": {"name": "Eve", "email": "eve@acme.example", "role": "dispatcher", "group_ids": [group]},
        "api-keys": {"name": "till", "scopes": ["read"], "store_ids": [store]},
    }


COLLECTIONS = ("stores", "service-groups", "service-providers", "technicians", "users", "api-keys")
VERSIONED = COLLECTIONS[:-1]
# The access table's rows for these collections: who may create, and who may read.
WRITERS = {
    "stores": {"root"},
    "service-groups": {"root", "centre"},
    "service-providers": {"root", "centre"},
    "technicians": {"root", "centre"},
    "users": {"root"},
    "api-keys": {"root"},
}
READERS = {
    "stores": {"root", "centre", "desk", "ana", "shop"},
    "service-groups": {"root", "centre"},
    "service-providers": {"root", "centre"},
    "technicians": {"root", "centre"},
    "users": {"root"},
    "api-keys": {"root"},
}
ALL_USERS = ("root", "centre", "desk", "ana", "shop")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_only_those_who_may_create_and_list(api: Api, collection: str) -> None:
    for who in ALL_USERS:
        created = api.post(
            f"/v1/{collection}", by=who, json=bodies(api)[collection] | {"name": f"By {who}"} | _mail(who, collection)
        )
        assert created.status_code == (201 if who in WRITERS[collection] else 403), (who, created.json)
        listed = api.get(f"/v1/{collection}", by=who)
        assert listed.status_code == (200 if who in READERS[collection] else 403), who


def _mail(who: str, collection: str) -> dict[str, str]:
    return {"email": f"new-{who}@acme.example"} if collection == "users" else {}


@pytest.mark.parametrize("collection", [one for one in COLLECTIONS if one != "api-keys"])
def test_a_retry_with_the_same_key_answers_the_same_thing(api: Api, collection: str) -> None:
    body = bodies(api)[collection]
    headers = {"Idempotency-Key": "one"}
    first = api.post(f"/v1/{collection}", by="root", json=body, headers=headers)
    again = api.post(f"/v1/{collection}", by="root", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json["id"] == first.json["id"]
    other = api.post(f"/v1/{collection}", by="root", json=body | {"name": "Other"}, headers=headers)
    assert other.status_code == 422
    assert other.json["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("collection", VERSIONED)
def test_two_who_edit_notice_each_other(api: Api, collection: str) -> None:
    created = api.post(f"/v1/{collection}", by="root", json=bodies(api)[collection])
    path = f"/v1/{collection}/{created.json['id']}"
    assert created.headers["ETag"] == '"1"'
    assert api.patch(path, by="root", json={"name": "New"}).status_code == 428
    assert api.patch(path, by="root", version=1, json={"name": "New"}).json["name"] == "New"
    stale = api.patch(path, by="root", version=1, json={"name": "Newer"})
    assert stale.status_code == 412
    assert stale.json["current"] == api.get(path, by="root").json
    assert api.patch(path, by="root", version=2, json={"name": None}).status_code == 422
    assert api.patch(path, by="root", version=2, json={"nmae": "x"}).status_code == 422


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_deleted_stays_readable_and_inactive(api: Api, collection: str) -> None:
    path = f"/v1/{collection}/{api.post(f'/v1/{collection}', by='root', json=bodies(api)[collection]).json['id']}"
    assert api.delete(path, by="root").status_code == 204
    shown = api.get(path, by="root").json
    assert shown["revoked_at"] is not None if collection == "api-keys" else shown["active"] is False


def test_lists_come_in_pages(api: Api) -> None:
    first = api.get("/v1/technicians?limit=1", by="root").json
    second = api.get(f"/v1/technicians?limit=1&cursor={first['next_cursor']}", by="root").json
    assert [first["items"][0]["name"], second["items"][0]["name"]] == ["Ana", "Bo"]
    assert second["next_cursor"] is None
    assert api.get("/v1/technicians?cursor=nonsense", by="root").json["code"] == "bad_cursor"


def test_what_lies_outside_the_scope_does_not_exist(api: Api) -> None:
    outside = {
        "stores": api.id("stores", "north"),
        "service-groups": api.id("groups", "ovens"),
        "technicians": api.id("technicians", "bo"),
    }
    for collection, row_id in outside.items():
        assert api.get(f"/v1/{collection}/{row_id}", by="centre").status_code == 404
        assert row_id not in [item["id"] for item in api.get(f"/v1/{collection}", by="centre").json["items"]]
        assert api.patch(f"/v1/{collection}/{row_id}", by="centre", version=1, json={"name": "x"}).status_code == 404
        assert api.delete(f"/v1/{collection}/{row_id}", by="centre").status_code == 404
    refused = api.post("/v1/technicians", by="centre", json={"name": "Dy", "store_id": outside["stores"]})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/store_id"


def test_a_technician_shared_with_my_store_is_seen_but_not_mine_to_change(api: Api) -> None:
    path = "/v1/technicians/" + api.id("technicians", "bo")
    groups = [api.id("groups", "ovens"), api.id("groups", "phones")]
    assert api.patch(path, by="root", version=1, json={"group_ids": groups}).status_code == 200
    assert api.get(path, by="centre").status_code == 200
    assert api.patch(path, by="centre", version=2, json={"name": "Mine"}).status_code == 403
    assert api.delete(path, by="centre").status_code == 403


def test_a_dispatcher_has_no_business_with_where_people_live(api: Api) -> None:
    path = "/v1/technicians/" + api.id("technicians", "ana")
    assert api.get(path, by="centre").json["home"] == {"lat": 41.1, "lon": -8.6}
    assert api.get(path, by="desk").status_code == 403


def test_settings_are_echoed_with_their_defaults(api: Api) -> None:
    path = f"/v1/stores/{api.id('stores', 'centre')}/settings"
    before = api.get(path, by="centre")
    assert before.json["lead_time_tat_minutes"] == 2.5
    assert before.json["radius_m"] == 50_000
    put = api.put(path, by="centre", version=1, json={"lead_auto_user_assignment": "off", "radius_m": None})
    assert put.status_code == 200
    assert put.json["lead_auto_user_assignment"] == "off"
    assert put.json["lead_time_tat_minutes"] == 10
    assert put.json["radius_m"] == 50_000
    assert put.headers["ETag"] == '"2"'
    assert api.put(path, by="centre", version=1, json={}).status_code == 412
    assert api.put(path, by="desk", version=2, json={}).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"radius_m": 0}, "/radius_m"),
        ({"lead_time_tat_minutes": 0}, "/lead_time_tat_minutes"),
        ({"lead_time_tat_minutes": -1}, "/lead_time_tat_minutes"),
        ({"lead_auto_user_assignment": "maybe"}, "/lead_auto_user_assignment"),
        ({"lead_acceptance": "yes"}, "/lead_acceptance"),
        ({"lead_acceptance": None}, "/lead_acceptance"),
        ({"freshness": 3}, "/freshness"),
    ],
)
def test_a_wrong_setting_is_pointed_at(api: Api, wrong: dict[str, Any], pointer: str) -> None:
    path = f"/v1/stores/{api.id('stores', 'centre')}/settings"
    refused = api.put(path, by="centre", version=1, json=wrong)
    assert refused.status_code == 422
    assert [problem["pointer"] for problem in refused.json["errors"]] == [pointer]


def test_a_store_with_people_is_not_closed(api: Api) -> None:
    refused = api.delete("/v1/stores/" + api.id("stores", "centre"), by="root")
    assert refused.status_code == 409
    assert refused.json["code"] == "in_use"


def test_an_api_keys_token_is_told_once(api: Api) -> None:
    made = api.post(
        "/v1/api-keys", by="root", json={"name": "till", "scopes": ["read"]}, headers={"Idempotency-Key": "k"}
    )
    token = made.json["token"]
    assert api.get("/v1/work-orders", by=token).status_code == 200
    retried = api.post(
        "/v1/api-keys", by="root", json={"name": "till", "scopes": ["read"]}, headers={"Idempotency-Key": "k"}
    )
    assert (retried.status_code, retried.json["code"]) == (409, "secret_shown")
    assert retried.json["id"] == made.json["id"]
    assert token not in retried.get_data(as_text=True)
    shown = api.get(f"/v1/api-keys/{made.json['id']}", by="root").json
    assert "token" not in shown
    assert token.endswith(shown["hint"])
    assert api.delete(f"/v1/api-keys/{made.json['id']}", by="root").status_code == 204
    assert api.get("/v1/work-orders", by=token).status_code == 401


def test_time_off_is_given_and_taken_back(api: Api) -> None:
    path = f"/v1/technicians/{api.id('technicians', 'ana')}/time-off"
    span = {"starts_at": "2026-07-01T08:00:00Z", "ends_at": "2026-07-02T08:00:00Z", "note": "Holiday"}
    given = api.post(path, by="centre", json=span)
    assert given.status_code == 201
    assert [item["id"] for item in api.get(path, by="centre").json["items"]] == [given.json["id"]]
    backwards = api.post(path, by="centre", json=span | {"ends_at": span["starts_at"]})
    assert backwards.status_code == 422
    assert api.delete(f"{path}/{given.json['id']}", by="centre").status_code == 204
    assert api.delete(f"{path}/{given.json['id']}", by="centre").status_code == 404
    assert api.get(path, by="desk").status_code == 403


def test_a_technicians_role_is_not_changed_under_users(api: Api) -> None:
    user_id = api.get("/v1/technicians/" + api.id("technicians", "ana"), by="root").json["user_id"]
    version = api.get(f"/v1/users/{user_id}", by="root").json["version"]
    refused = api.patch(f"/v1/users/{user_id}", by="root", version=version, json={"role": "administrator"})
    assert refused.status_code == 422


def test_a_user_gets_a_new_password_and_is_logged_out(api: Api) -> None:
    path = "/v1/users/" + api.id("users", "desk@acme.example")
    assert api.patch(path, by="root", version=1, json={"password": "another-password"}).status_code == 200
    assert api.get("/v1/me", by="desk").status_code == 401
    given = {"organization": "acme", "email": "desk@acme.example", "password": "another-password"}
    assert api.post("/v1/sessions", json=given).status_code == 201


def test_duties_must_go_with_the_role(api: Api) -> None:
    body = bodies(api)["users"] | {"store_ids": [api.id("stores", "centre")]}
    refused = api.post("/v1/users", by="root", json=body)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/store_ids"


def test_the_last_administrator_stays(api: Api) -> None:
    refused = api.delete("/v1/users/" + api.id("users", "root@acme.example"), by="root")
    assert refused.status_code == 409
    assert refused.json["code"] == "last_administrator"
