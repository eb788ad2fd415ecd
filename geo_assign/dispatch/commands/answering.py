"""What becomes of an offer: accepted, rejected, expired, withdrawn. Exactly one wins; the others are told the truth.

These steps free time and never claim any: the work order they leave behind is due at once, and whoever called them
evaluates it in a transaction of its own. One that did both could wait for another that waits for it.
"""

from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.matching.questions import get_store_rules
from geo_assign.workorders.commands import (
    EVERYTHING,
    change,
    close_offer,
    lock_with_offer,
    set_bookings,
    to_pending,
    wake,
)
from geo_assign.workorders.conversion import find_ticket_id
from geo_assign.workorders.domain import (
    MAY_ASK_AGAIN,
    BookingState,
    EventKind,
    Offer,
    OfferAnsweredError,
    OfferExpiredError,
    OfferNotFoundError,
    OfferState,
    OfferWithdrawnError,
    PendingReason,
    RejectionDisabledError,
    RejectReason,
    State,
    WorkOrder,
    WorkOrderCancelledError,
    WorkOrderConvertedError,
)
from geo_assign.workorders.queries import get_offer, list_open_offers

WITHDRAWN_OFFLINE = "technician_offline"
WITHDRAWN_CANCELLED = "work_order_cancelled"
WITHDRAWN_ASSIGNED = "assigned_by_hand"
WITHDRAWN_MOVED = "address_moved"
WITHDRAWN_CONVERTED = "converted"
WITHDRAWN_TRANSFERRED = "transferred"
WITHDRAWN_REGROUPED = "group_changed"
WITHDRAWN_RESCHEDULED = "rescheduled"


def accept(tx: Tx, caller: Caller, offer_id: UUID) -> Offer:
    """The technician takes the work. Repeating it answers the same.

    Raises OfferNotFoundError (also for somebody else's), OfferExpiredError, OfferWithdrawnError,
    WorkOrderCancelledError or OfferAnsweredError with the state that won.
    """
    order, offer = lock_with_offer(tx, offer_id)
    _require_own(caller, offer)
    if offer.state is OfferState.ACCEPTED:
        return offer
    # The clock is read after the lock: an answer that had to wait past the deadline is late.
    now = tx.now()
    _require_open(tx, offer)
    if now >= offer.expires_at:
        raise OfferExpiredError(expired_at=offer.expires_at.isoformat())
    close_offer(tx, offer, OfferState.ACCEPTED, at=now)
    set_bookings(tx, order.id, BookingState.ASSIGNED, at=now, booking_id=offer.booking_id)
    detail = {"offer_id": str(offer.id), "technician_id": str(offer.technician_id), "technician_name": caller.name}
    change(
        tx,
        caller,
        order,
        EventKind.ASSIGNED,
        at=now,
        detail=detail,
        state=State.ASSIGNED,
        technician_id=offer.technician_id,
        evaluate_due_at=None,
    )
    return get_offer(tx, offer_id)


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
    _require_open(tx, offer)
    if now >= offer.expires_at:
        raise OfferExpiredError(expired_at=offer.expires_at.isoformat())
    if not rules.settings.lead_rejection:
        raise RejectionDisabledError
    final = not MAY_ASK_AGAIN[reason]
    close_offer(tx, offer, OfferState.REJECTED, at=now, reason=reason.value, note=note, final=final)
    detail = {"reason": reason.value, "note": note}
    _leave_to_the_next(tx, caller, order, offer, EventKind.REJECTED, detail=detail)
    return get_offer(tx, offer_id)


def expire(tx: Tx, caller: Caller, offer_id: UUID) -> UUID | None:
    """Close an offer whose deadline has passed; returns its work order, which is due. None: nothing (left) to do."""
    order, offer = lock_with_offer(tx, offer_id)
    now = tx.now()
    if offer.state is not OfferState.OFFERED or now < offer.expires_at:
        return None
    close_offer(tx, offer, OfferState.EXPIRED, at=now)
    _leave_to_the_next(tx, caller, order, offer, EventKind.OFFER_EXPIRED, detail={})
    return order.id


def withdraw(tx: Tx, order: WorkOrder, reason: str) -> list[Offer]:
    """Take back the open offers of a locked work order and free their time; the order's own state is the caller's."""
    now = tx.now()
    withdrawn = []
    for offer in list_open_offers(tx, work_order_id=order.id):
        if close_offer(tx, offer, OfferState.WITHDRAWN, at=now, reason=reason):
            set_bookings(tx, order.id, BookingState.RELEASED, at=now, booking_id=offer.booking_id)
            withdrawn.append(offer)
    return withdrawn


def withdraw_of_technician(tx: Tx, caller: Caller, technician_id: UUID, reason: str) -> list[UUID]:
    """Take back everything that is offered to a technician; returns the work orders, which are due at once."""
    due = []
    for found in sorted(list_open_offers(tx, technician_id=technician_id), key=lambda offer: offer.work_order_id):
        order, offer = lock_with_offer(tx, found.id)
        now = tx.now()
        if not close_offer(tx, offer, OfferState.WITHDRAWN, at=now, reason=reason):
            continue
        set_bookings(tx, order.id, BookingState.RELEASED, at=now, booking_id=offer.booking_id)
        to_look_again(tx, caller, order, offer, reason)
        due.append(order.id)
    return due


def to_look_again(tx: Tx, caller: Caller, order: WorkOrder, offer: Offer, reason: str) -> None:
    """A work order whose offer was withdrawn is pending, and due for the next candidate at once."""
    now = tx.now()
    detail = {"offer_id": str(offer.id), "technician_id": str(offer.technician_id), "reason": reason}
    change(tx, caller, order, EventKind.OFFER_WITHDRAWN, at=now, detail=detail)
    pending = {"withdrawn": reason}
    to_pending(tx, caller, order, PendingReason.NOBODY_ELIGIBLE, at=now, detail=pending, evaluate_due_at=now)


def _leave_to_the_next(
    tx: Tx, caller: Caller, order: WorkOrder, offer: Offer, kind: EventKind, *, detail: dict[str, str | None]
) -> None:
    now = tx.now()
    set_bookings(tx, order.id, BookingState.RELEASED, at=now, booking_id=offer.booking_id)
    told = {"offer_id": str(offer.id), "technician_id": str(offer.technician_id), **detail}
    change(
        tx,
        caller,
        order,
        kind,
        at=now,
        detail=told,
        state=State.PENDING,
        pending_reason=PendingReason.NOBODY_ELIGIBLE,
        pending_detail={},
        evaluate_due_at=now,
    )
    # His time is free again: others may have waited for it.
    wake(tx, at=now, store_ids=[order.store_id])


def _require_own(caller: Caller, offer: Offer) -> None:
    if caller.technician_id != offer.technician_id:
        raise OfferNotFoundError


def _require_open(tx: Tx, offer: Offer) -> None:
    if offer.state is OfferState.EXPIRED:
        raise OfferExpiredError(expired_at=offer.expires_at.isoformat())
    if offer.state is OfferState.WITHDRAWN:
        if offer.reason == WITHDRAWN_CANCELLED:
            raise WorkOrderCancelledError
        if offer.reason == WITHDRAWN_CONVERTED:
            raise WorkOrderConvertedError(ticket_id=find_ticket_id(tx, offer.work_order_id))
        raise OfferWithdrawnError(withdrawn_because=offer.reason)
    if offer.state is not OfferState.OFFERED:
        raise OfferAnsweredError(state=offer.state.value)
