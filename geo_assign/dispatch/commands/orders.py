"""Create, edit, cancel."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point
from geo_assign.core.idempotency import Attempt, claim
from geo_assign.core.ids import new_id
from geo_assign.dispatch.commands.answering import WITHDRAWN_CANCELLED, withdraw
from geo_assign.dispatch.commands.locating import move
from geo_assign.dispatch.commands.rescheduling import reschedule, slot_of
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_group, get_technician
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import (
    Draft,
    change,
    insert_work_order,
    lock,
    recheck_pending,
    require_version,
    require_way,
    set_bookings,
    set_deadlines,
)
from geo_assign.workorders.domain import (
    TERMINAL,
    BookingState,
    EventKind,
    Kind,
    LocationSource,
    State,
    WorkOrder,
    WorkOrderStateError,
)

# If the one who creates a lead dies half-way, the worker goes on with it after this.
TAKEN_OVER_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A lead as it is posted. `slot_start`/`slot_end` with offset, or wall times of the store's zone without."""

    kind: Kind
    store_id: UUID
    customer: Mapping[str, Any]
    address: str | None = None
    location: Point | None = None
    slot_start: datetime | None = None
    slot_end: datetime | None = None
    group_id: UUID | None = None
    skills: tuple[str, ...] = ()
    device: Mapping[str, Any] | None = None
    referral_source: str | None = None
    priority: int = 0
    notes: str | None = None
    external_id: str | None = None
    assignee_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What may be edited; `fields` are columns, `address` and `location` move the order, `slot` its time.

    A slot is a start, and an end or the store's usual duration; without an offset they are the store's wall times.
    """

    fields: Mapping[str, Any]
    address: str | None = None
    location: Point | None = None
    slot: tuple[datetime, datetime | None] | None = None


def create(tx: Tx, caller: Caller, new: NewOrder, attempt: Attempt | None) -> tuple[UUID, bool]:
    """Write a new order with its idempotency key; returns its id and whether an earlier attempt had made it.

    Raises NotFoundError for a store, group or technician outside the caller's scope, InactiveError for a closed store,
    WallTimeDoesNotExistError,
    InvalidError for a slot that does not go forward, KeyReusedError, DuplicateExternalIdError.
    """
    order_id = new_id()
    if attempt is not None:
        earlier = claim(tx, attempt, order_id)
        if earlier is not None:
            return earlier, True
    rules = get_store_rules(tx, caller.scope, new.store_id)
    if not rules.store.active:
        raise InactiveError(f"{rules.store.name} is closed and takes no new work.")
    if new.assignee_id is not None:
        of_the_store = replace(caller.scope, store_ids=caller.scope.store_ids | {new.store_id})
        if not get_technician(tx, of_the_store, new.assignee_id).active:
            raise InactiveError("The chosen technician no longer works here.")
    if new.group_id is not None and get_group(tx, caller.scope, new.group_id).store_id != new.store_id:
        raise InvalidError.at("/group_id", "group_of_another_store", "The group belongs to another store.")
    now = tx.now()
    start, end = slot_of(rules, new.slot_start, new.slot_end, now=now)
    draft = Draft(
        kind=new.kind,
        store_id=new.store_id,
        slot_start=start,
        slot_end=end,
        slot_given=new.slot_start is not None,
        customer=new.customer,
        address=new.address,
        location=new.location,
        group_id=new.group_id,
        skills=new.skills,
        device=new.device,
        referral_source=new.referral_source,
        priority=new.priority,
        notes=new.notes,
        external_id=new.external_id,
        assignee_id=new.assignee_id,
    )
    insert_work_order(tx, caller, draft, order_id, due_at=now + TAKEN_OVER_AFTER)
    return order_id, False


def edit(tx: Tx, caller: Caller, order_id: UUID, changes: Edit, *, version: int | None) -> bool:
    """Change an order; returns whether its address now waits to be geocoded.

    A new location is a pin: no geocoder overwrites it. A new address of an order without a pin is looked up again.
    A new slot raises as `reschedule`.
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if order.state in TERMINAL:
        raise WorkOrderStateError(f"a work order that is {order.state.value} cannot be edited", state=order.state.value)
    now = tx.now()
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in changes.fields.items()}
    new_address = changes.address is not None and changes.address != order.address
    if new_address:
        values["address"] = changes.address
    if values:
        kept = {"pending_reason": order.pending_reason, "pending_detail": order.pending_detail}
        change(tx, caller, order, EventKind.CHANGED, at=now, detail={"fields": sorted(values)}, **(kept | values))
    if changes.slot is not None:
        reschedule(tx, caller, lock(tx, order_id), *changes.slot)
    if changes.location is not None:
        _pin(tx, caller, lock(tx, order_id), changes.location, at=now)
        return False
    pinned = order.location is not None and order.location.source is LocationSource.PIN
    if not new_address or pinned:
        return False
    set_deadlines(tx, order_id, geocode_due_at=now + TAKEN_OVER_AFTER, geocode_attempts=0)
    return True


def _pin(tx: Tx, caller: Caller, order: WorkOrder, point: Point, *, at: datetime) -> None:
    move(tx, caller, order, point, at=at, location_source=LocationSource.PIN, location_confidence=None)


def cancel(tx: Tx, caller: Caller, order_id: UUID, *, reason: str | None, version: int | None = None) -> WorkOrder:
    """Cancel an order: open offers close and times are freed in the same transaction. Repeating it changes nothing."""
    order = lock(tx, order_id, scope=caller.scope)
    if order.state is State.CANCELLED:
        return order
    require_version(tx, order, version)
    require_way(order, State.CANCELLED)
    withdraw(tx, order, WITHDRAWN_CANCELLED)
    now = tx.now()
    set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    due = {"geocode_due_at": None, "evaluate_due_at": None}
    change(tx, caller, order, EventKind.CANCELLED, at=now, detail={"reason": reason}, state=State.CANCELLED, **due)
    recheck_pending(tx, at=now, store_ids=[order.store_id])
    return lock(tx, order_id)
