"""Work orders that found no technician, in the order in which one who becomes free is tried for them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, any_, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.workorders.domain import PendingReason, WorkOrder
from geo_assign.workorders.queries.work_orders import list_work_orders_by_id
from geo_assign.workorders.tables import work_orders


def list_searching(
    tx: Tx, store_id: UUID, *, skills: Collection[str], group_ids: Collection[UUID], at: datetime, skip: int, limit: int
) -> list[WorkOrder]:
    """Located work orders of a store that found no technician, by priority, then oldest first, from the `skip`th on.

    Those alone that need no more than `skills`, belong to none but these groups and are not due at `at` anyhow because
    something changed.
    """
    asked = {
        "org_id": tx.org_id,
        "store_id": store_id,
        "skills": list(skills),
        "group_ids": list(group_ids),
        "at": at,
        "skip": skip,
        "limit": limit,
    }
    ids = [row.id for row in tx.fetch(_SEARCHING, asked)]
    found = list_work_orders_by_id(tx, ids)
    return [found[order_id] for order_id in ids if order_id in found]


class _IdRow(NamedTuple):
    id: UUID


# Asked whenever a technician's time becomes free, so it is rendered once.
_ASKED = Parameters(
    org_id=Uuid(),
    store_id=Uuid(),
    skills=ARRAY(Text()),
    group_ids=ARRAY(Uuid()),
    at=INSTANT,
    skip=Integer(),
    limit=Integer(),
)


def _searching() -> AnySelect:
    w = work_orders.c
    return (
        select(w.id)
        .where(
            w.org_id == _ASKED.org_id,
            w.store_id == _ASKED.store_id,
            w.pending_reason == word(PendingReason.NOBODY_ELIGIBLE),
            w.lat.is_not(None),
            w.skills.op("<@", is_comparison=True)(_ASKED.skills),
            or_(w.group_id.is_(None), w.group_id == any_(_ASKED.group_ids)),
            or_(w.evaluate_due_at.is_(None), w.evaluate_due_at > _ASKED.at, w.evaluate_due_at == w.looks_again_at),
        )
        .order_by(w.priority.desc(), w.created_at, w.id)
        .offset(_ASKED.skip)
        .limit(_ASKED.limit)
    )


_SEARCHING = Statement.of(_IdRow, _searching())


class _CountRow(NamedTuple):
    number: int


def _due() -> AnySelect:
    w, asked = work_orders.c, _ASKED
    changed = w.evaluate_due_at.is_distinct_from(w.looks_again_at)
    of_store = (w.org_id == asked.org_id, w.store_id == asked.store_id)
    due = select(w.id).where(*of_store, w.evaluate_due_at <= asked.at, changed).limit(asked.limit).subquery("due")
    return select(func.count().label("number")).select_from(due)


# Asked all the time while many are due, so it is rendered once.
_DUE = Statement.of(_CountRow, _due())


def count_due(tx: Tx, store_id: UUID, *, at: datetime, limit: int) -> int:
    """How many orders of a store are due for evaluation because something changed, up to `limit`."""
    return tx.fetch(_DUE, {"org_id": tx.org_id, "store_id": store_id, "at": at, "limit": limit})[0].number
