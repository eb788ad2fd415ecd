"""Taking back what is offered, and freeing a technician who does not come. No step here claims time."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.workorders.commands import apply_change, close_offer, lock, set_bookings
from geo_assign.workorders.domain import (
    TAKEN,
    Booking,
    BookingRole,
    BookingState,
    BrokenCrew,
    Change,
    NobodyEligible,
    OfferExpiredEvent,
    OfferState,
    OfferWithdrawnEvent,
    Pending,
    RejectedEvent,
    SameState,
    WithdrawnBecause,
    WorkOrder,
)
from geo_assign.workorders.queries import get_offer, list_bookings, list_open_offers, list_orders_waiting_for

ReleasingEvent: TypeAlias = RejectedEvent | OfferExpiredEvent | OfferWithdrawnEvent


@dataclass(frozen=True, slots=True)
class Release:
    """A technician who does not come: the booking that is freed, and what happened."""

    booking: Booking
    event: ReleasingEvent


def withdraw(tx: Tx, order: WorkOrder, because: WithdrawnBecause) -> list[UUID]:
    """Take back all that is offered of a locked work order; unless a technician has it, free all its bookings.

    Returns the technicians whose time is free. The order's own state is left to the caller, and so is `wake_for`.
    """
    now = tx.now()
    for offer in list_open_offers(tx, work_order_id=order.id):
        close_offer(tx, offer, OfferState.WITHDRAWN, at=now, reason=because)
    return [] if order.state in TAKEN else list(set_bookings(tx, order.id, BookingState.RELEASED, at=now))


def withdraw_of_technician(tx: Tx, caller: Caller, technician_id: UUID, because: WithdrawnBecause) -> list[UUID]:
    """Take back all that is offered to a technician; returns the work orders, which are due at once.

    Work that the technician is to come along to without being asked counts as offered until its lead has accepted.
    """
    due = []
    for order_id in list_orders_waiting_for(tx, technician_id):
        order = lock(tx, order_id)
        for booking in list_bookings(tx, order_id):
            undecided = booking.state is BookingState.OFFERED and booking.answer is not OfferState.ACCEPTED
            if booking.technician_id == technician_id and undecided:
                withdraw_booking(tx, caller, order, booking, because)
                due.append(order_id)
    return due


def withdraw_booking(tx: Tx, caller: Caller, order: WorkOrder, booking: Booking, because: WithdrawnBecause) -> None:
    """Withdraw what one technician is asked of a locked work order, which is due for the next candidate at once."""
    now = tx.now()
    if booking.offer_id is not None:
        close_offer(tx, get_offer(tx, booking.offer_id), OfferState.WITHDRAWN, at=now, reason=because)
    event = OfferWithdrawnEvent(
        technician_id=booking.technician_id, role=booking.role, reason=because, offer_id=booking.offer_id
    )
    release_technician(tx, caller, order, Release(booking, event), at=now)


def release_technician(tx: Tx, caller: Caller, order: WorkOrder, release: Release, *, at: datetime) -> None:
    """Free the time of a technician who does not come, and leave the order due.

    It goes on being offered while others are asked to lead it, or where the technician only was to come along.
    Otherwise it is pending, and the crew is free with its lead.
    """
    booking = release.booking
    freed = list(set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=booking.id))
    is_still_led = any(one.role is BookingRole.PRIMARY for one in list_bookings(tx, order.id))
    if booking.role is BookingRole.COLLABORATOR or is_still_led:
        change = Change(
            by=caller, at=at, event=release.event, after=SameState(order.state), sets={"evaluate_due_at": at}
        )
    else:
        freed += withdraw(tx, order, WithdrawnBecause.LEAD_REFUSED)
        change = Change(by=caller, at=at, event=release.event, after=pending_without_lead(order, release.event, at=at))
    apply_change(tx, order, change)
    wake_for(tx, freed, at=at)


def broken_crew(order: WorkOrder, because: WithdrawnBecause) -> BrokenCrew | None:
    """What a pending order keeps of the crew that it had; None where it had none."""
    return BrokenCrew(order.crew_size, because) if order.crew_size else None


def pending_without_lead(order: WorkOrder, event: ReleasingEvent, *, at: datetime) -> Pending:
    """Pending, for the next candidate; a crew waits for the person who put it together."""
    cause = NobodyEligible(
        withdrawn=event.reason if isinstance(event, OfferWithdrawnEvent) else None,
        crew=broken_crew(order, WithdrawnBecause.LEAD_REFUSED),
    )
    return Pending(cause, evaluate_due_at=at)
