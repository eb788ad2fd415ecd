"""Reads of the leads that a store collects to solve together."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, cast, func, select

from geo_assign.core.db import Tx
from geo_assign.workorders.domain import PendingReason, State
from geo_assign.workorders.tables import work_orders


def is_collected(tx: Tx, store_id: UUID) -> ColumnElement[bool]:
    """A predicate on `work_orders`: the store's orders that wait to be solved together."""
    w = work_orders.c
    return (
        (w.org_id == tx.org_id)
        & (w.store_id == store_id)
        & (w.state == State.PENDING)
        & (w.pending_reason == PendingReason.TO_BE_SOLVED)
    )


def find_window_end(tx: Tx, store_id: UUID, *, at: datetime) -> datetime | None:
    """When the window that is open at `at` closes. The rows' own deadlines do not tell: they may be a lease."""
    until = cast(work_orders.c.pending_detail["until"].astext, TIMESTAMP(timezone=True))
    return tx.conn.execute(select(func.min(until)).where(is_collected(tx, store_id), until > at)).scalar_one()
