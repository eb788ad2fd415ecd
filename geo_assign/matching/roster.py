"""The roster: the technicians of the scope with presence, place and workload, for choosing from a list.

It works for work orders without a location: then nothing that hangs on a place is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    Text,
    Uuid,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import SCOPE, Viewer, scope_values, viewer_declared
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists
from geo_assign.core.geo import Point
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import KnownPosition, Provenance, Provider, Reason, Workload
from geo_assign.matching.filters import OF_PLACE
from geo_assign.matching.queries import explain_each
from geo_assign.matching.questions import question_for_order
from geo_assign.matching.shapes import workload
from geo_assign.positions.domain import Presence, presence
from geo_assign.positions.tables import current_positions
from geo_assign.workforce.domain import SilenceReason
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workforce.tables import service_groups, service_providers, stores, technician_groups, technicians
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import Location, LocationSource, WorkOrder
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_distance_m, coarse_point
from geo_assign.workorders.visibility import is_coarse


class RosterSort(StrEnum):
    """By name; by work of today and overdue, least first; by when the device was last heard from, latest first."""

    NAME = "name"
    WORKLOAD = "workload"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class RosterQuestion:
    """Whose line, in which order. `order` with its store's `rules`: say of each line whether it can be taken.

    `store_id`: who belongs to that store or to one of its groups. `timezone` and `freshness_s` None: each technician's
    home store says what today is, and which positions are fresh.
    """

    at: datetime
    store_id: UUID | None = None
    group_id: UUID | None = None
    timezone: str | None = None
    freshness_s: float | None = None
    sort: RosterSort = RosterSort.NAME
    words: str | None = None
    order: WorkOrder | None = None
    rules: StoreRules | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a technician can take the work order; `distance_m` None: off duty, or there is no location."""

    eligible: bool
    reasons: Sequence[Reason] = ()
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One technician. `position` is told on duty only; `coarse`: to about a kilometre."""

    id: UUID
    name: str
    store_id: UUID
    provider: Provider | None
    skills: Sequence[str]
    presence: Presence
    position: KnownPosition | None
    coarse: bool
    workload: Workload
    silence_reason: SilenceReason | None = None
    eligibility: Eligibility | None = None
    key: Sequence[object] = field(default=(), repr=False)


class _LineRow(NamedTuple):
    id: UUID
    name: str
    store_id: UUID
    skills: Sequence[str]
    at_base: bool
    on_duty: bool
    base_lat: float
    base_lon: float
    provider_id: UUID | None
    provider_name: str | None
    lat: float | None
    lon: float | None
    recorded_at: datetime | None
    used_at: datetime | None
    heard_at: datetime | None
    silence_reason: str | None
    accuracy_m: float | None
    freshness_s: float
    coarse: bool
    today: int
    overdue: int
    open_offers: int
    key: float


_ASKED = SCOPE | Parameters(
    at=INSTANT,
    store_id=Uuid(),
    group_id=Uuid(),
    timezone=Text(),
    freshness_s=Double(),
    default_freshness_s=Double(),
    words=Text(),
    last_key=Double(),
    last_name=Text(),
    last_id=Uuid(),
    fetch=Integer(),
)
_NEVER_SEEN: ColumnElement[float] = cast(literal(10**18), Double)
_SORT_KEYS: Mapping[RosterSort, Callable[[FromClause], ColumnElement[float]]] = {
    RosterSort.NAME: lambda _line: cast(literal(0), Double),
    RosterSort.WORKLOAD: lambda line: cast(line.c.today + line.c.overdue, Double),
    RosterSort.SEEN: lambda line: func.coalesce(-cast(extract("epoch", line.c.heard_at), Double), _NEVER_SEEN),
}


@cache
def _statement(sort: RosterSort, *, everything: bool, goes_on: bool) -> Statement[_LineRow]:
    """One page of lines; `goes_on`: behind the last line of the page before."""
    line = _lines_of(viewer_declared(everything=everything)).subquery("line")
    key = _SORT_KEYS[sort](line)
    rows = select(line, key.label("key")).order_by(key, line.c.name, line.c.id).limit(_ASKED.fetch)
    if goes_on:
        last = tuple_(_ASKED.last_key, _ASKED.last_name, _ASKED.last_id)
        rows = rows.where(tuple_(key, line.c.name, line.c.id) > last)
    return Statement.of(_LineRow, rows)


def _lines_of(viewer: Viewer) -> AnySelect:
    t, h, p, v = technicians.alias("t"), stores.alias("h"), current_positions.alias("p"), service_providers.alias("v")
    zone = func.coalesce(_ASKED.timezone, h.c.timezone)
    today = func.date_trunc("day", func.timezone(zone, _ASKED.at), type_=TIMESTAMP())
    day = tuple(func.timezone(zone, midnight, type_=INSTANT) for midnight in (today, today + timedelta(days=1)))
    of_store = h.c.settings["freshness_s"].astext.cast(Double)
    joined = (
        t.join(h, and_(h.c.org_id == t.c.org_id, h.c.id == t.c.store_id))
        .outerjoin(p, and_(p.c.org_id == t.c.org_id, p.c.technician_id == t.c.id))
        .outerjoin(v, and_(v.c.org_id == t.c.org_id, v.c.id == t.c.provider_id))
    )
    return (
        select(
            t.c.id,
            t.c.name,
            t.c.store_id,
            t.c.skills,
            t.c.at_base,
            or_(t.c.on_duty, t.c.at_base).label("on_duty"),
            t.c.base_lat,
            t.c.base_lon,
            t.c.provider_id,
            v.c.name.label("provider_name"),
            p.c.lat,
            p.c.lon,
            p.c.recorded_at,
            p.c.used_at,
            p.c.heard_at,
            case((t.c.silence_said_at.between(p.c.heard_at, _ASKED.at), t.c.silence_reason)).label("silence_reason"),
            p.c.accuracy_m,
            func.coalesce(_ASKED.freshness_s, of_store, _ASKED.default_freshness_s).label("freshness_s"),
            and_(not_(t.c.at_base), is_coarse(viewer, t, at=_ASKED.at)).label("coarse"),
            *workload(t, _ASKED, day=day),
        )
        .select_from(joined)
        .where(t.c.org_id == _ASKED.org_id, t.c.active, sees_technician(viewer, t), *_belongs(t))
    )


def _belongs(technician: FromClause) -> tuple[ColumnElement[bool], ...]:
    """To the group asked for; to the store, or one of its groups. Without one of them to any."""
    t, m, g = technician.c, technician_groups.alias("m"), service_groups.alias("g")
    is_member = (m.c.org_id == _ASKED.org_id, m.c.technician_id == t.id)
    in_group = row_exists(m, *is_member, m.c.group_id == _ASKED.group_id)
    joined = m.join(g, and_(g.c.org_id == m.c.org_id, g.c.id == m.c.group_id))
    in_group_of_store = row_exists(joined, *is_member, g.c.store_id == _ASKED.store_id)
    # As the search of work orders folds: without accents and case. Without words no name is looked at.
    named = func.strpos(func.search_folded(t.name), func.search_folded(_ASKED.words)) > 0
    return (
        or_(_ASKED.words.is_(None), named),
        or_(_ASKED.group_id.is_(None), in_group),
        or_(_ASKED.store_id.is_(None), t.store_id == _ASKED.store_id, in_group_of_store),
    )


def list_roster(tx: Tx, scope: Scope, question: RosterQuestion) -> Page[RosterLine]:
    """The technicians of the scope who work here, in a stable order: equal ones by name, then id."""
    lines = page(_lines(tx, scope, question), question.limit, lambda line: line.key)
    if question.order is None or question.rules is None:
        return lines
    judged = _judge(tx, scope, question.order, question.rules, lines=lines.items, at=question.at)
    return Page([replace(line, eligibility=judged.get(line.id)) for line in lines.items], lines.next_cursor)


def _lines(tx: Tx, scope: Scope, question: RosterQuestion) -> list[RosterLine]:
    last: Sequence[object] = (None, None, None)
    if question.cursor is not None:
        last = decode(question.cursor, float, str, UUID)
    values = {
        **scope_values(tx, scope),
        "at": question.at,
        "store_id": question.store_id,
        "group_id": question.group_id,
        "timezone": question.timezone,
        "freshness_s": question.freshness_s,
        "default_freshness_s": tx.defaults.freshness_s,
        "words": question.words,
        "last_key": last[0],
        "last_name": last[1],
        "last_id": last[2],
        "fetch": question.limit + 1,
    }
    statement = _statement(question.sort, everything=scope.everything, goes_on=question.cursor is not None)
    return [_line(row, at=question.at) for row in tx.fetch(statement, values)]


def _line(row: _LineRow, *, at: datetime) -> RosterLine:
    seen = presence(
        on_duty=row.on_duty, heard_at=row.heard_at, used_at=row.used_at, now=at, freshness_s=row.freshness_s
    )
    return RosterLine(
        id=row.id,
        name=row.name,
        store_id=row.store_id,
        provider=None if row.provider_id is None else Provider(row.provider_id, row.provider_name or ""),
        skills=row.skills,
        presence=seen,
        silence_reason=None if row.silence_reason is None else SilenceReason(row.silence_reason),
        position=_position(row, at=at) if row.on_duty else None,
        coarse=row.coarse,
        workload=Workload(today=row.today, overdue=row.overdue, open_offers=row.open_offers),
        key=(row.key, row.name, row.id),
    )


def _position(row: _LineRow, *, at: datetime) -> KnownPosition | None:
    """Where a technician on duty is: at the provider's base where that is the rule, else where the phone was last."""
    if row.at_base:
        return KnownPosition(Point(row.base_lat, row.base_lon), Provenance.HOME_BASE)
    if row.lat is None or row.lon is None or row.used_at is None:
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
    """What a ranking of this work order says of each; without a location, of everything that needs no place."""
    located = order.location is not None
    if not located:
        order = replace(order, location=Location(rules.store.location, LocationSource.CLIENT))
    asked = question_for_order(order, rules, at=at, scope=scope, needs_duty=False)
    found = {}
    for person_id, one in explain_each(tx, asked, [line.id for line in lines]).items():
        reasons = [reason for reason in one.reasons if located or reason.code not in OF_PLACE]
        distance_m = one.distance_m if located else None
        if distance_m is not None and one.coarse:
            distance_m = coarse_distance_m(distance_m)
        found[person_id] = Eligibility(not reasons, reasons, distance_m)
    return found
