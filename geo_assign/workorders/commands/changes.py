"""The one place that writes changes of work orders: the row and its version, the history, the outgoing event.

Every change expects the row to be locked (`lock`), so that what comes second judges by what the first left behind.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.workorders.commands.deadlines import set_deadlines
from geo_assign.workorders.commands.outgoing import publish
from geo_assign.workorders.domain import (
    Alarm,
    Change,
    Columns,
    Pending,
    PendingCause,
    PendingEvent,
    State,
    WorkOrder,
    WorkOrderEvent,
    actor_of,
)
from geo_assign.workorders.tables import work_order_events, work_orders


def apply_change(tx: Tx, order: WorkOrder, change: Change) -> None:
    """Write a change to a locked work order: its columns and version, an entry of the history, an outgoing event."""
    w = work_orders.c
    versions = {"version": w.version + 1}
    if change.is_of_a_person:
        versions["human_version"] = w.version + 1
    tx.conn.execute(
        update(work_orders)
        .where(w.org_id == tx.org_id, w.id == order.id)
        .values(**change.columns(order), **versions, updated_at=change.at, changed_by=actor_of(change.by))
    )
    record_event(tx, change.by, order.id, change.event, state=change.after.state, at=change.at)


def set_pending(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    after: Pending,
    *,
    at: datetime,
    sets: Columns | None = None,
    raises: Alarm | None = None,
) -> None:
    """No technician has it. Where it was pending for the same cause already, only its deadline changes."""
    if _is_pending_for(order, after.cause) and not sets and raises is None:
        set_deadlines(tx, order.id, evaluate_due_at=after.evaluate_due_at)
        return
    event = PendingEvent(cause=after.cause)
    apply_change(tx, order, Change(by=caller, at=at, event=event, after=after, sets=sets or {}, raises=raises))


def record_event(tx: Tx, caller: Caller, order_id: UUID, event: WorkOrderEvent, *, state: State, at: datetime) -> None:
    """Write an entry of the history, and an outgoing event where this kind is published. `state` is the order's."""
    tx.conn.execute(
        insert(work_order_events).values(
            org_id=tx.org_id,
            id=new_id(),
            work_order_id=order_id,
            at=at,
            kind=event.kind,
            actor=actor_of(caller),
            state=state,
            detail=event.detail(),
        )
    )
    if event.published:
        publish(tx, order_id, event, at=at)


def _is_pending_for(order: WorkOrder, cause: PendingCause) -> bool:
    return order.pending_reason is cause.reason and order.pending_detail == cause.as_json()
