"""Taking work from the technician who has it: with force once the technician is under way."""

from datetime import datetime

from geo_assign.access.domain import Caller, Permission, Role
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import withdraw
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workorders.commands import apply_change, set_bookings
from geo_assign.workorders.domain import (
    TAKEN,
    UNDER_WAY,
    BookingState,
    Change,
    Pending,
    Unassigned,
    UnassignedEvent,
    WithdrawnBecause,
    WorkOrder,
)


def require_force(caller: Caller, order: WorkOrder, *, force: bool) -> None:
    """From travelling on a change needs `force`, and of a dispatcher the permission to use it.

    Raises WorkOrderUnderWayError, ForbiddenError.
    """
    if order.state not in UNDER_WAY:
        return
    if not force:
        raise WorkOrderUnderWayError(f"{order.technician_name} is {order.state.value}", state=order.state.value)
    permission = Permission.FORCE_TRAVELLING
    if caller.role is Role.DISPATCHER and permission not in caller.permissions:
        raise ForbiddenError(f"This needs the permission {permission}.", permission=permission)


def release(tx: Tx, caller: Caller, order: WorkOrder, because: WithdrawnBecause, *, at: datetime) -> None:
    """Take a locked order from all technicians who have it or are asked, and tell who had it.

    It is pending afterwards where a technician had it; what becomes of it is left to the caller.
    """
    freed = withdraw(tx, order, because)
    freed += set_bookings(tx, order.id, BookingState.RELEASED, at=at)
    wake_for(tx, freed, at=at)
    if order.state not in TAKEN:
        return
    event = UnassignedEvent(
        technician_id=order.technician_id,
        technician_name=order.technician_name,
        reason=because,
        collaborator_ids=tuple(one.id for one in order.collaborators),
    )
    apply_change(tx, order, Change(by=caller, at=at, event=event, after=Pending(Unassigned())))
