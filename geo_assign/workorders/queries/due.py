"""What the worker takes up: rows whose deadline has passed, across organizations, in fair turns.

Read with the worker's role, which may only look; each row is then worked on in a transaction of its own organization.
Offers are closed many at once, so what is listed of them are the stores.
The first row of every organization comes before the second of any, and within an organization so it is with its
stores. So a backlog delays only what comes behind it in the same store.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, select

from geo_assign.core.db import Database
from geo_assign.core.expressions import word
from geo_assign.core.lanes import Due
from geo_assign.core.rows import AnyColumn
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.workorders.domain import OfferState
from geo_assign.workorders.tables import offers, work_orders

# Few enough that the turns are dealt out anew every few seconds at most.
_AT_ONCE = 64
_LOOK_AGAIN = timedelta(seconds=30)

_o, _w = offers.c, work_orders.c
_ASKED = Parameters(now=INSTANT)


def _in_turns(
    rows: FromClause,
    *,
    where: ColumnElement[bool],
    due_at: AnyColumn,
    row_id: AnyColumn,
    order: tuple[AnyColumn, ...] = (),
) -> Select[UUID, UUID]:
    """Which of `rows` are to be worked on next; within one store by `order`, then the longest due first."""
    of_org = _w.org_id
    by_store = func.row_number().over(partition_by=(of_org, _w.store_id), order_by=(*order, due_at, row_id))
    due = select(of_org.label("org_id"), row_id.label("id"), due_at.label("due_at"), by_store.label("turn"))
    some = due.select_from(rows).where(where).subquery("due")
    next_ones = select(some).where(some.c.turn <= _AT_ONCE).subquery("next_ones")
    by_org = func.row_number().over(
        partition_by=next_ones.c.org_id, order_by=(next_ones.c.turn, next_ones.c.due_at, next_ones.c.id)
    )
    dealt = select(next_ones, by_org.label("org_turn")).subquery("dealt")
    return select(dealt.c.org_id, dealt.c.id).order_by(dealt.c.org_turn, dealt.c.due_at, dealt.c.id).limit(_AT_ONCE)


def _overdue_stores() -> Select[UUID, UUID]:
    of_order = offers.join(work_orders, and_(_w.org_id == _o.org_id, _w.id == _o.work_order_id))
    is_overdue = and_(_o.state == word(OfferState.OFFERED), _o.expires_at <= _ASKED.now)
    longest = func.min(_o.expires_at).label("due_at")
    turn = func.row_number().over(partition_by=_w.org_id, order_by=longest).label("turn")
    by_store = select(_w.org_id, _w.store_id.label("id"), longest, turn).select_from(of_order).where(is_overdue)
    some = by_store.group_by(_w.org_id, _w.store_id).subquery("stores")
    return select(some.c.org_id, some.c.id).order_by(some.c.turn, some.c.due_at, some.c.id).limit(_AT_ONCE)


def _due_evaluations() -> Select[UUID, UUID]:
    # What is looked at again only because time passes waits for all else; the longest overdue half minute first.
    routine = func.coalesce(_w.evaluate_due_at == _w.looks_again_at, false())
    period = func.date_bin(_LOOK_AGAIN, _w.evaluate_due_at, func.to_timestamp(0), type_=INSTANT)
    order = (routine, period, _w.priority.desc(), _w.created_at)
    where = _w.evaluate_due_at <= _ASKED.now
    return _in_turns(work_orders, where=where, due_at=_w.evaluate_due_at, row_id=_w.id, order=order)


def _due_geocoding() -> Select[UUID, UUID]:
    where = _w.geocode_due_at <= _ASKED.now
    return _in_turns(work_orders, where=where, due_at=_w.geocode_due_at, row_id=_w.id)


class _DueRow(NamedTuple):
    org_id: UUID
    id: UUID


# Asked whenever something has ended, so they are rendered once.
_OVERDUE_STORES = Statement.of(_DueRow, _overdue_stores())
_DUE_EVALUATIONS = Statement.of(_DueRow, _due_evaluations())
_DUE_GEOCODING = Statement.of(_DueRow, _due_geocoding())


def list_stores_with_overdue_offers(worker: Database) -> Due:
    """Stores with an offer whose time to answer is over, the longest overdue first."""
    return worker.fetch_due(_OVERDUE_STORES)


def list_due_evaluations(worker: Database) -> Due:
    """Work orders to evaluate again: what changed first, then by priority, then oldest first."""
    return worker.fetch_due(_DUE_EVALUATIONS)


def list_due_geocoding(worker: Database) -> Due:
    """Work orders whose address is to be geocoded, the longest due first."""
    return worker.fetch_due(_DUE_GEOCODING)
