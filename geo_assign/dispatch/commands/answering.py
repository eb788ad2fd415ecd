"""Answers to offers: accepted, rejected, expired, withdrawn. Exactly one wins; the others are told which one did.

These steps free time and never claim any. The work order that they leave is due at once, and is evaluated in a
transaction of its own: one that did both could wait for another that waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.impossible import review_alarm, told_by
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import Release, release_technician
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import apply_change, close_offer, lock, lock_with_offer, set_bookings
from geo_assign.workorders.domain import (
    MAY_ASK_AGAIN,
    Assigned,
    AssignedEvent,
    Booking,
    BookingRole,
    BookingState,
    Change,
    CrewChangedEvent,
    NamedTechnician,
    Offer,
    OfferAnsweredError,
    OfferExpiredError,
    OfferExpiredEvent,
    OfferNotFoundError,
    OfferState,
    OfferWithdrawnError,
    RejectedEvent,
    RejectionDisabledError,
    RejectReason,
    SameState,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderCancelledError,
    WorkOrderConvertedError,
)
from geo_assign.workorders.queries import find_ticket_id, get_offer, list_bookings, list_open_offers


def accept(tx: Tx, caller: Caller, offer_id: UUID) -> Offer:
    """The technician takes the work, or a part in it. Repeating it answers the same.

    Of several who are asked to lead it the first has it, and the others' offers are withdrawn. Where a whole crew is
    asked, it is assigned once all have accepted; until then the time of each stays held.

    Raises OfferNotFoundError (also for another technician's), OfferExpiredError, OfferWithdrawnError,
    WorkOrderCancelledError, WorkOrderConvertedError or OfferAnsweredError with the state that won.
    """
    order, offer = lock_with_offer(tx, offer_id)
    _require_own(caller, offer)
    if offer.state is OfferState.ACCEPTED:
        return offer
    # The clock is read after the lock: an answer that had to wait past the deadline is late.
    now = tx.now()
    _require_open(tx, offer, at=now)
    close_offer(tx, offer, OfferState.ACCEPTED, at=now)
    if offer.role is BookingRole.PRIMARY:
        _withdraw_rivals(tx, order, at=now)
    assign_if_complete(tx, caller, order, at=now, accepted=offer)
    return get_offer(tx, offer_id)


def assign_if_complete(
    tx: Tx, caller: Caller, order: WorkOrder, *, at: datetime, accepted: Offer | None = None
) -> None:
    """Assign a locked order whose lead has accepted once no answer is awaited any more; else note who `accepted`."""
    bookings = list_bookings(tx, order.id)
    lead = next((booking for booking in bookings if booking.is_accepted_lead), None)
    if lead is None or any(one.answer is OfferState.OFFERED for one in bookings) or _awaits_more(tx, order, bookings):
        if accepted is not None:
            event = CrewChangedEvent(accepted=accepted.technician_id, offer_id=accepted.id)
            apply_change(tx, order, Change(by=caller, at=at, event=event, after=SameState(order.state)))
        return
    set_bookings(tx, order.id, BookingState.ASSIGNED, at=at)
    # A collaborator who is missing is looked for while the others have their work.
    due_at = at if order.crew_size > len(_collaborators(bookings)) else None
    change = Change(
        by=caller,
        at=at,
        event=_assigned(lead, _collaborators(bookings)),
        after=Assigned(lead.technician_id),
        sets={"evaluate_due_at": due_at},
    )
    apply_change(tx, order, change)
    if told_by(order):
        review_alarm(tx, lock(tx, order.id))


def reject(tx: Tx, caller: Caller, offer_id: UUID, reason: RejectReason, note: str | None = None) -> Offer:
    """The technician says no; the work order is due for the next candidate. Repeating it answers the same.

    Raises RejectionDisabledError where the store does not allow it, else as `accept`.
    """
    order, offer = lock_with_offer(tx, offer_id)
    _require_own(caller, offer)
    if offer.state is OfferState.REJECTED:
        return offer
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    now = tx.now()
    _require_open(tx, offer, at=now)
    if not rules.settings.lead_rejection:
        raise RejectionDisabledError
    booking = _booking_of(tx, order, offer)
    final = not MAY_ASK_AGAIN[reason]
    close_offer(tx, offer, OfferState.REJECTED, at=now, reason=reason, note=note, final=final)
    event = RejectedEvent(
        technician_id=offer.technician_id,
        role=offer.role,
        reason=reason,
        note=None if note is None else FreeText(note),
        offer_id=offer.id,
    )
    release_technician(tx, caller, order, Release(booking, event), at=now)
    return get_offer(tx, offer_id)


def expire(tx: Tx, caller: Caller, offer_id: UUID) -> UUID | None:
    """Close an offer whose deadline has passed; returns its work order, which is due. None: nothing (left) to do."""
    order, offer = lock_with_offer(tx, offer_id)
    now = tx.now()
    if offer.state is not OfferState.OFFERED or now < offer.expires_at:
        return None
    booking = _booking_of(tx, order, offer)
    close_offer(tx, offer, OfferState.EXPIRED, at=now)
    event = OfferExpiredEvent(technician_id=offer.technician_id, role=offer.role, offer_id=offer.id)
    release_technician(tx, caller, order, Release(booking, event), at=now)
    return order.id


def _withdraw_rivals(tx: Tx, order: WorkOrder, *, at: datetime) -> None:
    """The others who are asked to lead the work learn that it is taken."""
    freed: list[UUID] = []
    for offer in list_open_offers(tx, work_order_id=order.id):
        if offer.role is BookingRole.PRIMARY:
            close_offer(tx, offer, OfferState.WITHDRAWN, at=at, reason=WithdrawnBecause.TAKEN_BY_ANOTHER)
            freed += set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=offer.booking_id)
    wake_for(tx, freed, at=at)


def _awaits_more(tx: Tx, order: WorkOrder, bookings: Sequence[Booking]) -> bool:
    """Whether a collaborator is missing without whom the others do not go."""
    if order.crew_size <= len(_collaborators(bookings)):
        return False
    return get_store_rules(tx, EVERYTHING, order.store_id).settings.crew_policy == "all_or_nothing"


def _collaborators(bookings: Sequence[Booking]) -> list[Booking]:
    return [booking for booking in bookings if booking.role is BookingRole.COLLABORATOR]


def _assigned(lead: Booking, collaborators: Sequence[Booking]) -> AssignedEvent:
    named = tuple(NamedTechnician(one.technician_id, one.technician_name) for one in collaborators)
    return AssignedEvent(
        technician_id=lead.technician_id,
        technician_name=lead.technician_name,
        distance_m=None if lead.distance_m is None else round(lead.distance_m, 1),
        decision_id=lead.decision_id,
        by_hand=not lead.automatic,
        offer_id=lead.offer_id,
        collaborators=named or None,
    )


def _booking_of(tx: Tx, order: WorkOrder, offer: Offer) -> Booking:
    return next(booking for booking in list_bookings(tx, order.id) if booking.id == offer.booking_id)


def _require_own(caller: Caller, offer: Offer) -> None:
    if caller.technician_id != offer.technician_id:
        raise OfferNotFoundError


def _require_open(tx: Tx, offer: Offer, *, at: datetime) -> None:
    if offer.state is OfferState.EXPIRED:
        raise OfferExpiredError(expired_at=offer.expires_at.isoformat())
    if offer.state is OfferState.WITHDRAWN:
        _refuse_withdrawn(tx, offer)
    if offer.state is not OfferState.OFFERED:
        raise OfferAnsweredError(state=offer.state.value)
    if at >= offer.expires_at:
        raise OfferExpiredError(expired_at=offer.expires_at.isoformat())


def _refuse_withdrawn(tx: Tx, offer: Offer) -> None:
    if offer.reason == WithdrawnBecause.WORK_ORDER_CANCELLED:
        raise WorkOrderCancelledError
    if offer.reason == WithdrawnBecause.CONVERTED:
        raise WorkOrderConvertedError(ticket_id=find_ticket_id(tx, offer.work_order_id))
    raise OfferWithdrawnError(_WITHDRAWN.get(offer.reason or "", ""), withdrawn_because=offer.reason)


_WITHDRAWN: Mapping[str, str] = {
    WithdrawnBecause.TAKEN_BY_ANOTHER: "Another technician was quicker and has this work.",
    WithdrawnBecause.TECHNICIAN_UNABLE: "What you may do, or when you work, has changed.",
    WithdrawnBecause.LEAD_REFUSED: "The technician who was to lead this work did not take it.",
    WithdrawnBecause.COLLABORATOR_MISSING: "A collaborator is missing, so this work is arranged anew.",
}
