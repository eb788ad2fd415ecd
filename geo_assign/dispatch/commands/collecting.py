"""Leads that arrive close together wait a moment, so that they can be given out together.

The window of a store opens with the first lead and closes for all at once. It is a deadline in each waiting row, so
nothing is lost with a process: the one that finds them due solves them, and holds them by a lease meanwhile.
"""

from datetime import timedelta
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.domain import LEASE
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import lease_collected, set_pending
from geo_assign.workorders.domain import Kind, Pending, PendingReason, ToBeSolved, WorkOrder
from geo_assign.workorders.queries import find_window_end

_MOST = 1_000


def collect(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules) -> bool:
    """Whether a locked order waits to be solved together with others of its store; a new lead begins to.

    What was judged once does not wait again: after a rejection the next technician is asked at once.
    """
    if not collects(order, rules):
        return False
    if order.pending_reason is PendingReason.TO_BE_SOLVED:
        return True
    if order.decision_id is not None:
        return False
    now = tx.now()
    closes_at = find_window_end(tx, order.store_id, at=now) or now + timedelta(seconds=rules.settings.collect_seconds)
    after = Pending(ToBeSolved(until=closes_at), evaluate_due_at=closes_at)
    set_pending(tx, caller, order, after, at=now, sets={"search_started_at": now})
    return True


def collects(order: WorkOrder, rules: StoreRules) -> bool:
    """Whether the store gives orders of this kind out together."""
    on = rules.settings.collect_seconds > 0 and rules.settings.lead_auto_user_assignment == "on"
    return on and order.kind is Kind.LEAD


def take_collected(tx: Tx, store_id: UUID) -> list[UUID]:
    """The store's waiting orders whose window is closed, oldest first, held until they are given or the lease ends."""
    return lease_collected(tx, store_id, at=tx.now(), lease=LEASE, limit=_MOST)
