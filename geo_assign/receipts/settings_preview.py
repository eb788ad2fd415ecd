"""The settings preview: what a store's automatic decisions would have been under other settings.

Each decision is asked again as things stood then, under its own rules and under the new ones. Where its own rules do
not lead to what was decided, because what is kept does not tell enough, the decision is left out and counted: then a
difference is the settings' and nothing else's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean, median
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.matching.domain import Candidate, Question
from geo_assign.matching.history import has_track
from geo_assign.matching.queries import find_nearest_then, list_near_then
from geo_assign.matching.questions import policy_of
from geo_assign.receipts.coarse import shown_m
from geo_assign.receipts.domain import Decision
from geo_assign.receipts.queries import list_automatic_decisions
from geo_assign.receipts.why import question_of_decision
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.queries import get_acceptance_rates

MOST_DECISIONS = 500
_MOST_S = 10.0

# What the replay follows. Everything else of the settings decides later than the choice of the first.
JUDGED = frozenset(
    {
        "lead_auto_user_assignment",
        "lead_acceptance",
        "radius_m",
        "freshness_s",
        "travel_buffer_minutes",
        "mock_positions",
        "offer_limit",
        "reoffer_after_minutes",
        "soon_minutes",
    }
)


@dataclass(frozen=True, slots=True)
class Pick:
    """The technician of a decision, and the distance in metres."""

    technician_id: UUID
    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Changed:
    """A decision that would have been another one; None: no technician."""

    decision_id: UUID
    work_order_id: UUID
    at: datetime
    old: Pick | None
    new: Pick | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sets of rules over all decisions compared: how many found a technician, and how far away.

    `acceptance` estimates: the share of those people's answered offers in these days that they accepted, each counted
    as often as that technician would have been asked; None when none was.
    """

    found: int
    mean_m: float | None
    median_m: float | None
    acceptance: float | None


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """What other settings would have made of the last days.

    `found_instead`: decisions that found no technician and would have; `lost_instead`: the other way round. Left out
    are those that did not come out again under their own rules (`not_reproduced`), those whose track is gone
    (`track_expired`), and, when `truncated`, older ones than the `examined`. `not_judged`: settings that differ and
    about which this cannot tell.
    """

    since: datetime
    examined: int
    compared: int
    changed: tuple[Changed, ...]
    found_instead: int
    lost_instead: int
    old: Side
    new: Side
    not_reproduced: int
    track_expired: int
    truncated: bool
    not_judged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    decision: Decision
    old: Pick | None
    new: Pick | None


def preview_settings(
    tx: Tx, store_id: UUID, *, present: StoreSettings, other: StoreSettings, days: int
) -> SettingsPreview:
    """Replay the store's automatic decisions of the last `days` under other settings; it takes seconds at most.

    The newest decisions come first: what the time does not suffice for is the oldest.
    """
    now, started = tx.now(), monotonic()
    since = now - timedelta(days=days)
    decisions = list_automatic_decisions(tx, store_id, since=since, limit=MOST_DECISIONS + 1)
    compared: list[_Compared] = []
    passed_over: Counter[str] = Counter()
    examined = 0
    for decision in decisions[:MOST_DECISIONS]:
        if monotonic() - started > _MOST_S:
            break
        examined += 1
        found = _compare(tx, decision, other)
        if isinstance(found, str):
            passed_over[found] += 1
        else:
            compared.append(found)
    picked = {pick.technician_id for one in compared for pick in (one.old, one.new) if pick}
    accepted = get_acceptance_rates(tx, since, picked)
    return SettingsPreview(
        since=since,
        examined=examined,
        compared=len(compared),
        changed=tuple(_changed(one) for one in compared if _id(one.old) != _id(one.new)),
        found_instead=sum(one.old is None and one.new is not None for one in compared),
        lost_instead=sum(one.old is not None and one.new is None for one in compared),
        old=_side([one.old for one in compared], accepted),
        new=_side([one.new for one in compared], accepted),
        not_reproduced=passed_over["not_reproduced"],
        track_expired=passed_over["track_expired"],
        truncated=len(decisions) > examined,
        not_judged=tuple(sorted(_differing(present, other) - JUDGED)),
    )


def _compare(tx: Tx, decision: Decision, other: StoreSettings) -> _Compared | str:
    """Both picks, or why there is no telling."""
    question = question_of_decision(tx, decision, scope=EVERYTHING)
    changed = _under(question, other)
    if decision.is_by_drive_time:
        return "not_reproduced"
    looks_back = question.is_soon or changed.is_soon
    if looks_back and not has_track(tx, decision.at.date()):
        return "track_expired"
    # Where everyone was is the larger part of the work, and the same under both.
    near = list_near_then(tx, question, changed) if question.is_soon and changed.is_soon else None
    old = _pick(tx, question, near)
    if _id(old) != decision.chosen_technician_id:
        return "not_reproduced"
    return _Compared(decision, old, None if other.lead_auto_user_assignment == "off" else _pick(tx, changed, near))


def _under(question: Question, other: StoreSettings) -> Question:
    """The same question under other settings; a search that widens goes on from the ring that it had reached."""
    policy = policy_of(other)
    if other.offer_policy == "widening":
        policy = replace(policy, radius_m=min(question.policy.radius_m, policy.radius_m))
    needs_duty = other.lead_acceptance or other.lead_auto_user_assignment != "on"
    return replace(question, policy=policy, needs_duty=needs_duty)


def _pick(tx: Tx, question: Question, near: Mapping[UUID, float] | None) -> Pick | None:
    nearest: Candidate | None = find_nearest_then(tx, question, near)
    if nearest is None:
        return None
    return Pick(nearest.technician_id, nearest.name, shown_m(nearest.distance_m, coarse=nearest.coarse))


def _id(pick: Pick | None) -> UUID | None:
    return None if pick is None else pick.technician_id


def _changed(one: _Compared) -> Changed:
    return Changed(one.decision.id, one.decision.work_order_id, one.decision.at, one.old, one.new)


def _side(picks: Sequence[Pick | None], accepted: dict[UUID, float]) -> Side:
    found = [pick for pick in picks if pick is not None]
    metres = [pick.distance_m for pick in found]
    shares = [accepted[pick.technician_id] for pick in found if pick.technician_id in accepted]
    return Side(
        found=len(found),
        mean_m=round(fmean(metres), 1) if metres else None,
        median_m=round(median(metres), 1) if metres else None,
        acceptance=round(fmean(shares), 3) if shares else None,
    )


def _differing(present: StoreSettings, other: StoreSettings) -> set[str]:
    return {name for name in StoreSettings.model_fields if getattr(present, name) != getattr(other, name)}
