"""What takes many commands to set up, written again as the rows it came to: milliseconds instead of a second."""

import copy
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from tests.databases import World, owner_of, world_of
from tests.day import Day

T = TypeVar("T")
_TIME = "timestamp with time zone"
# A time within a day of the present goes on; another one is of the calendar.
_GONE_ON = (
    "{column} + CASE WHEN abs(extract(epoch FROM {column} - {taken_at})) < 86400 "
    "THEN date_trunc('minute', now() - {taken_at}) ELSE interval '0' END"
)
# Of a day: what each test has of its own.
_OF_THE_PROCESS = {"database", "clock", "dispatch"}

_TABLES = """
SELECT relname, array_agg(attname ORDER BY attnum), array_agg(atttypid::regtype::text ORDER BY attnum)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  AND EXISTS (SELECT FROM pg_attribute own WHERE own.attrelid = pg_class.oid AND own.attname = 'org_id')
GROUP BY relname ORDER BY relname"""
_SEQUENCES = """
SELECT quote_ident(sequencename), coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences
WHERE schemaname = 'public'"""


def written_once(fill: Callable[[World], T]) -> Callable[[World], T]:
    """Let a function fill an empty database only once in this test process; later ones get the rows of that one.

    Ids and tokens are then the same in all of them. Times are later by the whole minutes that have passed: what was a
    moment ago is at most a minute ago, and an open offer has its time to be answered. What the function returns is
    copied for each; times in it, and in documents within a row, stay those of the first.
    """
    taken: list[Snapshot[T]] = []

    @wraps(fill)
    def filled(world: World) -> T:
        if taken:
            taken[0].write_to(world)
        else:
            taken.append(Snapshot.of(world, fill(world), taken_at=datetime.now(UTC)))
        return copy.deepcopy(taken[0].known)

    return filled


def begun_once(begin: Callable[[Day], T]) -> Callable[[Day], T]:
    """Let a function tell how a newly opened day begins only once in this test process; later days get its rows.

    The day itself then knows the same places, people and jobs, and its clock stands where that day's stood. What the
    function returns is copied for each, with the later day in the place of the first one.
    """
    taken: list[tuple[Day, Snapshot[tuple[dict[str, Any], datetime, T]]]] = []

    @wraps(begin)
    def begun(day: Day) -> T:
        world = world_of(str(day.database.engine.url.database))
        if not taken:
            told = begin(day)
            known = copy.deepcopy((_told_by(day), day.clock.now(), told), {id(day): day})
            taken.append((day, Snapshot.of(world, known, org_id=day.org_id)))
            return told
        first, snapshot = taken[0]
        snapshot.write_to(world, instead_of=day.org_id)
        members, now, told = copy.deepcopy(snapshot.known, {id(first): day})
        vars(day).update(members)
        day.clock.set(now)
        return told

    return begun


def _told_by(day: Day) -> dict[str, Any]:
    """What a day knows of its rows."""
    return {name: value for name, value in vars(day).items() if name not in _OF_THE_PROCESS}


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """The rows of an organization, or of all in a database, and what is to be known of them."""

    known: T
    tables: list[sql.Identifier]
    statement: sql.Composed
    rows: list[str]

    @classmethod
    def of(
        cls, world: World, known: T, *, org_id: UUID | None = None, taken_at: datetime | None = None
    ) -> "Snapshot[T]":
        """Read them. With `taken_at`, the present, the real time goes on for them until they are written."""
        tables, parts, rows = [], [], []
        those = sql.SQL("" if org_id is None else " WHERE org_id = {}").format(sql.Literal(org_id))
        with owner_of(world) as owner:
            conn = _driver_of(owner)
            for table, columns, types in conn.execute(_TABLES).fetchall():
                name = sql.Identifier(table)
                ((found,),) = conn.execute(sql.SQL("SELECT jsonb_agg(t)::text FROM {} t{}").format(name, those))
                if found is not None:
                    tables.append(name)
                    times = {column for column, kind in zip(columns, types, strict=True) if kind == _TIME}
                    parts.append(_insertion(name, columns, times if taken_at else (), taken_at))
                    rows.append(found)
            positions = [
                sql.SQL("setval({}, {}, {})").format(*map(sql.Literal, each)) for each in conn.execute(_SEQUENCES)
            ]
        statement = sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(parts), sql.SQL(", ").join(positions))
        return cls(known, tables, statement, rows)

    def write_to(self, world: World, *, instead_of: UUID | None = None) -> None:
        """Write the rows where none of theirs are, or none but those of an organization that goes."""
        # They were checked when they were written first, and come in any order.
        begun = sql.SQL("SET LOCAL session_replication_role = replica")
        if instead_of is not None:
            deletion = sql.SQL("; DELETE FROM {} WHERE org_id = {}")
            begun += sql.Composed([deletion.format(table, sql.Literal(instead_of)) for table in self.tables])
        with owner_of(world) as owner, _driver_of(owner).transaction():
            _driver_of(owner).execute(begun)
            _driver_of(owner).execute(self.statement, self.rows)


def _insertion(
    table: sql.Identifier, columns: Sequence[str], going_on: Container[str], taken_at: datetime | None
) -> sql.Composed:
    """A part of the statement, for the rows of one table."""
    values = [
        sql.SQL(_GONE_ON if name in going_on else "{column}").format(
            column=sql.Identifier(name), taken_at=sql.Literal(taken_at)
        )
        for name in columns
    ]
    return sql.SQL(
        "{label} AS (INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE "
        "SELECT {values} FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb))"
    ).format(
        label=sql.Identifier(f"of {table.as_string()}"),
        table=table,
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
    )


def _driver_of(connection: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
