"""Work goes to another store, to another group, or back to the group that sent it. Its clock goes on.

Whoever does not belong where it goes is released in the same transaction; somebody else is looked for in the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.dispatch.commands.answering import WITHDRAWN_REGROUPED, WITHDRAWN_TRANSFERRED, crew_broken, withdraw
from geo_assign.dispatch.commands.automation import LOCATION_REASONS
from geo_assign.dispatch.commands.releasing import release, require_force
from geo_assign.dispatch.domain import NoSenderGroupError
from geo_assign.workforce.destinations import is_on_shift, members_of
from geo_assign.workforce.domain import InactiveError, ServiceGroup
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import (
    actor,
    change,
    enter_group,
    leave_group,
    lock,
    recheck_pending,
    record_event,
    require_version,
    set_bookings,
)
from geo_assign.workorders.domain import (
    TAKEN,
    TERMINAL,
    AlarmCode,
    BookingState,
    DuplicateExternalIdError,
    EventKind,
    GroupStay,
    PendingReason,
    State,
    WorkOrder,
    WorkOrderStateError,
    alarm_of,
    find_sending_stay,
)
from geo_assign.workorders.queries import count_stays, list_group_stays, list_held

# An order that comes back to the same group more often than this goes round in circles.
RETURNS_BEFORE_ALARM = 3


@dataclass(frozen=True, slots=True)
class Goal:
    """Where an order goes: to a store, and to one of its groups or to none. `force`: also from under way."""

    store_id: UUID
    group_id: UUID | None
    note: str | None = None
    force: bool = False


def transfer(tx: Tx, caller: Caller, order_id: UUID, goal: Goal, *, version: int | None) -> bool:
    """Send an order to another store, whose zone, triggers and map key apply from now on; False when it is there.

    Offers are withdrawn and whoever has it is released. The sender need not see the other store. Raises NotFoundError
    for an unknown store or group, InactiveError for a closed one, InvalidError for a group of another store,
    WorkOrderUnderWayError, ForbiddenError, DuplicateExternalIdError, and what `_require_movable` raises.
    """
    order = lock(tx, order_id, scope=caller.scope)
    if order.store_id == goal.store_id and goal.group_id in (None, order.group_id):
        return False
    _require_movable(tx, order, version)
    _require_open_store(tx, goal.store_id)
    if goal.group_id is not None and _get_open_group(tx, goal.group_id).store_id != goal.store_id:
        raise InvalidError.at("/group_id", "group_of_another_store", "The group belongs to another store.")
    require_force(caller, order, force=goal.force)
    now = tx.now()
    release(tx, caller, order, WITHDRAWN_TRANSFERRED, at=now)
    standing = _to_be_given(order, WITHDRAWN_TRANSFERRED, at=now)
    _arrive(tx, caller, order, goal, EventKind.TRANSFERRED, at=now, **standing)
    return True


def reassign_group(
    tx: Tx, caller: Caller, order_id: UUID, group_id: UUID, *, note: str | None, force: bool, version: int | None
) -> bool:
    """Give an order to any active group of the organization, and to its store; False when that group has it.

    Who belongs to the new group keeps the work, everybody else is released. Raises as `transfer`.
    """
    order = lock(tx, order_id, scope=caller.scope)
    if order.group_id == group_id:
        return False
    _require_movable(tx, order, version)
    group = _get_open_group(tx, group_id)
    _require_open_store(tx, group.store_id)
    goal = Goal(group.store_id, group_id, note, force)
    now = tx.now()
    kept = _leave_behind(tx, caller, order, goal, group_id, at=now)
    standing = {} if kept else _to_be_given(order, WITHDRAWN_REGROUPED, at=now)
    _arrive(tx, caller, order, goal, EventKind.GROUP_CHANGED, at=now, **standing)
    return True


def reject_group(tx: Tx, caller: Caller, order_id: UUID, *, note: str | None, force: bool, version: int | None) -> bool:
    """Send an order back to the group it came from: to the dispatcher who sent it, or else to the group's queue.

    It waits there for a person. Raises NoSenderGroupError, InvalidError where the store wants a note and there is
    none, and as `transfer`.
    """
    order = lock(tx, order_id, scope=caller.scope)
    _require_movable(tx, order, version)
    stays = list_group_stays(tx, order.id) if order.group_id is not None else []
    group, sent = _sender(tx, stays)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    if rules.settings.group_rejection_note_required and not note:
        raise InvalidError.at("/note", "missing", "Say why: this store wants a note.")
    goal = Goal(group.store_id, group.id, note, force)
    now = tx.now()
    kept = _leave_behind(tx, caller, order, goal, group.id, at=now)
    standing = {} if kept else _to_be_decided(sent.group_name)
    returned_to = _dispatcher_on_shift(tx, sent.sent_by, group.id)
    _arrive(tx, caller, order, goal, EventKind.GROUP_REJECTED, at=now, **standing, returned_to=returned_to)
    return True


def _require_movable(tx: Tx, order: WorkOrder, version: int | None) -> None:
    require_version(tx, order, version)
    if order.state in TERMINAL:
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} stays where it is", state=order.state.value
        )


def _require_open_store(tx: Tx, store_id: UUID) -> None:
    store = get_store(tx, EVERYTHING, store_id)
    if not store.active:
        raise InactiveError(f"{store.name} is closed and takes no work.")


def _get_open_group(tx: Tx, group_id: UUID) -> ServiceGroup:
    group = get_group(tx, EVERYTHING, group_id)
    if not group.active:
        raise InactiveError(f"{group.name} is closed and takes no work.")
    return group


def _sender(tx: Tx, stays: list[GroupStay]) -> tuple[ServiceGroup, GroupStay]:
    """The group that sent an order here, and the present stay, which tells who sent it. Raises NoSenderGroupError."""
    before = find_sending_stay(stays)
    if before is None:
        raise NoSenderGroupError
    group = get_group(tx, EVERYTHING, before.group_id)
    if not (group.active and get_store(tx, EVERYTHING, group.store_id).active):
        raise NoSenderGroupError(f"{group.name}, which sent it here, is closed")
    return group, stays[-1]


def _dispatcher_on_shift(tx: Tx, sent_by: Mapping[str, Any], group_id: UUID) -> UUID | None:
    """Who sent the order, if he is still there for the group to take it back."""
    if sent_by.get("kind") != ActorKind.USER:
        return None
    user_id = UUID(sent_by["id"])
    return user_id if is_on_shift(tx, user_id, group_id=group_id) else None


def _leave_behind(tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, group_id: UUID, *, at: datetime) -> bool:
    """Release whoever does not belong to the group that an order goes to; True when its technician keeps it."""
    held = list_held(tx, order.id)
    members = members_of(tx, group_id, {one.technician_id for one in held})
    if order.state not in TAKEN or order.technician_id not in members:
        require_force(caller, order, force=goal.force)
        release(tx, caller, order, WITHDRAWN_REGROUPED, at=at)
        return False
    withdraw(tx, order, WITHDRAWN_REGROUPED)
    for one in held:
        if one.technician_id not in members:
            set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=one.booking_id)
    return True


def _arrive(
    tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, kind: EventKind, *, at: datetime, **values: Any
) -> None:
    """Write where an order is now, and which group looks after it from now on."""
    moved = {"store_id": goal.store_id, "group_id": goal.group_id}
    begins_anew: dict[str, Any] = {"returned_to": None, "wanted_technician_id": None}
    if goal.group_id != order.group_id:
        begins_anew |= _enter(tx, caller, order, goal, at=at)
    if goal.store_id != order.store_id and order.location is None and order.address:
        begins_anew |= {"geocode_due_at": at, "geocode_attempts": 0}
    detail = _told(order, goal)
    with refusing(work_orders_external_id_key=DuplicateExternalIdError("The other store has this external_id already")):
        change(tx, caller, order, kind, at=at, detail=detail, **(begins_anew | moved | values))
    if goal.store_id != order.store_id and kind is not EventKind.TRANSFERRED:
        state = State(values.get("state", order.state))
        record_event(tx, caller, order.id, EventKind.TRANSFERRED, state, detail=detail, at=at)
    recheck_pending(tx, at=at, store_ids=[order.store_id])


def _enter(tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, *, at: datetime) -> dict[str, Any]:
    """End the present group's stay and begin the next; an alarm when the order goes round in circles."""
    leave_group(tx, order.id, at=at)
    if goal.group_id is None:
        return {}
    returns = count_stays(tx, order.id, goal.group_id)
    enter_group(tx, order.id, goal.group_id, at=at, sent_by=actor(caller), note=goal.note)
    if returns <= RETURNS_BEFORE_ALARM:
        return {}
    return {"alarm": alarm_of(AlarmCode.GROUP_LOOP, at=at, group_id=str(goal.group_id), returns=returns)}


def _told(order: WorkOrder, goal: Goal) -> dict[str, Any]:
    places = {
        "from_store_id": order.store_id,
        "to_store_id": goal.store_id,
        "from_group_id": order.group_id,
        "to_group_id": goal.group_id,
    }
    told = {name: None if place is None else str(place) for name, place in places.items()}
    return told | {"note": goal.note, "forced": goal.force}


def _to_be_given(order: WorkOrder, because: str, *, at: datetime) -> dict[str, Any]:
    """Pending, and due for the trigger of wherever it is now; a crew waits for a person to put it together."""
    reason, detail = PendingReason.NOBODY_ELIGIBLE, {}
    if order.location is None:
        reason = PendingReason.NEEDS_LOCATION
        if order.pending_reason in LOCATION_REASONS:
            reason, detail = order.pending_reason, dict(order.pending_detail or {})
    if order.crew_size:
        detail["crew"] = crew_broken(order, because)
    return _pending(reason, detail) | {"evaluate_due_at": at}


def _to_be_decided(rejected_by: str) -> dict[str, Any]:
    """Pending, for a person: the one to whom it returns, or any of the group."""
    return _pending(PendingReason.UNASSIGNED, {"rejected_by": rejected_by}) | {"evaluate_due_at": None}


def _pending(reason: PendingReason, detail: dict[str, Any]) -> dict[str, Any]:
    return {"state": State.PENDING, "technician_id": None, "pending_reason": reason, "pending_detail": detail}
