"""One row by its id, and lists by name: what the reads of stores, groups, providers and technicians share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypedDict, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, Uuid, select, true

from geo_assign.access.domain import Scope
from geo_assign.access.queries import after
from geo_assign.access.viewer import SCOPE, Viewer, scope_values, viewer_declared
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.core.statements import Parameters, Statement

Q = TypeVar("Q", bound=tuple[object, ...])
Seen: TypeAlias = Mapping[bool, Statement[Q]]
"""A statement for callers who see everything (True), and one for others."""


# Parts of every ranking, rendered once.
_ASKED = SCOPE | Parameters(id=Uuid())


def seen(row: type[Q], of: Table, sees: Callable[[Viewer, FromClause], ColumnElement[bool]]) -> Seen[Q]:
    """The row of `of` with the id, if the caller sees it."""
    named: Any = row
    rows = select(*(of.c[name] for name in named._fields)).where(of.c.org_id == _ASKED.org_id, of.c.id == _ASKED.id)
    return {
        everything: Statement.of(row, rows.where(sees(viewer_declared(everything=everything), of)), steady=True)
        for everything in (True, False)
    }


def seen_row(tx: Tx, scope: Scope, statement: Statement[Q], row_id: UUID) -> Q:
    """Raises NotFoundError."""
    rows = tx.fetch(statement, scope_values(tx, scope) | {"id": row_id})
    if not rows:
        raise NotFoundError
    return rows[0]


def one_row(tx: Tx, statement: AnySelect, *, of: Table, row_id: UUID) -> ResultRow:
    """The row of `of` with this id that `statement` lets through. Raises NotFoundError."""
    row = tx.conn.execute(statement.where(of.c.org_id == tx.org_id, of.c.id == row_id)).first()
    if row is None:
        raise NotFoundError
    return row


class Named(Protocol):
    """What is listed by name."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


class ListChoice(TypedDict, total=False):
    """What each of these lists may be asked for.

    `active`: only active ones, or only others. `updated_since`: what changed at that instant or later, the oldest
    change first. `limit` and `cursor`: which page.
    """

    active: bool | None
    updated_since: datetime | None
    limit: int
    cursor: str | None


def listed(
    tx: Tx, statement: AnySelect, to_value: Callable[[ResultRow], N], *, of: Table, listing: ListChoice
) -> Page[N]:
    """By name; where changes are asked for by the last change, so that what changes again comes again."""
    rows = statement.where(of.c.org_id == tx.org_id, _is_active(of, listing.get("active")))
    since, limit, cursor = listing.get("updated_since"), listing.get("limit", DEFAULT_LIMIT), listing.get("cursor")
    if since is not None:
        return _by_change(tx, rows.where(of.c.updated_at >= since), to_value, of=of, limit=limit, cursor=cursor)
    if cursor is not None:
        rows = rows.where(after(of.c.name, of.c.id, decode(cursor, str, UUID)))
    found = tx.conn.execute(rows.order_by(of.c.name, of.c.id).limit(limit + 1)).all()
    return page([to_value(row) for row in found], limit, lambda value: (value.name, value.id))


def _by_change(
    tx: Tx, rows: AnySelect, to_value: Callable[[ResultRow], N], *, of: Table, limit: int, cursor: str | None
) -> Page[N]:
    if cursor is not None:
        rows = rows.where(after(of.c.updated_at, of.c.id, decode(cursor, datetime.fromisoformat, UUID)))
    found = tx.conn.execute(rows.order_by(of.c.updated_at, of.c.id).limit(limit + 1)).all()
    cut = page(found, limit, lambda row: (row.updated_at.isoformat(), row.id))
    return Page([to_value(row) for row in cut.items], cut.next_cursor)


def _is_active(table: Table, wanted: bool | None) -> ColumnElement[bool]:  # noqa: FBT001  (a column's value)
    return true() if wanted is None else table.c.active.is_(wanted)


def point_of(lat: float | None, lon: float | None) -> Point | None:
    return None if lat is None or lon is None else Point(lat=lat, lon=lon)
