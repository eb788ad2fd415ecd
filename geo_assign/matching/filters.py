"""The filters of "really available", each said once in SQL.

Every entry maps an exclusion code to the condition that excludes somebody. The candidate statement joins their
negations, the explanation selects them, so that a ranking and its reasons cannot disagree. In the SQL `t` is the
technician, `p` his place (a current position, or where he will be), `%(name)s` a parameter of `parameters`.
"""

from datetime import timedelta
from typing import Any

from geo_assign.matching.domain import ExclusionCode, Question, Staff
from geo_assign.positions.domain import UNREACHABLE_AFTER
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.hours_exceptions import dates_around
from geo_assign.workforce.queries import TECHNICIAN_IN_SCOPE
from geo_assign.workorders.domain import HOLDING, OfferState

Code = ExclusionCode

_HOLDING = ", ".join(f"'{state}'" for state in HOLDING)

# A provider's people work for the groups that their provider is linked to, whichever they are members of.
_WRONG_STORE = """t.store_id <> %(store_id)s OR t.provider_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM provider_groups l JOIN service_groups g ON g.org_id = l.org_id AND g.id = l.group_id
    WHERE l.org_id = %(org_id)s AND l.provider_id = t.provider_id AND g.store_id = %(store_id)s)"""
_WRONG_GROUP = """NOT EXISTS (
    SELECT FROM technician_groups g
    WHERE g.org_id = %(org_id)s AND g.technician_id = t.id AND g.group_id = %(group_id)s)
  OR t.provider_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM provider_groups l
    WHERE l.org_id = %(org_id)s AND l.provider_id = t.provider_id AND l.group_id = %(group_id)s)"""

# Working hours are compared as minutes of the local week of the technician's own store.
_LOCAL_SLOT = (
    "LATERAL (SELECT %(slot_start)s AT TIME ZONE s.timezone AS f, %(slot_end)s AT TIME ZONE s.timezone AS u) l"
)
_OUTSIDE_THE_WEEK = f"""t.week_minutes IS NOT NULL AND NOT t.week_minutes @> (
    SELECT int4range(w.minute, w.minute + greatest(1, w.minutes))
    FROM stores s,
    {_LOCAL_SLOT},
    LATERAL (SELECT
        ((extract(isodow FROM l.f)::int - 1) * 1440 + extract(hour FROM l.f)::int * 60 + extract(minute FROM l.f)::int)
            AS minute,
        ceil(extract(epoch FROM l.u - l.f) / 60)::int AS minutes) w
    WHERE s.org_id = %(org_id)s AND s.id = t.store_id)"""

# Who has exceptions near the slot is judged by the spans of the single dates, from the evening before on.
_WEEKDAYS = ", ".join(f"'{day}'" for day in DAYS)
_OUTSIDE_THE_DATES = f"""NOT coalesce((
    SELECT range_agg(tsrange(
            d.day + (p.span ->> 0)::time,
            d.day + (p.span ->> 1)::time
                + CASE WHEN (p.span ->> 1)::time <= (p.span ->> 0)::time THEN interval '1 day' ELSE interval '0' END))
        @> tsrange(min(l.f), greatest(min(l.u), min(l.f) + interval '1 minute'))
    FROM stores s,
    {_LOCAL_SLOT},
    LATERAL generate_series(l.f::date::timestamp - interval '1 day', l.u::date::timestamp, interval '1 day') d (day)
    LEFT JOIN hours_exceptions x
        ON x.org_id = %(org_id)s AND x.technician_id = t.id AND x.local_date = d.day::date,
    LATERAL jsonb_array_elements(CASE
        WHEN x.spans IS NOT NULL THEN x.spans
        WHEN t.hours IS NULL THEN '[["00:00", "24:00"]]'
        ELSE coalesce(t.hours -> (ARRAY[{_WEEKDAYS}])[extract(isodow FROM d.day)::int], '[]') END) p (span)
    WHERE s.org_id = %(org_id)s AND s.id = t.store_id), false)"""

_OUTSIDE_HOURS = f"""CASE WHEN EXISTS (
    SELECT FROM hours_exceptions x
    WHERE x.org_id = %(org_id)s AND x.technician_id = t.id
      AND x.local_date BETWEEN %(exceptions_from)s AND %(exceptions_until)s)
    THEN {_OUTSIDE_THE_DATES}
    ELSE {_OUTSIDE_THE_WEEK} END"""

_TIME_OFF = """EXISTS (
    SELECT FROM time_off f
    WHERE f.org_id = %(org_id)s AND f.technician_id = t.id
      AND f.ends_at > %(slot_start)s AND f.starts_at < %(slot_end)s)"""

# What the provider's people hold on the slot's local day, together, when that is all it takes on; else NULL.
PROVIDER_IS_FULL = f"""(
    SELECT v.capacity FROM service_providers v
    WHERE v.org_id = %(org_id)s AND v.id = t.provider_id AND v.capacity <= (
        SELECT count(DISTINCT b.work_order_id)
        FROM technicians s JOIN bookings b ON b.org_id = s.org_id AND b.technician_id = s.id
        WHERE s.org_id = %(org_id)s AND s.provider_id = v.id AND b.state IN ({_HOLDING}, 'done')
          AND b.occupied_until > %(day_start)s AND b.starts_at < %(day_end)s AND b.ends_at > %(day_start)s
          AND b.work_order_id IS DISTINCT FROM %(work_order_id)s))"""

_SLOT_TAKEN = f"""EXISTS (
    SELECT FROM bookings b
    WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state IN ({_HOLDING})
      AND b.occupied_until > %(busy_from)s AND b.occupied_from < %(busy_until)s
      AND b.work_order_id IS DISTINCT FROM %(work_order_id)s)
  OR t.provider_id IS NOT NULL AND {PROVIDER_IS_FULL} IS NOT NULL"""

_OFFER_LIMIT = f"""%(offer_limit)s <= (
    SELECT count(*) FROM offers o
    WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.state = '{OfferState.OFFERED}'
      AND o.work_order_id IS DISTINCT FROM %(work_order_id)s)"""

_REJECTED_BEFORE = f"""EXISTS (
    SELECT FROM offers o
    WHERE o.org_id = %(org_id)s AND o.work_order_id = %(work_order_id)s AND o.technician_id = t.id
      AND (o.final OR o.state IN ('{OfferState.REJECTED}', '{OfferState.EXPIRED}')
           AND o.responded_at > %(cooled_off)s))"""

_AGREEMENT_EXPIRED = """t.provider_id IS NOT NULL AND EXISTS (
    SELECT FROM service_providers v
    WHERE v.org_id = %(org_id)s AND v.id = t.provider_id
      AND (NOT v.active OR v.valid_until <= %(slot_start)s OR v.valid_from > %(slot_start)s))"""

_EXCLUDED_WHEN: dict[ExclusionCode, str] = {
    Code.INACTIVE: "NOT t.active",
    Code.OFF_DUTY: "NOT (t.on_duty OR t.at_base)",
    Code.AGREEMENT_EXPIRED: _AGREEMENT_EXPIRED,
    # Whoever is at his provider's base has no phone that could fall silent.
    Code.OFFLINE: "coalesce(p.heard_at < %(heard_since)s, false)",
    Code.STALE_POSITION: "coalesce(p.used_at < %(fresh_since)s, false)",
    Code.MOCK_LOCATION: "p.mock",
    Code.IMPLAUSIBLE_POSITION: "p.implausible",
    Code.MISSING_SKILL: "NOT t.skills @> %(skills)s",
    Code.OUTSIDE_HOURS: _OUTSIDE_HOURS,
    Code.TIME_OFF: _TIME_OFF,
    Code.SLOT_TAKEN: _SLOT_TAKEN,
    Code.OFFER_LIMIT: _OFFER_LIMIT,
    Code.REJECTED_BEFORE: _REJECTED_BEFORE,
    Code.OUTSIDE_RADIUS: "p.distance_m > %(radius_m)s",
}

_OF_LIVE_POSITIONS = frozenset({Code.OFFLINE, Code.STALE_POSITION, Code.MOCK_LOCATION, Code.IMPLAUSIBLE_POSITION})


def active_filters(question: Question) -> dict[ExclusionCode, str]:
    """The filters that this question asks for, in the order in which reasons are told."""
    unasked = {
        Code.WRONG_GROUP: question.group_id is None and question.store_id is None,
        Code.OFF_DUTY: not (question.is_soon or question.needs_duty),
        Code.MISSING_SKILL: not question.skills,
        Code.REJECTED_BEFORE: question.work_order_id is None,
        Code.MOCK_LOCATION: question.policy.use_mock_positions,
    }
    # A group may have members from other stores: whoever belongs to it may go.
    conditions = _EXCLUDED_WHEN | {Code.WRONG_GROUP: _WRONG_STORE if question.group_id is None else _WRONG_GROUP}
    return {
        code: conditions[code]
        for code in Code
        if code in conditions and not unasked.get(code, False) and (question.is_soon or code not in _OF_LIVE_POSITIONS)
    }


def parameters(question: Question) -> dict[str, Any]:
    """The values behind the filters' parameters; `org_id` is added by the statement."""
    policy, slot = question.policy, question.slot
    exceptions_from, exceptions_until = dates_around((slot.start, slot.end))
    return {
        "lat": question.origin.lat,
        "lon": question.origin.lon,
        "slot_start": slot.start,
        "slot_end": slot.end,
        "exceptions_from": exceptions_from,
        "exceptions_until": exceptions_until,
        "busy_from": slot.start - policy.travel_buffer,
        "busy_until": slot.end,
        "day_start": question.day_start,
        "day_end": question.day_end,
        "at": question.at,
        "heard_since": question.at - UNREACHABLE_AFTER,
        "fresh_since": question.at - timedelta(seconds=policy.freshness_s),
        "cooled_off": question.at - policy.cool_off,
        "radius_m": policy.radius_m,
        "offer_limit": policy.offer_limit,
        "skills": list(question.skills),
        "store_id": question.store_id,
        "group_id": question.group_id,
        "work_order_id": question.work_order_id,
        "everything": question.scope.everything,
        "scope_stores": sorted(question.scope.store_ids),
        "scope_groups": sorted(question.scope.group_ids),
    }


_STAFF = {Staff.ALL: "true", Staff.INTERNAL: "t.provider_id IS NULL", Staff.PROVIDERS: "t.provider_id IS NOT NULL"}


def scope_condition(question: Question) -> str:
    """Which technicians exist for the caller, and count."""
    exists = "true" if question.scope.everything else TECHNICIAN_IN_SCOPE
    return f"{exists} AND {_STAFF[question.staff]}"
