"""Why one technician was, or was not, chosen: from the receipt, or of the moment it was written at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.matching.domain import Excluded, ExclusionCode, Policy, Question, Slot
from geo_assign.matching.history import POSITION_CODES, has_track
from geo_assign.matching.queries import explain_one
from geo_assign.receipts.queries import Decision
from geo_assign.receipts.remedies import get_facts, remedy_for
from geo_assign.workforce.local_time import get_zone, local_day
from geo_assign.workforce.queries import get_store, get_technician
from geo_assign.workorders.queries.coarse import coarse_distance_m

_DURATIONS = ("soon", "travel_buffer", "cool_off")


@dataclass(frozen=True, slots=True)
class Why:
    """One technician in a decision. `gap_m`: how much farther than the first he was; `reasons`: what excluded him.

    `reconstructed`: the receipt did not name him, so he was judged as things stood then, as far as that is kept;
    `unknown`: the track of that day is gone (`track_expired`) and nothing else stood against him.
    """

    technician_id: UUID
    name: str
    verdict: Literal["chosen", "candidate", "excluded", "not_considered", "unknown"]
    rank: int | None = None
    distance_m: float | None = None
    gap_m: float | None = None
    reasons: Sequence[Mapping[str, Any]] = ()
    sentence: str = ""
    reconstructed: bool = False
    track_expired: bool = False


def explain(tx: Tx, scope: Scope, decision: Decision, technician_id: UUID) -> Why:
    """Why this technician was chosen, came later, or could not go. Raises NotFoundError outside the scope."""
    name = get_technician(tx, scope, technician_id).name
    candidate = _find(decision.candidates, technician_id)
    if candidate is not None:
        return _candidate(decision, technician_id, name, candidate)
    excluded = _find(decision.excluded, technician_id)
    if "origin" not in decision.query:
        return _of_erased(decision, technician_id, name, excluded)
    question = question_of_decision(tx, decision, scope=scope)
    if excluded is not None:
        reasons = _with_remedies(tx, question, technician_id, excluded["reasons"])
        return _excluded(decision, technician_id, name, reasons=reasons, distance_m=excluded["distance_m"])
    return _reconstructed(tx, decision, question, technician_id, name)


def question_of_decision(tx: Tx, decision: Decision, *, scope: Scope) -> Question:
    """The question that a receipt answers, to be asked of its moment once more."""
    asked, policy = decision.query, decision.policy
    store_id, group_id = (UUID(asked[key]) if asked[key] else None for key in ("store_id", "group_id"))
    slot = Slot(*(datetime.fromisoformat(asked["slot"][end]) for end in ("start", "end")))
    timezone = "UTC" if store_id is None else get_store(tx, EVERYTHING, store_id).timezone
    day_start, day_end = local_day(slot.start, get_zone(timezone))
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


def _of_erased(decision: Decision, technician_id: UUID, name: str, excluded: Mapping[str, Any] | None) -> Why:
    """The customer was erased, and with him the place: only what the receipt itself says of a person is left."""
    if excluded is not None:
        told, distance_m = excluded["reasons"], excluded["distance_m"]
        return _excluded(decision, technician_id, name, reasons=told, distance_m=distance_m)
    sentence = f"The customer was erased: nobody can tell any more how far away {name} was."
    return Why(technician_id, name, "unknown", sentence=sentence)


def _reconstructed(tx: Tx, decision: Decision, question: Question, technician_id: UUID, name: str) -> Why:
    verdict = explain_one(tx, question, technician_id, as_of_then=True)
    if verdict is None:
        sentence = f"{name} did not work here yet."
        return Why(technician_id, name, "not_considered", sentence=sentence, reconstructed=True)
    expired = question.is_soon and not has_track(tx, decision.at.astimezone(UTC).date())
    reasons = [_reason(reason) for reason in verdict.reasons if not (expired and reason.code in POSITION_CODES)]
    distance_m = None if expired else _shown_m(verdict)
    if reasons:
        told = _with_remedies(tx, question, technician_id, reasons)
        return _excluded(
            decision, technician_id, name, reasons=told, distance_m=distance_m, reconstructed=True, expired=expired
        )
    if expired or distance_m is None:
        sentence = f"The track of that day is gone: nobody can tell where {name} was. Nothing else stood against him."
        return Why(technician_id, name, "unknown", sentence=sentence, reconstructed=True, track_expired=expired)
    return _farther(decision, technician_id, name, distance_m)


def _farther(decision: Decision, technician_id: UUID, name: str, distance_m: float) -> Why:
    """Somebody who could have gone and whom the receipt does not name: it names the nearest."""
    rank = 1 + sum(one["distance_m"] <= distance_m for one in decision.candidates)
    gap_m = None if not decision.candidates else distance_m - decision.candidates[0]["distance_m"]
    behind = "nobody else could" if gap_m is None else f"was {gap_m:.0f} m farther than the first"
    return Why(
        technician_id,
        name,
        "candidate",
        rank=rank,
        distance_m=distance_m,
        gap_m=gap_m,
        sentence=f"{name} could have gone, and {behind}: number {rank} or later.",
        reconstructed=True,
    )


def _candidate(decision: Decision, technician_id: UUID, name: str, person: Mapping[str, Any]) -> Why:
    gap_m = person["distance_m"] - decision.candidates[0]["distance_m"]
    chosen = decision.chosen_technician_id == technician_id
    if chosen:
        sentence = f"{name} was {decision.outcome}: number {person['rank']}, {person['distance_m'] / 1000:.1f} km away."
    else:
        sentence = f"{name} could go, but was number {person['rank']}: {gap_m:.0f} m farther than the first."
    return Why(
        technician_id,
        name,
        "chosen" if chosen else "candidate",
        rank=person["rank"],
        distance_m=person["distance_m"],
        gap_m=gap_m,
        sentence=sentence,
    )


def _excluded(
    decision: Decision,
    technician_id: UUID,
    name: str,
    *,
    reasons: Sequence[Mapping[str, Any]],
    distance_m: float | None,
    reconstructed: bool = False,
    expired: bool = False,
) -> Why:
    words = "; ".join(reason["detail"] for reason in reasons)
    sentence = f"{name} could not go: {words}."
    needed = _in_words(reasons)
    if needed and distance_m is not None:
        rank = 1 + sum(one["distance_m"] < distance_m for one in decision.candidates)
        sentence += f" Number {rank} if {needed}."
    return Why(
        technician_id,
        name,
        "excluded",
        distance_m=distance_m,
        reasons=reasons,
        sentence=sentence,
        reconstructed=reconstructed,
        track_expired=expired,
    )


def _with_remedies(
    tx: Tx, question: Question, technician_id: UUID, reasons: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The reasons, each with the value that would have sufficed."""
    facts = get_facts(tx, question, technician_id)
    return [
        {**reason, "needed": {**remedy_for(reason["code"], question, facts), **reason["needed"]}} for reason in reasons
    ]


_WOULD_SUFFICE = {
    "freshness_s": "positions were good for {} s",
    "radius_m": "the radius were at least {} m",
    "offer_limit": "{} offers at a time were allowed",
    "capacity": "the provider took on {} a day",
    "free_from": "the slot began at {}",
    "time_off_until": "the slot began at {}",
    "cooled_off_at": "he might be asked again before {}",
}


def _in_words(reasons: Sequence[Mapping[str, Any]]) -> str:
    """What would have had to differ, in words; empty unless that can be said of every reason."""
    parts: list[str] = []
    for reason in reasons:
        needed = reason["needed"].items()
        known = [
            _WOULD_SUFFICE[name].format(value) for name, value in needed if name in _WOULD_SUFFICE and value is not None
        ]
        if not known:
            return ""
        parts += known
    return " and ".join(dict.fromkeys(parts))


def _find(people: Sequence[Mapping[str, Any]], technician_id: UUID) -> Mapping[str, Any] | None:
    return next((one for one in people if one["technician_id"] == str(technician_id)), None)


def _reason(reason: Any) -> dict[str, Any]:
    return {"code": ExclusionCode(reason.code).value, "detail": reason.detail, "needed": dict(reason.needed)}


def _shown_m(verdict: Excluded) -> float | None:
    if verdict.distance_m is None or not verdict.coarse:
        return verdict.distance_m
    return coarse_distance_m(verdict.distance_m)
