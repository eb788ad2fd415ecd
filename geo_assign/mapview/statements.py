"""The statements of the map.

Positions are found by walking outward from the middle of the view: the one spatial search that keeps its index under
row security.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    REAL,
    ColumnElement,
    CompoundSelect,
    Double,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array

from geo_assign.access.viewer import SCOPE, Viewer, viewer_declared
from geo_assign.core.expressions import count_rows, no_value, row_exists, word
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import Provenance
from geo_assign.matching.sources import LIVE, Sources
from geo_assign.positions.tables import current_positions
from geo_assign.workforce.tables import service_providers, technician_groups, technician_skills, technicians
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import BookingState, OfferState
from geo_assign.workorders.tables import bookings
from geo_assign.workorders.visibility import is_coarse

# Features in one answer, and positions around the middle of the view that are looked at for them.
SHOWN = 2_000
LOOKED_AT = 20_000

_DEGREES: Double[float] = Double()
ASKED = SCOPE | Parameters(
    at=INSTANT,
    since=INSTANT,
    lat=_DEGREES,
    lon=_DEGREES,
    west=_DEGREES,
    east=_DEGREES,
    south=_DEGREES,
    north=_DEGREES,
    step=_DEGREES,
    positions_since=INSTANT,
    technician_ids=ARRAY(Uuid()),
    store_ids=ARRAY(Uuid()),
    group_id=Uuid(),
    skill=Text(),
)
_HALF_A_DAY = timedelta(hours=12)
_MARGIN = cast(literal(0.01), Double)
_NO_FLAGS = cast(array([], type_=Text()), ARRAY(Text()))


class PersonRow(NamedTuple):
    """A technician with the place that is known, if any; `shown`: on duty, or at the provider's base."""

    id: UUID
    name: str
    store_id: UUID
    provider_id: UUID | None
    provider_name: str | None
    shown: bool
    coarse: bool
    lat: float | None
    lon: float | None
    recorded_at: datetime | None
    used_at: datetime | None
    heard_at: datetime | None
    changed_at: datetime
    accuracy_m: float | None
    heading_deg: float | None
    speed_mps: float | None
    flags: Sequence[str]
    provenance: str
    busy_until: datetime | None
    offered: bool
    number_today: int


class FoundRow(NamedTuple):
    found: int


class GroupRow(NamedTuple):
    """How many technicians on the map a group has."""

    id: UUID
    number: int


class SkillRow(NamedTuple):
    """How many technicians on the map have a skill."""

    name: str
    number: int


class NumberRow(NamedTuple):
    number: int


class MarkRow(NamedTuple):
    """A technician, and when something changed."""

    id: UUID
    at: datetime


_KNOWN = PersonRow._fields[PersonRow._fields.index("lat") : PersonRow._fields.index("busy_until")]


@cache
def in_view(*, everything: bool, chosen: bool = False, window: int = LOOKED_AT) -> Statement[PersonRow]:
    """Technicians within the view, and a little around it: who is shown coarsely may be shown elsewhere.

    `window`: how many of the innermost positions are looked at.
    """
    viewer, t, middle = viewer_declared(everything=everything), technicians.alias("t"), place(ASKED.lat, ASKED.lon)
    c, b = current_positions.alias("c"), technicians.alias("b")
    phones = select(*of_phone(c)).where(c.c.org_id == ASKED.org_id).order_by(c.c.geog.sphere_m(middle))
    bases = select(*of_base(b)).where(b.c.org_id == ASKED.org_id, b.c.at_base).order_by(b.c.base_geog.sphere_m(middle))
    p = union_all(phones.limit(window), bases.limit(LOOKED_AT)).subquery("p")
    joined = p.join(t, and_(t.c.org_id == ASKED.org_id, t.c.id == p.c.technician_id))
    rows = (
        select(*person(viewer, t, p))
        .select_from(joined)
        .where(is_shown(t), sees_technician(viewer, t), *is_chosen(t, chosen=chosen))
    )
    at_old_place = and_(t.c.at_base, p.c.provenance == Provenance.LIVE)
    return Statement.of(PersonRow, rows.where(not_(at_old_place), is_within(p, margin=True)).limit(SHOWN + 1))


@cache
def edge() -> Statement[FoundRow]:
    """The last position that the walk looked at: when it lies within the view, there may be more behind it."""
    c, middle = current_positions.alias("c"), place(ASKED.lat, ASKED.lon)
    walk = select(c.c.lat).where(c.c.org_id == ASKED.org_id).order_by(c.c.geog.sphere_m(middle))
    p = walk.offset(LOOKED_AT - 1).limit(1).subquery("p")
    found = select(literal(1).label("found")).select_from(p)
    return Statement.of(FoundRow, found.where(p.c.lat.between(ASKED.south, ASKED.north)))


@cache
def marks() -> Statement[MarkRow]:
    """Who changed at or after `since`, in position at or after `positions_since`, and when: in every scope."""
    return Statement.of(MarkRow, _changed_marks())


@cache
def people(*, everything: bool) -> Statement[PersonRow]:
    """These technicians, as far as the caller sees them."""
    viewer, t = viewer_declared(everything=everything), technicians.alias("t")
    c, b = current_positions.alias("c"), technicians.alias("b")
    of_own_phone = (c.c.org_id == ASKED.org_id, c.c.technician_id == t.c.id, not_(t.c.at_base))
    of_own_base = (b.c.org_id == ASKED.org_id, b.c.id == t.c.id, b.c.at_base)
    p = union_all(
        select(*of_phone(c)).where(*of_own_phone).correlate(t), select(*of_base(b)).where(*of_own_base).correlate(t)
    ).lateral("p")
    asked = (t.c.org_id == ASKED.org_id, t.c.id == any_(ASKED.technician_ids))
    rows = select(*person(viewer, t, p)).select_from(t.outerjoin(p, true()))
    return Statement.of(PersonRow, rows.where(*asked, sees_technician(viewer, t)))


@cache
def off_duty(*, everything: bool, chosen: bool = False) -> Statement[NumberRow]:
    """How many technicians of the scope are off duty."""
    t, viewer = technicians.alias("t"), viewer_declared(everything=everything)
    rows = select(func.count().label("number")).select_from(t).where(t.c.org_id == ASKED.org_id, t.c.active)
    absent = (not_(t.c.on_duty), not_(t.c.at_base))
    return Statement.of(NumberRow, rows.where(*absent, sees_technician(viewer, t), *is_chosen(t, chosen=chosen)))


@cache
def groups_on_map(*, everything: bool) -> Statement[GroupRow]:
    """The groups of the technicians who are shown."""
    t, g, viewer = technicians.alias("t"), technician_groups.alias("g"), viewer_declared(everything=everything)
    joined = t.join(g, and_(g.c.org_id == ASKED.org_id, g.c.technician_id == t.c.id))
    rows = select(g.c.group_id.label("id"), func.count().label("number")).select_from(joined)
    return Statement.of(GroupRow, _shown_to(viewer, rows, t).group_by(g.c.group_id))


@cache
def skills_on_map(*, everything: bool) -> Statement[SkillRow]:
    """The skills of the technicians who are shown."""
    t, k, viewer = technicians.alias("t"), technician_skills.alias("k"), viewer_declared(everything=everything)
    joined = t.join(k, and_(k.c.org_id == ASKED.org_id, k.c.technician_id == t.c.id))
    rows = select(k.c.skill.label("name"), func.count().label("number")).select_from(joined)
    return Statement.of(SkillRow, _shown_to(viewer, rows, t).group_by(k.c.skill).order_by(k.c.skill))


def _shown_to(viewer: Viewer, rows: AnySelect, t: FromClause) -> AnySelect:
    return rows.where(t.c.org_id == ASKED.org_id, is_shown(t), sees_technician(viewer, t))


def _changed_marks() -> CompoundSelect[UUID | datetime]:
    c, t, b = current_positions.alias("c"), technicians.alias("t"), bookings.alias("b")
    moved = (c.c.org_id == ASKED.org_id, c.c.changed_at >= ASKED.positions_since)
    return union_all(
        select(c.c.technician_id.label("id"), c.c.changed_at.label("at")).where(*moved),
        select(t.c.id, t.c.updated_at).where(t.c.org_id == ASKED.org_id, t.c.updated_at >= ASKED.since),
        select(b.c.technician_id, b.c.updated_at).where(b.c.org_id == ASKED.org_id, b.c.updated_at >= ASKED.since),
    )


def person(viewer: Viewer, t: FromClause, p: FromClause, *, sources: Sources = LIVE) -> tuple[AnyColumn, ...]:
    """The columns of a `PersonRow`: of the technician `t` at the place `p`, with the work and offers of `sources`."""
    b, o, v, at = sources.bookings.alias(), sources.offers.alias(), service_providers.alias("v"), ASKED.at
    held_then = None if sources is LIVE else sources.bookings
    work = (b.c.org_id == ASKED.org_id, b.c.technician_id == t.c.id)
    now = (b.c.state == BookingState.ASSIGNED, b.c.occupied_until > at, b.c.occupied_from <= at)
    today = (
        b.c.state.in_([BookingState.ASSIGNED, BookingState.DONE]),
        b.c.occupied_until > at - _HALF_A_DAY,
        b.c.starts_at < at + _HALF_A_DAY,
    )
    provider = select(v.c.name).where(v.c.org_id == ASKED.org_id, v.c.id == t.c.provider_id).correlate_except(v)
    busy_until = select(func.max(b.c.ends_at)).where(*work, *now).correlate_except(b)
    is_asked = (o.c.org_id == ASKED.org_id, o.c.technician_id == t.c.id, o.c.state == OfferState.OFFERED)
    return (
        t.c.id,
        t.c.name,
        t.c.store_id,
        t.c.provider_id,
        provider.scalar_subquery().label("provider_name"),
        is_shown(t).label("shown"),
        and_(not_(t.c.at_base), is_coarse(viewer, t, at=at, held_then=held_then)).label("coarse"),
        *(p.c[name] for name in _KNOWN),
        busy_until.scalar_subquery().label("busy_until"),
        row_exists(o, *is_asked).label("offered"),
        count_rows(b, *work, *today).label("number_today"),
    )


def is_shown(t: FromClause) -> ColumnElement[bool]:
    return and_(t.c.active, or_(t.c.on_duty, t.c.at_base))


def is_chosen(t: FromClause, *, chosen: bool) -> tuple[ColumnElement[bool], ...]:
    """Of the stores and the group, and with the skill, that were chosen; where none were, nothing is asked."""
    if not chosen:
        return ()
    g = technician_groups.alias("g")
    in_group = row_exists(g, g.c.org_id == ASKED.org_id, g.c.technician_id == t.c.id, g.c.group_id == ASKED.group_id)
    return (
        or_(ASKED.store_ids.is_(None), t.c.store_id == any_(ASKED.store_ids)),
        or_(ASKED.group_id.is_(None), in_group),
        or_(ASKED.skill.is_(None), ASKED.skill == any_(t.c.skills)),
    )


def is_within(p: FromClause, *, margin: bool) -> ColumnElement[bool]:
    """Within the view, whose west may lie east of its east across the antimeridian; `margin`: and a little around."""
    around = _MARGIN if margin else cast(literal(0.0), Double)
    west, east = ASKED.west - around, ASKED.east + around
    between, across = p.c.lon.between(west, east), or_(p.c.lon >= west, p.c.lon <= east)
    in_lon = case((ASKED.west <= ASKED.east, between), else_=across)
    return and_(p.c.lat.between(ASKED.south - around, ASKED.north + around), in_lon)


def of_phone(c: FromClause) -> tuple[AnyColumn, ...]:
    """What the phone of a technician on duty said."""
    told = (c.c[name] for name in _KNOWN if name != "provenance")
    return c.c.technician_id, *told, word(Provenance.LIVE).label("provenance")


def of_base(b: FromClause) -> tuple[AnyColumn, ...]:
    """The base that a technician of a provider works from."""
    told = {
        "lat": b.c.base_lat,
        "lon": b.c.base_lon,
        "recorded_at": no_value(INSTANT, "recorded_at"),
        "used_at": no_value(INSTANT, "used_at"),
        "heard_at": no_value(INSTANT, "heard_at"),
        "changed_at": b.c.updated_at,
        "accuracy_m": no_value(REAL(), "accuracy_m"),
        "heading_deg": no_value(REAL(), "heading_deg"),
        "speed_mps": no_value(REAL(), "speed_mps"),
        "flags": _NO_FLAGS,
        "provenance": word(Provenance.HOME_BASE),
    }
    return b.c.id.label("technician_id"), *(told[name].label(name) for name in _KNOWN)
