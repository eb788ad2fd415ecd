"""The roster: everybody of the scope with presence, place and workload, for choosing from a list.

It works for work orders without a location: then nothing that hangs on a place is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.paging import Page, decode, page
from geo_assign.matching.domain import ExclusionCode, KnownPosition, Provenance, Provider, Reason, Workload
from geo_assign.matching.queries import explain_each
from geo_assign.matching.questions import question_for_order
from geo_assign.matching.statements import workload_sql
from geo_assign.positions.domain import Presence, presence
from geo_assign.workforce.queries import TECHNICIAN_IN_SCOPE
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.domain import Location, LocationSource, WorkOrder
from geo_assign.workorders.queries.coarse import IS_COARSE, coarse_accuracy_m, coarse_distance_m, coarse_point


class RosterSort(StrEnum):
    """By name; by work of today and overdue, least first; by when the device was last heard from, latest first."""

    NAME = "name"
    WORKLOAD = "workload"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class RosterQuestion:
    """Whose line, in which order. `order` with its store's `rules`: say of each whether he can take it.

    `store_id`: who belongs to that store or to one of its groups. `timezone` and `freshness_s` None: each technician's
    home store says what today is, and which positions are fresh.
    """

    at: datetime
    store_id: UUID | None = None
    group_id: UUID | None = None
    timezone: str | None = None
    freshness_s: float | None = None
    sort: RosterSort = RosterSort.NAME
    order: WorkOrder | None = None
    rules: StoreRules | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether somebody can take the work order; `distance_m` None: off duty, or there is no location."""

    eligible: bool
    reasons: Sequence[Reason] = ()
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One person. `position` is told on duty only; `coarse`: to about a kilometre."""

    id: UUID
    name: str
    store_id: UUID
    provider: Provider | None
    skills: Sequence[str]
    presence: Presence
    position: KnownPosition | None
    coarse: bool
    workload: Workload
    eligibility: Eligibility | None = None
    key: Sequence[Any] = field(default=(), repr=False)


# What hangs on a place, and is left out where a work order has none.
_OF_PLACE = frozenset(
    {
        ExclusionCode.NO_POSITION,
        ExclusionCode.STALE_POSITION,
        ExclusionCode.MOCK_LOCATION,
        ExclusionCode.IMPLAUSIBLE_POSITION,
        ExclusionCode.OUTSIDE_RADIUS,
    }
)

_SORT_KEYS = {
    RosterSort.NAME: "0::float8",
    RosterSort.WORKLOAD: "(r.today + r.overdue)::float8",
    RosterSort.SEEN: "coalesce(-extract(epoch FROM r.heard_at)::float8, 1e18)",
}

_PEOPLE = f"""
SELECT t.id, t.name, t.store_id, t.skills, t.at_base, t.on_duty OR t.at_base AS on_duty, t.base_lat, t.base_lon,
    t.provider_id, v.name AS provider_name,
    p.lat, p.lon, p.recorded_at, p.used_at, p.heard_at, p.accuracy_m,
    coalesce(%(freshness_s)s, (h.settings ->> 'freshness_s')::float8, %(default_freshness_s)s) AS freshness_s,
    NOT t.at_base AND {IS_COARSE} AS coarse, {workload_sql("z.day_start", "z.day_end")}
FROM technicians t
JOIN stores h ON h.org_id = t.org_id AND h.id = t.store_id
CROSS JOIN LATERAL (SELECT coalesce(%(timezone)s, h.timezone) AS name) zone
CROSS JOIN LATERAL (SELECT date_trunc('day', %(at)s::timestamptz AT TIME ZONE zone.name) AS today) l
CROSS JOIN LATERAL (
    SELECT l.today AT TIME ZONE zone.name AS day_start,
           (l.today + interval '1 day') AT TIME ZONE zone.name AS day_end) z
LEFT JOIN current_positions p ON p.org_id = t.org_id AND p.technician_id = t.id
LEFT JOIN service_providers v ON v.org_id = t.org_id AND v.id = t.provider_id
WHERE t.org_id = %(org_id)s AND t.active AND (%(everything)s OR {TECHNICIAN_IN_SCOPE})
  AND (%(group_id)s::uuid IS NULL OR EXISTS (
      SELECT FROM technician_groups m
      WHERE m.org_id = t.org_id AND m.technician_id = t.id AND m.group_id = %(group_id)s::uuid))
  AND (%(store_id)s::uuid IS NULL OR t.store_id = %(store_id)s::uuid OR EXISTS (
      SELECT FROM technician_groups m JOIN service_groups g ON g.org_id = m.org_id AND g.id = m.group_id
      WHERE m.org_id = t.org_id AND m.technician_id = t.id AND g.store_id = %(store_id)s::uuid))"""

_BEHIND = "WHERE ({key}, r.name, r.id) > (%(last_key)s::float8, %(last_name)s, %(last_id)s::uuid)"


def list_roster(tx: Tx, scope: Scope, question: RosterQuestion) -> Page[RosterLine]:
    """The people of the scope who work here, in a stable order: equal ones by name, then id."""
    lines = page(_lines(tx, scope, question), question.limit, lambda line: line.key)
    if question.order is None or question.rules is None:
        return lines
    judged = _judge(tx, scope, question.order, question.rules, lines=lines.items, at=question.at)
    return Page([replace(line, eligibility=judged.get(line.id)) for line in lines.items], lines.next_cursor)


def _lines(tx: Tx, scope: Scope, question: RosterQuestion) -> list[RosterLine]:
    key = _SORT_KEYS[question.sort]
    behind, last = "", [None, None, None]
    if question.cursor is not None:
        behind, last = _BEHIND.format(key=key), decode(question.cursor, float, str, UUID)
    sql = f"SELECT r.*, {key} AS key FROM ({_PEOPLE}) r {behind} ORDER BY key, r.name, r.id LIMIT %(fetch)s"
    values = {
        "org_id": tx.org_id,
        "everything": scope.everything,
        "scope_stores": sorted(scope.store_ids),
        "scope_groups": sorted(scope.group_ids),
        "at": question.at,
        "store_id": question.store_id,
        "group_id": question.group_id,
        "timezone": question.timezone,
        "freshness_s": question.freshness_s,
        "default_freshness_s": tx.defaults.freshness_s,
        "last_key": last[0],
        "last_name": last[1],
        "last_id": last[2],
        "fetch": question.limit + 1,
    }
    return [_line(row, at=question.at) for row in tx.fetch(sql, values)]


def _line(row: Any, *, at: datetime) -> RosterLine:
    seen = presence(
        on_duty=row.on_duty, heard_at=row.heard_at, used_at=row.used_at, now=at, freshness_s=row.freshness_s
    )
    return RosterLine(
        id=row.id,
        name=row.name,
        store_id=row.store_id,
        provider=None if row.provider_id is None else Provider(row.provider_id, row.provider_name),
        skills=row.skills,
        presence=seen,
        position=_position(row, at=at) if row.on_duty else None,
        coarse=row.coarse,
        workload=Workload(today=row.today, overdue=row.overdue, open_offers=row.open_offers),
        key=(row.key, row.name, row.id),
    )


def _position(row: Any, *, at: datetime) -> KnownPosition | None:
    """Where he is on duty: at his provider's base where that is the rule, else where his phone was last."""
    if row.at_base:
        return KnownPosition(Point(row.base_lat, row.base_lon), Provenance.HOME_BASE)
    if row.lat is None:
        return None
    point = Point(row.lat, row.lon)
    return KnownPosition(
        point=coarse_point(point) if row.coarse else point,
        provenance=Provenance.LIVE,
        recorded_at=row.recorded_at,
        age_s=max(0.0, (at - row.used_at).total_seconds()),
        accuracy_m=coarse_accuracy_m(row.accuracy_m) if row.coarse else row.accuracy_m,
    )


def _judge(
    tx: Tx, scope: Scope, order: WorkOrder, rules: StoreRules, *, lines: Sequence[RosterLine], at: datetime
) -> dict[UUID, Eligibility]:
    """What a ranking of this work order says of each; without a location, of all that hangs on no place."""
    located = order.location is not None
    if not located:
        order = replace(order, location=Location(rules.store.location, LocationSource.CLIENT))
    asked = question_for_order(order, rules, at=at, scope=scope, needs_duty=False)
    found = {}
    for person_id, one in explain_each(tx, asked, [line.id for line in lines]).items():
        reasons = [reason for reason in one.reasons if located or reason.code not in _OF_PLACE]
        distance_m = one.distance_m if located else None
        if distance_m is not None and one.coarse:
            distance_m = coarse_distance_m(distance_m)
        found[person_id] = Eligibility(not reasons, reasons, distance_m)
    return found
