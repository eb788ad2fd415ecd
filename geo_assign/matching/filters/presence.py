"""Filters of whether a technician is there, and of where: duty, phone, place, distance."""

import math
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Double, false, func, not_, or_

from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters.declaration import Adjustment, Filter, Needed, Subject, Sufficient, plain
from geo_assign.matching.parameters import Given, given
from geo_assign.matching.rows import ExplainedRow
from geo_assign.positions.domain import UNREACHABLE_AFTER
from geo_assign.workforce.domain import SILENCE_WORDS, SilenceReason


def _heard_since(question: Question) -> datetime:
    return question.at - UNREACHABLE_AFTER


def _fresh_since(question: Question) -> datetime:
    return question.at - timedelta(seconds=question.policy.freshness_s)


def _is_soon(question: Question) -> bool:
    return question.is_soon


def _is_off_duty(one: Subject) -> ColumnElement[bool]:
    return not_(or_(one.technician.c.on_duty, one.technician.c.at_base))


def _is_unheard(one: Subject) -> ColumnElement[bool]:
    # A technician at the provider's base has no phone that could fall silent.
    return func.coalesce(one.place.c.heard_at < one.asked.heard_since, false())


def _is_stale(one: Subject) -> ColumnElement[bool]:
    return func.coalesce(one.place.c.used_at < one.asked.fresh_since, false())


def _off_duty(question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    since = row.duty_changed_at
    return ("off duty" if since is None else f"off duty for {_ago(question.at, since)}"), {}


def _offline(question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    assert row.heard_at is not None  # the condition compares it
    detail = f"the device was last heard from {_ago(question.at, row.heard_at)} ago"
    if row.silence_reason is None:
        return detail, {}
    return f"{detail}: {SILENCE_WORDS[SilenceReason(row.silence_reason)]}", {}


def _stale(question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    assert row.used_at is not None  # the condition compares it
    age_s = (question.at - row.used_at).total_seconds()
    age = _ago(question.at, row.used_at)
    detail = f"the last position is {age} old, the limit is {question.policy.freshness_s:g} s"
    return detail, {"freshness_s": math.ceil(age_s)}


def _far(question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    if not row.on_duty or row.distance_m is None:
        return "outside the radius", {}
    detail = f"{row.distance_m / 1000:.1f} km away, the radius is {question.policy.radius_m / 1000:g} km"
    # Rounded up, so that it suffices: to a hundred metres where that is all that may be told.
    step_m = 100 if row.coarse else 1
    return detail, {"radius_m": math.ceil(row.distance_m / step_m) * step_m}


def _ago(at: datetime, then: datetime) -> str:
    seconds = max(0.0, (at - then).total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


FILTERS = (
    Filter(
        code=ExclusionCode.OFF_DUTY,
        meaning="is off duty; asked where the slot starts soon, or an offer is to be answered",
        excludes=_is_off_duty,
        words=_off_duty,
        applies=lambda question: question.is_soon or question.needs_duty,
        remedy=lambda _question, _facts: {"on_duty": True},
    ),
    Filter(
        code=ExclusionCode.NO_POSITION,
        meaning="no position was ever received",
        excludes=lambda one: one.place.c.distance_m.is_(None),
        words=plain("no position was ever received"),
        applies=_is_soon,
        remedy=lambda question, _facts: {"position_since": _fresh_since(question).isoformat()},
        of_place=True,
        of_track=True,
    ),
    Filter(
        code=ExclusionCode.OFFLINE,
        meaning="the device was not heard from for 15 minutes",
        excludes=_is_unheard,
        words=_offline,
        applies=_is_soon,
        parameters=given(heard_since=Given(INSTANT, _heard_since)),
        remedy=lambda question, _facts: {"heard_since": _heard_since(question).isoformat()},
        of_track=True,
    ),
    Filter(
        code=ExclusionCode.STALE_POSITION,
        meaning="the last position is older than the store's `freshness_s`",
        excludes=_is_stale,
        words=_stale,
        applies=_is_soon,
        parameters=given(fresh_since=Given(INSTANT, _fresh_since)),
        sufficient={"freshness_s": Sufficient("positions were good for {} s", Adjustment.FRESHNESS_S)},
        of_place=True,
        of_track=True,
    ),
    Filter(
        code=ExclusionCode.MOCK_LOCATION,
        meaning="the phone says that its location is simulated",
        excludes=lambda one: one.place.c.mock,
        words=plain("the phone reports a made-up location"),
        applies=lambda question: question.is_soon and not question.policy.use_mock_positions,
        remedy=lambda _question, _facts: {"mock_positions": "allow"},
        of_place=True,
        of_track=True,
    ),
    Filter(
        code=ExclusionCode.IMPLAUSIBLE_POSITION,
        meaning="the last position is too far from the one before",
        excludes=lambda one: one.place.c.implausible,
        words=plain("the last position is too far from the one before to be true"),
        applies=_is_soon,
        of_place=True,
        of_track=True,
    ),
    Filter(
        code=ExclusionCode.OUTSIDE_RADIUS,
        meaning="is farther away than the radius",
        excludes=lambda one: one.place.c.distance_m > one.asked.radius_m,
        words=_far,
        parameters=given(radius_m=Given(Double(), lambda question: question.policy.radius_m)),
        sufficient={"radius_m": Sufficient("the radius were at least {} m", Adjustment.RADIUS_M)},
        of_place=True,
        of_track=True,
    ),
)
