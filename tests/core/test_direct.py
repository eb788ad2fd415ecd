"""The hot path's own way to the database must differ from the driver's in nothing but the time."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from geo_assign.core.db import Database
from geo_assign.core.direct import Opening

VALUES = {
    "id": UUID("01a20193-b55f-7463-b93c-f067572ecca5"),
    "number": 7,
    "distance_m": 12.5,
    "words": ["a", "b'c"],
    "at": datetime(2026, 5, 21, 14, 5, 0, 123456, UTC),
    "nothing": None,
    "yes": True,
}
ECHO = """
SELECT %(id)s::uuid AS id, %(number)s::int AS number, %(distance_m)s::float8 AS distance_m,
       %(words)s::text[] AS words, %(at)s::timestamptz AS at, %(nothing)s::text AS nothing, %(yes)s::bool AS yes,
       7 %% 4 AS rest, %(number)s::int + 1
"""


def test_values_arrive_as_they_left(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        first, again = tx.fetch(ECHO, VALUES), tx.fetch(ECHO, VALUES)
        with tx.raw.cursor() as cursor:
            by_driver = cursor.execute(ECHO, VALUES).fetchall()
    assert [tuple(row) for row in first] == [tuple(row) for row in again] == by_driver
    assert first[0].id == VALUES["id"]
    assert first[0].at == VALUES["at"]


def test_an_error_is_the_drivers_and_the_connection_goes_on(database: Database, org_id: UUID) -> None:
    statement = "SELECT 1 / %(number)s::int AS result"
    with pytest.raises(pg_errors.DivisionByZero), database.transaction(org_id) as tx:
        tx.fetch(statement, {"number": 0})
    with database.transaction(org_id) as tx:
        assert tx.fetch(statement, {"number": 1})[0].result == 1


def test_prepared_statements_outlive_a_rollback(world: object, org_id: UUID) -> None:
    database = world.database(pool_size=1)  # type: ignore[attr-defined]
    opening = Opening("ask_twice", ("int",), "SELECT $1 + 1 AS answer")
    for _ in range(3):
        with pytest.raises(RuntimeError), database.transaction(org_id, opening, ["1"]) as tx:  # noqa: PT012
            assert tx.opened[0].answer == 2
            for _ in range(7):  # often enough for the driver to prepare it
                tx.conn.execute(text("SELECT 1"))
            assert "SELECT 1" in {row.statement for row in tx.fetch("SELECT statement FROM pg_prepared_statements", {})}
            raise RuntimeError
    database.close()


def test_prepared_statements_outlive_a_statement_of_sqlalchemy_that_fails(world: object, org_id: UUID) -> None:
    database = world.database(pool_size=1)  # type: ignore[attr-defined]
    for _ in range(7):
        with pytest.raises(DataError), database.transaction(org_id) as tx:  # noqa: PT012
            assert tx.fetch("SELECT %(n)s::int AS n", {"n": 1})[0].n == 1
            tx.conn.execute(text("SELECT 1"))
            tx.conn.execute(text("SELECT 1 / 0"))
    database.close()


def test_a_savepoint_is_refused(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx, pytest.raises(RuntimeError, match="No savepoints"):
        tx.conn.begin_nested()


def test_the_opening_question_sees_what_its_organization_may_see(database: Database, org_id: UUID) -> None:
    opening = Opening("list_organizations", ("text",), "SELECT org_id FROM organizations WHERE name = $1")
    with database.transaction(org_id, opening, ["'Test'"]) as tx:
        assert [row.org_id for row in tx.opened] == [org_id]
        assert tx.opened_at is not None
        assert tx.opened_at <= tx.as_of() <= tx.now()
    with database.transaction(uuid4(), opening, ["'Test'"]) as tx:
        assert tx.opened == []
        assert tx.opened_at is None


def test_a_connection_that_died_in_the_pool_is_replaced(database: Database, admin: Connection, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        pid = tx.raw.info.backend_pid
    admin.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with database.transaction(org_id) as tx:
        assert tx.raw.info.backend_pid != pid


def test_a_connection_that_dies_at_work_fails_once(database: Database, admin: Connection, org_id: UUID) -> None:
    with pytest.raises(psycopg.OperationalError), database.transaction(org_id) as tx:  # noqa: PT012
        admin.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": tx.raw.info.backend_pid})
        tx.fetch("SELECT 1", {})
    with database.transaction(org_id) as tx:
        assert tx.fetch("SELECT 1 AS one", {})[0].one == 1


def test_a_failure_that_was_passed_over_is_not_committed_in_silence(database: Database, org_id: UUID) -> None:
    with pytest.raises(pg_errors.InFailedSqlTransaction), database.transaction(org_id) as tx:  # noqa: PT012
        tx.conn.execute(text("UPDATE organizations SET name = 'half done'"))
        with pytest.raises(pg_errors.DivisionByZero):
            tx.fetch("SELECT 1 / 0", {})
