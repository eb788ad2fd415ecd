"""Automation's search: whom it asks for a work order, how many at once and how far away, and what it says of nobody."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import null

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.claiming import Recipient, claim_and_assign, recipient_from
from geo_assign.dispatch.searching import Ring, is_exhausted, offers_to_add, parallel_limit, ring_at, trigger_for
from geo_assign.matching.domain import Question, Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.commands import record_decision
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import actor, lock_people, set_deadlines, to_pending
from geo_assign.workorders.domain import AlarmCode, OfferState, PendingReason, State, WorkOrder, alarm_of
from geo_assign.workorders.queries import Asked, list_asked

# How many people are tried before the ranking is asked again: the others were taken meanwhile.
_TRIED_AT_ONCE = 8
_ROUNDS = 6

# Somebody may become available by the mere passing of time (a shift begins, a cool-off ends).
LOOK_AGAIN = timedelta(seconds=30)

_SETTLED_BY_A_SEARCH = frozenset({AlarmCode.OFFERS_EXHAUSTED, AlarmCode.COLLABORATOR_MISSING})


def find_technician(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, forced: bool) -> None:
    """Ask, or assign, as the store's trigger and policy say; `forced` begins a new search."""
    started_at = _begin(tx, order, forced=forced)
    if trigger_for(rules.settings, order.kind) == "suggest" and not forced:
        _suggest_somebody(tx, caller, order, rules)
    elif not rules.settings.lead_acceptance:
        _give_to_the_first(tx, caller, order, rules, ring=None)
    else:
        asked = list_asked(tx, order.id, since=started_at)
        declined = count_declined(asked)
        if is_exhausted(rules.settings, declined=declined):
            _exhausted(tx, caller, order, declined)
        elif parallel_limit(rules.settings) > 1:
            _ask_several(tx, caller, order, rules, offers_to_add(rules.settings, declined=declined, open_offers=0))
        else:
            _give_to_the_first(tx, caller, order, rules, ring=ring_at(rules.settings, started_at, tx.now()))


def ask_more(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules) -> None:
    """Bring the number of those who are asked at once up again, while automation asks and the store wants it to."""
    asked = list_asked(tx, order.id, since=order.search_started_at)
    waiting = [one for one in asked if one.state is OfferState.OFFERED]
    automatic = trigger_for(rules.settings, order.kind) == "on" and rules.settings.lead_acceptance
    if not automatic or parallel_limit(rules.settings) == 1 or not waiting or not all(one.automatic for one in waiting):
        return
    more = offers_to_add(rules.settings, declined=count_declined(asked), open_offers=len(waiting))
    if more:
        # Others hold this slot already, also where it means as soon as possible.
        fixed = replace(order, slot_given=True)
        _ask_several(tx, caller, fixed, rules, more, beside={one.technician_id for one in waiting})


def count_declined(asked: Sequence[Asked]) -> int:
    """How many people automation asked who did not take it."""
    return len({one.technician_id for one in asked if one.automatic and one.in_vain})


def _begin(tx: Tx, order: WorkOrder, *, forced: bool) -> datetime:
    """When this search began: now, unless it goes on. What a person asks for settles the alarm of the one before."""
    if order.search_started_at is not None and not forced:
        return order.search_started_at
    now = tx.now()
    settled = {} if order.alarm is None or order.alarm["code"] not in _SETTLED_BY_A_SEARCH else {"alarm": null()}
    set_deadlines(tx, order.id, search_started_at=now, **settled)
    return now


def _question(order: WorkOrder, rules: StoreRules, ring: Ring | None, *, at: datetime, limit: int) -> Question:
    needs_duty = rules.settings.lead_acceptance
    question = question_for_order(order, rules, at=at, needs_duty=needs_duty, limit=limit)
    if ring is None:
        return question
    return replace(question, policy=replace(question.policy, radius_m=ring.radius_m))


def _give_to_the_first(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, ring: Ring | None) -> None:
    for _ in range(_ROUNDS):
        now = tx.now()
        ranking = rank(tx, _question(order, rules, ring, at=now, limit=_TRIED_AT_ONCE))
        if not ranking.candidates:
            _nobody(tx, caller, order, ranking, ring=ring, at=now)
            return
        for recipient in _recipients(ranking):
            as_offer = rules.settings.lead_acceptance
            if claim_and_assign(tx, caller, order, rules, recipient, at=now, as_offer=as_offer, ranking=ranking):
                return
    _try_again(tx, order)


def _ask_several(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, number: int, *, beside: Collection[UUID] = ()
) -> None:
    """Ask the nearest `number` at once, in one transaction, `beside` those who are asked already."""
    now = tx.now()
    found = rank(tx, _question(order, rules, None, at=now, limit=number + len(beside) + _TRIED_AT_ONCE))
    ranking = replace(found, candidates=tuple(one for one in found.candidates if one.technician_id not in beside))
    if not ranking.candidates:
        if order.state is not State.OFFERED:
            _nobody(tx, caller, order, ranking, ring=None, at=now)
        return
    lock_people(tx, [one.technician_id for one in ranking.candidates])
    given = 0
    for recipient in _recipients(ranking):
        # Whoever was taken in this moment is passed over.
        given += claim_and_assign(tx, caller, order, rules, recipient, at=now, as_offer=True, ranking=ranking)
        if given == number:
            return
    if not given:
        _try_again(tx, order)


def _recipients(ranking: Ranking) -> list[Recipient]:
    return [recipient_from(one) for one in ranking.candidates]


def _try_again(tx: Tx, order: WorkOrder) -> None:
    """Everybody was taken while we asked: leave it to the next evaluation, at once."""
    set_deadlines(tx, order.id, evaluate_due_at=tx.now())


def _suggest_somebody(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules) -> None:
    now = tx.now()
    ranking = rank(tx, question_for_order(order, rules, at=now, needs_duty=True, limit=_TRIED_AT_ONCE))
    if not ranking.candidates:
        _nobody(tx, caller, order, ranking, ring=None, at=now)
        return
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
    to_pending(tx, caller, order, PendingReason.SUGGESTED, at=now, detail=detail, decision_id=decision_id)


def _exhausted(tx: Tx, caller: Caller, order: WorkOrder, declined: int) -> None:
    """Enough people were asked in vain: nobody else is, until a person acts."""
    now = tx.now()
    alarm = alarm_of(AlarmCode.OFFERS_EXHAUSTED, at=now, asked=declined)
    to_pending(tx, caller, order, PendingReason.OFFERS_EXHAUSTED, at=now, detail={"asked": declined}, alarm=alarm)


def _nobody(tx: Tx, caller: Caller, order: WorkOrder, ranking: Ranking, *, ring: Ring | None, at: datetime) -> None:
    """Pending with the counts by reason and the nearest three who were excluded; looked at again before long."""
    detail, again = _why_nobody(ranking), at + LOOK_AGAIN
    if ring is not None and ring.widens_at is not None:
        detail["ring"] = {
            "radius_m": ring.radius_m,
            "widens_at": ring.widens_at.isoformat(),
            "next_radius_m": ring.next_radius_m,
        }
        again = min(again, ring.widens_at)
    if order.pending_reason is PendingReason.NOBODY_ELIGIBLE and order.pending_detail == detail:
        set_deadlines(tx, order.id, evaluate_due_at=again)
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


def _why_nobody(ranking: Ranking) -> dict[str, Any]:
    explanation = ranking.explanation
    assert explanation is not None
    return {
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
