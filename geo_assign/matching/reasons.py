"""Exclusion reasons in words, with what would have had to differ."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from geo_assign.matching.domain import ExclusionCode, Question, Reason

Code = ExclusionCode
_Words = Callable[[Question, Any], tuple[str, dict[str, Any]]]


def reason_for(code: ExclusionCode, question: Question, row: Any) -> Reason:
    """The reason behind `code` for the person in `row` of an explanation."""
    detail, needed = _WORDS[code](question, row)
    return Reason(code, detail, needed)


def _plain(detail: str) -> _Words:
    return lambda _question, _row: (detail, {})


def _offline(question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    return f"the device was last heard from {_ago(question.at, row.heard_at)} ago", {}


def _stale(question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    age_s = (question.at - row.used_at).total_seconds()
    age = _ago(question.at, row.used_at)
    detail = f"the last position is {age} old, the limit is {question.policy.freshness_s:g} s"
    return detail, {"freshness_s": math.ceil(age_s)}


def _far(question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    if not row.on_duty:
        return "outside the radius", {}
    detail = f"{row.distance_m / 1000:.1f} km away, the radius is {question.policy.radius_m / 1000:g} km"
    # Rounded up, so that it suffices: to a hundred metres where that is all that may be told.
    step_m = 100 if row.coarse else 1
    return detail, {"radius_m": math.ceil(row.distance_m / step_m) * step_m}


def _skill(question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    missing = sorted(set(question.skills) - set(row.skills))
    return f"lacks {', '.join(missing)}", {"skills": missing}


def _off_duty(question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    since = row.duty_changed_at
    return ("off duty" if since is None else f"off duty for {_ago(question.at, since)}"), {}


def _slot_taken(_question: Question, row: Any) -> tuple[str, dict[str, Any]]:
    if row.provider_full_at is None:
        return "has other work, or an open offer, at that time", {}
    orders = "1 work order" if row.provider_full_at == 1 else f"{row.provider_full_at} work orders"
    needed = {"capacity": row.provider_full_at + 1}
    return f"{row.provider_name} takes on {orders} a day, and has them on that day", needed


def _offer_limit(question: Question, _row: Any) -> tuple[str, dict[str, Any]]:
    return f"has {question.policy.offer_limit} or more offers to answer", {}


_WORDS: Mapping[ExclusionCode, _Words] = {
    Code.INACTIVE: _plain("no longer works here"),
    Code.WRONG_GROUP: _plain("belongs to another store or service group"),
    Code.OFF_DUTY: _off_duty,
    Code.AGREEMENT_EXPIRED: _plain("no agreement with the provider holds when the slot starts"),
    Code.NO_POSITION: _plain("no position was ever received"),
    Code.OFFLINE: _offline,
    Code.STALE_POSITION: _stale,
    Code.MOCK_LOCATION: _plain("the phone reports a made-up location"),
    Code.IMPLAUSIBLE_POSITION: _plain("the last position is too far from the one before to be true"),
    Code.MISSING_SKILL: _skill,
    Code.OUTSIDE_HOURS: _plain("the slot is outside the working hours"),
    Code.TIME_OFF: _plain("has time off during the slot"),
    Code.SLOT_TAKEN: _slot_taken,
    Code.OFFER_LIMIT: _offer_limit,
    Code.REJECTED_BEFORE: _plain("was asked for this work order and did not take it"),
    Code.OUTSIDE_RADIUS: _far,
}


def _ago(at: datetime, then: datetime) -> str:
    seconds = max(0.0, (at - then).total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
