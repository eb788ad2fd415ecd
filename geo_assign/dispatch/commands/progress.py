"""The technician's own steps: on the way, on site, at work, done."""

from uuid import UUID

from geo_assign.access.domain import Caller, Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.pins.commands import learn_from_arrival
from geo_assign.workorders.commands import apply_change, lock, require_way, set_bookings
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
    if order.technician_id != caller.technician_id:
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
    if after is State.ON_SITE and caller.technician_id is not None:
        learn_from_arrival(tx, order, caller.technician_id)
    return lock(tx, order_id)
