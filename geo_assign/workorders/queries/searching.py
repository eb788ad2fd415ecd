"""Work orders that found no technician, in the order in which one who becomes free is tried for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, func, literal, or_, select

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.workorders.domain import PendingReason, WorkOrder
from geo_assign.workorders.queries.work_orders import select_work_orders, to_work_order
from geo_assign.workorders.tables import work_orders


def list_searching(
    tx: Tx, store_id: UUID, *, skills: Collection[str], group_ids: Collection[UUID], at: datetime, skip: int, limit: int
) -> list[WorkOrder]:
    """Located work orders of a store that found no technician, by priority, then oldest first, from the `skip`th on.

    Those alone that need no more than `skills`, belong to none but these groups and are not due at `at` anyhow because
    something changed.
    """
    w = work_orders.c
    some = (
        select(w.id)
        .where(
            w.org_id == tx.org_id,
            w.store_id == store_id,
            w.pending_reason == word(PendingReason.NOBODY_ELIGIBLE),
            w.lat.is_not(None),
            w.skills.op("<@", is_comparison=True)(literal(list(skills), ARRAY(Text()))),
            or_(w.group_id.is_(None), w.group_id.in_(group_ids)),
            or_(w.evaluate_due_at.is_(None), w.evaluate_due_at > at, w.evaluate_due_at == w.looks_again_at),
        )
        .order_by(w.priority.desc(), w.created_at, w.id)
        .offset(skip)
        .limit(limit)
    )
    ids = tx.conn.execute(some).scalars().all()
    whole = select_work_orders(tx, EVERYTHING).where(w.id.in_(ids)) if ids else None
    found = {} if whole is None else {row.id: to_work_order(row) for row in tx.conn.execute(whole)}
    return [found[order_id] for order_id in ids if order_id in found]


def count_due(tx: Tx, store_id: UUID, *, at: datetime, limit: int) -> int:
    """How many orders of a store are due for evaluation because something changed, up to `limit`."""
    w = work_orders.c
    changed = w.evaluate_due_at.is_distinct_from(w.looks_again_at)
    due = select(w.id).where(w.org_id == tx.org_id, w.store_id == store_id, w.evaluate_due_at <= at, changed)
    return tx.conn.execute(select(func.count()).select_from(due.limit(limit).subquery())).scalar_one()
