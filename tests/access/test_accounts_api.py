"""Own passwords, invitations, resets and sessions over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.commands.password_resets import MAILS_PER_HOUR
from geo_assign.http.routes import passwords
from tests.access.api import Api, seeded_api
from tests.conftest import World

CHOSEN = "five quiet herons"
NEW = "seven red kites"
_LONG_AGO = "UPDATE one_time_links SET created_at = created_at - interval '8 days', expires_at = now()"
MAIL = {"smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_security": "none", "public_url": "https://desk.example.test"}


@pytest.fixture
def mailing(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of an installation with a mail server."""
    monkeypatch.setattr(passwords, "_SAME_TIME_S", 0.02)
    with seeded_api(world, **MAIL) as api:
        yield api


def log_in(api: Api, who: str, password: str, **more: str) -> Any:
    body = {"organization": "acme", "email": f"{who}@acme.example", "password": password, **more}
    return api.post("/v1/sessions", json=body)


def invited(api: Api, email: str, role: str, *, by: str = "root", **more: Any) -> Any:
    return api.post("/v1/invitations", by=by, json={"email": email, "role": role, **more})


def token_of(answer: Any) -> str:
    address, _, token = str(answer.get_json()["link"]).partition("#")
    assert address.endswith("/console/choose-password")
    return token


def newcomer(api: Api) -> str:
    """The id of a technician of the store `north` without a log-in."""
    person = {"name": "Cleo", "store_id": api.id("stores", "north"), "group_ids": [api.id("groups", "ovens")]}
    return str(api.post("/v1/technicians", by="root", json=person).get_json()["id"])


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def pointers(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.get_json()
    return [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]]


# One's own password -------------------------------------------------------------------------------------------------


def change(api: Api, by: str, current: str, new: str) -> Any:
    return api.put("/v1/me/password", by=by, json={"current_password": current, "new_password": new})


@pytest.mark.parametrize(("who", "more"), [("root", {}), ("centre", {}), ("desk", {}), ("ana", {"device": "phone"})])
def test_each_role_changes_the_own_password(api: Api, who: str, more: dict[str, str]) -> None:
    here = log_in(api, who, f"{who}-password", **more).get_json()["token"]
    there = log_in(api, who, f"{who}-password", **more).get_json()["token"]
    assert change(api, here, f"{who}-password", NEW).status_code == 204
    assert api.get("/v1/me", by=here).status_code == 200
    assert api.get("/v1/me", by=there).status_code == 401
    assert problem(log_in(api, who, f"{who}-password", **more)) == (401, "bad_credentials")
    assert log_in(api, who, NEW, **more).status_code == 201


def test_the_old_password_is_asked(api: Api) -> None:
    assert pointers(change(api, "desk", "another password", NEW)) == [("/current_password", "wrong_password")]
    assert log_in(api, "desk", "desk-password").status_code == 201


@pytest.mark.parametrize("weak", ["password1", "desk@acme.example", "Acme Repairs", "qwertyuiop", "desk-password"])
def test_a_new_password_is_judged_as_at_the_beginning(api: Api, weak: str) -> None:
    ((pointer, _),) = pointers(change(api, "desk", "desk-password", weak))
    assert pointer == "/new_password"


def test_an_api_key_has_no_password(api: Api) -> None:
    assert change(api, "shop", "any password", NEW).status_code == 403


# Invitations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["administrator", "store_administrator", "dispatcher"])
def test_an_administrator_invites_anyone(api: Api, role: str) -> None:
    answer = invited(api, "rui@acme.example", role, name="Rui")
    assert answer.status_code == 201
    shown = answer.get_json()
    assert (shown["role"], shown["name"], shown["expired"], shown["mail"]) == (role, "Rui", False, None)
    accepted = api.post(
        "/v1/invitations/accept", json={"token": token_of(answer), "password": CHOSEN, "name": "Rui C."}
    )
    assert accepted.status_code == 201
    assert accepted.get_json()["user"]["name"] == "Rui C."
    assert api.get("/v1/me", by=accepted.get_json()["token"]).get_json()["user"]["role"] == role
    assert api.get("/v1/invitations", by="root").get_json()["items"] == []


def test_an_invitation_can_log_a_browser_in(api: Api) -> None:
    token = token_of(invited(api, "rui@acme.example", "administrator"))
    answer = api.post("/v1/invitations/accept", json={"token": token, "password": CHOSEN, "cookie": True})
    assert answer.get_json()["token"] is None
    assert answer.get_json()["csrf_token"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


def test_a_store_administrator_invites_the_own_people(api: Api) -> None:
    phones, centre = api.id("groups", "phones"), api.id("stores", "centre")
    desk = invited(api, "eva@acme.example", "dispatcher", by="centre", group_ids=[phones])
    tech = invited(api, "joe@acme.example", "technician", by="centre", store_id=centre, group_ids=[phones])
    assert (desk.status_code, tech.status_code) == (201, 201)
    listed = api.get("/v1/invitations", by="centre").get_json()["items"]
    assert [one["email"] for one in listed] == ["joe@acme.example", "eva@acme.example"]
    assert {one["link"] for one in listed} == {None}


@pytest.mark.parametrize("role", ["administrator", "store_administrator"])
def test_a_store_administrator_invites_to_no_higher_role(api: Api, role: str) -> None:
    assert problem(invited(api, "eva@acme.example", role, by="centre")) == (403, "forbidden")


def test_a_store_administrator_invites_to_no_other_store(api: Api) -> None:
    ovens, north = api.id("groups", "ovens"), api.id("stores", "north")
    before = len(api.get("/v1/users", by="root").get_json()["items"])
    assert (
        pointers(invited(api, "a@acme.example", "dispatcher", by="centre", group_ids=[ovens]))[0][0] == "/group_ids/0"
    )
    assert pointers(invited(api, "b@acme.example", "dispatcher", by="centre")) == [("/group_ids", "groups_required")]
    assert pointers(invited(api, "c@acme.example", "technician", by="centre", store_id=north))[0][0] == "/store_id"
    assert invited(api, "d@acme.example", "technician", by="centre", technician_id=newcomer(api)).status_code == 404
    assert len(api.get("/v1/users", by="root").get_json()["items"]) == before


def test_invitations_of_other_stores_do_not_exist(api: Api) -> None:
    ovens = api.id("groups", "ovens")
    other = invited(api, "eva@acme.example", "dispatcher", group_ids=[ovens]).get_json()["id"]
    both = invited(api, "joe@acme.example", "dispatcher", group_ids=[ovens, api.id("groups", "phones")]).get_json()[
        "id"
    ]
    boss = invited(api, "kim@acme.example", "administrator").get_json()["id"]
    assert api.get("/v1/invitations", by="centre").get_json()["items"] == []
    for link_id in (other, both, boss):
        assert api.post(f"/v1/invitations/{link_id}/renew", by="centre").status_code == 404
        assert api.delete(f"/v1/invitations/{link_id}", by="centre").status_code == 404


@pytest.mark.parametrize("who", ["desk", "ana", "shop"])
def test_others_invite_no_users(api: Api, who: str) -> None:
    assert invited(api, "eva@acme.example", "dispatcher", by=who).status_code == 403
    assert api.get("/v1/invitations", by=who).status_code == 403


def test_a_technician_without_a_log_in_is_given_one(api: Api) -> None:
    cleo = newcomer(api)
    answer = invited(api, "cleo@acme.example", "technician", technician_id=cleo)
    assert answer.get_json()["name"] == "Cleo"
    choice = {"token": token_of(answer), "password": CHOSEN}
    assert pointers(api.post("/v1/invitations/accept", json=choice)) == [("/device", "device_required")]
    accepted = api.post("/v1/invitations/accept", json={**choice, "device": "Cleo's phone"})
    assert api.get("/v1/me", by=accepted.get_json()["token"]).get_json()["technician_id"] == cleo
    assert problem(invited(api, "again@acme.example", "technician", technician_id=cleo)) == (409, "already_exists")


@pytest.mark.parametrize(
    ("role", "more", "pointer"),
    [
        ("administrator", {"store_id": "<store>"}, "/store_id"),
        ("administrator", {"store_ids": ["<store>"]}, "/store_ids"),
        ("dispatcher", {"store_ids": ["<store>"]}, "/store_ids"),
        ("dispatcher", {"technician_id": "<technician>"}, "/technician_id"),
        ("technician", {}, "/store_id"),
        ("technician", {"store_id": "<store>", "technician_id": "<technician>"}, "/store_id"),
        ("technician", {"store_id": "<store>", "permissions": ["reallocate"]}, "/permissions"),
        ("technician", {"store_id": "<store>", "store_ids": ["<store>"]}, "/store_ids"),
        ("technician", {"technician_id": "<technician>", "group_ids": ["<group>"]}, "/group_ids"),
    ],
)
def test_what_does_not_go_with_the_role_is_named(api: Api, role: str, more: dict[str, Any], pointer: str) -> None:
    ids = {"<store>": ("stores", "centre"), "<technician>": ("technicians", "bo"), "<group>": ("groups", "phones")}

    def filled(value: Any) -> Any:
        return (
            [filled(one) for one in value]
            if isinstance(value, list)
            else api.id(*ids[value])
            if value in ids
            else value
        )

    answer = invited(api, "eva@acme.example", role, **{name: filled(value) for name, value in more.items()})
    assert pointers(answer)[0][0] == pointer


def test_an_address_that_has_a_user_is_not_invited(api: Api) -> None:
    assert problem(invited(api, "DESK@acme.example", "administrator")) == (409, "already_exists")


def test_an_invitation_sent_again_replaces_the_one_before(api: Api) -> None:
    first = invited(api, "eva@acme.example", "administrator")
    again = api.post(f"/v1/invitations/{first.get_json()['id']}/renew", by="root")
    choice = {"password": CHOSEN}
    replaced = api.post("/v1/invitations/accept", json={"token": token_of(first), **choice})
    assert problem(replaced) == (410, "link_replaced")
    assert api.post("/v1/invitations/accept", json={"token": token_of(again), **choice}).status_code == 201


def test_a_revoked_invitation_takes_its_user_along(api: Api) -> None:
    cleo = newcomer(api)
    first = invited(api, "cleo@acme.example", "technician", technician_id=cleo)
    path = f"/v1/invitations/{first.get_json()['id']}"
    assert api.delete(path, by="centre").status_code == 404
    assert api.delete(path, by="root").status_code == 204
    assert api.delete(path, by="root").status_code == 404
    refused = api.post("/v1/invitations/accept", json={"token": token_of(first), "password": CHOSEN, "device": "p"})
    assert problem(refused) == (404, "link_not_found")
    assert api.get(f"/v1/technicians/{cleo}", by="root").get_json()["active"]
    assert invited(api, "cleo@acme.example", "technician", technician_id=cleo).status_code == 201


def test_an_expired_invitation_is_listed_and_can_be_sent_again_or_revoked(api: Api, admin: Connection) -> None:
    first = invited(api, "eva@acme.example", "administrator")
    invited(api, "joe@acme.example", "administrator")
    admin.execute(text(_LONG_AGO))
    assert problem(api.post("/v1/one-time-links/look", json={"token": token_of(first)})) == (410, "link_expired")
    joe, eva = api.get("/v1/invitations", by="root").get_json()["items"]
    assert (joe["expired"], eva["expired"]) == (True, True)
    renewed = api.post(f"/v1/invitations/{eva['id']}/renew", by="root")
    assert api.post("/v1/one-time-links/look", json={"token": token_of(renewed)}).status_code == 200
    assert api.delete(f"/v1/invitations/{joe['id']}", by="root").status_code == 204


def test_a_retry_is_told_that_the_link_was_shown(api: Api) -> None:
    body = {"email": "eva@acme.example", "role": "administrator"}
    headers = {"Idempotency-Key": "one"}
    first = api.post("/v1/invitations", by="root", json=body, headers=headers).get_json()
    again = api.post("/v1/invitations", by="root", json=body, headers=headers)
    assert problem(again) == (409, "secret_shown")
    assert again.get_json()["id"] == first["id"]


def test_what_a_link_is_for_can_be_read_and_leaves_it_unused(api: Api) -> None:
    token = token_of(invited(api, "eva@acme.example", "dispatcher", name="Eva"))
    for _ in range(2):
        shown = api.post("/v1/one-time-links/look", json={"token": token}).get_json()
    assert shown.pop("expires_at")
    assert shown == {
        "purpose": "invitation",
        "organization": "acme",
        "organization_name": "Acme Repairs",
        "email": "eva@acme.example",
        "name": "Eva",
        "role": "dispatcher",
    }


def test_a_weak_password_leaves_the_invitation_open(api: Api) -> None:
    token = token_of(invited(api, "eva@acme.example", "dispatcher"))
    for weak in ("12345678", "eva@acme.example", "Acme Repairs"):
        refused = api.post("/v1/invitations/accept", json={"token": token, "password": weak})
        assert pointers(refused) == [("/password", "weak_password")]
    assert api.post("/v1/invitations/accept", json={"token": token, "password": CHOSEN}).status_code == 201
    assert problem(api.post("/v1/invitations/accept", json={"token": token, "password": CHOSEN})) == (410, "link_used")


def test_a_link_is_no_bearer_token(api: Api) -> None:
    token = token_of(invited(api, "eva@acme.example", "administrator"))
    assert api.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


# Resets -------------------------------------------------------------------------------------------------------------


def reset_of(api: Api, who: str, *, by: str = "root") -> Any:
    return api.post(f"/v1/users/{api.id('users', f'{who}@acme.example')}/password-reset", by=by)


def test_an_administrator_hands_a_link_over_where_there_is_no_mail(api: Api) -> None:
    answer = reset_of(api, "desk")
    assert answer.status_code == 201
    assert log_in(api, "desk", "desk-password").status_code == 201
    choice = {"token": token_of(answer), "password": CHOSEN}
    assert problem(api.post("/v1/invitations/accept", json=choice)) == (404, "link_not_found")
    assert api.post("/v1/password-resets/accept", json=choice).status_code == 204
    assert problem(log_in(api, "desk", "desk-password")) == (401, "bad_credentials")
    assert log_in(api, "desk", CHOSEN).status_code == 201


def test_a_store_administrator_hands_links_over_to_own_people_alone(api: Api) -> None:
    mine, theirs = api.id("groups", "phones"), api.id("groups", "ovens")
    for who, role, more in (
        ("north", "store_administrator", {"store_ids": [api.id("stores", "north")]}),
        ("colleague", "store_administrator", {"store_ids": [api.id("stores", "centre")]}),
        ("mine", "dispatcher", {"group_ids": [mine]}),
        ("theirs", "dispatcher", {"group_ids": [theirs]}),
        ("both", "dispatcher", {"group_ids": [mine, theirs]}),
        ("none", "dispatcher", {}),
    ):
        body = {"email": f"{who}@acme.example", "name": who, "role": role, "password": CHOSEN, **more}
        assert api.post("/v1/users", by="root", json=body).status_code == 201
    there = {"store_id": api.id("stores", "north"), "email": "otto@acme.example", "name": "Otto", "password": CHOSEN}
    assert api.post("/v1/technicians", by="root", json=there).status_code == 201
    listed = api.get("/v1/users?limit=200", by="root").get_json()["items"]
    ids = {one["email"].partition("@")[0]: one["id"] for one in listed}

    def reset(who: str, by: str = "centre") -> Any:
        return api.post(f"/v1/users/{ids[who]}/password-reset", by=by)

    assert {who for who in ids if reset(who).status_code == 201} == {"desk", "mine", "ana"}
    assert {reset(who).status_code for who in ids.keys() - {"desk", "mine", "ana"}} == {404}
    choice = {"token": token_of(reset("mine")), "password": "nine grey owls"}
    assert api.post("/v1/password-resets/accept", json=choice).status_code == 204
    assert {reset("desk", by).status_code for by in ("desk", "ana")} == {403}
    entry, *_ = api.get("/v1/audit?action=password_reset.created", by="root").get_json()["items"]
    assert (entry["actor_id"], entry["subject_id"]) == (ids["centre"], ids["mine"])


def test_a_deactivated_user_gets_no_link(api: Api) -> None:
    assert api.delete(f"/v1/users/{api.id('users', 'desk@acme.example')}", by="root").status_code == 204
    assert problem(reset_of(api, "desk")) == (409, "user_inactive")


def test_without_mail_a_forgotten_password_is_the_administrators_matter(api: Api, admin: Connection) -> None:
    for email in ("desk@acme.example", "unknown@acme.example"):
        answer = api.post("/v1/password-resets", json={"organization": "acme", "email": email})
        assert (answer.status_code, answer.get_json()) == (202, {"by_email": False})
    assert admin.execute(text("SELECT count(*) FROM one_time_links")).scalar_one() == 0


def test_with_mail_no_answer_has_the_link(mailing: Api, admin: Connection) -> None:
    answer = invited(mailing, "eva@acme.example", "administrator").get_json()
    assert (answer["link"], answer["mail"]) == (None, "waiting")
    assert reset_of(mailing, "desk").get_json()["link"] is None
    assert admin.execute(text("SELECT count(*) FROM mails WHERE state = 'waiting'")).scalar_one() == 2


def ask(api: Api, organization: str, email: str) -> tuple[int, Any]:
    answer = api.post("/v1/password-resets", json={"organization": organization, "email": email})
    return answer.status_code, answer.get_json()


def test_the_answer_tells_nothing_about_the_account(mailing: Api, admin: Connection) -> None:
    mailing.delete(f"/v1/users/{mailing.id('users', 'centre@acme.example')}", by="root")
    for organization, email in (
        ("acme", "desk@acme.example"),
        ("acme", "centre@acme.example"),
        ("acme", "unknown@acme.example"),
        ("nowhere", "desk@acme.example"),
        ("acme", "no address"),
    ):
        assert ask(mailing, organization, email) == (202, {"by_email": True})
    meant = admin.execute(text("SELECT u.email FROM one_time_links l JOIN users u ON u.id = l.user_id")).scalars()
    assert list(meant) == ["desk@acme.example"]


def test_no_mailbox_is_flooded(mailing: Api, admin: Connection) -> None:
    for _ in range(MAILS_PER_HOUR + 2):
        assert ask(mailing, "acme", "DESK@acme.example")[0] == 202
    assert admin.execute(text("SELECT count(*) FROM mails")).scalar_one() == MAILS_PER_HOUR


@given(taken_s=st.floats(0, 60))
def test_every_request_for_a_reset_takes_as_long(taken_s: float) -> None:
    turns = (taken_s + passwords.rest_s(taken_s)) / passwords._SAME_TIME_S
    assert turns == pytest.approx(round(turns), abs=1e-6)
    assert 0 < passwords.rest_s(taken_s) <= passwords._SAME_TIME_S


def test_every_request_for_a_reset_waits(mailing: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(passwords, "_pause", waited.append)
    for email in ("desk@acme.example", "unknown@acme.example", "desk@nowhere.example"):
        ask(mailing, "acme", email)
    assert len(waited) == 3


# Sessions -----------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_with_their_devices_and_ended_one_by_one(api: Api) -> None:
    here = log_in(api, "desk", "desk-password", device="desk").get_json()["token"]
    there = log_in(api, "desk", "desk-password", device="laptop").get_json()["token"]
    listed = api.get("/v1/sessions", by=here).get_json()["items"]
    assert [(one["device"], one["kind"], one["current"]) for one in listed[:2]] == [
        ("laptop", "bearer", False),
        ("desk", "bearer", True),
    ]
    assert api.delete(f"/v1/sessions/{listed[0]['id']}", by=here).status_code == 204
    assert api.delete(f"/v1/sessions/{listed[0]['id']}", by=here).status_code == 204
    assert api.get("/v1/me", by=there).status_code == 401
    assert [one["device"] for one in api.get("/v1/sessions", by=here).get_json()["items"]][:1] == ["desk"]
    assert api.delete(f"/v1/sessions/{listed[1]['id']}", by=here).status_code == 204
    assert api.get("/v1/me", by=here).status_code == 401


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36"


def test_a_session_tells_its_last_use_and_its_browser(api: Api, admin: Connection) -> None:
    body = {"organization": "acme", "email": "desk@acme.example", "password": "desk-password", "cookie": True}
    assert api.post("/v1/sessions", json=body, headers={"User-Agent": WINDOWS}).status_code == 201
    script = log_in(api, "desk", "desk-password").get_json()["token"]

    admin.execute(text("UPDATE sessions SET last_used_at = last_used_at - interval '1 hour'"))
    admin.commit()

    def listed() -> list[Any]:
        found: list[Any] = api.get("/v1/sessions", by=script).get_json()["items"]
        return found[:2]

    # The answer is made before the use is noted.
    assert [one["device"] for one in listed()] == [None, "Chrome on Windows"]
    here, browser = listed()
    assert browser["last_used_at"] < browser["created_at"] < here["created_at"] < here["last_used_at"]
    version = text("SELECT xmin::text FROM sessions WHERE id = :id")
    before = admin.execute(version, {"id": here["id"]}).scalar_one()
    assert all(listed()[0]["last_used_at"] == here["last_used_at"] for _ in range(3))
    assert admin.execute(version, {"id": here["id"]}).scalar_one() == before


def test_a_technician_names_the_device_even_in_a_browser(api: Api) -> None:
    body = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password", "cookie": True}
    answer = api.post("/v1/sessions", json=body, headers={"User-Agent": WINDOWS})
    assert pointers(answer) == [("/device", "device_required")]


def test_the_sessions_of_others_do_not_exist(api: Api) -> None:
    (first, *_) = api.get("/v1/sessions", by="root").get_json()["items"]
    assert api.delete(f"/v1/sessions/{first['id']}", by="desk").status_code == 404
    assert api.get("/v1/me", by="root").status_code == 200


def test_an_administrator_logs_a_technician_out_everywhere(api: Api) -> None:
    user = next(one for one in api.get("/v1/users", by="root").get_json()["items"] if one["role"] == "technician")
    assert api.delete(f"/v1/users/{user['id']}/sessions", by="centre").status_code == 403
    assert api.delete(f"/v1/users/{user['id']}/sessions", by="root").status_code == 204
    assert api.get("/v1/me", by="ana").status_code == 401
    ana = api.get(f"/v1/technicians/{api.id('technicians', 'ana')}", by="root").get_json()
    assert not ana["on_duty"]


def test_where_no_password_logs_in_none_is_chosen(api: Api, admin: Connection) -> None:
    token = token_of(invited(api, "eva@acme.example", "dispatcher"))
    admin.execute(
        text(
            "INSERT INTO single_sign_on (org_id, issuer, client_id, password_log_in, created_at, updated_at) "
            "SELECT org_id, 'https://idp.example.test', 'console', false, now(), now() FROM organizations"
        )
    )
    refused = api.post("/v1/invitations/accept", json={"token": token, "password": CHOSEN})
    assert problem(refused) == (403, "password_log_in_off")
    assert api.post("/v1/one-time-links/look", json={"token": token}).status_code == 200
