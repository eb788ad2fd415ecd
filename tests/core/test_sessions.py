"""Nothing of the service is bound to its connection, and no two statements share a name: any pooler may be between."""

from itertools import combinations
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, Integer, Text, column, select, table

from geo_assign.core.direct import TransactionFrame, statement_name
from geo_assign.core.statements import Parameters, Statement
from tests.conftest import World
from tests.sessions import kept_by_session
from tests.statements import every_statement

TYPES = st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple)


class PreparedRow(NamedTuple):
    name: str
    statement: str


class NumberRow(NamedTuple):
    number: int


NUMBER = Parameters(number=Integer()).number
PREPARED = Statement.of(
    PreparedRow, select(column("name", Text), column("statement", Text)).select_from(table("pg_prepared_statements"))
)
PLUS = [Statement.of(NumberRow, select((NUMBER + plus).label("number"))) for plus in range(12)]


def test_statements_have_the_name_of_their_text() -> None:
    texts = {one.text for one in every_statement()}
    assert len(texts) > 20
    assert len({statement_name(text) for text in texts}) == len(texts)
    assert {statement_name(bytes(bytearray(text))) for text in texts} == {statement_name(text) for text in texts}
    assert all(len(statement_name(text)) < 64 for text in texts)  # what PostgreSQL keeps of a name


@given(st.lists(st.tuples(st.binary(max_size=40), TYPES), min_size=2, max_size=6, unique=True))
@example([(b"SELECT 1", (23,)), (b"SELECT 1\x0023", ())])
@example([(b"SELECT 1", (2, 3)), (b"SELECT 1", (23,))])
@example([(b"SELECT 1", ()), (b"SELECT 1 ", ())])
def test_another_text_or_other_types_are_another_name(said: list[tuple[bytes, tuple[int, ...]]]) -> None:
    for one, other in combinations(said, 2):
        assert statement_name(*one) != statement_name(*other)
        assert statement_name(*one) == statement_name(*one)


def test_connections_that_were_asked_in_another_order_agree_on_every_name(world: World, org_id: UUID) -> None:
    """On connections of three processes, of which each began with another statement."""
    told: list[dict[str, str]] = []
    for ordered in (PLUS, PLUS[::-1], PLUS[1:]):
        database = world.database(pool_size=1)
        with database.transaction(org_id) as tx:
            for statement in ordered:
                tx.fetch(statement, {"number": 1})
            told.append({row.name: row.statement for row in tx.fetch(PREPARED, {}) if row.name.startswith("geo_")})
        database.close()
    names = {**told[0], **told[1], **told[2]}
    assert all(names[name] == text for one in told for name, text in one.items())
    assert len(set(names.values())) == len(names) >= len(PLUS)


def test_a_transaction_leaves_its_connection_as_it_was(world: World, org_id: UUID) -> None:
    database = world.database(pool_size=1)
    hasty = TransactionFrame({"statement_timeout": "10ms", "app.org_id": str(org_id)})
    with database.across_organizations() as conn:
        before = settings_of(conn)
    with database.transaction(org_id) as tx:
        tx.raw.execute(hasty.setting().replace(b"$1", b"'10s'").replace(b"$2", b"'x'"))
    with database.across_organizations() as conn:
        assert settings_of(conn) == before
    database.close()


def settings_of(conn: Connection) -> set[tuple[str, str]]:
    rows = conn.exec_driver_sql("SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'transaction%%'")
    return {(name, setting) for name, setting in rows if setting}


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("SELECT 'SET x'", []),
        ("SET LOCAL jit = off", []),
        ("SET jit = off", ["a setting"]),
        ("BEGIN; \n SET search_path TO x", ["a setting"]),
        ("RESET ALL", ["a setting"]),
        ("UPDATE t SET a = 1", []),
        ("UPDATE t\nSET a = 1", []),
        ("SELECT set_config('a.b', 'c', true)", []),
        ("SELECT set_config('a.b', 'c', false)", ["a setting"]),
        ("SELECT set_config('a', 'b', true), set_config('a', coalesce(x, 'y'), %(is_local)s)", ["a setting"]),
        ("SELECT pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)", []),
        ("SELECT pg_advisory_lock(1)", ["an advisory lock"]),
        ("SELECT pg_try_advisory_lock_shared(1)", ["an advisory lock"]),
        ("LISTEN news", ["a listener"]),
        ("CREATE TEMP TABLE t (a int)", ["a temporary table"]),
        ("CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT 1", []),
        ("PREPARE x AS SELECT 1", ["a prepared statement"]),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", ["a cursor"]),
    ],
)
def test_what_stays_on_a_connection_is_seen(statement: str, kept: list[str]) -> None:
    assert kept_by_session(statement) == kept
