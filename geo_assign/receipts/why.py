"""Why one technician was, or was not, chosen: from the receipt, or of the moment it was written at."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.matching.domain import Policy, Question, Slot
from geo_assign.matching.filters import OF_TRACK
from geo_assign.matching.history import has_track
from geo_assign.matching.queries import explain_one_then
from geo_assign.receipts.coarse import rounded_reasons
from geo_assign.receipts.domain import Decision, ExcludedEntry, ReasonEntry
from geo_assign.receipts.promises import as_entry, find_promise, untried_promise, with_remedies
from geo_assign.receipts.queries import list_shown_coarsely
from geo_assign.receipts.verdicts import (
    Promise,
    VerdictSubject,
    Why,
    as_candidate,
    as_excluded,
    as_farther,
    as_not_employed_yet,
    as_of_erased_customer,
    as_untracked,
)
from geo_assign.workforce.local_time import get_zone, local_day
from geo_assign.workforce.queries import get_store, get_technician, list_seen_technicians
from geo_assign.workorders.queries.coarse import list_coarse

_DURATIONS = ("soon", "travel_buffer", "cool_off")


def explain(tx: Tx, scope: Scope, decision: Decision, technician_id: UUID) -> Why:
    """Why this technician was chosen, came later, or could not go. Raises NotFoundError outside the scope.

    `decision` is exact, so that ranks are; what is told of technicians who are shown coarsely is rounded, and how far
    behind the first candidate a technician was is told only to callers who see the first.
    """
    coarse = list_shown_coarsely(tx, scope, [decision]) | list_coarse(tx, scope, [technician_id])
    name = get_technician(tx, scope, technician_id).name
    subject = VerdictSubject(decision, technician_id, name, coarse, first_is_hidden=_hides_first(tx, scope, decision))
    if subject.candidate is not None:
        return as_candidate(subject, subject.candidate)
    excluded = subject.excluded
    if "origin" not in decision.query:
        # The place went with the customer: only what the receipt itself says of a technician is left.
        return as_of_erased_customer(subject) if excluded is None else _as_written(subject, excluded)
    question = question_of_decision(tx, decision, scope=scope)
    if excluded is None:
        return _reconstructed(tx, question, subject)
    reasons, distance_m = with_remedies(tx, question, subject, excluded["reasons"]), excluded["distance_m"]
    promise = _promise(tx, question, subject, reasons, distance_m, tracked=_is_tracked(tx, question))
    return as_excluded(subject, reasons, distance_m, promise=promise)


def _hides_first(tx: Tx, scope: Scope, decision: Decision) -> bool:
    if scope.everything or not decision.candidates:
        return False
    return not list_seen_technicians(tx, scope, {UUID(decision.candidates[0]["technician_id"])})


def question_of_decision(tx: Tx, decision: Decision, *, scope: Scope) -> Question:
    """The question that a receipt answers, to be asked of its moment once more."""
    asked, policy = decision.query, decision.policy
    store_id, group_id = (UUID(asked[key]) if asked[key] else None for key in ("store_id", "group_id"))
    slot = Slot(*(datetime.fromisoformat(asked["slot"][end]) for end in ("start", "end")))
    day_start, day_end = local_day(slot.start, _zone(tx, store_id))
    known = {name: policy[name] for name in Policy.__dataclass_fields__ if name in policy}
    durations = {name: timedelta(seconds=known[name]) for name in _DURATIONS if name in known}
    return Question(
        origin=Point(**asked["origin"]),
        slot=slot,
        at=decision.at,
        day_start=day_start,
        day_end=day_end,
        scope=scope,
        policy=Policy(**(known | durations)),
        skills=tuple(asked["skills"]),
        store_id=store_id,
        group_id=group_id,
        work_order_id=decision.work_order_id,
        needs_duty=asked["needs_duty"],
    )


def _as_written(subject: VerdictSubject, excluded: ExcludedEntry) -> Why:
    reasons = excluded["reasons"]
    shown = rounded_reasons(reasons) if subject.technician_id in subject.coarse else reasons
    promise = None if excluded["distance_m"] is None else untried_promise(shown)
    return as_excluded(subject, shown, excluded["distance_m"], promise=promise)


def _reconstructed(tx: Tx, question: Question, subject: VerdictSubject) -> Why:
    """A technician whom the receipt does not name, judged as things stood then."""
    verdict = explain_one_then(tx, question, subject.technician_id)
    if verdict is None:
        return as_not_employed_yet(subject)
    if verdict.coarse:
        subject = replace(subject, coarse={*subject.coarse, subject.technician_id})
    expired = not _is_tracked(tx, question)
    reasons = [as_entry(reason) for reason in verdict.reasons if not (expired and reason.code in OF_TRACK)]
    distance_m = None if expired else verdict.distance_m
    if reasons:
        told = with_remedies(tx, question, subject, reasons)
        promise = _promise(tx, question, subject, told, distance_m, tracked=not expired)
        return as_excluded(subject, told, distance_m, promise=promise, reconstructed=True, track_expired=expired)
    if distance_m is None:
        return as_untracked(subject, track_expired=expired)
    return as_farther(subject, distance_m)


def _promise(
    tx: Tx,
    question: Question,
    subject: VerdictSubject,
    reasons: Sequence[ReasonEntry],
    distance_m: float | None,
    *,
    tracked: bool,
) -> Promise | None:
    """What would have let the technician go; None also where it is not told how far away that one was."""
    if distance_m is None:
        return None
    if not tracked:
        return untried_promise(reasons)
    return find_promise(tx, question, subject, reasons, zone=_zone(tx, question.store_id))


def _is_tracked(tx: Tx, question: Question) -> bool:
    """Whether it is still known where the technicians were, as far as that was asked."""
    return not question.is_soon or has_track(tx, question.at.astimezone(UTC).date())


def _zone(tx: Tx, store_id: UUID | None) -> ZoneInfo:
    return get_zone("UTC" if store_id is None else get_store(tx, EVERYTHING, store_id).timezone)
