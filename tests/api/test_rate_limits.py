"""Calls are counted where requests are served: the limits' arithmetic alone would hold no caller back."""

import json
from collections.abc import Iterator

import pyotp
import pytest

from geo_assign.app import EXTENSION, create_app
from geo_assign.http import limits
from geo_assign.http.limits import Rate
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
