"""Giving work to a technician, as an offer or at once: the same steps whether automation or a person chose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.dispatch.commands.impossible import review_alarm, told_by
from geo_assign.matching.domain import Candidate, Ranking
from geo_assign.receipts.coarse import shown_way
from geo_assign.receipts.commands import Receipt, receipt_of, record_receipts
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import NewOffer, apply_change, claim_time, insert_offer, lock
from geo_assign.workorders.domain import (
    Assigned,
    AssignedEvent,
    BookingRole,
    BookingState,
    Change,
    Columns,
    NamedTechnician,
    Offered,
    OfferedEvent,
    WorkOrder,
    actor_of,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it. Distance in metres and seconds on the road where a ranking knows them; `by_hand`: a person chose.

    `eta_provider`: what estimated the seconds, if not what ranked.
    """

    technician_id: UUID
    name: str
    distance_m: float | None = None
    eta_s: float | None = None
    by_hand: bool = False
    eta_provider: str | None = None

    @property
    def rounded_m(self) -> float | None:
        """The distance as it is told, to ten centimetres."""
        return None if self.distance_m is None else round(self.distance_m, 1)


def recipient_from(candidate: Candidate, *, by_hand: bool = False) -> Recipient:
    """A candidate as recipient. Offers, history and webhooks tell the distance, so it is as coarse as the place is."""
    distance_m, eta_s = shown_way(candidate)
    return Recipient(candidate.technician_id, candidate.name, distance_m, eta_s, by_hand=by_hand)


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
    """Hold a locked order's time for a technician and offer or assign it; False when something else holds that time."""
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
    """Offer or assign a locked order to a technician whose time is held; `crew`: names, by id, of who comes along.

    What a person assigns is pinned: automation does not undo it. The ranking, if there is one, becomes the receipt.
    """
    given = give(caller, order, rules, recipient, at=at, as_offer=as_offer, ranking=ranking, crew=crew)
    if given.receipt is not None:
        record_receipts(tx, [given.receipt])
    offer = given.offer
    if offer is not None:
        insert_offer(
            tx,
            order,
            offer.technician_id,
            booking_id,
            at=at,
            expires_at=offer.expires_at,
            automatic=offer.automatic,
            decision_id=offer.decision_id,
            distance_m=offer.distance_m,
            eta_s=offer.eta_s,
            offer_id=offer.id,
        )
    apply_change(tx, order, given.change)
    if told_by(order) and not as_offer:
        review_alarm(tx, lock(tx, order.id))


@dataclass(frozen=True, slots=True)
class WorkGiven:
    """What is written where work is given to a technician: the offer, unless it is assigned at once, and the rest."""

    receipt: Receipt | None
    offer: NewOffer | None
    change: Change


def give(
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    recipient: Recipient,
    *,
    at: datetime,
    as_offer: bool,
    ranking: Ranking | None,
    crew: Mapping[UUID, str] | None = None,
) -> WorkGiven:
    """What giving an order to a technician comes to; nothing is written yet."""
    recipient = _calibrated(recipient, rules, ranking, at=max(at, order.slot_at(at)[0]))
    receipt = _receipt(caller, order, recipient, ranking=ranking, as_offer=as_offer)
    decision_id = None if receipt is None else receipt.id
    offer = _offer(order, rules, recipient, at=at, decision_id=decision_id) if as_offer else None
    event = _assigned(recipient, decision_id, crew) if offer is None else _offered(offer, recipient, crew)
    start, end = order.slot_at(at)
    sets: Columns = {
        "decision_id": decision_id or order.decision_id,
        "wanted_technician_id": None,
        "slot_start": start,
        "slot_end": end,
        "evaluate_due_at": None,
    }
    if crew is not None:
        sets["crew_size"] = len(crew)
    after = Offered() if as_offer else Assigned(recipient.technician_id, pinned=recipient.by_hand)
    return WorkGiven(receipt, offer, Change(by=caller, at=at, event=event, after=after, sets=sets))


def _calibrated(recipient: Recipient, rules: StoreRules, ranking: Ranking | None, *, at: datetime) -> Recipient:
    """The recipient, told the time on the road that the store's drives have taught, as far as they have."""
    if recipient.eta_s is None or ranking is None:
        return recipient
    factor = rules.find_eta_factor(recipient.eta_provider or ranking.eta_provider, at)
    return recipient if factor is None else replace(recipient, eta_s=recipient.eta_s * factor)


def _receipt(
    caller: Caller, order: WorkOrder, recipient: Recipient, *, ranking: Ranking | None, as_offer: bool
) -> Receipt | None:
    if ranking is None:
        return None
    return receipt_of(
        ranking,
        work_order_id=order.id,
        mode="manual" if recipient.by_hand else "automatic",
        outcome="offered" if as_offer else "assigned",
        actor=actor_of(caller),
        chosen=recipient.technician_id,
    )


def _offer(
    order: WorkOrder, rules: StoreRules, recipient: Recipient, *, at: datetime, decision_id: UUID | None
) -> NewOffer:
    return NewOffer(
        id=new_id(),
        order_id=order.id,
        technician_id=recipient.technician_id,
        at=at,
        expires_at=at + rules.settings.tat,
        automatic=not recipient.by_hand,
        decision_id=decision_id,
        distance_m=recipient.distance_m,
        eta_s=recipient.eta_s,
    )


def _offered(offer: NewOffer, recipient: Recipient, crew: Mapping[UUID, str] | None) -> OfferedEvent:
    return OfferedEvent(
        technician_id=recipient.technician_id,
        technician_name=recipient.name,
        role=BookingRole.PRIMARY,
        offer_id=offer.id,
        expires_at=offer.expires_at,
        distance_m=recipient.rounded_m,
        decision_id=offer.decision_id,
        by_hand=recipient.by_hand,
        collaborators=_named(crew),
    )


def _assigned(recipient: Recipient, decision_id: UUID | None, crew: Mapping[UUID, str] | None) -> AssignedEvent:
    return AssignedEvent(
        technician_id=recipient.technician_id,
        technician_name=recipient.name,
        distance_m=recipient.rounded_m,
        decision_id=decision_id,
        by_hand=recipient.by_hand,
        collaborators=_named(crew),
    )


def _named(crew: Mapping[UUID, str] | None) -> tuple[NamedTechnician, ...] | None:
    return tuple(NamedTechnician(technician_id, name) for technician_id, name in (crew or {}).items()) or None
