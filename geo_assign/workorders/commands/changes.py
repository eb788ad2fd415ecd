"""The one place that writes changes of work orders: the row and its version, the history, the outgoing event.

Every change expects the row to be locked (`lock`), so that what comes second judges by what the first left behind.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.rows_at_once import insert_rows, update_versions
from geo_assign.core.telemetry import counter, histogram
from geo_assign.workorders.commands.deadlines import set_deadlines
from geo_assign.workorders.commands.outgoing import publish, publish_all
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
    "From creation, or a new search for a technician, until one has the work.",
    ("by",),
    buckets=(1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400),
)
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _kind in EventKind:
    _EVENTS.labels(_kind.value)
for _by in ("automation", "person"):
    _TO_ASSIGN_S.labels(_by)


def apply_change(tx: Tx, order: WorkOrder, change: Change) -> None:
    """Write a change to a locked work order: its columns and version, an entry of the history, an outgoing event."""
    apply_changes(tx, [(order, change)])


def apply_changes(tx: Tx, changes: Sequence[tuple[WorkOrder, Change]]) -> None:
    """Write a change to each of several locked work orders, those that are alike together."""
    _write(tx, changes)
    for order, change in changes:
        if change.event.kind is EventKind.ASSIGNED:
            waited_s = (change.at - (order.search_started_at or order.created_at)).total_seconds()
            tx.committed.append(partial(_observe_assigned, waited_s, by_person=change.is_of_a_person))
    entries = [
        _HistoryRow(order.id, change.by, change.event, change.after.state, change.at) for order, change in changes
    ]
    event_ids = _note(tx, entries)
    for (order, change), event_id in zip(changes, event_ids, strict=True):
        note_step(tx, order, change, event_id)
    publish_all(tx, [(order.id, event, change.at) for order, change in changes for event in change.sent(order)])


def _write(tx: Tx, changes: Sequence[tuple[WorkOrder, Change]]) -> None:
    """One statement for all changes that move the same columns and the same version."""
    alike: dict[tuple[tuple[str, ...], bool], list[dict[str, object]]] = {}
    for order, change in changes:
        values = {**change.columns(order), "updated_at": change.at, "changed_by": actor_of(change.by), "id": order.id}
        alike.setdefault((tuple(sorted(values)), change.is_of_a_person), []).append(values)
    for (_, by_person), rows in alike.items():
        versions = ("version", "human_version") if by_person else ("version",)
        update_versions(tx, work_orders, rows, versions=versions)


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
    apply_change(tx, order, pending_change(caller, after, at=at, sets=sets, raises=raises))


def pending_change(
    caller: Caller, after: Pending, *, at: datetime, sets: Columns | None = None, raises: Alarm | None = None
) -> Change:
    """The change by which no technician has a work order."""
    event = PendingEvent(cause=after.cause)
    return Change(by=caller, at=at, event=event, after=after, sets=sets or {}, raises=raises)


def record_event(tx: Tx, caller: Caller, order_id: UUID, event: WorkOrderEvent, *, state: State, at: datetime) -> None:
    """Write an entry of the history, and an outgoing event where this kind is published. `state` is the order's."""
    _note(tx, [_HistoryRow(order_id, caller, event, state, at)])
    if event.published:
        publish(tx, order_id, event, at=at)


class _HistoryRow(NamedTuple):
    """An entry of a history."""

    order_id: UUID
    by: Caller
    event: WorkOrderEvent
    state: State
    at: datetime


def _note(tx: Tx, entries: Sequence[_HistoryRow]) -> list[UUID]:
    ids = [new_id() for _ in entries]
    rows = [
        {
            "id": event_id,
            "work_order_id": entry.order_id,
            "at": entry.at,
            "kind": entry.event.kind,
            "actor": actor_of(entry.by),
            "state": entry.state,
            "detail": entry.event.detail(),
        }
        for event_id, entry in zip(ids, entries, strict=True)
    ]
    insert_rows(tx, work_order_events, rows)
    for entry in entries:
        tx.committed.append(_EVENTS.labels(entry.event.kind.value).inc)
    return ids


def _observe_assigned(waited_s: float, *, by_person: bool) -> None:
    _TO_ASSIGN_S.labels("person" if by_person else "automation").observe(max(0.0, waited_s))


def _is_pending_for(order: WorkOrder, cause: PendingCause) -> bool:
    return order.pending_reason is cause.reason and order.pending_detail == cause.as_json()
