"""Errors become problems: every one of the library, and whatever the database raises."""

import json

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_assign.app import list_operations
from geo_assign.core.errors import Family, GeoAssignError, TooManyError, UnavailableError
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
