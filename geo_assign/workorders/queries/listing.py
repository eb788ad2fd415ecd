"""The dispatcher's lists of work orders: filters, sorts, pages that hold together, and how many there are in all."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Text, and_, any_, cast, false, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import AnySelect
from geo_assign.workorders.domain import (
    BOOKED,
    BUCKETS,
    NEEDING_YOU,
    TERMINAL,
    Bucket,
    Kind,
    PendingReason,
    State,
    WorkOrder,
)
from geo_assign.workorders.queries.work_orders import select_work_orders, to_work_order
from geo_assign.workorders.search_texts import search_words
from geo_assign.workorders.tables import bookings, work_orders
from geo_assign.workorders.visibility import sees_work_order

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
]
"""By what; `-` in front turns it round. What is alike comes oldest first either way."""


@dataclass(frozen=True, slots=True)
class WorkOrderFilter:
    """Which work orders: empty means any.

    `technician_id` has, had or is offered the work; `slot_from` and `slot_to` meet the slot; each word of `text` is
    found in the order's number, the customer, the address, the device, the notes or the external id; `returned_to` is
    the dispatcher to whom a group sent it back; `updated_since` and `created_from` include the instant, `created_to`
    does not.
    """

    states: Collection[State] = ()
    store_id: UUID | None = None
    group_id: UUID | None = None
    kind: Kind | None = None
    external_id: str | None = None
    ids: Collection[UUID] = ()
    buckets: Collection[Bucket] = ()
    pending_reasons: Collection[PendingReason] = ()
    technician_id: UUID | None = None
    skill: str | None = None
    slot_from: datetime | None = None
    slot_to: datetime | None = None
    text: str | None = None
    has_location: bool | None = None
    alarm: bool | None = None
    returned_to: UUID | None = None
    updated_since: datetime | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True)
class WorkOrderPage(Page[WorkOrder]):
    """A page of work orders; the first one, if asked, with the `count` of all pages together."""

    count: int | None = None


def list_work_orders(
    tx: Tx,
    scope: Scope,
    wanted: WorkOrderFilter,
    *,
    limit: int,
    cursor: str | None = None,
    sort: Sort = "created_at",
    counted: bool = False,
) -> WorkOrderPage:
    """Work orders of the scope. Raises BadCursorError, also for a cursor of another sort."""
    first = counted and cursor is None
    statement = page_statement(tx, scope, wanted, limit=limit, cursor=cursor, sort=sort, counted=first)
    rows = tx.conn.execute(statement).all()
    cut = page(rows, limit, lambda row: [sort, *(getattr(row, key.column.name) for key in _keys(sort))])
    count = (rows[0].of_all if rows else 0) if first else None
    return WorkOrderPage([to_work_order(row) for row in cut.items], cut.next_cursor, count)


def page_statement(
    tx: Tx,
    scope: Scope,
    wanted: WorkOrderFilter,
    *,
    limit: int,
    cursor: str | None = None,
    sort: Sort = "created_at",
    counted: bool = False,
) -> AnySelect:
    """One page and the row behind it; `counted` adds to each row how many there are of all."""
    keys = _keys(sort)
    matching = _matching(tx, wanted)
    statement = select_work_orders(tx, scope).where(*matching)
    if counted:
        # In the same statement, so that the badge counts what the list shows.
        statement = statement.add_columns(_count(tx, scope, matching).scalar_subquery().label("of_all"))
    if cursor is not None:
        last = decode(cursor, _same(sort), *(_PARSERS[key.column.name] for key in keys))[1:]
        statement = statement.where(*_behind(keys, last))
    ordered = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    return statement.order_by(*ordered).limit(limit + 1)


def _count(tx: Tx, scope: Scope, matching: Sequence[ColumnElement[bool]]) -> AnySelect:
    statement = select(func.count()).select_from(work_orders)
    return statement.where(work_orders.c.org_id == tx.org_id, sees_work_order(viewer_of(tx, scope)), *matching)


# Sorting --------------------------------------------------------------------------------------------------------------


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


def _keys(sort: Sort) -> list[_Key]:
    """The columns that order a list: those asked for, then the age and the id, so that no two rows are alike."""
    name = sort.removeprefix("-")
    keys = [_Key(column, descending=sort.startswith("-")) for column in _SORTED_BY[name]]
    if name != "created_at":
        keys.append(_Key(_w.created_at))
    return [*keys, _Key(_w.id)]


def _behind(keys: list[_Key], last: Sequence[object]) -> Iterator[ColumnElement[bool]]:
    """The rows after the one with the values `last`, where columns run in different directions."""
    first, bound = keys[0], last[0]
    # Implied by what follows; said on its own it is where an index scan begins.
    yield first.column <= bound if first.descending else first.column >= bound
    ways = []
    for position, (key, value) in enumerate(zip(keys, last, strict=True)):
        alike = [before.column == known for before, known in zip(keys[:position], last, strict=False)]
        ways.append(and_(*alike, key.column < value if key.descending else key.column > value))
    yield or_(*ways)


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

# Filtering ------------------------------------------------------------------------------------------------------------


def _matching(tx: Tx, wanted: WorkOrderFilter) -> list[ColumnElement[bool]]:
    asked = {name: getattr(wanted, name) for name in WorkOrderFilter.__dataclass_fields__}
    technician_id = asked.pop("technician_id")
    conditions = [_CONDITIONS[name](value) for name, value in asked.items() if value is False or value]
    if technician_id is not None:
        conditions.append(_w.id.in_(_work_of(tx, technician_id)))
    return conditions


def _work_of(tx: Tx, technician_id: UUID) -> AnySelect:
    b = bookings.c
    return select(b.work_order_id).where(b.org_id == tx.org_id, b.technician_id == technician_id, b.state.in_(BOOKED))


def _is_found_by(text: str) -> ColumnElement[bool]:
    """What people type who look for a work order. As a CTE the page and the count search once."""
    found = select(func.find_work_orders(cast(search_words(text), ARRAY(Text))).label("id")).cte("found")
    return _w.id.in_(select(found.c.id))


def _has_alarm() -> ColumnElement[bool]:
    # A JSON null is none either.
    return func.coalesce(func.jsonb_typeof(_w.alarm), "null") != "null"


def _in_buckets(buckets: Collection[Bucket]) -> ColumnElement[bool]:
    """As `WorkOrder.bucket` has it."""
    alarmed = func.coalesce(_w.alarm["code"].astext.in_(sorted(NEEDING_YOU)), false())
    of_state = _w.state.in_([state for state, bucket in BUCKETS.items() if bucket in buckets])
    if Bucket.NEEDS_YOU in buckets:
        live = _w.state.not_in(sorted(TERMINAL))
        return or_(of_state, and_(live, alarmed))
    return and_(of_state, or_(_w.state.in_(sorted(TERMINAL)), not_(alarmed)))


_CONDITIONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "states": lambda states: _w.state.in_(list(states)),
    "store_id": lambda store_id: _w.store_id == store_id,
    "group_id": lambda group_id: _w.group_id == group_id,
    "kind": lambda kind: _w.kind == kind,
    "external_id": lambda external_id: _w.external_id == external_id,
    "ids": lambda ids: _w.id.in_(list(ids)),
    "buckets": _in_buckets,
    "pending_reasons": lambda reasons: _w.pending_reason.in_(list(reasons)),
    "skill": lambda skill: literal(skill) == any_(_w.skills),
    "slot_from": lambda instant: _w.slot_end > instant,
    "slot_to": lambda instant: _w.slot_start < instant,
    "text": _is_found_by,
    "has_location": lambda located: _w.lat.is_not(None) if located else _w.lat.is_(None),
    "alarm": lambda alarmed: _has_alarm() if alarmed else ~_has_alarm(),
    "returned_to": lambda user_id: _w.returned_to == user_id,
    "updated_since": lambda instant: _w.updated_at >= instant,
    "created_from": lambda instant: _w.created_at >= instant,
    "created_to": lambda instant: _w.created_at < instant,
}
