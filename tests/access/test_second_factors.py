"""The second factor over HTTP: enrolment, log-in with a code, recovery, and what an organization demands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.access.one_time_codes import code_of_step, step_at
from geo_assign.app import list_operations
from tests.access.api import Api

FACTOR = "/v1/me/second-factor"
POLICY = "/v1/organization/second-factor"


def log_in(api: Api, who: str, **more: Any) -> TestResponse:
    given = {"organization": "acme", "email": f"{who}@acme.example", "password": f"{who}-password"}
    return api.post("/v1/sessions", json=given | more)


def code_at(api: Api, secret: str, offset: int = 0) -> str:
    """What the app shows now by the service's clock, or some steps away."""
    with api.client.application.extensions["geo_assign"].database.across_organizations() as conn:
        now: datetime = conn.execute(text("SELECT clock_timestamp()")).scalar_one()
    return code_of_step(SecretStr(secret), step_at(now) + offset)


def enrol(api: Api, by: str, *, offset: int = -1) -> tuple[str, list[str]]:
    """The secret, and the recovery codes; the code of one step before is used up."""
    secret = api.post(FACTOR, by=by).json["secret"]
    confirmed = api.post(f"{FACTOR}/confirm", by=by, json={"code": code_at(api, secret, offset)})
    assert confirmed.status_code == 200, confirmed.get_data(as_text=True)
    return secret, confirmed.json["recovery_codes"]


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_an_app_is_enrolled_by_its_first_code(api: Api) -> None:
    begun = api.post(FACTOR, by="desk")
    assert begun.status_code == 201
    assert pyotp.parse_uri(begun.json["uri"]).secret == begun.json["secret"]
    assert ET.fromstring(begun.json["qr_svg"]).tag == "svg"
    assert begun.headers["Cache-Control"] == "no-store"
    assert log_in(api, "desk").status_code == 201, "not switched on before it is confirmed"
    wrong = "000000" if code_at(api, begun.json["secret"]) != "000000" else "000001"
    assert code_of(api.post(f"{FACTOR}/confirm", by="desk", json={"code": wrong})) == (422, "second_factor_code")
    done = api.post(f"{FACTOR}/confirm", by="desk", json={"code": code_at(api, begun.json["secret"])})
    assert len(set(done.json["recovery_codes"])) == 10
    shown = api.get(FACTOR, by="desk").json
    assert (shown["enabled"], shown["recovery_codes_left"], shown["required"]) == (True, 10, False)
    assert code_of(api.post(FACTOR, by="desk")) == (409, "second_factor_enabled")


def test_administrators_see_who_has_one(api: Api) -> None:
    api.post(FACTOR, by="centre")  # begun, and never confirmed
    enrol(api, "desk")
    listed = {one["name"]: one for one in api.get("/v1/users", by="root").json["items"]}
    assert {name for name, one in listed.items() if one["second_factor"]} == {"Desk"}
    desk = listed["Desk"]
    assert api.get(f"/v1/users/{desk['id']}", by="root").json == desk
    assert api.delete(f"/v1/users/{desk['id']}/second-factor", by="root").status_code == 204
    assert not api.get(f"/v1/users/{desk['id']}", by="root").json["second_factor"]


def test_another_secret_replaces_one_that_was_not_confirmed(api: Api) -> None:
    first, second = (api.post(FACTOR, by="desk").json["secret"] for _ in range(2))
    assert code_of(api.post(f"{FACTOR}/confirm", by="desk", json={"code": code_at(api, first)}))[0] == 422
    assert api.post(f"{FACTOR}/confirm", by="desk", json={"code": code_at(api, second)}).status_code == 200


@pytest.mark.parametrize("cookie", [False, True])
def test_a_log_in_wants_the_code_and_takes_each_once(api: Api, cookie: bool) -> None:
    secret, _ = enrol(api, "root")
    assert code_of(log_in(api, "root", cookie=cookie)) == (401, "second_factor_required")
    assert code_of(log_in(api, "root", cookie=cookie, code="   ")) == (401, "second_factor_required")
    code = code_at(api, secret)
    assert code_of(log_in(api, "root", password="wrong", code=code)) == (401, "bad_credentials")
    assert log_in(api, "root", cookie=cookie, code=code).status_code == 201, "a wrong password uses no code up"
    assert code_of(log_in(api, "root", cookie=cookie, code=code)) == (401, "second_factor_wrong")
    later = code_at(api, secret, 1)
    assert log_in(api, "root", cookie=cookie, code=later).status_code == 201


def test_the_code_that_enrolled_logs_in_no_more(api: Api) -> None:
    secret = api.post(FACTOR, by="desk").json["secret"]
    code = code_at(api, secret)
    api.post(f"{FACTOR}/confirm", by="desk", json={"code": code})
    assert code_of(log_in(api, "desk", code=code)) == (401, "second_factor_wrong")


@pytest.mark.parametrize("offset", [-20, -4, 4, 20])
def test_a_code_of_another_time_is_refused(api: Api, offset: int) -> None:
    secret, _ = enrol(api, "desk")
    assert code_of(log_in(api, "desk", code=code_at(api, secret, offset))) == (401, "second_factor_wrong")


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "aaaa-aaaa-aaaa-aaaa", "' OR 1=1 --", "１２３４５６"])
def test_what_is_no_code_is_refused(api: Api, code: str) -> None:
    enrol(api, "desk")
    assert code_of(log_in(api, "desk", code=code)) == (401, "second_factor_wrong")


def test_of_many_who_bring_one_code_at_once_one_is_let_in(api: Api) -> None:
    secret, recovery = enrol(api, "root")
    client = api.client.application.test_client
    for code in (code_at(api, secret), recovery[0]):
        given = {"organization": "acme", "email": "root@acme.example", "password": "root-password", "code": code}
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda body: client().post("/v1/sessions", json=body).status_code, [given] * 4))
        assert sorted(answers) == [201, 401, 401, 401]


def test_each_recovery_code_logs_in_once(api: Api) -> None:
    _, codes = enrol(api, "root")
    assert log_in(api, "root", code=codes[3].upper().replace("-", " ")).status_code == 201
    assert code_of(log_in(api, "root", code=codes[3])) == (401, "second_factor_wrong")
    assert api.get(FACTOR, by="root").json["recovery_codes_left"] == 9
    renewed = api.post(f"{FACTOR}/recovery-codes", by="root", json={"code": codes[4]}).json["recovery_codes"]
    assert code_of(log_in(api, "root", code=codes[5])) == (401, "second_factor_wrong")
    assert log_in(api, "root", code=renewed[0]).status_code == 201


def test_another_users_recovery_code_opens_nothing(api: Api) -> None:
    _, codes = enrol(api, "root")
    enrol(api, "desk")
    assert code_of(log_in(api, "desk", code=codes[0])) == (401, "second_factor_wrong")


def test_it_is_switched_off_with_a_code_only(api: Api) -> None:
    secret, codes = enrol(api, "desk")
    assert api.post(f"{FACTOR}/disable", by="desk", json={}).status_code == 422
    assert code_of(api.post(f"{FACTOR}/disable", by="desk", json={"code": "999"})) == (422, "second_factor_code")
    assert log_in(api, "desk").status_code == 401
    assert api.post(f"{FACTOR}/disable", by="desk", json={"code": codes[0]}).status_code == 204
    assert log_in(api, "desk").status_code == 201
    assert code_of(api.post(f"{FACTOR}/disable", by="desk", json={"code": code_at(api, secret)}))[1] == (
        "second_factor_missing"
    )


def test_an_administrator_takes_a_lost_one_off_a_user(api: Api) -> None:
    enrol(api, "desk")
    path = f"/v1/users/{api.id('users', 'desk@acme.example')}/second-factor"
    assert api.delete(path, by="centre").status_code == 403
    assert api.delete(path, by="root").status_code == 204
    assert log_in(api, "desk").status_code == 201
    entry = api.get("/v1/audit?action=second_factor.removed", by="root").json["items"][0]
    assert entry["subject_id"] == api.id("users", "desk@acme.example")
    enrol(api, "root")
    own = f"/v1/users/{api.id('users', 'root@acme.example')}/second-factor"
    assert api.delete(own, by="root").status_code == 403


def test_nothing_of_it_is_kept_readable(api: Api, admin: Connection) -> None:
    secret, codes = enrol(api, "root")
    kept = admin.execute(
        text("SELECT f::text, r::text FROM second_factors f JOIN recovery_codes r USING (user_id)")
    ).all()
    assert len(kept) == 10
    everything = str(kept) + str(admin.execute(text("SELECT a::text FROM audit_entries a")).all())
    assert not any(told in everything for told in (secret, secret.encode().hex(), *codes))
    assert not any(code.replace("-", "").encode().hex() in everything for code in codes)


# What the organization demands ---------------------------------------------------------------------------------------


@pytest.fixture
def demanding(api: Api) -> Api:
    """Of administrators, one of whom has a second factor."""
    enrol(api, "root")
    assert api.put(POLICY, by="root", json={"required_of": "administrators"}).status_code == 200
    return api


def second_administrator(api: Api) -> dict[str, str]:
    given = {"email": "ines@acme.example", "password": "seven ladders 3"}
    made = api.post("/v1/users", by="root", json={**given, "name": "Ines", "role": "administrator"})
    assert made.status_code == 201
    return {"organization": "acme", **given}


def test_a_session_without_it_is_good_for_enrolment_alone(demanding: Api) -> None:
    given = second_administrator(demanding)
    session = demanding.post("/v1/sessions", json=given)
    assert (session.status_code, session.json["must_enrol"]) == (201, True)
    token = session.json["token"]
    refused = [demanding.get(path, by=token) for path in ("/v1/me", "/v1/stores", "/v1/users", "/v1/live")]
    assert {code_of(answer) for answer in refused} == {(403, "second_factor_enrolment_required")}
    assert demanding.get(FACTOR, by=token).json["required"] is True
    secret, _ = enrol(demanding, token)
    assert demanding.get("/v1/me", by=token).status_code == 200, "the same session, from the next request"
    assert demanding.post("/v1/sessions", json=given).json["code"] == "second_factor_required"
    again = demanding.post("/v1/sessions", json=given | {"code": code_at(demanding, secret)})
    assert again.json["must_enrol"] is False


def test_every_other_operation_is_closed_until_then(demanding: Api) -> None:
    token = demanding.post("/v1/sessions", json=second_administrator(demanding)).json["token"]
    assert {operation.name for operation in list_operations() if operation.access.enrolling} == {
        "get_own_second_factor",
        "begin_own_second_factor",
        "confirm_own_second_factor",
        "renew_own_recovery_codes",
        "disable_own_second_factor",
        "delete_session",
    }
    assert demanding.delete("/v1/sessions/current", by=token).status_code == 204


@pytest.mark.parametrize(
    ("policy", "asked"),
    [("off", set()), ("administrators", {"root"}), ("console_users", {"root", "centre", "desk"})],
)
def test_of_whom_it_is_demanded(api: Api, policy: str, asked: set[str]) -> None:
    assert api.put(POLICY, by="root", json={"required_of": policy}).json == {"required_of": policy}
    people = {who: log_in(api, who, device="phone") for who in ("root", "centre", "desk", "ana")}
    assert {who for who, answer in people.items() if answer.json["must_enrol"]} == asked
    assert {who for who in people if api.get("/v1/me", by=who).status_code == 403} == asked, "sessions from before"
    assert api.get("/v1/stores", by="shop").status_code in {200, 403}
    assert api.get("/v1/work-orders", by="shop").status_code == 200, "API keys are never asked"


def test_a_role_that_is_raised_is_asked_from_the_next_request(demanding: Api) -> None:
    assert demanding.get("/v1/me", by="desk").status_code == 200
    path = f"/v1/users/{demanding.id('users', 'desk@acme.example')}"
    version = demanding.get(path, by="root").json["version"]
    demanding.patch(path, by="root", version=version, json={"role": "administrator"})
    assert code_of(demanding.get("/v1/me", by="desk")) == (403, "second_factor_enrolment_required")


def test_technicians_have_none(api: Api) -> None:
    assert api.get(FACTOR, by="ana").status_code == 403
    assert api.post(FACTOR, by="ana").status_code == 403


@pytest.mark.parametrize("policy", ["", "everyone", None, "OFF"])
def test_what_means_nothing_is_refused(api: Api, policy: object) -> None:
    assert api.put(POLICY, by="root", json={"required_of": policy}).status_code == 422
