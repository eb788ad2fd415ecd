"""What answers tell beside what was asked for: what is left of the rate, and that a call is to go."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from geo_assign.app import list_operations
from geo_assign.core.errors import ConflictError
from geo_assign.http import limits as module
from geo_assign.http.limits import Limits, MemoryCounters, Rate, SharedCounters
from geo_assign.http.openapi import render_document
from geo_assign.http.operations import READING, Call, Deprecation, Reply, Routes
from tests.http.conftest import MakeClient, People, bearer

routes = Routes("Examples")
OLD = Deprecation(since=date(2026, 5, 1), sunset=date(2027, 5, 1), instead="Call `GET /v1/news` instead.")


@routes.get("/v1/news", access=READING)
def read_news(call: Call[None, None]) -> Reply:
    """Read the news."""
    return Reply({"news": []})


@routes.get("/v1/olds", access=READING, deprecation=OLD)
def read_olds(call: Call[None, None]) -> Reply:
    """Read the olds."""
    return Reply({"olds": []})


@routes.get("/v1/refusals", access=READING)
def refuse_always(call: Call[None, None]) -> Reply:
    """Refuse."""
    raise ConflictError


@pytest.fixture(autouse=True)
def few_calls_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few calls, in a window that hardly ends in a test."""
    monkeypatch.setattr(module, "CALLS_PER_CALLER", Rate("calls", 3, 86_400))


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(routes.operations, rate_limits="on")


def left(answer: Any) -> tuple[str | None, str | None]:
    headers = answer.headers
    assert headers.get("RateLimit-Policy") == "3;w=86400"
    assert 0 < int(headers["RateLimit-Reset"]) <= 86_400
    return headers["RateLimit-Limit"], headers["RateLimit-Remaining"]


@pytest.mark.parametrize(("path", "status"), [("/v1/news", 200), ("/v1/refusals", 409), ("/v1/news?x=1", 422)])
def test_every_answer_says_what_is_left(client: FlaskClient, people: People, path: str, status: int) -> None:
    token, other = people.session(), people.session()
    answers = [client.get(path, headers=bearer(token)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [status, status, status, 429]
    assert [left(answer) for answer in answers] == [("3", "2"), ("3", "1"), ("3", "0"), ("3", "0")]
    assert int(answers[3].headers["Retry-After"]) >= 1
    assert "Retry-After" not in answers[0].headers
    assert left(client.get(path, headers=bearer(other))) == ("3", "2")


def test_a_caller_who_is_not_known_is_told_nothing(client: FlaskClient) -> None:
    assert "RateLimit-Limit" not in client.get("/v1/news").headers


def test_where_nothing_is_counted_nothing_is_told(make_client: MakeClient, people: People) -> None:
    answer = make_client(routes.operations, rate_limits="off").get("/v1/news", headers=bearer(people.session()))
    assert "RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize("counters", [MemoryCounters(), SharedCounters("memory://")], ids=["own", "shared"])
def test_asking_what_is_left_counts_nothing(counters: MemoryCounters | SharedCounters) -> None:
    limits, caller = Limits(counters), uuid4()
    for remaining in (3, 3, 3):
        allowance = limits.left(caller, "read_news")
        assert allowance is not None
        assert allowance.remaining == remaining
    limits.call(caller, "read_news")
    allowance = limits.left(caller, "read_news")
    assert allowance is not None
    assert allowance.remaining == 2


# Calls that are to go -------------------------------------------------------------------------------------------------


def test_a_deprecated_call_says_so_in_each_answer(client: FlaskClient, people: People) -> None:
    answer = client.get("/v1/olds", headers=bearer(people.session()))
    assert answer.status_code == 200
    assert answer.headers["Deprecation"] == "@1777593600"
    assert answer.headers["Sunset"] == "Sat, 01 May 2027 00:00:00 GMT"
    assert "Deprecation" not in client.get("/v1/news", headers=bearer(people.session())).headers


def test_the_document_marks_it_and_says_what_to_call() -> None:
    document = json.loads(render_document(routes.operations, version="1", extra_paths={}))
    old, new = (document["paths"][path]["get"] for path in ("/v1/olds", "/v1/news"))
    assert old["deprecated"] is True
    assert old["description"].endswith(OLD.instead)
    assert "deprecated" not in new


def test_what_is_to_go_stays_a_year() -> None:
    """None is deprecated at present; the example stands for those to come."""
    announced = [one.deprecation for one in [*list_operations(), *routes.operations] if one.deprecation is not None]
    assert OLD in announced
    assert all((one.sunset - one.since).days >= 365 for one in announced)
