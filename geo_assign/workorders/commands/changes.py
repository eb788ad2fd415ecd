"""The one place that writes changes of work orders: the row and its version, the history, the outgoing event.

Every change expects the row to be locked (`lock`), so that what comes second judges by what the first left behind.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import insert, update

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.telemetry import counter, histogram
from geo_assign.workorders.commands.deadlines import set_deadlines
from geo_assign.workorders.commands.outgoing import publish
from geo_assign.workorders.commands.undo_steps import note_step
from geo_assign.workorders.domain import (
    Alarm,
    Change,
    Columns,
    EventKind,
    Pending,
    PendingCause,
    PendingEvent,
    State,
    WorkOrder,
    WorkOrderEvent,
    actor_of,
)
from geo_assign.workorders.tables import work_order_events, work_orders

_EVENTS = counter("work_order_events", "Entries of the histories of work orders, by kind.", ("event",))
_TO_ASSIGN_S = histogram(
    "time_to_assign_seconds",
    "From the creation of a work order, or from the new search for a technician, until one has it.",
    ("by",),
    buckets=(1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 259_200),
)
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _kind in EventKind:
    _EVENTS.labels(_kind.value)
for _by in ("automation", "person"):
    _TO_ASSIGN_S.labels(_by)


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
    if change.event.kind is EventKind.ASSIGNED:
        waited_s = (change.at - (order.search_started_at or order.created_at)).total_seconds()
        tx.committed.append(partial(_observe_assigned, waited_s, by_person=change.is_of_a_person))
    event_id = _note(tx, change.by, order.id, change.event, state=change.after.state, at=change.at)
    note_step(tx, order, change, event_id)
    for event in change.sent(order):
        publish(tx, order.id, event, at=change.at)


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
    _note(tx, caller, order_id, event, state=state, at=at)
    if event.published:
        publish(tx, order_id, event, at=at)


def _note(tx: Tx, caller: Caller, order_id: UUID, event: WorkOrderEvent, *, state: State, at: datetime) -> UUID:
    event_id = new_id()
    tx.conn.execute(
        insert(work_order_events).values(
            org_id=tx.org_id,
            id=event_id,
            work_order_id=order_id,
            at=at,
            kind=event.kind,
            actor=actor_of(caller),
            state=state,
            detail=event.detail(),
        )
    )
    tx.committed.append(_EVENTS.labels(event.kind.value).inc)
    return event_id


def _observe_assigned(waited_s: float, *, by_person: bool) -> None:
    _TO_ASSIGN_S.labels("person" if by_person else "automation").observe(max(0.0, waited_s))


def _is_pending_for(order: WorkOrder, cause: PendingCause) -> bool:
    return order.pending_reason is cause.reason and order.pending_detail == cause.as_json()
