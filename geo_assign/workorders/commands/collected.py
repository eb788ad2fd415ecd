"""Taking the leads that a store collects, to solve them together."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from geo_assign.core.db import Tx
from geo_assign.workorders.queries.collected import is_collected
from geo_assign.workorders.tables import work_orders


def lease_collected(tx: Tx, store_id: UUID, *, at: datetime, lease: timedelta, limit: int) -> list[UUID]:
    """Take the store's collected orders that are due, oldest first, and hold them until `at + lease`."""
    w = work_orders.c
    due = (
        select(w.id)
        .where(is_collected(tx, store_id), w.evaluate_due_at <= at)
        .order_by(w.created_at, w.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(tx.conn.execute(due).scalars())
    held = update(work_orders).where(w.org_id == tx.org_id, w.id.in_(taken))
    tx.conn.execute(held.values(evaluate_due_at=at + lease))
    return taken
