"""Taken work goes to another technician in one step: audited, and with force once the first one is under way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.assigning import Mode, WantedSlot, at_slot, rank_choice, recipient_of
from geo_assign.dispatch.commands.claiming import Recipient, record_assignment
from geo_assign.dispatch.commands.conflicts import slot_taken
from geo_assign.dispatch.commands.crews import require_fit
from geo_assign.dispatch.commands.impossible import accept_reasons, review_alarm
from geo_assign.dispatch.commands.releasing import require_force
from geo_assign.dispatch.commands.rescheduling import move_time, set_slot
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.matching.domain import Ranking
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import (
    claim_time,
    lock,
    lock_people,
    record_event,
    require_version,
    set_bookings,
)
from geo_assign.workorders.domain import (
    TAKEN,
    UNDER_WAY,
    Booking,
    BookingRole,
    BookingState,
    UnassignedEvent,
    WorkOrder,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import list_bookings


def reallocate(
    tx: Tx,
    caller: Caller,
    order_id: UUID,
    technician_id: UUID,
    *,
    mode: Mode,
    force: bool,
    reason: str | None,
    version: int | None,
    slot: WantedSlot | None = None,
) -> WorkOrder:
    """Replace the technician of an order: the former one is told and free, the new one has it or is asked.

    With a `slot` it is moved to that time in the same step, unless it is under way. Collaborators stay. From travelling
    on it takes `force` with a reason. Raises WorkOrderStateError when the order is not taken or the new technician has
    it already, WorkOrderUnderWayError, ForbiddenError, InvalidError, SlotTakenError, and as `assign`; then nothing is
    changed.
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    technician = get_technician(tx, caller.scope, technician_id)
    _require_replaceable(order, technician)
    require_force(caller, order, force=force)
    if order.state in UNDER_WAY and not reason:
        raise InvalidError.at("/reason", "missing", f"Say why: {order.technician_name} is {order.state.value}.")
    require_fit(technician, to_ask=mode == "offer")
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    wanted = at_slot(order, rules, slot, now=tx.now())
    _require_movable(order, wanted)
    ranking = rank_choice(tx, wanted, rules)
    bookings = list_bookings(tx, order.id)
    lock_people(tx, {technician.id, *(booking.technician_id for booking in bookings)})
    now = tx.now()
    event = UnassignedEvent(
        technician_id=order.technician_id,
        technician_name=order.technician_name,
        reason=None if reason is None else FreeText(reason),
        replaced_by=technician.id,
        forced=force,
    )
    freed = _release(tx, caller, order, bookings, event, at=now)
    if wanted is not order:
        staying = [one for one in bookings if one.technician_id not in {order.technician_id, technician.id}]
        wanted = set_slot(tx, caller, order, wanted.slot_start, wanted.slot_end, at=now)
        move_time(tx, caller, wanted, rules, staying, at=now)
    recipient = recipient_of(technician, ranking)
    _replace(tx, caller, wanted, rules, recipient, bookings=bookings, mode=mode, ranking=ranking, at=now)
    accept_reasons(tx, order.id, [technician.id])
    review_alarm(tx, lock(tx, order.id))
    audit(
        tx,
        caller,
        "work_order.reallocated",
        subject_kind="work_order",
        subject_id=order.id,
        replaced=str(order.technician_id),
        mode=mode,
        state=order.state.value,
        replaced_by=str(technician.id),
        reason=reason,
        forced=force,
    )
    wake_for(tx, freed, at=now)
    return lock(tx, order_id)


def _require_replaceable(order: WorkOrder, technician: Technician) -> None:
    if order.state not in TAKEN:
        raise WorkOrderStateError(
            f"no technician has a work order that is {order.state.value}", state=order.state.value
        )
    if technician.id == order.technician_id:
        raise WorkOrderStateError(f"{technician.name} has this work already", state=order.state.value)


def _require_movable(order: WorkOrder, wanted: WorkOrder) -> None:
    if wanted is not order and order.state in UNDER_WAY:
        raise WorkOrderUnderWayError(f"{order.technician_name} is {order.state.value}", state=order.state.value)


def _release(
    tx: Tx, caller: Caller, order: WorkOrder, bookings: Sequence[Booking], event: UnassignedEvent, *, at: datetime
) -> list[UUID]:
    """Free the technician who had it, and the new one where that is a collaborator; tell who had it.

    Returns the technicians whose time is free.
    """
    freed: list[UUID] = []
    for booking in bookings:
        if booking.role is BookingRole.PRIMARY or booking.technician_id == event.replaced_by:
            freed += set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=booking.id)
    record_event(tx, caller, order.id, event, state=order.state, at=at)
    return freed


def _replace(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    recipient: Recipient,
    *,
    bookings: Sequence[Booking],
    mode: Mode,
    ranking: Ranking | None,
    at: datetime,
) -> None:
    """Assign or offer it; while the new technician is asked, the collaborators are held as they are for any offer."""
    along = [one for one in bookings if one.role is BookingRole.COLLABORATOR]
    crew = {one.technician_id: one.technician_name for one in along if one.technician_id != recipient.technician_id}
    state = BookingState.OFFERED if mode == "offer" else BookingState.ASSIGNED
    # A crew comes when it was to come; one alone, as soon as possible, no earlier than now.
    wanted = replace(order, slot_is_fixed=True) if crew else order
    set_bookings(tx, order.id, state, at=at)
    buffer = rules.settings.travel_buffer
    booking_id = claim_time(tx, wanted, recipient.technician_id, state=state, travel_buffer=buffer, at=at)
    if booking_id is None:
        raise slot_taken(tx, caller, wanted, rules, {recipient.technician_id: recipient.name}, at=at)
    as_offer = mode == "offer"
    record_assignment(
        tx,
        caller,
        wanted,
        rules,
        recipient,
        booking_id=booking_id,
        at=at,
        as_offer=as_offer,
        ranking=ranking,
        crew=crew,
    )
