"""The shapes of a question, and what its statements are made of: judgements, columns, walks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    not_,
    or_,
    select,
    true,
)

from geo_assign.access.viewer import SCOPE, Viewer, viewer_declared
from geo_assign.core.expressions import count_rows, is_false, of_each_row
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import ExclusionCode, Provenance, Question, Staff
from geo_assign.matching.filters import ASKED, FILTERS, Subject, filters_for
from geo_assign.matching.parameters import NAMED
from geo_assign.matching.places import (
    Phones,
    Walk,
    edge_live,
    edge_planned,
    members_live,
    members_planned,
    one_live,
    one_planned,
    walk_live,
    walk_planned,
    walk_skilled,
)
from geo_assign.matching.sources import LIVE, Sources
from geo_assign.workforce.tables import service_providers
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import HOLDING, BookingState, OfferState
from geo_assign.workorders.visibility import is_coarse

_OVERDUE_FOR = timedelta(days=30)

ASKED_OF_WALK = ASKED | Parameters(fetch=Integer(), rare_skill=Text())
ASKED_OF_ONE = ASKED_OF_WALK | NAMED | Parameters(within_start=INSTANT, within_end=INSTANT)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a question changes the text of its statements; everything else travels as parameters."""

    is_soon: bool
    by_group: bool
    everything: bool
    staff: Staff
    filters: tuple[ExclusionCode, ...]


def shape_of(question: Question) -> Shape:
    return Shape(
        is_soon=question.is_soon,
        by_group=question.group_id is not None,
        everything=question.scope.everything,
        staff=question.staff,
        filters=filters_for(question),
    )


def workload(
    technician: FromClause, asked: Parameters, *, sources: Sources = LIVE, day: tuple[AnyColumn, ...] = ()
) -> tuple[AnyColumn, ...]:
    """The columns `today`, `overdue` and `open_offers` of a technician, on the local day that `day` bounds."""
    day_start, day_end = day or (asked.day_start, asked.day_end)
    b, o, t = sources.bookings.alias(), sources.offers.alias(), technician.c
    of_technician = (b.c.org_id == asked.org_id, b.c.technician_id == t.id)
    today = count_rows(
        b,
        *of_technician,
        of_each_row(b.c.state.in_(HOLDING)),
        b.c.occupied_until > day_start,
        b.c.starts_at < day_end,
        b.c.ends_at > day_start,
    )
    overdue = count_rows(
        b,
        *of_technician,
        # Of the many that are over, the index of the exclusion constraint holds those that still take time.
        b.c.state == BookingState.ASSIGNED,
        b.c.occupied_until > day_start - _OVERDUE_FOR,
        b.c.ends_at <= asked.at,
    )
    open_offers = count_rows(o, o.c.org_id == asked.org_id, o.c.technician_id == t.id, o.c.state == OfferState.OFFERED)
    return today.label("today"), overdue.label("overdue"), open_offers.label("open_offers")


def subject_of(
    shape: Shape,
    technician: FromClause,
    p: FromClause,
    *,
    asked: Parameters = ASKED_OF_ONE,
    sources: Sources = LIVE,
    one_by_one: bool = False,
) -> Subject:
    return Subject(technician, p, asked, sources, shape.by_group, one_by_one)


def let_through(
    shape: Shape, one: Subject, *, filters: Sequence[ExclusionCode] | None = None
) -> list[ColumnElement[bool]]:
    return [is_false(FILTERS[code].excludes(one)) for code in (shape.filters if filters is None else filters)]


def is_in_scope(shape: Shape, technician: FromClause) -> ColumnElement[bool]:
    """Which technicians exist for the caller, and count."""
    of_provider = technician.c.provider_id
    counts = {
        Staff.ALL: true(),
        Staff.INTERNAL: of_provider.is_(None),
        Staff.PROVIDERS: of_provider.is_not(None),
    }
    return and_(sees_technician(viewer_for(shape), technician), counts[shape.staff])


def viewer_for(shape: Shape) -> Viewer:
    return viewer_declared(everything=shape.everything)


def is_shown_coarsely(shape: Shape, one: Subject) -> ColumnElement[bool]:
    """A home is where a technician lives: told as close as the policy for positions, never closer."""
    t, p = one.technician.c, one.place.c
    at_home = and_(t.home_lat.is_not(None), p.provenance == Provenance.HOME_BASE)
    held_then = None if one.sources is LIVE else one.sources.bookings
    by_store = is_coarse(viewer_for(shape), one.technician, at=one.asked.at, held_then=held_then)
    return and_(not_(t.at_base), or_(at_home, by_store))


def provider_of(technician: FromClause) -> tuple[AnyColumn, ...]:
    v, t = service_providers.alias("v"), technician.c
    name = select(v.c.name).where(v.c.org_id == SCOPE.org_id, v.c.id == t.provider_id).correlate_except(v)
    return t.provider_id, name.scalar_subquery().label("provider_name")


def walk_for(
    shape: Shape,
    asked: Parameters,
    window: int,
    *,
    rare_skill: bool,
    phones: Phones = Phones.ALL,
    sources: Sources = LIVE,
) -> Walk:
    """`phones` counts where the slot starts soon."""
    if not shape.is_soon:
        return walk_planned(asked, sources, window=window)
    if rare_skill:
        return walk_skilled(asked, sources, window=window)
    return walk_live(asked, sources, window=window, phones=phones)


def members_for(shape: Shape, asked: Parameters, members: AnySelect) -> Walk:
    return (members_live if shape.is_soon else members_planned)(asked, LIVE, members=members)


def place_of_one(shape: Shape, technician: FromClause, sources: Sources, *, asked: Parameters = ASKED_OF_ONE) -> Walk:
    return (one_live if shape.is_soon else one_planned)(technician, asked, sources)


def edge_for(
    shape: Shape, asked: Parameters, window: int, *, phones: Phones = Phones.ALL, sources: Sources = LIVE
) -> Walk:
    if not shape.is_soon:
        return edge_planned(asked, sources, window=window)
    return edge_live(asked, sources, window=window, phones=phones)
