"""The technician's own steps: on the way, on site, at work, done."""

from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller, Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.pins.commands import learn_from_arrival
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import apply_change, lock, require_way, set_bookings
from geo_assign.workorders.commands.drives import note_departure, note_drive_end
from geo_assign.workorders.domain import (
    BookingState,
    Change,
    Over,
    State,
    StateAfter,
    StatusChangedEvent,
    WorkOrder,
    WorkOrderNotFoundError,
)


def advance(tx: Tx, caller: Caller, order_id: UUID, after: State, *, note: str | None = None) -> WorkOrder:
    """Move the caller's own work order on. Repeating it changes nothing.

    Raises WorkOrderNotFoundError unless the caller has it, ForbiddenError for a collaborator, WorkOrderStateError when
    there is no such way.
    """
    order = lock(tx, order_id, scope=Scope(technician_id=caller.technician_id))
    if any(one.id == caller.technician_id for one in order.collaborators):
        raise ForbiddenError("Only the technician who leads this work says where it stands.")
    if caller.technician_id is None or order.technician_id != caller.technician_id:
        raise WorkOrderNotFoundError
    if order.state is after:
        return order
    require_way(order, after)
    now = tx.now()
    if after is State.COMPLETED:
        wake_for(tx, set_bookings(tx, order.id, BookingState.DONE, at=now), at=now)
    event = StatusChangedEvent(note=None if note is None else FreeText(note))
    reached = Over(after) if after is State.COMPLETED else StateAfter(after)
    apply_change(tx, order, Change(by=caller, at=now, event=event, after=reached))
    _learn(tx, order, caller.technician_id, after, at=now)
    return lock(tx, order_id)


def _learn(tx: Tx, order: WorkOrder, technician_id: UUID, after: State, *, at: datetime) -> None:
    """What a drive and its end teach: how long drives take, and where the address is."""
    if after is State.TRAVELLING:
        note_departure(tx, order, technician_id, get_store_rules(tx, EVERYTHING, order.store_id), at=at)
    elif after is State.ON_SITE:
        note_drive_end(tx, order.id, technician_id, at=at)
        learn_from_arrival(tx, order, technician_id)
