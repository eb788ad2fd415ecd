"""A work order's slot: read as it is given, and moved together with the time that is held for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.dispatch.commands.conflicts import slot_taken
from geo_assign.dispatch.commands.impossible import accept_reasons, review_alarm
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import broken_crew, withdraw
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workforce.local_time import as_instant, get_zone
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import apply_change, claim_time, lock, lock_people, set_bookings
from geo_assign.workorders.domain import (
    UNDER_WAY,
    Booking,
    BookingState,
    Change,
    Columns,
    NobodyEligible,
    Pending,
    RescheduledEvent,
    SameState,
    SlotTold,
    State,
    WithdrawnBecause,
    WorkOrder,
)
from geo_assign.workorders.queries import list_bookings


def slot_of(
    rules: StoreRules, start: datetime | None, end: datetime | None, *, now: datetime
) -> tuple[datetime, datetime]:
    """The slot as instants; none given means as soon as possible, for the store's usual duration.

    Raises WallTimeDoesNotExistError, InvalidError for a slot that does not go forward.
    """
    zone = get_zone(rules.store.timezone)
    first = now if start is None else as_instant(start, zone)
    last = first + rules.settings.default_duration if end is None else as_instant(end, zone)
    if last <= first:
        raise InvalidError.at("/slot/end", "slot_not_forward", "The slot must end after it starts.")
    return first, last


def set_slot(
    tx: Tx, caller: Caller, order: WorkOrder, start: datetime, end: datetime, *, at: datetime, fixed: bool = True
) -> WorkOrder:
    """Write another slot of a locked order whose time is not held, or is held anew in the same transaction.

    Returns the order with it. `fixed`: it is an appointment; otherwise as soon as possible.
    """
    moved = replace(order, slot_start=start, slot_end=end, slot_is_fixed=fixed)
    event = RescheduledEvent(from_=_told(order), to=_told(moved))
    sets: Columns = {"slot_start": start, "slot_end": end, "slot_given": fixed}
    apply_change(tx, order, Change(by=caller, at=at, event=event, after=SameState(order.state), sets=sets))
    return moved


def reschedule(tx: Tx, caller: Caller, order: WorkOrder, start: datetime, end: datetime | None) -> None:
    """Move a locked order to another slot, with all who have it; working hours are not asked for.

    A user knows what stands against the technicians then; where another caller moves it, an alarm tells.

    Open offers are withdrawn: the order is due, to be offered anew. Raises WorkOrderUnderWayError, SlotTakenError with
    all who have no time then, and as `slot_of`; then nothing is changed.
    """
    if order.state in UNDER_WAY:
        raise WorkOrderUnderWayError(f"{order.technician_name} is {order.state.value}", state=order.state.value)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    start, end = slot_of(rules, start, end, now=tx.now())
    if order.slot_is_fixed and (start, end) == (order.slot_start, order.slot_end):
        return
    bookings = list_bookings(tx, order.id)
    lock_people(tx, [booking.technician_id for booking in bookings])
    now = tx.now()
    moved = replace(order, slot_start=start, slot_end=end, slot_is_fixed=True)
    withdraw(tx, order, WithdrawnBecause.RESCHEDULED)
    sets: Columns = {"slot_start": start, "slot_end": end, "slot_given": True}
    if order.state is State.ASSIGNED:
        move_time(tx, caller, moved, rules, bookings, at=now)
    else:
        sets["evaluate_due_at"] = now
        set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    event = RescheduledEvent(from_=_told(order), to=_told(moved))
    after = _to_be_offered(order, at=now) if order.state is State.OFFERED else SameState(order.state)
    apply_change(tx, order, Change(by=caller, at=now, event=event, after=after, sets=sets))
    if caller.kind is ActorKind.USER:
        accept_reasons(tx, order.id)
    else:
        review_alarm(tx, lock(tx, order.id))
    wake_for(tx, [booking.technician_id for booking in bookings], at=now)


def move_time(
    tx: Tx, caller: Caller, moved: WorkOrder, rules: StoreRules, bookings: Sequence[Booking], *, at: datetime
) -> None:
    """Free the time that is held and claim the new time for all of them, in the order of their ids."""
    crew = sorted((one for one in bookings if one.state is BookingState.ASSIGNED), key=lambda one: one.technician_id)
    set_bookings(tx, moved.id, BookingState.RELEASED, at=at)
    for one in crew:
        claimed = claim_time(
            tx,
            moved,
            one.technician_id,
            state=BookingState.ASSIGNED,
            travel_buffer=rules.settings.travel_buffer,
            at=at,
            role=one.role,
            known_reasons=one.known_reasons,
        )
        if claimed is None:
            raise slot_taken(
                tx, caller, moved, rules, {member.technician_id: member.technician_name for member in crew}, at=at
            )


def _to_be_offered(order: WorkOrder, *, at: datetime) -> Pending:
    """Pending, and due at once; a crew waits for the person who put it together."""
    because = WithdrawnBecause.RESCHEDULED
    return Pending(NobodyEligible(withdrawn=because, crew=broken_crew(order, because)), evaluate_due_at=at)


def _told(order: WorkOrder) -> SlotTold:
    return SlotTold(order.slot_start, order.slot_end)
