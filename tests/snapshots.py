"""What takes many commands to set up, written again as the rows it came to: milliseconds instead of a second."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import monotonic
from typing import Any, Generic, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from tests.conftest import World, owner_of

T = TypeVar("T")
KEPT_S = 300.0

_TABLES = """
SELECT relname, array_agg(attname ORDER BY attnum) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  AND EXISTS (SELECT FROM pg_attribute own WHERE own.attrelid = pg_class.oid AND own.attname = 'org_id')
GROUP BY relname ORDER BY relname"""
_SEQUENCES = """
SELECT quote_ident(sequencename), coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences
WHERE schemaname = 'public'"""


def written_once(*, kept_s: float = KEPT_S) -> Callable[[Callable[[World], T]], Callable[[World], T]]:
    """Let a function fill an empty database only once in this test process; later ones get the rows of that one.

    Ids, tokens and times are then the same in all of them. What it returns is copied for each. After `kept_s` it is
    filled anew: who came on duty longer ago than some minutes would be silent.
    """

    def decorated(fill: Callable[[World], T]) -> Callable[[World], T]:
        taken: list[tuple[float, Snapshot[T]]] = []

        @wraps(fill)
        def filled(world: World) -> T:
            if taken and monotonic() - taken[-1][0] < kept_s:
                return taken[-1][1].write_to(world)
            taken[:] = [(monotonic(), Snapshot.of(world, fill(world)))]
            return copy.deepcopy(taken[-1][1].known)

        return filled

    return decorated


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """The rows of all organizations in a database, and what is to be known of them."""

    known: T
    statement: sql.Composed
    rows: list[str]

    @classmethod
    def of(cls, world: World, known: T) -> "Snapshot[T]":
        parts, rows = [], []
        with owner_of(world) as owner:
            conn = _driver_of(owner)
            for table, columns in conn.execute(_TABLES).fetchall():
                name, names = sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
                ((found,),) = conn.execute(sql.SQL("SELECT jsonb_agg(t)::text FROM {} t").format(name))
                if found is not None:
                    parts.append(_insertion(name, names))
                    rows.append(found)
            positions = [
                sql.SQL("setval({}, {}, {})").format(*map(sql.Literal, each)) for each in conn.execute(_SEQUENCES)
            ]
        statement = sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(parts), sql.SQL(", ").join(positions))
        return cls(known, statement, rows)

    def write_to(self, world: World) -> T:
        """Write the rows into an empty database."""
        with owner_of(world) as owner, _driver_of(owner).transaction():
            # They were checked when they were written first, and come in any order.
            _driver_of(owner).execute("SET LOCAL session_replication_role = replica")
            _driver_of(owner).execute(self.statement, self.rows)
        return copy.deepcopy(self.known)


def _insertion(table: sql.Identifier, columns: sql.Composed) -> sql.Composed:
    return sql.SQL(
        "{label} AS (INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
        "SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb))"
    ).format(label=sql.Identifier(f"of {table.as_string()}"), table=table, columns=columns)


def _driver_of(connection: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
