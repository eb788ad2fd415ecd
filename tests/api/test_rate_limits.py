"""Calls are counted where requests are served: the limits' arithmetic alone would hold no caller back."""

import json
from collections.abc import Iterator

import pyotp
import pytest
from werkzeug.test import TestResponse

from geo_assign.app import EXTENSION, create_app
from geo_assign.http import limits
from geo_assign.http.limits import Rate
from geo_assign.http.routes import widget
from geo_assign.seed import load, read_document
from tests.access.api import SEED, Api
from tests.conftest import World

# Windows of ten minutes, so that hardly any test meets the end of one.
_WINDOW_S = 600


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(limits, "CALLS_PER_CALLER", Rate("calls", 3, _WINDOW_S))
    monkeypatch.setattr(limits, "LOG_INS_PER_ACCOUNT", Rate("log_in_account", 2, _WINDOW_S))
    monkeypatch.setattr(limits, "LOG_INS_PER_ADDRESS", Rate("log_in_address", 4, _WINDOW_S))
    app = create_app(world.settings(rate_limits="on"))
    services = app.extensions[EXTENSION]
    try:
        yield Api(app.test_client(), load(services.database, services.settings, read_document(json.dumps(SEED))))
    finally:
        services.close()


def test_each_call_counts_for_its_caller_and_its_operation(api: Api) -> None:
    assert [api.get("/v1/stores", by="root").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = api.get("/v1/stores", by="root")
    assert 0 < int(refused.headers["Retry-After"]) <= _WINDOW_S
    assert api.get("/v1/users", by="root").status_code == 200, "another operation"
    assert api.get("/v1/stores", by="centre").status_code == 200, "another caller"


def test_a_call_whose_body_is_wrong_counts_too(api: Api) -> None:
    wrong = [api.post("/v1/technicians/nearest", by="shop", json={"point": 1}).status_code for _ in range(4)]
    assert wrong == [422, 422, 422, 429]


def test_phones_are_counted_as_well(api: Api) -> None:
    ping = {"positions": [{"recorded_at": "2026-05-20T12:00:00Z", "lat": 41.1, "lon": -8.6}]}
    assert [api.post("/v1/positions", by="ana", json=ping).status_code for _ in range(4)] == [200, 200, 200, 429]


def told(answer: TestResponse) -> tuple[int, str, str]:
    headers = answer.headers
    assert headers["RateLimit-Policy"] == f"{headers['RateLimit-Limit']};w={_WINDOW_S}"
    assert 0 < int(headers["RateLimit-Reset"]) <= _WINDOW_S
    return answer.status_code, headers["RateLimit-Limit"], headers["RateLimit-Remaining"]


@pytest.mark.parametrize(("of_visitor", "of_key", "of_caller"), [(2, 9, 9), (9, 2, 9), (9, 9, 2), (2, 3, 9)], ids=str)
def test_a_booking_page_is_told_the_limit_that_binds(
    api: Api, monkeypatch: pytest.MonkeyPatch, of_visitor: int, of_key: int, of_caller: int
) -> None:
    site, store = "https://shop.example", api.id("stores", "centre")
    paths = ("/challenges", "/slots", "/leads")
    terms = {"scopes": ["widget"], "store_ids": [store], "web_origins": [site]}
    keys = {path: api.post("/v1/api-keys", by="root", json={"name": path, **terms}).json["token"] for path in paths}
    rates = Rate("page", of_visitor, _WINDOW_S), Rate("page_of_key", of_key, _WINDOW_S)
    monkeypatch.setattr(widget, "WIDGET_READS", rates)
    monkeypatch.setattr(widget, "WIDGET_LEADS", rates)
    monkeypatch.setattr(limits, "CALLS_PER_CALLER", Rate("calls", of_caller, _WINDOW_S))
    unsolved = {"customer": {"name": "Eva"}, "address": "Rua Nova 1", "proof": {"challenge": "none", "number": 1}}
    for path, sent, status in (
        ("/challenges", None, 200),
        ("/slots", {"store_id": store, "point": {"lat": 41.15, "lon": -8.61}}, 200),
        ("/leads", {"store_id": store, **unsolved}, 422),
    ):
        address = f"/v1/widget{path}?key={keys[path]}"
        posted = [api.post(address, json=sent, headers={"Origin": site}) for _ in range(4)]
        for answer in posted:
            readable = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
            assert {name for name, _ in answer.headers if name.startswith("RateLimit-")} <= readable, path
        answers = [told(answer) for answer in posted]
        assert answers == [(status, "2", "1"), (status, "2", "0"), (429, "2", "0"), (429, "2", "0")], path


def test_a_caller_who_is_not_known_is_told_how_a_limit_of_its_own_stands(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ONE_TIME_LINKS_PER_ADDRESS", Rate("one_time_links", 2, _WINDOW_S))
    monkeypatch.setattr(limits, "RESETS_PER_ACCOUNT", Rate("resets_account", 2, _WINDOW_S))
    monkeypatch.setattr(limits, "LOOKS_PER_ADDRESS", Rate("looks_address", 2, _WINDOW_S))
    for path, body, status in (
        ("/v1/one-time-links/look", {"token": f"gal_{'A' * 22}_{'A' * 43}"}, {404, 410}),
        ("/v1/password-resets", {"organization": "acme", "email": "root@acme.example"}, {202}),
        ("/v1/customer-links/open", {"token": f"gac_{'A' * 22}_{'A' * 22}"}, {404, 410}),
    ):
        answers = [told(api.post(path, json=body)) for _ in range(3)]
        assert {answer[0] for answer in answers[:2]} <= status, (path, answers)
        assert [answer[1:] for answer in answers] == [("2", "1"), ("2", "0"), ("2", "0")], path
        assert answers[2][0] == 429


def test_passwords_and_codes_that_are_tried_tell_their_limit(api: Api) -> None:
    body = {"organization": "acme", "email": "root@acme.example"}
    tried = [told(api.post("/v1/sessions", json={**body, "password": word})) for word in ("root-password", "wrong")]
    assert tried == [(201, "2", "2"), (401, "2", "1")]
    api.post("/v1/me/second-factor", by="root")
    codes = [told(api.post("/v1/me/second-factor/confirm", by="root", json={"code": "1"})) for _ in range(2)]
    assert codes == [(422, "2", "0"), (429, "2", "0")]


def test_log_ins_that_fail_count_by_account_and_by_address(api: Api) -> None:
    def log_in(who: str, password: str) -> int:
        body = {"organization": "acme", "email": f"{who}@acme.example", "password": password}
        return api.post("/v1/sessions", json=body).status_code

    assert [log_in("root", "root-password") for _ in range(5)] == [201] * 5
    assert [log_in("root", word) for word in ("wrong", "root-password", "wrong")] == [401, 201, 401]
    assert [log_in("root", word) for word in ("wrong", "root-password")] == [429, 429]
    assert [log_in(f"guess{number}", "wrong") for number in range(3)] == [401, 401, 429]
    assert log_in("root", "root-password") == 429


def test_a_wrong_code_counts_as_a_wrong_password(api: Api) -> None:
    secret = api.post("/v1/me/second-factor", by="root").json["secret"]
    for number, status in enumerate((422, 422, 429)):
        wrong = api.post("/v1/me/second-factor/confirm", by="root", json={"code": f"{number}"})
        assert wrong.status_code == status
    assert log_in(api, "root-password") == 429, "both are one count"
    assert secret


def test_codes_are_not_guessed_at_a_log_in(api: Api) -> None:
    secret = api.post("/v1/me/second-factor", by="root").json["secret"]
    confirmed = api.post("/v1/me/second-factor/confirm", by="root", json={"code": pyotp.TOTP(secret).now()})
    assert confirmed.status_code == 200
    assert [log_in(api, "root-password") for _ in range(3)] == [401] * 3, "without a code it is no guess"
    assert [log_in(api, "root-password", code="1") for _ in range(3)] == [401, 401, 429]
    assert log_in(api, "root-password", code=confirmed.json["recovery_codes"][0]) == 429


def log_in(api: Api, password: str, **more: str) -> int:
    body = {"organization": "acme", "email": "root@acme.example", "password": password, **more}
    return api.post("/v1/sessions", json=body).status_code
