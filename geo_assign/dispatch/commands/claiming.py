"""Giving work to somebody, as an offer or at once: the same steps whether automation or a person chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.geo import road_s
from geo_assign.matching.domain import Candidate, Ranking
from geo_assign.receipts.coarse import shown_m
from geo_assign.receipts.commands import record_decision
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import actor, change, claim_time, insert_offer
from geo_assign.workorders.domain import BookingState, EventKind, State, WorkOrder


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it. Distance in metres and seconds on the road where a ranking knows them; `by_hand`: a person chose."""

    technician_id: UUID
    name: str
    distance_m: float | None = None
    eta_s: float | None = None
    by_hand: bool = False


def recipient_from(candidate: Candidate, *, by_hand: bool = False) -> Recipient:
    """A candidate as recipient. Offers, history and webhooks tell the distance, so it is as coarse as the place is."""
    distance_m = shown_m(candidate.distance_m, coarse=candidate.coarse)
    return Recipient(candidate.technician_id, candidate.name, distance_m, road_s(distance_m), by_hand=by_hand)


def claim_and_assign(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    recipient: Recipient,
    *,
    at: datetime,
    as_offer: bool,
    ranking: Ranking | None,
) -> bool:
    """Hold the time of a locked order for somebody and offer or assign it; False when something else holds his time."""
    booking_id = claim_time(
        tx,
        order,
        recipient.technician_id,
        state=BookingState.OFFERED if as_offer else BookingState.ASSIGNED,
        travel_buffer=rules.settings.travel_buffer,
        at=at,
    )
    if booking_id is None:
        return False
    record_assignment(
        tx, caller, order, rules, recipient, booking_id=booking_id, at=at, as_offer=as_offer, ranking=ranking
    )
    return True


def record_assignment(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    recipient: Recipient,
    *,
    booking_id: UUID,
    at: datetime,
    as_offer: bool,
    ranking: Ranking | None,
    crew: Mapping[UUID, str] | None = None,
) -> None:
    """Offer or assign a locked order to somebody whose time is held for it; `crew`: names, by id, of who comes along.

    What a person assigns is pinned: automation does not undo it. The ranking, if there is one, becomes the receipt.
    """
    decision_id = _receipt(tx, caller, order, recipient, ranking=ranking, as_offer=as_offer)
    detail = _told(recipient, decision_id)
    if as_offer:
        detail |= _offer(tx, order, rules, recipient, booking_id, at=at, decision_id=decision_id)
    if crew:
        detail["collaborators"] = [{"id": str(person_id), "name": name} for person_id, name in crew.items()]
    start, end = order.slot_at(at)
    change(
        tx,
        caller,
        order,
        EventKind.OFFERED if as_offer else EventKind.ASSIGNED,
        at=at,
        detail=detail,
        state=State.OFFERED if as_offer else State.ASSIGNED,
        technician_id=None if as_offer else recipient.technician_id,
        pinned=recipient.by_hand and not as_offer,
        decision_id=decision_id or order.decision_id,
        wanted_technician_id=None,
        slot_start=start,
        slot_end=end,
        evaluate_due_at=None,
        **({} if crew is None else {"crew_size": len(crew)}),
    )


def _receipt(
    tx: Tx, caller: Caller, order: WorkOrder, recipient: Recipient, *, ranking: Ranking | None, as_offer: bool
) -> UUID | None:
    if ranking is None:
        return None
    return record_decision(
        tx,
        ranking,
        work_order_id=order.id,
        mode="manual" if recipient.by_hand else "automatic",
        outcome="offered" if as_offer else "assigned",
        actor=actor(caller),
        chosen=recipient.technician_id,
    )


def _offer(
    tx: Tx,
    order: WorkOrder,
    rules: StoreRules,
    recipient: Recipient,
    booking_id: UUID,
    *,
    at: datetime,
    decision_id: UUID | None,
) -> dict[str, Any]:
    expires_at = at + rules.settings.tat
    offer_id = insert_offer(
        tx,
        order,
        recipient.technician_id,
        booking_id,
        at=at,
        expires_at=expires_at,
        automatic=not recipient.by_hand,
        decision_id=decision_id,
        distance_m=recipient.distance_m,
        eta_s=recipient.eta_s,
    )
    return {"offer_id": str(offer_id), "expires_at": expires_at.isoformat()}


def _told(recipient: Recipient, decision_id: UUID | None) -> dict[str, Any]:
    return {
        "technician_id": str(recipient.technician_id),
        "technician_name": recipient.name,
        "distance_m": None if recipient.distance_m is None else round(recipient.distance_m, 1),
        "decision_id": None if decision_id is None else str(decision_id),
        "by_hand": recipient.by_hand,
    }
