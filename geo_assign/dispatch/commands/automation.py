"""Automatic assignment: look at a work order that nobody has, and do what its store's trigger says."""

from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.matching.commands import record_decision
from geo_assign.matching.domain import Candidate, Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import StoreRules, get_store_rules, question_for_order
from geo_assign.workorders.commands import (
    EVERYTHING,
    actor,
    change,
    claim_time,
    insert_offer,
    lock,
    put_off,
    to_pending,
    wake,
)
from geo_assign.workorders.domain import BookingState, EventKind, PendingReason, State, WorkOrder

# How many people are tried before the ranking is asked again: the others were taken meanwhile.
_TRIED_AT_ONCE = 8
_ROUNDS = 6

# Somebody may become available by the mere passing of time (a shift begins, a cool-off ends).
LOOK_AGAIN = timedelta(seconds=30)


def evaluate(tx: Tx, caller: Caller, work_order_id: UUID, *, forced: bool = False) -> WorkOrder:
    """Offer or assign the work order to the nearest who is available, or say why it is pending.

    Whatever has somebody, or is over, stays as it is. `forced`: a person asked for it, so a trigger that is off does
    not matter. Returns the work order as it stands afterwards.
    """
    order = lock(tx, work_order_id)
    if order.state not in (State.NEW, State.PENDING):
        put_off(tx, order.id, evaluate_due_at=None)
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    if order.wanted_technician_id is not None:
        _give_to_wanted(tx, caller, order, rules, order.wanted_technician_id)
    elif order.location is None:
        _wait_for_location(tx, caller, order)
    elif rules.settings.lead_auto_user_assignment == "off" and not forced:
        to_pending(tx, caller, order, PendingReason.AUTOMATION_OFF, at=tx.now())
    else:
        _find_somebody(tx, caller, order, rules, forced=forced)
    return lock(tx, work_order_id)


def settings_changed(tx: Tx, store_id: UUID) -> None:
    """A store has other triggers or limits: look again at its work that nobody has."""
    wake(tx, at=tx.now(), store_ids=[store_id], reasons=_HANGS_ON_SETTINGS)


def _find_somebody(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, forced: bool) -> None:
    suggest = rules.settings.lead_auto_user_assignment == "suggest" and not forced
    offers_first = rules.settings.lead_acceptance
    for _ in range(_ROUNDS):
        now = tx.now()
        question = question_for_order(order, rules, at=now, needs_duty=offers_first or suggest, limit=_TRIED_AT_ONCE)
        ranking = rank(tx, question)
        if not ranking.candidates:
            _nobody(tx, caller, order, ranking, at=now)
            return
        if suggest:
            _suggest(tx, caller, order, ranking, at=now)
            return
        for candidate in ranking.candidates:
            if give(tx, caller, order, rules, candidate, ranking=ranking, at=now, as_offer=offers_first):
                return
    # Everybody was taken while we asked, round after round: leave it to the next evaluation, at once.
    put_off(tx, order.id, evaluate_due_at=tx.now())


def give(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    candidate: Candidate,
    *,
    ranking: Ranking,
    at: datetime,
    as_offer: bool,
) -> bool:
    """Offer or assign to one candidate of a ranking; False when his time was taken meanwhile."""
    state = BookingState.OFFERED if as_offer else BookingState.ASSIGNED
    buffer = ranking.question.policy.travel_buffer
    booking_id = claim_time(tx, order, candidate.technician_id, state=state, travel_buffer=buffer, at=at)
    if booking_id is None:
        return False
    decision_id = record_decision(
        tx,
        ranking,
        work_order_id=order.id,
        mode="automatic",
        outcome="offered" if as_offer else "assigned",
        actor=actor(caller),
        chosen=candidate.technician_id,
    )
    detail = {
        "technician_id": str(candidate.technician_id),
        "technician_name": candidate.name,
        "distance_m": round(candidate.distance_m, 1),
        "decision_id": str(decision_id),
    }
    if as_offer:
        expires_at = at + rules.settings.tat
        offer_id = insert_offer(
            tx,
            order,
            candidate.technician_id,
            booking_id,
            at=at,
            expires_at=expires_at,
            automatic=True,
            decision_id=decision_id,
            distance_m=candidate.distance_m,
            eta_s=candidate.eta_s,
        )
        detail |= {"offer_id": str(offer_id), "expires_at": expires_at.isoformat()}
    change(
        tx,
        caller,
        order,
        EventKind.OFFERED if as_offer else EventKind.ASSIGNED,
        at=at,
        detail=detail,
        state=State.OFFERED if as_offer else State.ASSIGNED,
        technician_id=None if as_offer else candidate.technician_id,
        decision_id=decision_id,
        evaluate_due_at=None,
    )
    return True


def _suggest(tx: Tx, caller: Caller, order: WorkOrder, ranking: Ranking, *, at: datetime) -> None:
    best = ranking.candidates[0]
    decision_id = record_decision(
        tx,
        ranking,
        work_order_id=order.id,
        mode="automatic",
        outcome="suggested",
        actor=actor(caller),
        chosen=best.technician_id,
    )
    detail = {"technician_id": str(best.technician_id), "technician_name": best.name}
    to_pending(tx, caller, order, PendingReason.SUGGESTED, at=at, detail=detail, decision_id=decision_id)


def _nobody(tx: Tx, caller: Caller, order: WorkOrder, ranking: Ranking, *, at: datetime) -> None:
    """Pending with the counts by reason and the nearest three who were excluded; looked at again before long."""
    explanation = ranking.explanation
    assert explanation is not None
    detail = {
        "counts": {code.value: count for code, count in sorted(explanation.counts.items())},
        "nearest": [
            {
                "technician_id": str(person.technician_id),
                "name": person.name,
                "reasons": [reason.code.value for reason in person.reasons],
            }
            for person in explanation.excluded[:3]
        ],
    }
    again = at + LOOK_AGAIN
    if order.pending_reason is PendingReason.NOBODY_ELIGIBLE and order.pending_detail == detail:
        put_off(tx, order.id, evaluate_due_at=again)
        return
    decision_id = record_decision(
        tx, ranking, work_order_id=order.id, mode="automatic", outcome="nobody", actor=actor(caller), chosen=None
    )
    to_pending(
        tx,
        caller,
        order,
        PendingReason.NOBODY_ELIGIBLE,
        at=at,
        detail=detail,
        evaluate_due_at=again,
        decision_id=decision_id,
    )


def _give_to_wanted(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, technician_id: UUID) -> None:
    """The lead named its technician, once: only his time decides, and if it is taken a person has to."""
    now = tx.now()
    buffer = rules.settings.travel_buffer
    if claim_time(tx, order, technician_id, state=BookingState.ASSIGNED, travel_buffer=buffer, at=now) is None:
        detail = {"wanted": str(technician_id), "counts": {"slot_taken": 1}}
        to_pending(tx, caller, order, PendingReason.WANTED_TAKEN, at=now, detail=detail, wanted_technician_id=None)
        return
    change(
        tx,
        caller,
        order,
        EventKind.ASSIGNED,
        at=now,
        detail={"technician_id": str(technician_id), "wanted": True},
        state=State.ASSIGNED,
        technician_id=technician_id,
        wanted_technician_id=None,
        pinned=True,
        evaluate_due_at=None,
    )


def _wait_for_location(tx: Tx, caller: Caller, order: WorkOrder) -> None:
    if order.pending_reason in LOCATION_REASONS:
        put_off(tx, order.id, evaluate_due_at=None)
        return
    to_pending(tx, caller, order, PendingReason.NEEDS_LOCATION, at=tx.now())


_HANGS_ON_SETTINGS = (PendingReason.AUTOMATION_OFF, PendingReason.SUGGESTED, PendingReason.NOBODY_ELIGIBLE)

LOCATION_REASONS = frozenset(
    {PendingReason.NEEDS_LOCATION, PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE}
)
