"""Automatic assignment: look at a work order that nobody has, and do what its store's trigger says."""

from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.giving import Recipient, give
from geo_assign.matching.commands import record_decision
from geo_assign.matching.domain import Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import StoreRules, get_store_rules, question_for_order
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.commands import (
    EVERYTHING,
    actor,
    lock,
    put_off,
    to_pending,
    wake,
)
from geo_assign.workorders.domain import Kind, PendingReason, State, WorkOrder

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
    by_hand = rules.trigger(order.kind) == "off" and not forced
    if order.wanted_technician_id is not None:
        _give_to_wanted(tx, caller, order, rules, order.wanted_technician_id)
    elif by_hand and order.kind is Kind.TICKET:
        # In the pool at once: a workshop's work needs no address to be given out.
        to_pending(tx, caller, order, PendingReason.UNASSIGNED, at=tx.now())
    elif order.location is None:
        _wait_for_location(tx, caller, order)
    elif by_hand:
        to_pending(tx, caller, order, PendingReason.AUTOMATION_OFF, at=tx.now())
    else:
        _find_somebody(tx, caller, order, rules, forced=forced)
    return lock(tx, work_order_id)


def settings_changed(tx: Tx, store_id: UUID) -> None:
    """A store has other triggers or limits: look again at its work that nobody has."""
    wake(tx, at=tx.now(), store_ids=[store_id], reasons=_HANGS_ON_SETTINGS)


def _find_somebody(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, forced: bool) -> None:
    suggest = rules.trigger(order.kind) == "suggest" and not forced
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
            recipient = Recipient(candidate.technician_id, candidate.name, candidate.distance_m, candidate.eta_s)
            if give(tx, caller, order, rules, recipient, at=now, as_offer=offers_first, ranking=ranking):
                return
    # Everybody was taken while we asked, round after round: leave it to the next evaluation, at once.
    put_off(tx, order.id, evaluate_due_at=tx.now())


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
    wanted = Recipient(technician_id, get_technician(tx, EVERYTHING, technician_id).name, by_hand=True)
    if not give(tx, caller, order, rules, wanted, at=now, as_offer=False, ranking=None):
        detail = {"wanted": str(technician_id), "counts": {"slot_taken": 1}}
        reason = PendingReason.WANTED_TAKEN
        to_pending(tx, caller, order, reason, at=now, detail=detail, wanted_technician_id=None)


def _wait_for_location(tx: Tx, caller: Caller, order: WorkOrder) -> None:
    if order.pending_reason in LOCATION_REASONS:
        put_off(tx, order.id, evaluate_due_at=None)
        return
    to_pending(tx, caller, order, PendingReason.NEEDS_LOCATION, at=tx.now())


_HANGS_ON_SETTINGS = (PendingReason.AUTOMATION_OFF, PendingReason.SUGGESTED, PendingReason.NOBODY_ELIGIBLE)

LOCATION_REASONS = frozenset(
    {PendingReason.NEEDS_LOCATION, PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE}
)
