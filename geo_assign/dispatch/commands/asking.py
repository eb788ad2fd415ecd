"""Automation's search: which technicians it asks, how many at once and how far away, and why there may be none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.claiming import Recipient, claim_and_assign, recipient_from
from geo_assign.dispatch.commands.ranking import Ranker
from geo_assign.dispatch.searching import (
    Ring,
    is_exhausted,
    offers_to_add,
    parallel_limit,
    ring_at,
    slot_has_passed,
    trigger_for,
)
from geo_assign.matching.domain import Question, Ranking
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.commands import Receipt, receipt_of, record_decision, record_receipts
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.commands import (
    apply_change,
    begin_search,
    lock_people,
    pending_change,
    set_deadlines,
    set_pending,
)
from geo_assign.workorders.domain import (
    Change,
    Columns,
    ExcludedTechnician,
    NobodyEligible,
    Offer,
    OffersExhausted,
    OffersExhaustedAlarm,
    OfferState,
    Pending,
    PendingReason,
    SearchRing,
    State,
    Suggested,
    WorkOrder,
    actor_of,
)
from geo_assign.workorders.queries import list_lead_offers

# How many candidates are tried before the ranking is asked again: the others were taken meanwhile.
TRIED_AT_ONCE = 8
_ROUNDS = 6
# So many of those who cannot go are named where no technician can.
_NAMED = 3

# A technician may become available by the mere passing of time (a shift begins, a cool-off ends).
LOOK_AGAIN = timedelta(seconds=30)


def find_technician(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, forced: bool, ranker: Ranker
) -> None:
    """Ask, or assign, as the store's trigger and policy say; `forced` begins a new search."""
    started_at = begin(tx, order, forced=forced)
    if trigger_for(rules.settings, order.kind) == "suggest" and not forced:
        _suggest(tx, caller, order, rules, ranker)
    elif not rules.settings.lead_acceptance:
        _claim_first(tx, caller, order, rules, ring=None, ranker=ranker)
    else:
        declined = count_declined(list_lead_offers(tx, order.id, since=started_at))
        if is_exhausted(rules.settings, declined=declined):
            _exhausted(tx, caller, order, declined)
        elif parallel_limit(rules.settings) > 1:
            number = offers_to_add(rules.settings, declined=declined, open_offers=0)
            _ask_several(tx, caller, order, rules, number, ranker=ranker)
        else:
            ring = ring_at(rules.settings, started_at, tx.now())
            _claim_first(tx, caller, order, rules, ring=ring, ranker=ranker)


def ask_more(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, ranker: Ranker) -> None:
    """Bring the number of open offers up again, while automation asks and the store wants several at once."""
    if slot_has_passed(order, rules.settings, tx.now()):
        return
    offers = list_lead_offers(tx, order.id, since=order.search_started_at)
    waiting = [offer for offer in offers if offer.state is OfferState.OFFERED]
    automatic = trigger_for(rules.settings, order.kind) == "on" and rules.settings.lead_acceptance
    if not automatic or parallel_limit(rules.settings) == 1 or not waiting or not all(one.automatic for one in waiting):
        return
    more = offers_to_add(rules.settings, declined=count_declined(offers), open_offers=len(waiting))
    if more:
        # Others hold this slot already, also where it means as soon as possible.
        fixed = replace(order, slot_is_fixed=True)
        beside = {offer.technician_id for offer in waiting}
        _ask_several(tx, caller, fixed, rules, more, ranker=ranker, beside=beside)


def count_declined(offers: Sequence[Offer]) -> int:
    """How many technicians automation asked in vain."""
    return len({offer.technician_id for offer in offers if offer.automatic and offer.was_declined})


def begin(tx: Tx, order: WorkOrder, *, forced: bool = False) -> datetime:
    """When this search began: now, unless it goes on."""
    if order.search_started_at is not None and not forced:
        return order.search_started_at
    now = tx.now()
    begin_search(tx, order, at=now)
    return now


def question_in_ring(
    order: WorkOrder, rules: StoreRules, ring: Ring | None, *, at: datetime, limit: int = TRIED_AT_ONCE
) -> Question:
    """Who can take it, within the ring that the search has reached."""
    needs_duty = rules.settings.lead_acceptance
    question = question_for_order(order, rules, at=at, needs_duty=needs_duty, limit=limit)
    if ring is None:
        return question
    return replace(question, policy=replace(question.policy, radius_m=ring.radius_m))


def _claim_first(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, ring: Ring | None, ranker: Ranker
) -> None:
    for _ in range(_ROUNDS):
        now = tx.now()
        ranking = ranker(tx, question_in_ring(order, rules, ring, at=now), rules)
        if not ranking.candidates:
            _set_none_eligible(tx, caller, order, ranking, ring=ring, at=now)
            return
        for recipient in _recipients(ranking):
            as_offer = rules.settings.lead_acceptance
            if claim_and_assign(tx, caller, order, rules, recipient, at=now, as_offer=as_offer, ranking=ranking):
                return
    _try_again(tx, order)


def _ask_several(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    number: int,
    *,
    ranker: Ranker,
    beside: Collection[UUID] = (),
) -> None:
    """Ask the nearest `number` at once, in one transaction, `beside` those who are asked already."""
    now = tx.now()
    limit = number + len(beside) + TRIED_AT_ONCE
    found = ranker(tx, question_in_ring(order, rules, None, at=now, limit=limit), rules)
    ranking = replace(found, candidates=tuple(one for one in found.candidates if one.technician_id not in beside))
    if not ranking.candidates:
        if order.state is not State.OFFERED:
            _set_none_eligible(tx, caller, order, ranking, ring=None, at=now)
        return
    lock_people(tx, [one.technician_id for one in ranking.candidates])
    given = 0
    for recipient in _recipients(ranking):
        # A candidate who was taken in this moment is passed over.
        given += claim_and_assign(tx, caller, order, rules, recipient, at=now, as_offer=True, ranking=ranking)
        if given == number:
            return
    if not given:
        _try_again(tx, order)


def _recipients(ranking: Ranking) -> list[Recipient]:
    return [recipient_from(one) for one in ranking.candidates]


def _try_again(tx: Tx, order: WorkOrder) -> None:
    """All candidates were taken while we asked: leave it to the next evaluation, at once."""
    set_deadlines(tx, order.id, evaluate_due_at=tx.now())


def _suggest(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, ranker: Ranker) -> None:
    now = tx.now()
    ranking = ranker(tx, question_for_order(order, rules, at=now, needs_duty=True, limit=TRIED_AT_ONCE), rules)
    if not ranking.candidates:
        _set_none_eligible(tx, caller, order, ranking, ring=None, at=now)
        return
    best = ranking.candidates[0]
    decision_id = record_decision(
        tx,
        ranking,
        work_order_id=order.id,
        mode="automatic",
        outcome="suggested",
        actor=actor_of(caller),
        chosen=best.technician_id,
    )
    suggested = Suggested(technician_id=best.technician_id, technician_name=best.name)
    set_pending(tx, caller, order, Pending(suggested), at=now, sets={"decision_id": decision_id})


def _exhausted(tx: Tx, caller: Caller, order: WorkOrder, declined: int) -> None:
    apply_change(tx, order, exhausted(caller, declined, at=tx.now()))


def exhausted(caller: Caller, declined: int, *, at: datetime) -> Change:
    """Enough technicians were asked in vain: automation asks no other until a person acts."""
    after, alarm = Pending(OffersExhausted(asked=declined)), OffersExhaustedAlarm(asked=declined)
    return pending_change(caller, after, at=at, raises=alarm)


def _set_none_eligible(
    tx: Tx, caller: Caller, order: WorkOrder, ranking: Ranking, *, ring: Ring | None, at: datetime
) -> None:
    found = none_eligible(caller, order, ranking, ring=ring, at=at)
    if found.receipt is None or found.change is None:
        set_deadlines(tx, order.id, evaluate_due_at=found.again, looks_again_at=found.again)
        return
    record_receipts(tx, [found.receipt])
    apply_change(tx, order, found.change)


@dataclass(frozen=True, slots=True)
class NoneEligibleFound:
    """What is written where no technician can go: when to look again, and what is new, if it is not told already."""

    again: datetime
    receipt: Receipt | None = None
    change: Change | None = None


def none_eligible(
    caller: Caller, order: WorkOrder, ranking: Ranking, *, ring: Ring | None, at: datetime
) -> NoneEligibleFound:
    """Pending with the counts by reason and the nearest three who were excluded; looked at again before long."""
    again, reaches = at + LOOK_AGAIN, None
    if ring is not None and ring.widens_at is not None:
        again = min(again, ring.widens_at)
        reaches = SearchRing(ring.radius_m, ring.widens_at, ring.next_radius_m)
    cause = _cause_of(ranking, reaches)
    if order.pending_reason is PendingReason.NOBODY_ELIGIBLE and order.pending_detail == cause.as_json():
        return NoneEligibleFound(again)
    receipt = receipt_of(
        ranking, work_order_id=order.id, mode="automatic", outcome="nobody", actor=actor_of(caller), chosen=None
    )
    after = Pending(cause, evaluate_due_at=again)
    sets: Columns = {"decision_id": receipt.id, "looks_again_at": again}
    return NoneEligibleFound(again, receipt, pending_change(caller, after, at=at, sets=sets))


def _cause_of(ranking: Ranking, ring: SearchRing | None) -> NobodyEligible:
    """It is read by all who see the order, who need not see technicians of other stores and groups."""
    explanation = ranking.explanation
    assert explanation is not None
    members = [one for one in explanation.excluded if not one.is_stranger]
    return NobodyEligible(
        counts={code.value: count for code, count in sorted(explanation.counts.items())},
        counts_of=explanation.counts_of.value,
        members=explanation.members,
        nearest=tuple(
            ExcludedTechnician(one.technician_id, one.name, tuple(reason.code.value for reason in one.reasons))
            for one in members[:_NAMED]
        ),
        ring=ring,
    )
