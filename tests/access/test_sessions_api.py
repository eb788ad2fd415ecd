"""Logging in over HTTP: bearer and cookie, wrong credentials, what /v1/me shows, presence."""

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.passwords import hash_password
from tests.access.api import Api

LOG_IN = {"organization": "acme", "email": "desk@acme.example", "password": "desk-password"}


def test_a_bearer_logs_in_and_out(api: Api) -> None:
    answer = api.post("/v1/sessions", json=LOG_IN)
    assert answer.status_code == 201
    assert answer.json["csrf_token"] is None
    assert answer.json["user"]["role"] == "dispatcher"
    assert "Set-Cookie" not in answer.headers
    token = answer.json["token"]
    assert api.get("/v1/me", by=token).status_code == 200
    assert api.delete("/v1/sessions/current", by=token).status_code == 204
    assert api.get("/v1/me", by=token).status_code == 401


def test_a_cookie_is_http_only_and_changes_want_the_csrf_token(api: Api) -> None:
    answer = api.post("/v1/sessions", json={**LOG_IN, "cookie": True})
    assert answer.status_code == 201
    assert answer.json["token"] is None
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert api.get("/v1/me").json["csrf_token"] == answer.json["csrf_token"]
    assert api.delete("/v1/sessions/current").status_code == 403
    out = api.delete("/v1/sessions/current", headers={"X-CSRF-Token": answer.json["csrf_token"]})
    assert out.status_code == 204
    assert "Max-Age=0" in out.headers["Set-Cookie"]
    assert api.get("/v1/me").status_code == 401


@pytest.mark.parametrize("wrong", [{"organization": "nope"}, {"email": "x@acme.example"}, {"password": "guess"}])
def test_wrong_credentials_are_one_problem(api: Api, wrong: dict[str, str]) -> None:
    answer = api.post("/v1/sessions", json={**LOG_IN, **wrong})
    assert answer.status_code == 401
    assert answer.json["code"] == "bad_credentials"


def test_a_technician_names_the_device(api: Api) -> None:
    given = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password"}
    refused = api.post("/v1/sessions", json=given)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/device"
    assert api.post("/v1/sessions", json={**given, "device": "phone"}).status_code == 201


def test_me_is_the_caller_and_what_the_caller_sees(api: Api) -> None:
    desk = api.get("/v1/me", by="desk").json
    assert desk["user"]["permissions"] == ["reallocate"]
    assert desk["organization"]["slug"] == "acme"
    assert [store["slug"] for store in desk["stores"]] == ["centre"]
    assert [group["slug"] for group in desk["groups"]] == ["phones"]
    assert desk["technician_id"] is None
    root = api.get("/v1/me", by="root").json
    assert [store["slug"] for store in root["stores"]] == ["centre", "north"]
    ana = api.get("/v1/me", by="ana").json
    assert ana["technician_id"] == api.id("technicians", "ana")
    assert [store["slug"] for store in ana["stores"]] == ["centre"]


def test_presence_is_the_technicians_own(api: Api) -> None:
    off = api.put("/v1/me/presence", json={"on_duty": False}, by="ana")
    assert off.status_code == 200
    assert off.json["on_duty"] is False
    again = api.put("/v1/me/presence", json={"on_duty": False}, by="ana")
    assert again.json == off.json
    assert api.put("/v1/me/presence", json={"on_duty": True}, by="ana").json["on_duty"] is True
    assert api.put("/v1/me/presence", json={"on_duty": True}, by="root").status_code == 403
    assert api.get("/v1/technicians/" + api.id("technicians", "ana"), by="root").json["on_duty"] is True


def test_a_technician_who_logs_out_is_off_duty(api: Api) -> None:
    assert api.delete("/v1/sessions/current", by="ana").status_code == 204
    shown = api.get("/v1/technicians/" + api.id("technicians", "ana"), by="root").json
    assert shown["on_duty"] is False


def test_a_deactivated_technician_is_logged_out_for_good(api: Api) -> None:
    path = "/v1/technicians/" + api.id("technicians", "ana")
    assert api.delete(path, by="centre").status_code == 204
    assert api.get("/v1/me", by="ana").status_code == 401
    shown = api.get(path, by="root").json
    assert (shown["active"], shown["on_duty"]) == (False, False)


def test_a_role_that_is_taken_away_refuses_the_next_write(api: Api) -> None:
    path = "/v1/users/" + api.id("users", "centre@acme.example")
    settings = f"/v1/stores/{api.id('stores', 'centre')}/settings"
    assert api.get(settings, by="centre").status_code == 200
    version = api.get(path, by="root").json["version"]
    changed = api.patch(path, by="root", version=version, json={"role": "dispatcher"})
    assert changed.status_code == 200
    assert changed.json["store_ids"] == []
    assert api.get(settings, by="centre").status_code == 403


WEAK = [
    "short",
    "        ",
    "password1",
    "qwertyuiop",
    "acme repairs",
    "acme2026",
    "ACME-REPAIRS!",
    "rita@acme.example",
    "rita.r.7",
]


@pytest.mark.parametrize("password", WEAK)
def test_a_password_that_is_easily_guessed_is_refused_for_everyone(api: Api, password: str) -> None:
    store = api.id("stores", "centre")
    rita = {"name": "Rita R", "email": "rita.r@acme.example", "password": password}
    rita["email"] = "rita@acme.example" if "@" in password else rita["email"]
    for path, body in (
        ("/v1/technicians", rita | {"store_id": store}),
        ("/v1/users", rita | {"role": "administrator"}),
    ):
        answer = api.post(path, by="root", json=body)
        assert answer.status_code == 422, (path, password)
        assert [problem["pointer"] for problem in answer.json["errors"]] == ["/password"]
        assert answer.json["errors"][0]["detail"]
    path = f"/v1/users/{api.id('users', 'desk@acme.example')}"
    if "rita" not in password:
        assert api.patch(path, by="root", version=1, json={"password": password}).status_code == 422
    assert api.post("/v1/sessions", json=LOG_IN).status_code == 201


def test_a_technician_with_a_good_password_logs_in(api: Api) -> None:
    new = {"name": "Rita R", "store_id": api.id("stores", "centre"), "email": "rita@acme.example"}
    made = api.post("/v1/technicians", by="root", json={**new, "password": "seven ladders 3"})
    assert made.status_code == 201
    given = {"organization": "acme", "email": "rita@acme.example", "password": "seven ladders 3", "device": "phone"}
    assert api.post("/v1/sessions", json=given).status_code == 201


def test_an_account_from_before_the_rule_keeps_its_password(api: Api, admin: Connection) -> None:
    admin.execute(
        text("UPDATE users SET password_hash = :kept WHERE email = 'desk@acme.example'"), {"kept": hash_password("x")}
    )
    assert api.post("/v1/sessions", json=LOG_IN | {"password": "x"}).status_code == 201
