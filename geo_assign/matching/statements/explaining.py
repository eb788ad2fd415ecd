"""Who does not pass, each with the codes of the filters that exclude."""

from functools import lru_cache

from sqlalchemy import ColumnElement, and_, any_, case, false, func, not_, null, or_, select, true
from sqlalchemy.dialects.postgresql import array

from geo_assign.core.expressions import is_false, row_exists, word
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Statement
from geo_assign.matching.domain import ExclusionCode, Staff
from geo_assign.matching.filters import FILTERS, Subject, provider_full_at, provider_needs
from geo_assign.matching.history import People, as_of
from geo_assign.matching.places import is_current, nowhere
from geo_assign.matching.rows import ExplainedRow, JudgedRow
from geo_assign.matching.shapes import (
    ASKED_OF_ONE,
    Shape,
    is_in_scope,
    is_shown_coarsely,
    place_of_one,
    provider_of,
    subject_of,
    walk_for,
    workload,
)
from geo_assign.matching.sources import LIVE, Sources
from geo_assign.matching.statements.parts import member_ids, sources_of

_PLACE = ("sphere_m", "lat", "lon", "recorded_at", "accuracy_m", "provenance")


@lru_cache(maxsize=64)
def excluded(shape: Shape, window: int, *, then: bool = False) -> Statement[ExplainedRow]:
    """The technicians of the scope within the window, each with the codes that exclude.

    `then`, here and below: as things stood at the question's instant.
    """
    sources = sources_of(shape, then=then)
    walk = walk_for(shape, ASKED_OF_ONE, window, rare_skill=False, sources=sources)
    t, p = sources.technicians.alias(), walk.subquery("p")
    joined = p.join(t, and_(t.c.org_id == ASKED_OF_ONE.org_id, t.c.id == p.c.technician_id))
    # The past has no indexes.
    one = subject_of(shape, t, p, sources=sources, one_by_one=not then)
    rows = _explained(shape, one).select_from(joined).where(is_in_scope(shape, t), is_current(t, p))
    return Statement.of(ExplainedRow, rows.order_by(p.c.sphere_m))


@lru_cache(maxsize=64)
def judged(shape: Shape, window: int) -> Statement[JudgedRow]:
    """The same with what an answer tells of those who pass: a ranking and its explanation in one."""
    walk = walk_for(shape, ASKED_OF_ONE, window, rare_skill=False)
    t, p = LIVE.technicians.alias(), walk.subquery("p")
    joined = p.join(t, and_(t.c.org_id == ASKED_OF_ONE.org_id, t.c.id == p.c.technician_id))
    rows = _explained(shape, subject_of(shape, t, p, one_by_one=True)).add_columns(
        t.c.id, *(p.c[name] for name in _PLACE)
    )
    rows = rows.select_from(joined).where(is_in_scope(shape, t), is_current(t, p)).order_by(p.c.sphere_m)
    # OFFSET 0: or else the planner judges once more for each column that asks for the codes.
    one = rows.offset(0).subquery("one")
    passes = func.cardinality(one.c.codes) == 0
    counts = [case((passes, count), else_=0).label(count.name) for count in workload(one, ASKED_OF_ONE)]
    told = [column for column in one.c if column.name != "id"]
    return Statement.of(JudgedRow, select(*told, *counts).order_by(one.c.sphere_m))


@lru_cache(maxsize=64)
def named(shape: Shape) -> Statement[ExplainedRow]:
    """`excluded` of `technician_ids`, wherever they are or will be."""
    return Statement.of(ExplainedRow, _named(shape, LIVE))


@lru_cache(maxsize=64)
def named_then(shape: Shape) -> Statement[ExplainedRow]:
    """The same as things stood at the question's instant."""
    return Statement.of(ExplainedRow, _named(shape, as_of(People.NAMED)))


@lru_cache(maxsize=64)
def members_explained(shape: Shape, *, then: bool = False) -> Statement[ExplainedRow]:
    """`excluded` of the members of the question's group, or else its store, nearest first: FEW at most."""
    sources = sources_of(shape, then=then)
    t = sources.technicians.alias()
    p = place_of_one(shape, t, sources).lateral("p")
    rows = _explained(shape, subject_of(shape, t, p, sources=sources)).select_from(t.outerjoin(p, is_current(t, p)))
    of_members = t.c.id.in_(member_ids(shape, ASKED_OF_ONE))
    rows = rows.where(t.c.org_id == ASKED_OF_ONE.org_id, of_members, is_in_scope(shape, t))
    return Statement.of(ExplainedRow, rows.order_by(p.c.distance_m.nulls_last(), t.c.name, t.c.id))


@lru_cache(maxsize=64)
def without_position(shape: Shape, window: int, *, then: bool = False) -> Statement[ExplainedRow]:
    """Technicians of the scope of whom no position was ever received, members first: `fetch` of the first `window`."""
    sources = sources_of(shape, then=then)
    every, t, c = sources.technicians.alias(), sources.technicians.alias(), sources.current_positions.alias()
    of_scope = select(every.c.id).where(every.c.org_id == ASKED_OF_ONE.org_id, is_in_scope(shape, every))
    first = of_scope.order_by(every.c.id).limit(window).subquery("first")
    if shape.everything and shape.staff is Staff.ALL:
        # Of the first technicians, the positions are among as many first positions.
        of_first = select(c.c.technician_id).where(c.c.org_id == ASKED_OF_ONE.org_id).order_by(c.c.technician_id)
        known = of_first.limit(window).subquery("known")
        unknown = not_(row_exists(known, known.c.technician_id == first.c.id))
    else:
        unknown = is_false(row_exists(c, c.c.org_id == ASKED_OF_ONE.org_id, c.c.technician_id == first.c.id))
    unplaced = select(first.c.id).where(unknown).subquery("unplaced")
    p = select(*nowhere()).subquery("p")
    one = subject_of(shape, t, p, sources=sources)
    strangers_last = [FILTERS[code].excludes(one) for code in shape.filters if code is ExclusionCode.WRONG_GROUP]
    joined = unplaced.join(t, and_(t.c.org_id == ASKED_OF_ONE.org_id, t.c.id == unplaced.c.id)).join(p, true())
    rows = _explained(shape, one, coarse=false()).select_from(joined).where(not_(t.c.at_base))
    return Statement.of(ExplainedRow, rows.order_by(*strangers_last, t.c.name, t.c.id).limit(ASKED_OF_ONE.fetch))


def _named(shape: Shape, sources: Sources) -> AnySelect:
    t = sources.technicians.alias()
    p = place_of_one(shape, t, sources).lateral("p")
    rows = _explained(shape, subject_of(shape, t, p, sources=sources))
    rows = rows.select_from(t.outerjoin(p, is_current(t, p)))
    those = t.c.id == any_(ASKED_OF_ONE.technician_ids)
    return rows.where(t.c.org_id == ASKED_OF_ONE.org_id, those, is_in_scope(shape, t))


def _explained(shape: Shape, one: Subject, *, coarse: ColumnElement[bool] | None = None) -> AnySelect:
    """The columns of an explanation, with the codes of the filters that exclude."""
    t, p = one.technician, one.place
    codes = [case((FILTERS[code].excludes(one), word(code))) for code in shape.filters]
    external = t.c.provider_id.is_not(None)
    return select(
        t.c.id.label("technician_id"),
        t.c.name,
        or_(t.c.on_duty, t.c.at_base).label("on_duty"),
        p.c.distance_m,
        p.c.used_at,
        p.c.heard_at,
        t.c.skills,
        t.c.duty_changed_at,
        case((t.c.silence_said_at.between(p.c.heard_at, one.asked.at), t.c.silence_reason)).label("silence_reason"),
        *provider_of(t),
        case((external, provider_full_at(one))).label("provider_full_at"),
        case((external, provider_needs(one))).label("provider_needs"),
        (is_shown_coarsely(shape, one) if coarse is None else coarse).label("coarse"),
        func.array_remove(array(codes), null()).label("codes"),
    )
