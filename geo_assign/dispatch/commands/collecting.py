"""Leads that arrive close together wait a moment, so that they can be given out together.

The window of a store opens with the first lead and closes for all at once. It is a deadline in each waiting row, so
nothing is lost with a process: the one that finds them due solves them, and holds them by a lease meanwhile.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, cast, func, select, update

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.domain import LEASE
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import set_pending
from geo_assign.workorders.domain import Kind, Pending, PendingReason, State, ToBeSolved, WorkOrder
from geo_assign.workorders.tables import work_orders

_MOST = 1_000


def collect(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules) -> bool:
    """Whether a locked order waits to be solved together with others of its store; a new lead begins to.

    What was judged once does not wait again: after a rejection the next technician is asked at once.
    """
    collects = rules.settings.collect_seconds > 0 and rules.settings.lead_auto_user_assignment == "on"
    if not collects or order.kind is not Kind.LEAD:
        return False
    if order.pending_reason is PendingReason.TO_BE_SOLVED:
        return True
    if order.decision_id is not None:
        return False
    now = tx.now()
    closes_at = _open_window(tx, order.store_id, now) or now + timedelta(seconds=rules.settings.collect_seconds)
    after = Pending(ToBeSolved(until=closes_at), evaluate_due_at=closes_at)
    set_pending(tx, caller, order, after, at=now, sets={"search_started_at": now})
    return True


def take_collected(tx: Tx, store_id: UUID) -> list[UUID]:
    """The store's waiting orders whose window is closed, oldest first, held until they are given or the lease ends."""
    w = work_orders.c
    now = tx.now()
    due = (
        select(w.id)
        .where(*_waiting(tx, store_id), w.evaluate_due_at <= now)
        .order_by(w.created_at, w.id)
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    )
    taken = list(tx.conn.execute(due).scalars())
    held = update(work_orders).where(w.org_id == tx.org_id, w.id.in_(taken))
    tx.conn.execute(held.values(evaluate_due_at=now + LEASE))
    return taken


def _open_window(tx: Tx, store_id: UUID, now: datetime) -> datetime | None:
    """When the window that is open closes. The rows' own deadlines do not tell: they may be a lease."""
    until = cast(work_orders.c.pending_detail["until"].astext, TIMESTAMP(timezone=True))
    return tx.conn.execute(select(func.min(until)).where(*_waiting(tx, store_id), until > now)).scalar_one()


def _waiting(tx: Tx, store_id: UUID) -> tuple[ColumnElement[bool], ...]:
    w = work_orders.c
    return (
        w.org_id == tx.org_id,
        w.store_id == store_id,
        w.state == State.PENDING,
        w.pending_reason == PendingReason.TO_BE_SOLVED,
    )
