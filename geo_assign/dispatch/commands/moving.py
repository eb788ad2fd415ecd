"""Work goes to another store, to another group, or back to the group that sent it. Its clock goes on.

Technicians who do not belong where it goes are released in the same transaction; the search for others is the next.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.automation import LOCATION_REASONS
from geo_assign.dispatch.commands.impossible import review_alarm
from geo_assign.dispatch.commands.releasing import release, require_force
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import broken_crew, withdraw
from geo_assign.dispatch.domain import NoSenderGroupError
from geo_assign.workforce.destinations import is_on_shift, members_of
from geo_assign.workforce.domain import InactiveError, ServiceGroup
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import (
    apply_change,
    enter_group,
    leave_group,
    lock,
    record_event,
    require_version,
    set_bookings,
)
from geo_assign.workorders.domain import (
    TAKEN,
    TERMINAL,
    Actor,
    BookingState,
    Change,
    Columns,
    DuplicateExternalIdError,
    GroupChangedEvent,
    GroupLoopAlarm,
    GroupRejectedEvent,
    GroupStay,
    MovedEvent,
    NeedsLocation,
    NobodyEligible,
    Pending,
    PendingCause,
    SameCause,
    SameState,
    StateAfter,
    TransferredEvent,
    Unassigned,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderStateError,
    actor_of,
    find_sending_stay,
)
from geo_assign.workorders.queries import count_stays, list_bookings, list_group_stays

# An order that comes back to the same group more often than this goes round in circles.
RETURNS_BEFORE_ALARM = 3


@dataclass(frozen=True, slots=True)
class Goal:
    """Where an order goes: to a store, and to one of its groups or to none. `force`: also from under way."""

    store_id: UUID
    group_id: UUID | None
    note: str | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class MoveResult:
    """How an order arrives: what is told, the state it is in then, and the dispatcher to whom it returns, if any."""

    event: type[MovedEvent]
    after: StateAfter
    returned_to: UUID | None = None


def transfer(tx: Tx, caller: Caller, order_id: UUID, goal: Goal, *, version: int | None) -> bool:
    """Send an order to another store, whose zone, triggers and map key apply from now on; False when it is there.

    Offers are withdrawn and its technicians released. The sender need not see the other store. Raises NotFoundError
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
    release(tx, caller, order, WithdrawnBecause.TRANSFERRED, at=now)
    after = _to_be_evaluated(order, WithdrawnBecause.TRANSFERRED, at=now)
    _arrive(tx, caller, order, goal, MoveResult(TransferredEvent, after), at=now)
    return True


def reassign_group(
    tx: Tx, caller: Caller, order_id: UUID, group_id: UUID, *, note: str | None, force: bool, version: int | None
) -> bool:
    """Give an order to any active group of the organization, and to its store; False when that group has it.

    A technician of the new group keeps the work, all others are released. Raises as `transfer`.
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
    after = SameState(order.state) if kept else _to_be_evaluated(order, WithdrawnBecause.GROUP_CHANGED, at=now)
    _arrive(tx, caller, order, goal, MoveResult(GroupChangedEvent, after), at=now)
    if kept:
        review_alarm(tx, lock(tx, order_id))
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
    # It waits for a person: the one to whom it returns, or any of the group.
    after = SameState(order.state) if kept else Pending(Unassigned(rejected_by=sent.group_name))
    returned_to = _dispatcher_on_shift(tx, sent.sent_by, group.id)
    _arrive(tx, caller, order, goal, MoveResult(GroupRejectedEvent, after, returned_to), at=now)
    if kept:
        review_alarm(tx, lock(tx, order_id))
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


def _dispatcher_on_shift(tx: Tx, sent_by: Actor, group_id: UUID) -> UUID | None:
    """The dispatcher who sent the order, if still there to take it back."""
    if sent_by["kind"] != ActorKind.USER:
        return None
    user_id = UUID(sent_by["id"])
    return user_id if is_on_shift(tx, user_id, group_id=group_id) else None


def _leave_behind(tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, group_id: UUID, *, at: datetime) -> bool:
    """Release the technicians outside the group that an order goes to; True when its lead technician keeps it."""
    bookings = list_bookings(tx, order.id)
    members = members_of(tx, group_id, {booking.technician_id for booking in bookings})
    if order.state not in TAKEN or order.technician_id not in members:
        require_force(caller, order, force=goal.force)
        release(tx, caller, order, WithdrawnBecause.GROUP_CHANGED, at=at)
        return False
    freed = withdraw(tx, order, WithdrawnBecause.GROUP_CHANGED)
    for booking in bookings:
        if booking.technician_id not in members:
            freed += set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=booking.id)
    wake_for(tx, freed, at=at)
    return True


def _arrive(tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, result: MoveResult, *, at: datetime) -> None:
    """Write where an order is now, and which group looks after it from now on."""
    sets: Columns = {
        "store_id": goal.store_id,
        "group_id": goal.group_id,
        "returned_to": result.returned_to,
        "wanted_technician_id": None,
    }
    changes_store = goal.store_id != order.store_id
    if changes_store and order.location is None and order.address:
        sets |= {"geocode_due_at": at, "geocode_attempts": 0}
    alarm = _enter(tx, caller, order, goal, at=at) if goal.group_id != order.group_id else None
    event = _moved(result.event, order, goal)
    with refusing(work_orders_external_id_key=DuplicateExternalIdError("The other store has this external_id already")):
        apply_change(tx, order, Change(by=caller, at=at, event=event, after=result.after, sets=sets, raises=alarm))
    if changes_store and result.event is not TransferredEvent:
        record_event(tx, caller, order.id, _moved(TransferredEvent, order, goal), state=result.after.state, at=at)


def _enter(tx: Tx, caller: Caller, order: WorkOrder, goal: Goal, *, at: datetime) -> GroupLoopAlarm | None:
    """End the present group's stay and begin the next; an alarm when the order goes round in circles."""
    leave_group(tx, order.id, at=at)
    if goal.group_id is None:
        return None
    returns = count_stays(tx, order.id, goal.group_id)
    enter_group(tx, order.id, goal.group_id, at=at, sent_by=actor_of(caller), note=goal.note)
    return GroupLoopAlarm(group_id=goal.group_id, returns=returns) if returns > RETURNS_BEFORE_ALARM else None


def _moved(event: type[MovedEvent], order: WorkOrder, goal: Goal) -> MovedEvent:
    return event(
        from_store_id=order.store_id,
        to_store_id=goal.store_id,
        from_group_id=order.group_id,
        to_group_id=goal.group_id,
        note=None if goal.note is None else FreeText(goal.note),
        forced=goal.force,
    )


def _to_be_evaluated(order: WorkOrder, because: WithdrawnBecause, *, at: datetime) -> Pending:
    """Pending, and due for the trigger of the store where it is now; a crew waits for a person."""
    crew = broken_crew(order, because)
    cause: PendingCause
    if order.location is not None:
        cause = NobodyEligible(crew=crew)
    elif order.pending_reason in LOCATION_REASONS:
        cause = SameCause(order.pending_reason, order.pending_detail, crew)
    else:
        cause = NeedsLocation(crew=crew)
    return Pending(cause, evaluate_due_at=at)
