"""Where technicians are, or will be: the relations that a ranking walks, nearest first.

The walk goes outward from the origin through the index on `(org_id, geog)` in windows: a window is a number of
innermost rows. Each relation gives technician, place, how it is known (`provenance`), `sphere_m`, which orders the
walk, and `distance_m`, the geodesic that ranks.

The staff of providers that work from their base are found by a walk of their own, merged with the first, through an
index that is empty where there are none.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import (
    REAL,
    ColumnElement,
    CompoundSelect,
    Double,
    FromClause,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.expression import CTE

from geo_assign.core.expressions import no_value, of_each_row, row_exists, word
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import Provenance
from geo_assign.matching.sources import Sources
from geo_assign.workforce.tables import service_providers, technician_groups, technician_skills
from geo_assign.workorders.domain import BOOKED, HOLDING
from geo_assign.workorders.tables import work_orders

FEW = 2_000
"""Of fewer people than this each is looked at, where walking outwards would pass too many others."""

HANDFUL = 100
"""So few members of a group are looked at without having walked at all."""

_LASTS = timedelta(hours=6)
_MOST_BUSY = 200_000

Walk = CompoundSelect[Any] | AnySelect
Columns = Callable[[FromClause, AnyColumn], tuple[AnyColumn, ...]]


class Phones(Enum):
    """Which phones a walk passes; the others would be excluded in the end.

    `FRESH`: those that are neither offline nor stale; the index leaves the others out by whole pages. `FREE`: of these,
    without technicians who have other work, most of whom are found once for all. It takes `BUSY_MEMORY`.
    """

    ALL = auto()
    FRESH = auto()
    FREE = auto()


BUSY_MEMORY = "32MB"
"""The memory in which a statement keeps who is busy; with less it would search for each technician anew."""


def walk_live(asked: Parameters, sources: Sources, *, window: int, phones: Phones = Phones.ALL) -> Walk:
    """Where technicians are now, on their phones or at their base: the innermost `window` of both."""
    both = _live(_of_phone, _of_base, asked, sources, window=window, phones=phones)
    return both.order_by(both.selected_columns.sphere_m).limit(window)


def _live(
    of_phone: Columns, of_base: Columns, asked: Parameters, sources: Sources, *, window: int, phones: Phones
) -> CompoundSelect[Any]:
    """The innermost `window` phones and the innermost `window` bases, in no order."""
    c, b, origin = sources.current_positions.alias(), sources.technicians.alias(), _origin(asked)
    on_phones = select(*of_phone(c, origin)).where(c.c.org_id == asked.org_id)
    if phones is not Phones.ALL:
        on_phones = on_phones.where(c.c.used_at >= asked.fresh_since, c.c.heard_at >= asked.heard_since)
    if phones is Phones.FREE:
        on_phones = on_phones.where(c.c.technician_id.not_in(_busy(asked, sources)))
    bases = select(*of_base(b, origin)).where(b.c.org_id == asked.org_id, b.c.at_base)
    return union_all(
        on_phones.order_by(c.c.geog.sphere_m(origin)).limit(window),
        bases.order_by(b.c.base_geog.sphere_m(origin)).limit(window),
    )


def _busy(asked: Parameters, sources: Sources) -> AnySelect:
    """Technicians with other work at that time: those whose work is over within some hours, so many at most.

    Those missing here are judged by the filter, as all are.
    """
    b = sources.bookings.alias("busy")
    rows = select(b.c.technician_id).where(
        b.c.org_id == asked.org_id,
        of_each_row(b.c.state.in_(HOLDING)),
        b.c.occupied_until > asked.busy_from,
        b.c.occupied_until <= asked.slot_end + _LASTS,
        b.c.occupied_from < asked.slot_end,
        b.c.work_order_id.is_distinct_from(asked.work_order_id),
    )
    return rows.limit(_MOST_BUSY)


def walk_skilled(asked: Parameters, sources: Sources, *, window: int) -> Walk:
    """The same of the few who have the skill `rare_skill`."""
    c, b, origin = sources.current_positions.alias(), sources.technicians.alias(), _origin(asked)
    k = technician_skills.alias("k")
    has_skill = (k.c.org_id == asked.org_id, k.c.skill == asked.rare_skill)
    of_phone = and_(c.c.org_id == k.c.org_id, c.c.technician_id == k.c.technician_id)
    of_base = and_(b.c.org_id == k.c.org_id, b.c.id == k.c.technician_id, b.c.at_base)
    phones = select(*_of_phone(c, origin)).select_from(k.join(c, of_phone)).where(*has_skill)
    bases = select(*_of_base(b, origin)).select_from(k.join(b, of_base)).where(*has_skill)
    return union_all(
        phones.order_by(c.c.geog.sphere_m(origin)).limit(window),
        bases.order_by(b.c.base_geog.sphere_m(origin)).limit(window),
    )


def walk_planned(asked: Parameters, sources: Sources, *, window: int) -> Walk:
    """Where technicians will be when a later slot starts: the innermost `window` of them.

    That is at the end of the last booking before it on that local day, else where the day starts. Two walks, joined:
    the day's bookings are few, the bases have an index.
    """

    def begins(b: FromClause, origin: AnyColumn) -> tuple[AnyColumn, ...]:
        return _of_base(b, origin, provenance=_base_provenance(b, asked))

    both = _planned(_of_visit, begins, asked, sources, window=window)
    return both.order_by(both.selected_columns.sphere_m).limit(window)


def _planned(
    of_visit: Columns, of_base: Columns, asked: Parameters, sources: Sources, *, window: int
) -> CompoundSelect[Any]:
    """Each technician once, at the last visit or else at the base: the innermost `window` of either, in no order."""
    previous, b, origin = _previous_appointments(asked, sources), sources.technicians.alias(), _origin(asked)
    v = previous.alias()
    has_visit = row_exists(v, v.c.technician_id == b.c.id)
    visits = select(*of_visit(v, origin)).order_by(v.c.geog.sphere_m(origin)).limit(window)
    bases = select(*of_base(b, origin)).where(b.c.org_id == asked.org_id, not_(has_visit))
    both = union_all(visits, bases.order_by(b.c.base_geog.sphere_m(origin)).limit(window))
    return both.add_cte(previous, nest_here=True)


def members_live(asked: Parameters, sources: Sources, *, members: AnySelect) -> Walk:
    """Where each of `members` (one column of ids) is now, however far.

    The LIMITs keep the planner from measuring the way to every technician there is.
    """
    m, b, origin = members.subquery("m"), sources.technicians.alias(), _origin(asked)
    each = sources.current_positions.alias()
    of_member = select(each).where(each.c.org_id == asked.org_id, each.c.technician_id == m.c.id).limit(1)
    c = of_member.correlate(m).lateral("c")
    at_base = (b.c.org_id == asked.org_id, b.c.at_base, b.c.id.in_(members))
    return union_all(
        select(*_of_phone(c, origin)).select_from(m.join(c, true())), select(*_of_base(b, origin)).where(*at_base)
    )


def members_planned(asked: Parameters, sources: Sources, *, members: AnySelect) -> Walk:
    """Where each of `members` will be when a later slot starts, however far."""
    m, each, origin = members.subquery("m"), sources.technicians.alias(), _origin(asked)
    of_member = select(each).where(each.c.org_id == asked.org_id, each.c.id == m.c.id).limit(1)
    t = of_member.correlate(m).lateral("b")
    w = _previous_of(t, asked, sources)
    where = func.coalesce(w.c.geog, t.c.base_geog, type_=t.c.base_geog.type)
    return select(
        t.c.id.label("technician_id"),
        func.coalesce(w.c.lat, t.c.base_lat).label("lat"),
        func.coalesce(w.c.lon, t.c.base_lon).label("lon"),
        *_no_times(),
        _planned_provenance(w, base=_base_provenance(t, asked)).label("provenance"),
        where.sphere_m(origin).label("sphere_m"),
        where.geodesic_m(origin).label("distance_m"),
    ).select_from(m.join(t, true()).outerjoin(w, true()))


def one_live(technician: FromClause, asked: Parameters, sources: Sources) -> Walk:
    """Where the technician of the statement around it is now."""
    c, t, origin = sources.current_positions.alias(), technician.c, _origin(asked)
    phone = (
        c.c.used_at,
        c.c.heard_at,
        c.c.mock,
        c.c.implausible,
        word(Provenance.LIVE).label("provenance"),
        c.c.geog.geodesic_m(origin).label("distance_m"),
    )
    base = (
        no_value(INSTANT, "used_at"),
        no_value(INSTANT, "heard_at"),
        false().label("mock"),
        false().label("implausible"),
        word(Provenance.HOME_BASE).label("provenance"),
        t.base_geog.geodesic_m(origin).label("distance_m"),
    )
    return union_all(
        select(*phone).where(c.c.org_id == asked.org_id, c.c.technician_id == t.id).correlate(technician),
        select(*base).where(t.at_base).correlate(technician),
    )


def one_planned(technician: FromClause, asked: Parameters, sources: Sources) -> Walk:
    """Where the technician of the statement around it will be when a later slot starts."""
    always = select(literal(1).label("one")).subquery("always")
    w = _previous_of(technician, asked, sources)
    where = func.coalesce(w.c.geog, technician.c.base_geog, type_=technician.c.base_geog.type)
    return (
        select(
            no_value(INSTANT, "used_at"),
            no_value(INSTANT, "heard_at"),
            false().label("mock"),
            false().label("implausible"),
            _planned_provenance(w, base=word(Provenance.HOME_BASE)).label("provenance"),
            where.geodesic_m(_origin(asked)).label("distance_m"),
        )
        .select_from(always.outerjoin(w, true()))
        .correlate(technician)
    )


def nowhere() -> tuple[AnyColumn, ...]:
    """The columns that conditions ask of a place, for technicians whose place was never known."""
    flags = (false().label("mock"), false().label("implausible"))
    times = (no_value(INSTANT, "used_at"), no_value(INSTANT, "heard_at"))
    return (*times, *flags, no_value(Text(), "provenance"), no_value(Double(), "distance_m"))


def is_current(technician: FromClause, place_known: FromClause) -> ColumnElement[bool]:
    """A technician at the provider's base is not where a phone of that technician may be."""
    return not_(and_(technician.c.at_base, place_known.c.provenance == Provenance.LIVE))


def starts_from_store(technician: FromClause, asked: Parameters) -> ColumnElement[bool]:
    """Whether the technician's base is the store: there is neither a home nor a provider's base."""
    t, v = technician.c, service_providers.alias("v")
    of_provider = row_exists(v, v.c.org_id == asked.org_id, v.c.id == t.provider_id, v.c.base_lat.is_not(None))
    return and_(t.home_lat.is_(None), not_(of_provider))


def edge_live(asked: Parameters, sources: Sources, *, window: int, phones: Phones = Phones.ALL) -> Walk:
    """How far the last row of a live window lies; no row where the window holds everything."""
    both = _live(_how_far("geog"), _how_far("base_geog"), asked, sources, window=window, phones=phones)
    return _last(both, window=window)


def edge_planned(asked: Parameters, sources: Sources, *, window: int) -> Walk:
    """The same of a planned window."""
    return _last(_planned(_how_far("geog"), _how_far("base_geog"), asked, sources, window=window), window=window)


def _last(both: CompoundSelect[Any], *, window: int) -> Walk:
    """The last of the innermost `window` rows of the same union that the walk takes its rows from."""
    return both.order_by(both.selected_columns.sphere_m).offset(window - 1).limit(1)


def of_store(asked: Parameters, sources: Sources) -> AnySelect:
    """Ids of the question's store's technicians: FEW at most."""
    m = sources.technicians.alias()
    return select(m.c.id).where(m.c.org_id == asked.org_id, m.c.store_id == asked.store_id).limit(FEW)


def of_group(asked: Parameters, _sources: Sources) -> AnySelect:
    """Ids of the members of the question's group: FEW at most."""
    m = technician_groups.alias("m")
    ids = select(m.c.technician_id.label("id"))
    return ids.where(m.c.org_id == asked.org_id, m.c.group_id == asked.group_id).limit(FEW)


def of_providers(asked: Parameters, sources: Sources) -> AnySelect:
    """Ids of all technicians of service providers."""
    m = sources.technicians.alias()
    return select(m.c.id).where(m.c.org_id == asked.org_id, m.c.provider_id.is_not(None))


def _origin(asked: Parameters) -> AnyColumn:
    return place(asked.lat, asked.lon)


def _how_far(column: str) -> Columns:
    return lambda source, origin: (source.c[column].sphere_m(origin).label("sphere_m"),)


def _of_visit(v: FromClause, origin: AnyColumn) -> tuple[AnyColumn, ...]:
    return (
        v.c.technician_id,
        v.c.lat,
        v.c.lon,
        *_no_times(),
        word(Provenance.PREVIOUS_APPOINTMENT).label("provenance"),
        v.c.geog.sphere_m(origin).label("sphere_m"),
        v.c.geog.geodesic_m(origin).label("distance_m"),
    )


def _of_phone(c: FromClause, origin: AnyColumn) -> tuple[AnyColumn, ...]:
    names = ("technician_id", "lat", "lon", "recorded_at", "used_at", "heard_at", "accuracy_m", "mock", "implausible")
    return (
        *(c.c[name] for name in names),
        word(Provenance.LIVE).label("provenance"),
        c.c.geog.sphere_m(origin).label("sphere_m"),
        c.c.geog.geodesic_m(origin).label("distance_m"),
    )


def _of_base(
    b: FromClause, origin: AnyColumn, *, provenance: ColumnElement[str] | None = None
) -> tuple[AnyColumn, ...]:
    known = word(Provenance.HOME_BASE) if provenance is None else provenance
    return (
        b.c.id.label("technician_id"),
        b.c.base_lat.label("lat"),
        b.c.base_lon.label("lon"),
        *_no_times(),
        known.label("provenance"),
        b.c.base_geog.sphere_m(origin).label("sphere_m"),
        b.c.base_geog.geodesic_m(origin).label("distance_m"),
    )


def _no_times() -> tuple[AnyColumn, ...]:
    return (
        no_value(INSTANT, "recorded_at"),
        no_value(INSTANT, "used_at"),
        no_value(INSTANT, "heard_at"),
        no_value(REAL(), "accuracy_m"),
        false().label("mock"),
        false().label("implausible"),
    )


def _base_provenance(technician: FromClause, asked: Parameters) -> ColumnElement[str]:
    return case((starts_from_store(technician, asked), word(Provenance.STORE)), else_=word(Provenance.HOME_BASE))


def _planned_provenance(previous: FromClause, *, base: ColumnElement[str]) -> ColumnElement[str]:
    return case((previous.c.geog.is_(None), base), else_=word(Provenance.PREVIOUS_APPOINTMENT))


def _earlier_that_day(b: FromClause, w: FromClause, asked: Parameters) -> tuple[ColumnElement[bool], ...]:
    """Conditions of a booking `b`, with a located work order `w`, that ends before the slot on its local day."""
    return (
        b.c.org_id == asked.org_id,
        b.c.state.in_(BOOKED),
        w.c.geog.is_not(None),
        b.c.occupied_until > asked.day_start,
        b.c.ends_at <= asked.slot_start,
        b.c.work_order_id.is_distinct_from(asked.work_order_id),
    )


def _visits(sources: Sources) -> tuple[FromClause, FromClause, FromClause]:
    """Bookings, their work orders, and the join of both."""
    b, w = sources.bookings.alias(), work_orders.alias("w")
    return b, w, b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id))


def _previous_appointments(asked: Parameters, sources: Sources) -> CTE:
    """The last appointment before the slot of every technician who has one."""
    b, w, joined = _visits(sources)
    rows = select(b.c.technician_id, w.c.lat, w.c.lon, w.c.geog).select_from(joined)
    last = rows.where(*_earlier_that_day(b, w, asked)).ext(distinct_on(b.c.technician_id))
    in_order = last.order_by(b.c.technician_id, b.c.ends_at.desc())
    return in_order.cte("previous", nesting=True).prefix_with("MATERIALIZED")


def _previous_of(technician: FromClause, asked: Parameters, sources: Sources) -> FromClause:
    """The last appointment before the slot of the technician of the statement around it."""
    b, w, joined = _visits(sources)
    rows = select(w.c.lat, w.c.lon, w.c.geog).select_from(joined)
    of_technician = rows.where(*_earlier_that_day(b, w, asked), b.c.technician_id == technician.c.id)
    return of_technician.order_by(b.c.ends_at.desc()).limit(1).correlate(technician).lateral("previous")
