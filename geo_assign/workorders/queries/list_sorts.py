"""The orders in which lists of work orders come, and where the next page of each begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, ColumnElement, literal, tuple_

from geo_assign.core.expressions import sorted_anew
from geo_assign.core.paging import decode
from geo_assign.core.rows import AnyColumn, ResultRow
from geo_assign.workorders.domain import Kind
from geo_assign.workorders.tables import work_orders

Sort = Literal[
    "created_at",
    "-created_at",
    "slot_start",
    "-slot_start",
    "priority",
    "-priority",
    "updated_at",
    "-updated_at",
    "number",
    "-number",
    "relevance",
]
"""By what; `-` in front turns it round. What is alike comes oldest first either way.

`relevance`: the orders whose number is what is looked for, then the newest.
"""


@dataclass(frozen=True, slots=True)
class _Key:
    column: Column[Any]
    descending: bool = False


_w = work_orders.c
_SORTED_BY = {
    "created_at": (_w.created_at,),
    "slot_start": (_w.slot_start,),
    "priority": (_w.priority,),
    "updated_at": (_w.updated_at,),
    "number": (_w.kind, _w.number),
}
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
# Of these the planner knows how many rows lie behind several columns at once: it looks at the first alone.
_SELDOM_ALIKE = {"created_at", "slot_start", "updated_at"}


def sorted_columns(sort: Sort, *, anew: bool = False) -> list[AnyColumn]:
    """What a list is ordered by: no two rows are alike. `anew`: not by reading the sort's index."""
    keys = _keys(sort)
    columns: list[AnyColumn] = [key.column for key in keys]
    if anew:
        columns[0] = sorted_anew(columns[0])
    return [column.desc() if key.descending else column.asc() for key, column in zip(keys, columns, strict=True)]


def is_sorted_by(sort: Sort, column: AnyColumn) -> bool:
    """Whether a column decides first."""
    return _keys(sort)[0].column is column


def place_of(row: ResultRow, sort: Sort) -> list[object]:
    """Where a row stands in its list: what a cursor holds."""
    return [sort, *(getattr(row, key.column.name) for key in _keys(sort))]


def start_of(sort: Sort) -> list[object]:
    """A place before every row of a list that is sorted by `relevance`."""
    return [sort, _NEVER, UUID(int=0)]


def ranges_behind(cursor: str, sort: Sort) -> Sequence[Sequence[ColumnElement[bool]]]:
    """The rows after the one that the cursor names, as conditions of ranges that follow one another.

    Each range is a part of the sort's index from its begin on, however many rows are alike in what they are sorted by.
    Raises BadCursorError, also for a cursor of another sort.
    """
    keys = _keys(sort)
    last = decode(cursor, _same(sort), *(_PARSERS[key.column.name] for key in keys))[1:]
    (head, value), *tail = zip(keys, last, strict=True)
    if not head.descending and head.column.name in _SELDOM_ALIKE:
        return [[_is_behind([(head, value), *tail])]]
    return [[head.column == value, _is_behind(tail)], [_is_behind([(head, value)])]]


def _is_behind(known: Sequence[tuple[_Key, object]]) -> ColumnElement[bool]:
    """In columns that run in one direction."""
    row = tuple_(*(key.column for key, _ in known))
    values = tuple_(*(literal(value, key.column.type) for key, value in known))
    return row < values if known[0][0].descending else row > values


def _keys(sort: Sort) -> list[_Key]:
    """The columns that order a list: those asked for, then the age and the id unless no two rows are alike anyway."""
    if sort == "relevance":
        return _keys("-created_at")
    name = sort.removeprefix("-")
    keys = [_Key(column, descending=sort.startswith("-")) for column in _SORTED_BY[name]]
    if name == "number":
        return keys
    return [*keys, _Key(_w.id)] if name == "created_at" else [*keys, _Key(_w.created_at), _Key(_w.id)]


def _same(sort: Sort) -> Callable[[str], str]:
    def parse(name: str) -> str:
        if name != sort:
            raise ValueError(name)
        return name

    return parse


def _integer(value: str | int) -> int:
    if not -(2**31) <= int(value) < 2**31:
        raise ValueError(value)
    return int(value)


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "created_at": datetime.fromisoformat,
    "slot_start": datetime.fromisoformat,
    "updated_at": datetime.fromisoformat,
    "priority": _integer,
    "number": _integer,
    "kind": Kind,
    "id": UUID,
}
