"""Errors become problems: every one of the library, and whatever the database raises."""

import json

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.app import list_operations
from geo_assign.core.errors import Family, GeoAssignError, TooManyError, UnavailableError
from geo_assign.core.trouble import find_trouble
from geo_assign.http.problems import STATUS, documented_errors, problem_of, status_of, translate

list_operations()  # every route module imports the errors of its feature
ERRORS = list(documented_errors())


def test_every_family_has_a_status() -> None:
    assert set(STATUS) == set(Family)


@pytest.mark.parametrize("error", ERRORS, ids=[error.code for error in ERRORS])
def test_every_error_is_a_problem_with_a_title_of_its_own(error: type[GeoAssignError]) -> None:
    problem = problem_of(error(), "request-1")
    told = json.loads(problem.body)
    assert told["status"] == problem.status == status_of(error)
    assert 400 <= problem.status < 600
    assert told["type"] == f"/docs/problems#{error.code}"
    assert told["title"]
    assert not told["title"].startswith(error.__name__), "the docstring is the title"
    assert told["code"] == error.code
    assert error.code.replace("_", "").isalnum()
    assert error.code == error.code.lower()
    assert ("Retry-After" in problem.headers) == (problem.status in {429, 503})
    assert ("WWW-Authenticate" in problem.headers) == (problem.status == 401)


def test_facts_stand_beside_the_members_and_never_replace_them() -> None:
    told = json.loads(problem_of(UnavailableError("Not now.", status="open", current={"version": 3}), "r").body)
    assert told["status"] == 503
    assert told["current"] == {"version": 3}


@pytest.mark.parametrize(("wait_s", "told"), [(0.2, "1"), (1.0, "1"), (1.2, "2"), (59.6, "60")])
def test_retry_after_is_never_too_early(wait_s: float, told: str) -> None:
    assert problem_of(TooManyError(retry_after_s=wait_s), "r").headers["Retry-After"] == told


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (PoolTimeout(), 503, "overloaded"),
        (psycopg.OperationalError("connection refused"), 503, "unavailable"),
        (pg_errors.QueryCanceled(), 503, "unavailable"),
        (pg_errors.LockNotAvailable(), 503, "unavailable"),
        (pg_errors.DeadlockDetected(), 503, "unavailable"),
        (pg_errors.SerializationFailure(), 503, "unavailable"),
        (pg_errors.AdminShutdown(), 503, "unavailable"),
        (pg_errors.TooManyConnections(), 503, "unavailable"),
        (pg_errors.NumericValueOutOfRange(), 422, "invalid_request"),
        (pg_errors.UndefinedTable(), 500, "internal_error"),
        (pg_errors.CheckViolation(), 500, "internal_error"),
        (KeyError("x"), 500, "internal_error"),
        (RecursionError(), 500, "internal_error"),
    ],
)
def test_troubles_are_told_by_what_a_caller_can_do(raised: Exception, status: int, code: str) -> None:
    for error in (raised, *([OperationalError("SELECT", {}, raised)] if isinstance(raised, psycopg.Error) else [])):
        told = translate(error)
        assert (status_of(type(told)), told.code) == (status, code)
        assert "SELECT" not in told.detail


STATES = {
    "08006": "no connection",
    "08P01": "no connection",
    "25006": "read-only",
    "53100": "disk",
    "53200": "short of",
    "53300": "short of",
    "55P03": "Others are changing",
    "40001": "Others are changing",
    "57014": "too long",
    "25P03": "too long",
    "57P01": "stopped or started",
    "57P03": "stopped or started",
    "58030": "fault of its own",
    "58P01": "fault of its own",
    "XX000": "fault of its own",
    "XX001": "fault of its own",
    "XX002": "fault of its own",
    "F0001": "fault of its own",
    "28P01": "log-in",
    "3D000": "log-in",
    "42501": "does not allow",
    "0A000": "cannot do this",
}


@pytest.mark.parametrize("state", STATES)
def test_the_words_of_a_503_follow_the_class_of_its_sqlstate(state: str) -> None:
    raised = pg_errors.lookup(state)("private words of the server")
    told = translate(raised)
    assert status_of(type(told)) == 503
    assert STATES[state] in told.detail
    assert "private" not in told.detail
    assert "reached" not in told.detail
    assert told.retry_after_s is not None
    assert told.retry_after_s >= 1


@pytest.mark.parametrize("state", ["42601", "42P01", "42703", "23514", "22P02", "P0001", "26000"])
def test_what_does_not_pass_by_itself_is_a_defect(state: str) -> None:
    assert translate(pg_errors.lookup(state)("x")).code == "internal_error"


def test_labels_of_metrics_are_few() -> None:
    def label_of(state: str | None) -> str:
        error = psycopg.OperationalError("x")
        error.sqlstate = state
        seen = find_trouble(error)
        assert seen is not None
        return seen.label

    assert [label_of(state) for state in (None, "25006", "XX9ZZ", "53ABC", "Q1234")] == [
        "none",
        "25006",
        "XXxxx",
        "53xxx",
        "other",
    ]


def test_a_trouble_is_found_behind_the_error_that_was_raised_from_it() -> None:
    try:
        try:
            raise pg_errors.DiskFull("x")
        except pg_errors.DiskFull as error:
            raise UnavailableError("Not written.") from error
    except UnavailableError as error:
        seen = find_trouble(error)
    assert seen is not None
    assert seen.sqlstate == "53100"
