"""What a sentence promises: that a technician could go, and as which one, if this or that were different.

A promise is tried before it is made: the question is asked again of the same moment, with the values changed, and the
technicians are counted whom the same values let in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from geo_assign.core.db import Tx
from geo_assign.core.wire import Json
from geo_assign.matching.domain import ExclusionCode, Question, Reason, Slot
from geo_assign.matching.filters import Adjustment
from geo_assign.matching.queries import explain_one_then, find_nearer_then
from geo_assign.matching.shapes import shape_of
from geo_assign.receipts.coarse import rounded_reasons
from geo_assign.receipts.domain import ReasonEntry
from geo_assign.receipts.remedies import get_facts, remedy_for
from geo_assign.receipts.verdicts import Promise, Sufficing, VerdictSubject, what_suffices
from geo_assign.workforce.local_time import local_day

# A later start may meet other work, or another distance: so often is looked on from there.
_TRIED = 5


def with_remedies(
    tx: Tx, question: Question, subject: VerdictSubject, reasons: Sequence[ReasonEntry]
) -> list[ReasonEntry]:
    """The reasons, each with the value that would have sufficed."""
    facts = get_facts(tx, question, subject.technician_id)
    told: list[ReasonEntry] = [
        {**reason, "needed": {**remedy_for(reason["code"], question, facts), **reason["needed"]}} for reason in reasons
    ]
    return rounded_reasons(told) if subject.technician_id in subject.coarse else told


def as_entry(reason: Reason) -> ReasonEntry:
    """A reason as a receipt holds it."""
    return {"code": ExclusionCode(reason.code).value, "detail": reason.detail, "needed": dict(reason.needed)}


def untried_promise(reasons: Sequence[ReasonEntry]) -> Promise | None:
    """What is true without asking again: that each reason would have been met. Of another start nothing is."""
    sufficing = what_suffices(reasons)
    if sufficing is None or Adjustment.SLOT_START in sufficing.changes:
        return None
    return Promise(sufficing.words)


def find_promise(
    tx: Tx, question: Question, subject: VerdictSubject, reasons: Sequence[ReasonEntry], *, zone: ZoneInfo
) -> Promise | None:
    """What would have let the technician go, tried at the question's instant; None where no value is known."""
    sufficing = what_suffices(reasons)
    if sufficing is None or not sufficing.countable:
        return untried_promise(reasons)
    so_far = list(reasons)
    for _ in range(_TRIED):
        changed = question_under(question, sufficing.changes, zone=zone)
        if changed.slot.start < question.at:
            return None
        verdict = explain_one_then(tx, changed, subject.technician_id)
        if verdict is not None and not verdict.reasons:
            return Promise(sufficing.words, _rank(tx, changed, subject, sufficing, verdict.distance_m))
        so_far += with_remedies(tx, changed, subject, [as_entry(one) for one in verdict.reasons] if verdict else [])
        further = what_suffices(so_far)
        if further is None or not further.countable or further == sufficing:
            break
        sufficing = further
    # What is kept of that moment does not tell the same as the receipt.
    return untried_promise(reasons)


def question_under(question: Question, changes: Mapping[Adjustment, Json], *, zone: ZoneInfo) -> Question:
    """The question with these values in the place of its own; a slot keeps its length."""
    numbers = {name: value for name, value in changes.items() if isinstance(value, int | float)}
    policy = replace(
        question.policy,
        radius_m=numbers.get(Adjustment.RADIUS_M, question.policy.radius_m),
        freshness_s=numbers.get(Adjustment.FRESHNESS_S, question.policy.freshness_s),
        offer_limit=int(numbers.get(Adjustment.OFFER_LIMIT, question.policy.offer_limit)),
    )
    changed = replace(question, policy=policy)
    starts_at = changes.get(Adjustment.SLOT_START)
    if starts_at is None:
        return changed
    start = datetime.fromisoformat(str(starts_at))
    day_start, day_end = local_day(start, zone)
    slot = Slot(start, start + (question.slot.end - question.slot.start))
    return replace(changed, slot=slot, day_start=day_start, day_end=day_end)


def _rank(
    tx: Tx, changed: Question, subject: VerdictSubject, sufficing: Sufficing, distance_m: float | None
) -> int | None:
    """As which one, with all whom the same values let in; None where that is not the same for all who may ask.

    None also where a router ranked: it is not asked of the past.

    Automation asks technicians on duty alone where an offer is to be answered; a dispatcher who looks asks all.
    """
    if distance_m is None or subject.decision.is_by_drive_time:
        return None
    own, ranks = (distance_m, subject.technician_id), set[int]()
    recorded: dict[UUID, float] = {}
    if Adjustment.SLOT_START not in sufficing.changes:
        # More is allowed than was: those who could go still can, whatever of that moment is not kept.
        recorded = {UUID(one["technician_id"]): one["distance_m"] for one in subject.decision.candidates}
    for question in (changed, replace(changed, needs_duty=False)):
        if ranks and shape_of(question) == shape_of(changed):
            break
        nearer = find_nearer_then(tx, question, distance_m)
        if nearer is None:
            return None
        before = {person for person, metres in (recorded | nearer).items() if (metres, person) < own}
        ranks.add(1 + len(before))
    return ranks.pop() if len(ranks) == 1 else None
