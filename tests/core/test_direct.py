"""The hot path's own way to the database must differ from the driver's in nothing but the time."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors as pg_errors
from sqlalchemy import (
    Boolean,
    Connection,
    Double,
    Integer,
    Text,
    Uuid,
    column,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DataError

from geo_assign.access.tables import organizations
from geo_assign.core.db import Database
from geo_assign.core.direct import Opening
from geo_assign.core.expressions import word
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT

VALUES = {
    "id": UUID("01a20193-b55f-7463-b93c-f067572ecca5"),
    "number": 7,
    "distance_m": 12.5,
    "words": ["a", "b'c"],
    "at": datetime(2026, 5, 21, 14, 5, 0, 123456, UTC),
    "nothing": None,
    "yes": True,
}
ASKED = Parameters(
    id=Uuid(), number=Integer(), distance_m=Double(), words=ARRAY(Text()), at=INSTANT, nothing=Text(), yes=Boolean()
)


class EchoRow(NamedTuple):
    id: UUID
    number: int
    distance_m: float
    words: list[str]
    at: datetime
    nothing: None
    yes: bool
    percent: str
    following: int


class NumberRow(NamedTuple):
    number: int


class FollowingRow(NamedTuple):
    number: int
    opened_at: datetime


class WordRow(NamedTuple):
    word: str


class OrganizationRow(NamedTuple):
    org_id: UUID
    opened_at: datetime


ECHO = Statement.of(
    EchoRow,
    select(
        *(getattr(ASKED, name).label(name) for name in ASKED),
        word("100 % 'it' \\").label("percent"),
        (ASKED.number + 1).label("following"),
    ),
)
ONE = Statement.of(NumberRow, select(literal(1).label("number")))
ONE_BY_ZERO = Statement.of(NumberRow, select(func.div(1, 0).label("number")))
DIVIDED = Statement.of(NumberRow, select(func.div(1, ASKED.number).label("number")))
PREPARED = Statement.of(
    WordRow, select(column("statement", Text).label("word")).select_from(table("pg_prepared_statements"))
)


def test_values_arrive_as_they_left(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        first, again = tx.fetch(ECHO, VALUES), tx.fetch(ECHO, VALUES)
        with psycopg.RawCursor(tx.raw) as cursor:
            by_driver = cursor.execute(ECHO.text, [VALUES[name] for name in ECHO.parameters]).fetchall()
    assert [tuple(row) for row in first] == [tuple(row) for row in again] == by_driver
    assert first == [EchoRow(*VALUES.values(), "100 % 'it' \\", 8)]  # type: ignore[call-arg, arg-type]


def test_an_error_is_the_drivers_and_the_connection_goes_on(database: Database, org_id: UUID) -> None:
    with pytest.raises(pg_errors.DivisionByZero), database.transaction(org_id) as tx:
        tx.fetch(DIVIDED, {"number": 0})
    with database.transaction(org_id) as tx:
        assert tx.fetch(DIVIDED, {"number": 1})[0].number == 1


def test_prepared_statements_outlive_a_rollback(world: object, org_id: UUID) -> None:
    database = world.database(pool_size=1)  # type: ignore[attr-defined]
    following = select((ASKED.number + 1).label("number"), func.clock_timestamp().label("opened_at"))
    opening = Opening(Statement.of(FollowingRow, following))
    for _ in range(3):
        with pytest.raises(RuntimeError), database.transaction(org_id, opening, {"number": "1"}) as tx:  # noqa: PT012
            assert tx.opened[0].number == 2
            for _ in range(7):  # often enough for the driver to prepare it
                tx.conn.execute(text("SELECT 1"))
            assert "SELECT 1" in {row.word for row in tx.fetch(PREPARED, {})}
            raise RuntimeError
    database.close()


def test_prepared_statements_outlive_a_statement_of_sqlalchemy_that_fails(world: object, org_id: UUID) -> None:
    database = world.database(pool_size=1)  # type: ignore[attr-defined]
    for _ in range(7):
        with pytest.raises(DataError), database.transaction(org_id) as tx:  # noqa: PT012
            assert tx.fetch(DIVIDED, {"number": 1})[0].number == 1
            tx.conn.execute(text("SELECT 1"))
            tx.conn.execute(text("SELECT 1 / 0"))
    database.close()


def test_a_question_that_fails_leaves_no_transaction_behind(world: object, org_id: UUID) -> None:
    database = world.database(pool_size=1)  # type: ignore[attr-defined]
    divided = select((1 / ASKED.number).label("number"), func.clock_timestamp().label("opened_at"))
    opening = Opening(Statement.of(FollowingRow, divided))
    for _ in range(2):
        with pytest.raises(pg_errors.DivisionByZero), database.transaction(org_id, opening, {"number": "0"}):
            pass
        with database.across_organizations() as conn:
            assert conn.execute(text("SELECT count(*) FROM organizations")).scalar_one() == 0
        with database.transaction(org_id, opening, {"number": "1"}) as tx:
            assert tx.opened[0].number == 1
    database.close()


def test_a_savepoint_is_refused(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx, pytest.raises(RuntimeError, match="No savepoints"):
        tx.conn.begin_nested()


def test_the_opening_question_sees_what_its_organization_may_see(database: Database, org_id: UUID) -> None:
    named = select(organizations.c.org_id, func.clock_timestamp().label("opened_at"))
    named = named.where(organizations.c.name == Parameters(name=Text()).name)
    opening = Opening(Statement.of(OrganizationRow, named))
    with database.transaction(org_id, opening, {"name": "Test"}) as tx:
        assert [row.org_id for row in tx.opened] == [org_id]
        assert tx.opened_at is not None
        assert tx.opened_at <= tx.as_of() <= tx.now()
    with database.transaction(uuid4(), opening, {"name": "Test"}) as tx:
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
        tx.fetch(ONE, {})
    with database.transaction(org_id) as tx:
        assert tx.fetch(ONE, {})[0].number == 1


def test_a_failure_that_was_passed_over_is_not_committed_in_silence(database: Database, org_id: UUID) -> None:
    with pytest.raises(pg_errors.InFailedSqlTransaction), database.transaction(org_id) as tx:  # noqa: PT012
        tx.conn.execute(text("UPDATE organizations SET name = 'half done'"))
        with pytest.raises(pg_errors.DivisionByZero):
            tx.fetch(ONE_BY_ZERO, {})
