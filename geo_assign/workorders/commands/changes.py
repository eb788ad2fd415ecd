"""Writes of work orders, bookings and offers: the single steps that `dispatch` composes.

Every step that changes a work order expects its row to be locked (`lock`), so that whoever comes second judges by
what the first left behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.workorders.commands.group_stays import enter_group
from geo_assign.workorders.commands.outgoing import publish
from geo_assign.workorders.domain import (
    PUBLISHED,
    TAKEN,
    TERMINAL,
    DuplicateExternalIdError,
    EventKind,
    Kind,
    LocationSource,
    PendingReason,
    State,
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
    may_go,
)
from geo_assign.workorders.queries.work_orders import get_work_order
from geo_assign.workorders.tables import work_order_counters, work_order_events, work_orders


@dataclass(frozen=True, slots=True)
class Draft:
    """A new work order. JSON fields have the shapes of the API; `location` as given by the client."""

    kind: Kind
    store_id: UUID
    slot_start: datetime
    slot_end: datetime
    slot_given: bool
    customer: Mapping[str, Any]
    address: str | None = None
    location: Point | None = None
    group_id: UUID | None = None
    skills: tuple[str, ...] = ()
    device: Mapping[str, Any] | None = None
    referral_source: str | None = None
    priority: int = 0
    notes: str | None = None
    external_id: str | None = None
    assignee_id: UUID | None = None


def actor(caller: Caller) -> dict[str, Any]:
    """Who did it, as written beside events and shown to others."""
    return {"kind": caller.kind.value, "id": str(caller.id), "name": caller.name}


def insert_work_order(tx: Tx, caller: Caller, draft: Draft, work_order_id: UUID, *, due_at: datetime) -> None:
    """Write a new work order with its event. The worker takes it up at `due_at` if nobody has gone on with it.

    Raises DuplicateExternalIdError.
    """
    now = tx.now()
    point = draft.location
    values = {
        "org_id": tx.org_id,
        "id": work_order_id,
        "kind": draft.kind,
        "number": next_number(tx, draft.kind),
        "store_id": draft.store_id,
        "group_id": draft.group_id,
        "state": State.NEW,
        "customer": dict(draft.customer),
        "address": draft.address,
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
        "location_source": LocationSource.CLIENT if point else None,
        "slot_start": draft.slot_start,
        "slot_end": draft.slot_end,
        "slot_given": draft.slot_given,
        "skills": list(draft.skills),
        "device": dict(draft.device or {}),
        "referral_source": draft.referral_source,
        "priority": draft.priority,
        "notes": draft.notes,
        "external_id": draft.external_id,
        "wanted_technician_id": draft.assignee_id,
        "geocode_due_at": due_at if draft.address and not point else None,
        "evaluate_due_at": due_at,
        "created_by": actor(caller),
        "changed_by": actor(caller),
        "created_at": now,
        "updated_at": now,
    }
    statement = (
        insert(work_orders)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=["org_id", "store_id", "external_id"], index_where=work_orders.c.external_id.is_not(None)
        )
    )
    if tx.conn.execute(statement.returning(work_orders.c.id)).first() is None:
        raise DuplicateExternalIdError
    if draft.group_id is not None:
        enter_group(tx, work_order_id, draft.group_id, at=now, sent_by=actor(caller))
    record_event(tx, caller, work_order_id, EventKind.CREATED, State.NEW, detail={}, at=now)


def lock(tx: Tx, work_order_id: UUID, *, scope: Scope = EVERYTHING) -> WorkOrder:
    """Lock a work order's row, then read it: the state that everything which follows in this transaction judges by.

    Raises WorkOrderNotFoundError, also when it lies outside `scope`.
    """
    w = work_orders.c
    found = tx.conn.execute(select(w.id).where(w.org_id == tx.org_id, w.id == work_order_id).with_for_update()).first()
    if found is None:
        raise WorkOrderNotFoundError
    return get_work_order(tx, scope, work_order_id)


def require_version(tx: Tx, order: WorkOrder, version: int | None) -> None:
    """Raises WorkOrderChangedError, with who won and when, when a person changed it after the caller's `version`.

    What automation did since does not count: the human wins over it.
    """
    if version is not None and not order.human_version <= version <= order.version:
        person = _last_person(tx, order.id)
        raise WorkOrderChangedError(
            f"{person.actor.get('name', 'somebody')} changed it first",
            current_version=order.version,
            changed_by=dict(person.actor),
            changed_at=person.at.isoformat(),
            state=order.state.value,
            assignee=_assignee(order),
        )


def _last_person(tx: Tx, work_order_id: UUID) -> Any:
    """Who changed it last, automation left out, and when."""
    e = work_order_events.c
    return tx.conn.execute(
        select(e.actor, e.at)
        .where(e.org_id == tx.org_id, e.work_order_id == work_order_id)
        .order_by((e.actor["kind"].astext == ActorKind.SYSTEM).asc(), e.at.desc(), e.id.desc())
        .limit(1)
    ).one()


def require_way(order: WorkOrder, after: State) -> None:
    """Raises WorkOrderStateError unless the work order may go to `after`."""
    if not may_go(order.state, after):
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} cannot become {after.value}", state=order.state.value
        )


_OVER: Mapping[State, dict[str, Any]] = {
    State.PENDING: {"crew_size": 0},
    **{state: {"search_started_at": None, "returned_to": None} for state in TAKEN},
    **{state: {"returned_to": None} for state in TERMINAL},
}
_SOUGHT_ANEW = frozenset(
    {
        EventKind.UNASSIGNED,
        EventKind.TRANSFERRED,
        EventKind.GROUP_CHANGED,
        EventKind.GROUP_REJECTED,
        EventKind.RESCHEDULED,
    }
)


def change(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    kind: EventKind,
    *,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
    **values: Any,
) -> None:
    """Write `values` to a locked work order, raise its version, and tell it: history, and outbox where published.

    An alarm stays until a user acts or the work is over: a technician's steps do not show that a dispatcher saw it.
    """
    state = State(values.get("state", order.state))
    if state is not State.PENDING:
        values |= {"pending_reason": None, "pending_detail": None}
    # A search ends when somebody has the work or others are to do it; a crew with whoever was to lead it.
    values = _OVER.get(state, {}) | ({"search_started_at": None} if kind in _SOUGHT_ANEW else {}) | values
    if caller.kind is ActorKind.USER or state in TERMINAL:
        values = {"alarm": null()} | values
    w = work_orders.c
    if caller.kind is not ActorKind.SYSTEM:
        values |= {"human_version": w.version + 1}
    tx.conn.execute(
        update(work_orders)
        .where(w.org_id == tx.org_id, w.id == order.id)
        .values(**values, version=w.version + 1, updated_at=at, changed_by=actor(caller))
    )
    record_event(tx, caller, order.id, kind, state, detail=dict(detail or {}), at=at)


def set_deadlines(tx: Tx, work_order_id: UUID, **deadlines: Any) -> None:
    """Set deadlines and counters of background steps; nothing that a person sees, so the version stays."""
    w = work_orders.c
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id == work_order_id).values(**deadlines))


def to_pending(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    reason: PendingReason,
    *,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
    evaluate_due_at: datetime | None = None,
    **values: Any,
) -> None:
    """Nobody has it, for `reason`. Says nothing again when nothing changed, but keeps the new deadline."""
    shown = dict(detail or {})
    unchanged = order.state is State.PENDING and order.pending_reason is reason and order.pending_detail == shown
    if unchanged and not values:
        set_deadlines(tx, order.id, evaluate_due_at=evaluate_due_at)
        return
    change(
        tx,
        caller,
        order,
        EventKind.PENDING,
        at=at,
        detail={"reason": reason.value, **shown},
        state=State.PENDING,
        pending_reason=reason,
        pending_detail=shown,
        technician_id=None,
        evaluate_due_at=evaluate_due_at,
        **values,
    )


def recheck_pending(
    tx: Tx,
    *,
    at: datetime,
    store_ids: Sequence[UUID] | None = None,
    reasons: Sequence[PendingReason] = (PendingReason.NOBODY_ELIGIBLE,),
    limit: int = 500,
) -> None:
    """Something changed that may help: have the worker look again at what is pending for `reasons`, oldest first.

    Orders that another transaction holds are passed over: that one is about to judge them itself, and each has a
    deadline of its own besides.
    """
    w = work_orders.c
    waiting = (
        select(w.id)
        .where(
            w.org_id == tx.org_id,
            w.state == State.PENDING,
            w.pending_reason.in_(reasons),
            or_(w.evaluate_due_at.is_(None), w.evaluate_due_at > at),
        )
        .order_by(w.created_at, w.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if store_ids is not None:
        waiting = waiting.where(w.store_id.in_(store_ids))
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id.in_(waiting)).values(evaluate_due_at=at))


def next_number(tx: Tx, kind: Kind) -> int:
    """The next number of this kind; until the transaction ends nobody else gets one."""
    statement = insert(work_order_counters).values(org_id=tx.org_id, kind=kind, last_number=1)
    counted = statement.on_conflict_do_update(
        index_elements=["org_id", "kind"], set_={"last_number": work_order_counters.c.last_number + 1}
    )
    return tx.conn.execute(counted.returning(work_order_counters.c.last_number)).scalar_one()  # type: ignore[no-any-return]


def record_event(
    tx: Tx, caller: Caller, work_order_id: UUID, kind: EventKind, state: State, *, detail: dict[str, Any], at: datetime
) -> None:
    """Write an entry of the history, and an outgoing event where this kind is published."""
    tx.conn.execute(
        insert(work_order_events).values(
            org_id=tx.org_id,
            id=new_id(),
            work_order_id=work_order_id,
            at=at,
            kind=kind,
            actor=actor(caller),
            state=state,
            detail=detail,
        )
    )
    if kind in PUBLISHED:
        publish(tx, work_order_id, kind, detail, at=at)


def _assignee(order: WorkOrder) -> dict[str, str | None] | None:
    if order.technician_id is None:
        return None
    return {"id": str(order.technician_id), "name": order.technician_name}
