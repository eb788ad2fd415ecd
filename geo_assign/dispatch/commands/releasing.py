"""Taking work from whoever has it, for a change that he has no part in: with force once he is on his way."""

from datetime import datetime

from geo_assign.access.domain import Caller, Permission, Role
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError
from geo_assign.dispatch.commands.answering import withdraw
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workorders.commands import change, set_bookings
from geo_assign.workorders.domain import TAKEN, UNDER_WAY, BookingState, EventKind, PendingReason, State, WorkOrder


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


def release(tx: Tx, caller: Caller, order: WorkOrder, reason: str, *, at: datetime) -> None:
    """Take a locked order from everybody who has it or is asked, and tell whoever had it.

    It is pending afterwards where somebody had it; what becomes of it is the caller's to write.
    """
    withdraw(tx, order, reason)
    set_bookings(tx, order.id, BookingState.RELEASED, at=at)
    if order.state not in TAKEN:
        return
    detail = {
        "technician_id": str(order.technician_id),
        "technician_name": order.technician_name,
        "collaborator_ids": [str(one.id) for one in order.collaborators],
        "reason": reason,
    }
    pending = {"state": State.PENDING, "pending_reason": PendingReason.UNASSIGNED, "pending_detail": {}}
    change(tx, caller, order, EventKind.UNASSIGNED, at=at, detail=detail, technician_id=None, pinned=False, **pending)
