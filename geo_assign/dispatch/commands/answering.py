"""What becomes of an offer: accepted, rejected, expired, withdrawn. Exactly one wins; the others are told the truth.

These steps free time and never claim any: the work order they leave behind is due at once, and whoever called them
evaluates it in a transaction of its own. One that did both could wait for another that waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import change, close_offer, lock, lock_with_offer, recheck_pending, set_bookings
from geo_assign.workorders.domain import (
    MAY_ASK_AGAIN,
    TAKEN,
    BookingRole,
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
from geo_assign.workorders.queries import (
    Held,
    find_ticket_id,
    get_offer,
    list_held,
    list_open_offers,
    list_orders_waiting_for,
)

WITHDRAWN_OFFLINE = "technician_offline"
WITHDRAWN_CANCELLED = "work_order_cancelled"
WITHDRAWN_ASSIGNED = "assigned_by_hand"
WITHDRAWN_MOVED = "address_moved"
WITHDRAWN_CONVERTED = "converted"
WITHDRAWN_TRANSFERRED = "transferred"
WITHDRAWN_REGROUPED = "group_changed"
WITHDRAWN_RESCHEDULED = "rescheduled"
WITHDRAWN_TAKEN = "taken_by_another"
WITHDRAWN_LEAD = "lead_refused"
WITHDRAWN_CREW = "crew_changed"
WITHDRAWN_MISSING = "collaborator_missing"


def accept(tx: Tx, caller: Caller, offer_id: UUID) -> Offer:
    """The technician takes the work, or his part in it. Repeating it answers the same.

    Of several who are asked to lead it the first has it, and the others' offers are withdrawn. Where everybody of a
    crew is asked, it is assigned once all have said yes; until then each one's time stays held.

    Raises OfferNotFoundError (also for somebody else's), OfferExpiredError, OfferWithdrawnError,
    WorkOrderCancelledError, WorkOrderConvertedError or OfferAnsweredError with the state that won.
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
    if offer.role is BookingRole.PRIMARY:
        _withdraw_rivals(tx, order, at=now)
    assign_if_complete(tx, caller, order, at=now, accepted=offer)
    return get_offer(tx, offer_id)


def assign_if_complete(
    tx: Tx, caller: Caller, order: WorkOrder, *, at: datetime, accepted: Offer | None = None
) -> None:
    """Assign a locked order whose lead has accepted once nobody is awaited any more; else note who `accepted`."""
    held = list_held(tx, order.id)
    lead = next((one for one in held if one.leads), None)
    if lead is None or any(one.answer is OfferState.OFFERED for one in held) or _awaits_more(tx, order, held):
        if accepted is not None:
            detail = {"accepted": str(accepted.technician_id), "offer_id": str(accepted.id)}
            change(tx, caller, order, EventKind.CREW_CHANGED, at=at, detail=detail)
        return
    set_bookings(tx, order.id, BookingState.ASSIGNED, at=at)
    change(
        tx,
        caller,
        order,
        EventKind.ASSIGNED,
        at=at,
        detail=_assigned(lead, held),
        state=State.ASSIGNED,
        technician_id=lead.technician_id,
        # Somebody who is missing is looked for while the others have their work.
        evaluate_due_at=at if order.crew_size > len(_along(held)) else None,
    )


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
    held = _held_for(tx, order, offer)
    final = not MAY_ASK_AGAIN[reason]
    close_offer(tx, offer, OfferState.REJECTED, at=now, reason=reason.value, note=note, final=final)
    _release_technician(
        tx, caller, order, held, EventKind.REJECTED, detail={"reason": reason.value, "note": note}, at=now
    )
    return get_offer(tx, offer_id)


def expire(tx: Tx, caller: Caller, offer_id: UUID) -> UUID | None:
    """Close an offer whose deadline has passed; returns its work order, which is due. None: nothing (left) to do."""
    order, offer = lock_with_offer(tx, offer_id)
    now = tx.now()
    if offer.state is not OfferState.OFFERED or now < offer.expires_at:
        return None
    held = _held_for(tx, order, offer)
    close_offer(tx, offer, OfferState.EXPIRED, at=now)
    _release_technician(tx, caller, order, held, EventKind.OFFER_EXPIRED, detail={}, at=now)
    return order.id


def withdraw(tx: Tx, order: WorkOrder, reason: str) -> list[Offer]:
    """Take back everything that is offered of a locked work order, and free everybody's time unless somebody has it.

    The order's own state is the caller's.
    """
    now = tx.now()
    withdrawn = [
        offer
        for offer in list_open_offers(tx, work_order_id=order.id)
        if close_offer(tx, offer, OfferState.WITHDRAWN, at=now, reason=reason)
    ]
    if order.state not in TAKEN:
        set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    return withdrawn


def withdraw_of_technician(tx: Tx, caller: Caller, technician_id: UUID, reason: str) -> list[UUID]:
    """Take back everything that is offered to a technician; returns the work orders, which are due at once.

    Work that he is to come along to without being asked counts as offered until its lead has accepted.
    """
    due = []
    for order_id in list_orders_waiting_for(tx, technician_id):
        order = lock(tx, order_id)
        for held in list_held(tx, order_id):
            undecided = held.state is BookingState.OFFERED and held.answer is not OfferState.ACCEPTED
            if held.technician_id == technician_id and undecided:
                take_back(tx, caller, order, held, reason)
                due.append(order_id)
    return due


def take_back(tx: Tx, caller: Caller, order: WorkOrder, held: Held, reason: str) -> None:
    """Withdraw what one technician is asked of a locked work order, which is due for the next candidate at once."""
    now = tx.now()
    if held.offer_id is not None:
        close_offer(tx, get_offer(tx, held.offer_id), OfferState.WITHDRAWN, at=now, reason=reason)
    _release_technician(tx, caller, order, held, EventKind.OFFER_WITHDRAWN, detail={"reason": reason}, at=now)


def _release_technician(
    tx: Tx, caller: Caller, order: WorkOrder, held: Held, kind: EventKind, *, detail: Mapping[str, Any], at: datetime
) -> None:
    """Free the time of somebody who does not come, and leave the order due.

    While others are asked to lead it, or he only was to come along, it goes on being offered. Otherwise it is pending,
    and a crew goes free with its lead.
    """
    set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=held.booking_id)
    told = {"technician_id": str(held.technician_id), "role": held.role.value, **detail}
    if held.offer_id is not None:
        told["offer_id"] = str(held.offer_id)
    goes_on = held.role is BookingRole.COLLABORATOR or any(
        one.role is BookingRole.PRIMARY for one in list_held(tx, order.id)
    )
    if goes_on:
        change(tx, caller, order, kind, at=at, detail=told, evaluate_due_at=at)
    else:
        withdraw(tx, order, WITHDRAWN_LEAD)
        change(tx, caller, order, kind, at=at, detail=told, **_nobody_left(order, kind, told, at=at))
    # His time is free again: others may have waited for it.
    recheck_pending(tx, at=at, store_ids=[order.store_id])


def _nobody_left(order: WorkOrder, kind: EventKind, told: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Pending, for the next candidate; a crew waits for the person who put it together."""
    detail: dict[str, Any] = {}
    if kind is EventKind.OFFER_WITHDRAWN:
        detail["withdrawn"] = told["reason"]
    if order.crew_size:
        detail["crew"] = crew_broken(order, WITHDRAWN_LEAD)
    return {
        "state": State.PENDING,
        "pending_reason": PendingReason.NOBODY_ELIGIBLE,
        "pending_detail": detail,
        "evaluate_due_at": at,
    }


def crew_broken(order: WorkOrder, because: str) -> dict[str, Any]:
    """What a pending order keeps of the crew it had: automation leaves it to a person."""
    return {"collaborators": order.crew_size, "because": because}


def _withdraw_rivals(tx: Tx, order: WorkOrder, *, at: datetime) -> None:
    """The others who are asked to lead the work learn that somebody has it."""
    freed = False
    for offer in list_open_offers(tx, work_order_id=order.id):
        if offer.role is BookingRole.PRIMARY:
            close_offer(tx, offer, OfferState.WITHDRAWN, at=at, reason=WITHDRAWN_TAKEN)
            set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=offer.booking_id)
            freed = True
    if freed:
        recheck_pending(tx, at=at, store_ids=[order.store_id])


def _awaits_more(tx: Tx, order: WorkOrder, held: Sequence[Held]) -> bool:
    """Whether somebody is missing without whom the others do not go."""
    if order.crew_size <= len(_along(held)):
        return False
    return get_store_rules(tx, EVERYTHING, order.store_id).settings.crew_policy == "all_or_nothing"


def _along(held: Sequence[Held]) -> list[Held]:
    return [one for one in held if one.role is BookingRole.COLLABORATOR]


def _assigned(lead: Held, held: Sequence[Held]) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "offer_id": str(lead.offer_id),
        "technician_id": str(lead.technician_id),
        "technician_name": lead.name,
    }
    if along := _along(held):
        detail["collaborators"] = [{"id": str(one.technician_id), "name": one.name} for one in along]
    return detail


def _held_for(tx: Tx, order: WorkOrder, offer: Offer) -> Held:
    return next(one for one in list_held(tx, order.id) if one.booking_id == offer.booking_id)


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
        raise OfferWithdrawnError(_WITHDRAWN.get(offer.reason or "", ""), withdrawn_because=offer.reason)
    if offer.state is not OfferState.OFFERED:
        raise OfferAnsweredError(state=offer.state.value)


_WITHDRAWN = {
    WITHDRAWN_TAKEN: "Somebody else was quicker and has this work.",
    WITHDRAWN_LEAD: "Whoever was to lead this work did not take it.",
    WITHDRAWN_MISSING: "Nobody was left to come along, so this work is arranged anew.",
}
