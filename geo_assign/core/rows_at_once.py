"""Rows written by one statement that is kept, however many they are.

They travel as one JSON document. Told to SQLAlchemy row by row they cost more than it takes to write them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import orjson
from sqlalchemy import Column, Table, Uuid, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias

from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn
from geo_assign.core.statements import NoRow, Parameters, Statement

_GIVEN = Parameters(org_id=Uuid(), rows=JSONB())
Row = Mapping[str, object]
"""Values by the names of columns: JSON or what has one form as JSON, such as ids, instants and enums. None is NULL."""


def insert_rows(tx: Tx, table: Table, rows: Sequence[Row]) -> None:
    """Add rows of the transaction's organization in this order, all of the same columns."""
    if rows:
        tx.fetch(_insert(table, tuple(rows[0])), _values(tx.org_id, rows))


def update_versions(tx: Tx, table: Table, rows: Sequence[Row], *, versions: Iterable[str]) -> None:
    """Give each row of an `id` its other values, and its `version` plus one in each of the columns `versions`."""
    if rows:
        tx.fetch(_update(table, tuple(sorted(rows[0])), tuple(versions)), _values(tx.org_id, rows))


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...]) -> Statement[NoRow]:
    given = _given(table.c[name] for name in names)
    rows = select(_GIVEN.org_id, *(given.c[name] for name in names)).select_from(given)
    return Statement.of(NoRow, insert(table).from_select(["org_id", *names], rows))


@lru_cache(maxsize=256)
def _update(table: Table, names: tuple[str, ...], versions: tuple[str, ...]) -> Statement[NoRow]:
    given = _given(table.c[name] for name in names)
    values: dict[str, AnyColumn] = {name: given.c[name] for name in names if name != "id"}
    values |= dict.fromkeys(versions, table.c.version + 1)
    rows = update(table).where(table.c.org_id == _GIVEN.org_id, table.c.id == given.c.id)
    return Statement.of(NoRow, rows.values(values))


def _given(columns: Iterable["Column[object]"]) -> TableValuedAlias:
    typed = [column(one.name, one.type) for one in columns]
    rows = func.jsonb_to_recordset(_GIVEN.rows).table_valued(*typed)
    return rows.render_derived(name="given", with_types=True)


def _values(org_id: UUID, rows: Sequence[Row]) -> dict[str, object]:
    document = orjson.dumps(rows, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    return {"org_id": org_id, "rows": document.decode()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
