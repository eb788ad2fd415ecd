"""Single sign-on against an honest provider and one that lies: who is let in, and what is refused with which words."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from geo_assign.single_sign_on import flow, provider
from tests.access.api import Api
from tests.access.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    hmac_signer,
    identity_provider,
    rsa_key,
)
from tests.providers import stub

SETTINGS = "/v1/organization/single-sign-on"
START = "/v1/single-sign-on/acme/start"
CALLBACK = "/v1/single-sign-on/callback"
DISCOVERY = provider.DISCOVERY
DESK = {"sub": "desk-at-idp", "email": "Desk@acme.example", "email_verified": True}


@pytest.fixture
def idp() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        provider.person = dict(DESK)
        yield provider


@pytest.fixture
def shop(api: Api, idp: IdentityProvider) -> Api:
    """The seeded organization, with single sign-on."""
    assert configure(api, idp).status_code == 200
    return api


def configure(api: Api, idp: IdentityProvider, **changes: Any) -> TestResponse:
    body = {"issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return api.put(SETTINGS, by="root", json=body | changes)


def start(api: Api) -> str:
    begun = api.get(START)
    assert begun.status_code == 303, begun.get_data(as_text=True)
    assert "HttpOnly; SameSite=Lax" in begun.headers["Set-Cookie"]
    return str(begun.headers["Location"])


def sign_on(api: Api, idp: IdentityProvider, **changes: str) -> TestResponse:
    """From the button to the console, or to the problem."""
    back = idp.log_in(start(api))
    return api.get(CALLBACK, query_string=back | changes)


def told(answer: TestResponse) -> tuple[int, str, str | None]:
    return answer.status_code, answer.json["code"], answer.json.get("reason")


def test_a_user_with_the_address_is_let_in(shop: Api, idp: IdentityProvider) -> None:
    done = sign_on(shop, idp)
    assert (done.status_code, done.headers["Location"]) == (303, "/console/")
    session, cleared = done.headers.getlist("Set-Cookie")
    assert "HttpOnly; SameSite=Strict" in session
    assert "Max-Age=0" in cleared
    me = shop.get("/v1/me").json
    assert (me["user"]["email"], me["user"]["role"]) == ("desk@acme.example", "dispatcher")
    assert [group["slug"] for group in me["groups"]] == ["phones"], "roles and scope stay ours"
    assert shop.post("/v1/me/views/x", json={}).status_code in {404, 405}
    assert shop.delete("/v1/sessions/current").status_code == 403, "changes want the CSRF token as ever"
    out = shop.delete("/v1/sessions/current", headers={"X-CSRF-Token": me["csrf_token"]})
    assert out.status_code == 204


def test_afterwards_the_identity_decides_and_not_the_address(shop: Api, idp: IdentityProvider) -> None:
    sign_on(shop, idp)
    idp.person["email"] = "married.name@acme.example"
    assert sign_on(shop, idp).status_code == 303
    assert shop.get("/v1/me").json["user"]["email"] == "desk@acme.example"


def test_an_address_that_went_to_another_person_lets_no_one_in(shop: Api, idp: IdentityProvider) -> None:
    sign_on(shop, idp)
    idp.person["sub"] = "a-newcomer"
    assert told(sign_on(shop, idp))[:2] == (409, "sign_on_other_identity")
    path = f"/v1/users/{shop.id('users', 'desk@acme.example')}/identity"
    assert shop.delete(path, by="root").status_code == 204
    assert sign_on(shop, idp).status_code == 303


@pytest.mark.parametrize(
    ("person", "code", "reason"),
    [
        ({"email": "stranger@acme.example"}, "sign_on_no_account", None),
        ({"email": "ana@acme.example"}, "sign_on_no_account", None),
        ({"email_verified": False}, "sign_on_email_refused", "email_not_verified"),
        ({"email_verified": "false"}, "sign_on_email_refused", "email_not_verified"),
        ({"email_verified": 1}, "sign_on_email_refused", "email_not_verified"),
        ({"email_verified": None}, "sign_on_email_refused", "email_not_verified"),
        ({"email": None}, "sign_on_email_refused", "email_missing"),
        ({"email": ""}, "sign_on_email_refused", "email_missing"),
        ({"email": ["desk@acme.example"]}, "sign_on_email_refused", "email_missing"),
    ],
)
def test_who_is_not_let_in(shop: Api, idp: IdentityProvider, person: dict[str, Any], code: str, reason: str) -> None:
    before = len(shop.get("/v1/users", by="root").json["items"])
    idp.person = {name: value for name, value in (DESK | person).items() if value is not None}
    assert told(sign_on(shop, idp)) == (403, code, reason)
    assert shop.get("/v1/me").status_code == 401
    assert len(shop.get("/v1/users", by="root").json["items"]) == before, "no user is made"


def test_only_allowed_domains_are_let_in(api: Api, idp: IdentityProvider) -> None:
    configure(api, idp, email_domains=["Other.example", "acme.example"])
    assert sign_on(api, idp).status_code == 303
    configure(api, idp, email_domains=["other.example"])
    assert told(sign_on(api, idp)) == (403, "sign_on_email_refused", "email_domain")


def test_an_address_may_be_assumed_verified_where_the_provider_never_says(api: Api, idp: IdentityProvider) -> None:
    configure(api, idp, assume_email_verified=True)
    del idp.person["email_verified"]
    assert sign_on(api, idp).status_code == 303
    idp.person |= {"sub": "another", "email": "root@acme.example", "email_verified": False}
    assert told(sign_on(api, idp)) == (403, "sign_on_email_refused", "email_not_verified")


def test_the_address_may_stand_in_the_user_info(shop: Api, idp: IdentityProvider) -> None:
    idp.claims = {"email": None, "email_verified": None}
    assert sign_on(shop, idp).status_code == 303
    idp.at["/userinfo"] = stub.answer(json.dumps({**DESK, "sub": "another"}))
    assert told(sign_on(shop, idp)) == (403, "sign_on_untrusted", "subject")


def test_a_deactivated_user_stays_out(shop: Api, idp: IdentityProvider) -> None:
    sign_on(shop, idp)
    shop.delete(f"/v1/users/{shop.id('users', 'desk@acme.example')}", by="root")
    assert told(sign_on(shop, idp))[:2] == (403, "sign_on_no_account")


def test_a_user_without_a_password_is_let_in(shop: Api, idp: IdentityProvider) -> None:
    shop.post("/v1/users", by="root", json={"email": "eva@acme.example", "name": "Eva", "role": "administrator"})
    idp.person = {"sub": "eva", "email": "eva@acme.example", "email_verified": True}
    assert sign_on(shop, idp).status_code == 303


def test_what_is_demanded_of_passwords_is_the_providers_here(shop: Api, idp: IdentityProvider) -> None:
    shop.put("/v1/organization/second-factor", by="root", json={"required_of": "console_users"})
    sign_on(shop, idp)
    assert shop.get("/v1/me").status_code == 200


# What a browser may bring -------------------------------------------------------------------------------------------


def test_another_browser_cannot_finish_what_one_began(shop: Api, idp: IdentityProvider) -> None:
    back = idp.log_in(start(shop))
    stranger = shop.client.application.test_client()
    assert told(stranger.get(CALLBACK, query_string=back)) == (410, "sign_on_expired", None)
    assert stranger.get(START).status_code == 303, "with a log-in of its own"
    assert told(stranger.get(CALLBACK, query_string=back)) == (410, "sign_on_expired", None)
    assert "/token" not in idp.asked[-1], "the code was not even sent"
    assert shop.get(CALLBACK, query_string=back).status_code == 303


@pytest.mark.parametrize("changes", [{"state": "another"}, {"state": ""}, {"state": "ä" * 20}])
def test_the_state_is_held(shop: Api, idp: IdentityProvider, changes: dict[str, str]) -> None:
    assert told(sign_on(shop, idp, **changes)) == (410, "sign_on_expired", None)


def test_a_callback_works_once(shop: Api, idp: IdentityProvider) -> None:
    back = idp.log_in(start(shop))
    assert shop.get(CALLBACK, query_string=back).status_code == 303
    assert told(shop.get(CALLBACK, query_string=back)) == (410, "sign_on_expired", None)


def test_a_log_in_that_took_too_long_begins_again(
    shop: Api, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "LASTS", -flow.LASTS)
    assert told(sign_on(shop, idp)) == (410, "sign_on_expired", None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "access_denied"), ("login_required", "login_required"), ("<script>alert(1)</script>", "other")],
)
def test_the_providers_no_is_told(shop: Api, idp: IdentityProvider, error: str, reason: str) -> None:
    assert told(sign_on(shop, idp, error=error)) == (401, "sign_on_refused", reason)


def test_an_answer_of_another_issuer_is_not_taken(shop: Api, idp: IdentityProvider) -> None:
    assert told(sign_on(shop, idp, iss="https://evil.example")) == (403, "sign_on_untrusted", "issuer")
    assert sign_on(shop, idp, iss=idp.issuer).status_code == 303


def test_a_code_that_was_stolen_from_elsewhere_opens_nothing(shop: Api, idp: IdentityProvider) -> None:
    stolen = idp.log_in(start(shop))["code"]
    assert told(sign_on(shop, idp, code=stolen)) == (401, "sign_on_refused", "invalid_grant"), "PKCE holds it"


def test_a_browser_is_told_on_the_page(shop: Api, idp: IdentityProvider) -> None:
    idp.person["email"] = "stranger@acme.example"
    back = idp.log_in(start(shop))
    page = shop.get(CALLBACK, query_string=back, headers={"Accept": "text/html,application/xhtml+xml"})
    assert (page.status_code, page.headers["Location"]) == (303, "/console/?sign_on=sign_on_no_account")
    unknown = shop.get("/v1/single-sign-on/nowhere/start", headers={"Accept": "text/html"})
    assert unknown.headers["Location"] == "/console/?sign_on=single_sign_on_missing"
    assert shop.get("/v1/single-sign-on/nowhere/start").status_code == 404


# A provider that lies -----------------------------------------------------------------------------------------------

NOW = int(time.time())
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "wrong issuer": ({"claims": {"iss": "https://evil.example"}}, "issuer"),
    "issuer with a slash": ({"claims": {"iss": "http://127.0.0.1/"}}, "issuer"),
    "no issuer": ({"claims": {"iss": None}}, "issuer"),
    "wrong audience": ({"claims": {"aud": "another-client"}}, "audience"),
    "no audience": ({"claims": {"aud": None}}, "audience"),
    "audience that holds the name": ({"claims": {"aud": f"{CLIENT_ID}-2"}}, "audience"),
    "many audiences": ({"claims": {"aud": [CLIENT_ID, "another"]}}, "authorized_party"),
    "for another party": ({"claims": {"azp": "another"}}, "authorized_party"),
    "expired": ({"claims": {"exp": NOW - 3_600}}, "expired"),
    "no expiry": ({"claims": {"exp": None}}, "expired"),
    "expiry in words": ({"claims": {"exp": "tomorrow"}}, "malformed"),
    "from the future": ({"claims": {"iat": NOW + 360_000}}, "not_yet_valid"),
    "not valid yet": ({"claims": {"nbf": NOW + 360_000}}, "not_yet_valid"),
    "replayed nonce": ({"claims": {"nonce": "that-of-an-earlier-log-in"}}, "nonce"),
    "no nonce": ({"claims": {"nonce": None}}, "nonce"),
    "no subject": ({"claims": {"sub": None}}, "subject"),
    "empty subject": ({"claims": {"sub": ""}}, "subject"),
    "subject that is a number": ({"claims": {"sub": 7}}, "subject"),
    "alg none": ({"header": {"alg": "none"}, "signer": lambda _content: b""}, "algorithm"),
    "alg None": ({"header": {"alg": "None"}, "signer": lambda _content: b""}, "algorithm"),
    "no alg": ({"header": {"alg": None}}, "algorithm"),
    "HS256 with the client's secret": (
        {"header": {"alg": "HS256"}, "signer": hmac_signer(CLIENT_SECRET.encode())},
        "algorithm",
    ),
    "unknown kid": ({"header": {"kid": "another"}}, "key"),
    "signature of another key": (
        {"signer": lambda content: rsa_key("second").sign(content, padding.PKCS1v15(), hashes.SHA256())},
        "signature",
    ),
    "empty signature": ({"signer": lambda _content: b""}, "signature"),
    "another RSA algorithm than it says": ({"header": {"alg": "PS256"}}, "signature"),
    "EC said of an RSA key": ({"header": {"alg": "ES256"}}, "key"),
    "critical header": ({"header": {"crit": ["exp-2"], "exp-2": 1}}, "signature"),
    "a key in the header": ({"header": {"kid": "evil", "jwk": {"kty": "RSA"}}}, "key"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_opens_no_session(shop: Api, idp: IdentityProvider, lie: str) -> None:
    changes, reason = LIES[lie]
    for name, value in changes.items():
        setattr(idp, name, value)
    answer = sign_on(shop, idp)
    assert told(answer) == (403, "sign_on_untrusted", reason)
    assert CLIENT_SECRET not in answer.get_data(as_text=True)
    assert shop.get("/v1/me").status_code == 401
    assert shop.post("/v1/sessions", json=PASSWORD).status_code == 201, "passwords work as ever"


PASSWORD = {"organization": "acme", "email": "desk@acme.example", "password": "desk-password"}


def test_a_public_key_is_no_secret_to_sign_with(shop: Api, idp: IdentityProvider) -> None:
    public = rsa_key("first").public_key()
    for encoding, form in (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.DER, serialization.PublicFormat.PKCS1),
    ):
        idp.header, idp.signer = {"alg": "HS256"}, hmac_signer(public.public_bytes(encoding, form))
        assert told(sign_on(shop, idp)) == (403, "sign_on_untrusted", "algorithm")
    shared = {"kty": "oct", "kid": "first", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "alg": "HS256"}
    idp.announced_keys, idp.signer = [shared, idp.public_key()], hmac_signer(b"secret-secret-secret-secret")
    assert told(sign_on(shop, idp)) == (403, "sign_on_untrusted", "algorithm")


@pytest.mark.parametrize(
    "token", ["", "a.b", "a.b.c", "....", "e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9..x", "é.é.é", "x" * 40_000]
)
def test_what_is_no_token_is_refused(shop: Api, idp: IdentityProvider, token: str) -> None:
    idp.at["/token"] = stub.answer(json.dumps({"id_token": token, "access_token": "x"}))
    status, code, _ = told(sign_on(shop, idp))
    assert (status, code) == (403, "sign_on_untrusted")


def test_keys_are_kept_and_a_new_one_is_found(shop: Api, idp: IdentityProvider) -> None:
    for _ in range(3):
        assert sign_on(shop, idp).status_code == 303
    assert idp.asked.count("/keys") == 2, "once for the settings, and once for all log-ins"
    idp.key_name = "second"
    for _ in range(2):
        assert sign_on(shop, idp).status_code == 303
    assert idp.asked.count("/keys") == 3


@pytest.mark.parametrize("kid", [None, "first"])
def test_a_token_without_a_key_id_is_tried_with_all_keys(shop: Api, idp: IdentityProvider, kid: str | None) -> None:
    idp.header = {"kid": kid}
    first = idp.public_key()
    unreadable = [
        {"kty": "RSA"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {},
    ]
    idp.key_name = "second"
    other = idp.public_key()
    idp.key_name = "first"
    idp.announced_keys = [*unreadable, other, first]
    assert sign_on(shop, idp).status_code == 303


def test_a_key_that_is_too_small_does_not_count(shop: Api, idp: IdentityProvider) -> None:
    idp.key_name, idp.key_bits = "small", 1_024
    assert told(sign_on(shop, idp)) == (403, "sign_on_untrusted", "key")


# A provider that hangs or breaks ------------------------------------------------------------------------------------

TROUBLES: dict[str, tuple[stub.Behaviour, str]] = {
    "hangs": (stub.hang(), "timeout"),
    "drips": (stub.drip_body(), "timeout"),
    "is reset": (stub.reset(), "unreachable"),
    "is broken inside": (stub.answer("{}", status=500), "status_500"),
    "is a page": (stub.html(), "malformed"),
    "is half": (stub.half_json(json.dumps({"keys": [1, 2, 3]})), "malformed"),
    "is a list": (stub.answer("[]"), "malformed"),
    "is enormous": (stub.gzip_bomb(5_000_000), "too_large"),
    "leads elsewhere": (stub.redirect("http://127.0.0.1:9/keys"), "status_302"),
}


@pytest.mark.parametrize(
    ("trouble", "path"),
    [
        *((trouble, "/token") for trouble in TROUBLES),
        *((trouble, path) for trouble in ("hangs", "is enormous", "leads elsewhere") for path in ("/keys", DISCOVERY)),
    ],
)
def test_trouble_is_told_and_passwords_work(
    shop: Api, idp: IdentityProvider, trouble: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour, reason = TROUBLES[trouble]
    if reason == "timeout":
        monkeypatch.setattr(flow, "DEADLINE_S", 0.6)
    if path == DISCOVERY:
        idp.at[path] = behaviour
        answer = shop.get(START)
    else:
        back = idp.log_in(start(shop))
        idp.at[path] = behaviour
        answer = shop.get(CALLBACK, query_string=back)
    assert told(answer) == (503, "sign_on_provider_unavailable", reason)
    assert int(answer.headers["Retry-After"]) >= 1
    assert shop.post("/v1/sessions", json=PASSWORD).status_code == 201
    del idp.at[path]
    monkeypatch.undo()
    assert sign_on(shop, idp).status_code == 303, "and it heals"


def test_who_waits_for_a_hanging_provider_is_few(
    shop: Api, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "AT_ONCE_PER_ORGANIZATION", 0)
    assert told(shop.get(START)) == (503, "sign_on_provider_unavailable", "busy")


# The settings -------------------------------------------------------------------------------------------------------


def test_settings_are_read_without_the_secret(shop: Api, idp: IdentityProvider, admin: Connection) -> None:
    read = shop.get(SETTINGS, by="root")
    assert read.json.items() >= {"issuer": idp.issuer, "has_client_secret": True, "password_log_in": True}.items()
    assert read.json["callback_url"].endswith(CALLBACK)
    assert CLIENT_SECRET not in read.get_data(as_text=True)
    kept = str(admin.execute(text("SELECT s::text, a::text FROM single_sign_on s, audit_entries a")).all())
    assert CLIENT_SECRET not in kept
    assert CLIENT_SECRET.encode().hex() not in kept


def test_the_secret_is_kept_for_the_same_issuer_alone(shop: Api, idp: IdentityProvider) -> None:
    assert configure(shop, idp, client_secret=None, email_domains=["acme.example"]).status_code == 200
    assert sign_on(shop, idp).status_code == 303
    with identity_provider() as other:
        other.person = dict(DESK)
        refused = configure(shop, other, client_secret=None)
        assert refused.json["errors"][0]["pointer"] == "/client_secret"
        assert not any(CLIENT_SECRET in str(request) for request in other.server.requests)


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "secret": ({"client_secret": "wrong"}, {}, "/client_secret", "invalid_client"),
    "client": ({"client_id": "wrong"}, {}, "/client_secret", "invalid_client"),
    "issuer's own name": ({}, {"metadata": {"issuer": "https://evil.example"}}, "/issuer", "issuer"),
    "no token endpoint": ({}, {"metadata": {"token_endpoint": None}}, "/issuer", "token_endpoint"),
    "script as an endpoint": (
        {},
        {"metadata": {"authorization_endpoint": "javascript:alert(1)"}},
        "/issuer",
        "authorization_endpoint",
    ),
    "log-in in an endpoint": ({}, {"metadata": {"jwks_uri": "http://a:b@c/"}}, "/issuer", "jwks_uri"),
    "no key": ({}, {"announced_keys": [{"kty": "oct", "k": "AAAA"}]}, "/issuer", "no_usable_key"),
    "no discovery": (
        {},
        {"at": {DISCOVERY: stub.answer("", status=404)}},
        "/issuer",
        "status_404",
    ),
    "a page": ({}, {"at": {DISCOVERY: stub.html()}}, "/issuer", "malformed"),
    "no address": ({"issuer": "login.example.com"}, {}, "/issuer", "no_address"),
    "a file": ({"issuer": "file:///etc/passwd"}, {}, "/issuer", "no_address"),
    "a private place": ({"issuer": "https://10.1.2.3"}, {}, "/issuer", "address_refused"),
    "plain http elsewhere": ({"issuer": "http://10.1.2.3"}, {}, "/issuer", "address_refused"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_settings_that_do_not_work_are_not_stored(api: Api, idp: IdentityProvider, what: str) -> None:
    sent, lies, pointer, reason = BROKEN[what]
    for name, value in lies.items():
        setattr(idp, name, value)
    answer = configure(api, idp, **sent)
    assert (answer.status_code, answer.json["code"]) == (422, "single_sign_on_invalid")
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, reason)]
    assert CLIENT_SECRET not in answer.get_data(as_text=True)
    assert api.get(SETTINGS, by="root").status_code == 404


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic"], ["none", "client_secret_post"]])
def test_the_client_shows_its_secret_as_the_provider_wants(api: Api, idp: IdentityProvider, methods: list[str]) -> None:
    idp.metadata["token_endpoint_auth_methods_supported"] = methods
    assert configure(api, idp).status_code == 200
    assert sign_on(api, idp).status_code == 303


def test_an_issuer_may_have_a_path(api: Api, idp: IdentityProvider) -> None:
    idp.path = "/realms/acme"
    assert configure(api, idp).status_code == 200
    assert sign_on(api, idp).status_code == 303


def test_what_follows_the_question_mark_of_an_endpoint_stays(api: Api, idp: IdentityProvider) -> None:
    idp.metadata["authorization_endpoint"] = f"{idp.issuer}/authorize?policy=staff"
    configure(api, idp)
    asked = parse_qs(urlsplit(start(api)).query)
    assert (asked["policy"], asked["client_id"]) == (["staff"], [CLIENT_ID])


def test_how_to_log_in_is_told_before(shop: Api, idp: IdentityProvider) -> None:
    assert shop.get("/v1/log-in-ways/acme").json == {"single_sign_on": True, "password": True}
    assert shop.get("/v1/log-in-ways/nowhere").json == {"single_sign_on": False, "password": True}
    configure(shop, idp, password_log_in=False)
    assert shop.get("/v1/log-in-ways/acme").json == {"single_sign_on": True, "password": False}
    shop.delete(SETTINGS, by="root")
    assert shop.get("/v1/log-in-ways/acme").json == {"single_sign_on": False, "password": True}


def test_passwords_may_be_switched_off_for_the_console(shop: Api, idp: IdentityProvider) -> None:
    configure(shop, idp, password_log_in=False)
    refused = shop.post("/v1/sessions", json=PASSWORD)
    assert (refused.status_code, refused.json["code"]) == (403, "password_log_in_off")
    wrong = shop.post("/v1/sessions", json=PASSWORD | {"password": "guess"})
    assert wrong.json["code"] == "bad_credentials", "a guess learns nothing"
    phone = {"organization": "acme", "email": "ana@acme.example", "password": "ana-password", "device": "phone"}
    assert shop.post("/v1/sessions", json=phone).status_code == 201
    assert sign_on(shop, idp).status_code == 303
    assert shop.get("/v1/me", by="root").status_code == 200, "open sessions stay"


def test_two_editors_notice_each_other(shop: Api, idp: IdentityProvider) -> None:
    stale = shop.put(
        SETTINGS,
        by="root",
        version=9,
        json={"issuer": idp.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    )
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
