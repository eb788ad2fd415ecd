"""The statements of nearest available: one per shape of question, made once and kept.

Around a walk (`geo_assign.matching.places`) stand the filters, and the statement stops at the k-th who passes. So the
usual question reads a few rows. One that no technician near can answer is bounded: the next window is opened only while
the radius is not exhausted. A skill that few people have turns the walk round: it starts from those who have it.
"""

from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    and_,
    any_,
    case,
    column,
    false,
    func,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from geo_assign.access.viewer import SCOPE
from geo_assign.core.expressions import is_false, row_exists, word
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, RowParameters, Statement
from geo_assign.matching.domain import ExclusionCode, Staff
from geo_assign.matching.filters import ASKED, FILTERS, Subject, provider_full_at, provider_needs
from geo_assign.matching.history import PAST, People, as_of
from geo_assign.matching.parameters import NAMED
from geo_assign.matching.places import (
    BUSY_MEMORY,
    FEW,
    HANDFUL,
    Phones,
    Walk,
    is_current,
    nowhere,
    of_group,
    of_providers,
    of_store,
    starts_from_store,
)
from geo_assign.matching.rows import (
    AppointmentRow,
    BaseRow,
    BookedThenRow,
    CandidateRow,
    CountRow,
    EdgeRow,
    ExplainedRow,
    FarRow,
    IdRow,
    NearRow,
    NumberedCandidateRow,
    NumberedEdgeRow,
    PassingRow,
    SettingRow,
    SkillCountRow,
    StopRow,
)
from geo_assign.matching.shapes import (
    ASKED_OF_ONE,
    ASKED_OF_WALK,
    Shape,
    edge_for,
    is_in_scope,
    is_shown_coarsely,
    let_through,
    members_for,
    place_of_one,
    provider_of,
    subject_of,
    viewer_for,
    walk_for,
    workload,
)
from geo_assign.matching.sources import LIVE, Sources
from geo_assign.matching.walking import WINDOWS
from geo_assign.workforce.tables import technician_groups, technician_skills
from geo_assign.workorders.domain import BOOKED, HOLDING
from geo_assign.workorders.past import order_state_then
from geo_assign.workorders.tables import bookings, work_orders
from geo_assign.workorders.visibility import is_coarse

_ASKED = ASKED_OF_ONE
_EACH = RowParameters("asked", ASKED_OF_WALK | Parameters(n=Integer()), shared=frozenset({*SCOPE, "fetch"}))
_QUESTIONS = Parameters(questions=JSONB())
QUESTION_COLUMNS = tuple(_EACH.columns())
"""The members of each of `questions`, where many are asked at once."""


# One question ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def candidates(
    shape: Shape, window: int, *, rare_skill: bool = False, phones: Phones = Phones.ALL
) -> Statement[CandidateRow]:
    """The innermost `fetch` of the window whom no filter excludes, in order of the sphere.

    `phones`, here and below: those that the window holds.
    """
    walk = walk_for(shape, _ASKED, window, rare_skill=rare_skill, phones=phones)
    return Statement.of(CandidateRow, _candidates(shape, _ASKED, walk))


@lru_cache(maxsize=64)
def candidates_then(shape: Shape, window: int, *, of_scope: bool = False) -> Statement[CandidateRow]:
    """The same as things stood at the question's instant, of the store's or the group's technicians, or the scope's."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    if of_scope:
        then = _sources(shape, then=True)
    walk = walk_for(shape, _ASKED, window, rare_skill=False, sources=then)
    rows = _candidates(shape, _ASKED, walk, sources=then)
    if of_scope:
        # No index gives these rows, so that they may as well come in the order that counts.
        rows = rows.order_by(None).order_by(rows.selected_columns.distance_m, rows.selected_columns.technician_id)
    return Statement.of(CandidateRow, rows)


@lru_cache(maxsize=64)
def named_candidates_then(shape: Shape) -> Statement[CandidateRow]:
    """The same of `technician_ids`, as things stood at the question's instant.

    Of few at a time: what they had to do then has no index, so each is compared with what all of them had.
    """
    then = as_of(People.NAMED)
    walk = walk_for(shape, _ASKED, WINDOWS[-1], rare_skill=False, sources=then)
    return Statement.of(CandidateRow, _candidates(shape, _ASKED, walk, sources=then))


@lru_cache(maxsize=64)
def near_then(shape: Shape) -> Statement[NearRow]:
    """The store's or the group's technicians as they were placed at the question's instant, nearest first, unjudged."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    p = walk_for(shape, _ASKED, WINDOWS[-1], rare_skill=False, sources=then).subquery("p")
    return Statement.of(NearRow, select(p.c.technician_id.label("id"), p.c.sphere_m).order_by(p.c.sphere_m))


@lru_cache(maxsize=64)
def externals(shape: Shape) -> Statement[CandidateRow]:
    """The same of all technicians of service providers, however far."""
    walk = members_for(shape, _ASKED, of_providers(_ASKED, LIVE))
    return Statement.of(CandidateRow, _candidates(shape, _ASKED, walk))


@lru_cache(maxsize=64)
def members(shape: Shape) -> Statement[CandidateRow]:
    """The same of the members of the question's group, or else its store, however far: FEW at most."""
    walk = members_for(shape, _ASKED, _members(shape, _ASKED))
    return Statement.of(CandidateRow, _candidates(shape, _ASKED, walk))


@lru_cache(maxsize=64)
def excluded(shape: Shape, window: int, *, then: bool = False) -> Statement[ExplainedRow]:
    """The technicians of the scope within the window, each with the codes that exclude.

    `then`, here and below: as things stood at the question's instant.
    """
    sources = _sources(shape, then=then)
    walk = walk_for(shape, _ASKED, window, rare_skill=False, sources=sources)
    t, p = sources.technicians.alias(), walk.subquery("p")
    joined = p.join(t, and_(t.c.org_id == _ASKED.org_id, t.c.id == p.c.technician_id))
    # The past has no indexes.
    one = subject_of(shape, t, p, sources=sources, one_by_one=not then)
    rows = _explained(shape, one).select_from(joined).where(is_in_scope(shape, t), is_current(t, p))
    return Statement.of(ExplainedRow, rows.order_by(p.c.sphere_m))


@lru_cache(maxsize=64)
def named(shape: Shape) -> Statement[ExplainedRow]:
    """The same of `technician_ids`, wherever they are or will be."""
    return Statement.of(ExplainedRow, _named(shape, LIVE))


@lru_cache(maxsize=64)
def named_then(shape: Shape) -> Statement[ExplainedRow]:
    """The same as things stood at the question's instant."""
    return Statement.of(ExplainedRow, _named(shape, as_of(People.NAMED)))


@lru_cache(maxsize=64)
def passing_then(shape: Shape) -> Statement[FarRow]:
    """Of the store's or the group's technicians those whom nothing excluded at the question's instant."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    t, p = then.technicians.alias(), walk_for(shape, _ASKED, WINDOWS[-1], rare_skill=False, sources=then).subquery("p")
    one = subject_of(shape, t, p, sources=then)
    joined = p.join(t, and_(t.c.org_id == _ASKED.org_id, t.c.id == p.c.technician_id))
    rows = select(t.c.id, p.c.distance_m).select_from(joined)
    return Statement.of(FarRow, rows.where(is_in_scope(shape, t), is_current(t, p), *let_through(shape, one)))


@lru_cache(maxsize=64)
def passing(shape: Shape) -> Statement[IdRow]:
    """Of `technician_ids`, those of the scope whom no filter excludes, wherever they are or will be."""
    t = LIVE.technicians.alias()
    p = place_of_one(shape, t, LIVE).lateral("p")
    rows = select(t.c.id).select_from(t.join(p, is_current(t, p)))
    rows = rows.where(t.c.org_id == _ASKED.org_id, t.c.id == any_(_ASKED.technician_ids))
    return Statement.of(IdRow, rows.where(is_in_scope(shape, t), *let_through(shape, subject_of(shape, t, p))))


@lru_cache(maxsize=64)
def members_explained(shape: Shape, *, then: bool = False) -> Statement[ExplainedRow]:
    """The same of the members of the question's group, or else its store, nearest first: FEW at most."""
    sources = _sources(shape, then=then)
    t = sources.technicians.alias()
    p = place_of_one(shape, t, sources).lateral("p")
    rows = _explained(shape, subject_of(shape, t, p, sources=sources)).select_from(t.outerjoin(p, is_current(t, p)))
    rows = rows.where(t.c.org_id == _ASKED.org_id, t.c.id.in_(_members(shape, _ASKED)), is_in_scope(shape, t))
    return Statement.of(ExplainedRow, rows.order_by(p.c.distance_m.nulls_last(), t.c.name, t.c.id))


@lru_cache(maxsize=64)
def without_position(shape: Shape, window: int, *, then: bool = False) -> Statement[ExplainedRow]:
    """Technicians of the scope of whom no position was ever received, members first: `fetch` of the first `window`."""
    sources = _sources(shape, then=then)
    every, t, c = sources.technicians.alias(), sources.technicians.alias(), sources.current_positions.alias()
    in_order = select(every.c.id).where(every.c.org_id == _ASKED.org_id, is_in_scope(shape, every)).order_by(every.c.id)
    first = in_order.limit(window).subquery("first")
    if shape.everything and shape.staff is Staff.ALL:
        # Of the first technicians, the positions are among as many first positions.
        of_first = select(c.c.technician_id).where(c.c.org_id == _ASKED.org_id).order_by(c.c.technician_id)
        known = of_first.limit(window).subquery("known")
        unknown = not_(row_exists(known, known.c.technician_id == first.c.id))
    else:
        unknown = is_false(row_exists(c, c.c.org_id == _ASKED.org_id, c.c.technician_id == first.c.id))
    unplaced = select(first.c.id).where(unknown).subquery("unplaced")
    p = select(*nowhere()).subquery("p")
    one = subject_of(shape, t, p, sources=sources)
    strangers_last = [FILTERS[code].excludes(one) for code in shape.filters if code is ExclusionCode.WRONG_GROUP]
    joined = unplaced.join(t, and_(t.c.org_id == _ASKED.org_id, t.c.id == unplaced.c.id)).join(p, true())
    rows = _explained(shape, one, coarse=false()).select_from(joined).where(not_(t.c.at_base))
    return Statement.of(ExplainedRow, rows.order_by(*strangers_last, t.c.name, t.c.id).limit(_ASKED.fetch))


@lru_cache(maxsize=64)
def edge(shape: Shape, window: int, *, then: bool = False, phones: Phones = Phones.ALL) -> Statement[EdgeRow]:
    """How far the last row of the window lies; no row when the window is not full."""
    return Statement.of(EdgeRow, edge_for(shape, _ASKED, window, phones=phones, sources=_sources(shape, then=then)))


KEEP_BUSY = Statement.of(SettingRow, select(func.set_config("work_mem", BUSY_MEMORY, true()).label("value")))
"""Before the statements of `Phones.FREE`, until the transaction ends."""


# Many questions at once -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def candidates_for_each(
    shape: Shape, window: int, *, rare_skill: bool = False, phones: Phones = Phones.ALL
) -> Statement[NumberedCandidateRow]:
    """`candidates` for each of `questions`, which travel as rows of their parameters."""
    answer = _candidates(shape, _EACH, walk_for(shape, _EACH, window, rare_skill=rare_skill, phones=phones))
    return Statement.of(NumberedCandidateRow, _for_each(answer, NumberedCandidateRow))


@lru_cache(maxsize=64)
def members_for_each(shape: Shape) -> Statement[NumberedCandidateRow]:
    """The same of the members of the question's group, or else its store, however far: FEW at most."""
    answer = _candidates(shape, _EACH, members_for(shape, _EACH, _members(shape, _EACH)))
    return Statement.of(NumberedCandidateRow, _for_each(answer, NumberedCandidateRow))


@lru_cache(maxsize=64)
def passing_for_each(shape: Shape) -> Statement[PassingRow]:
    """Those of `questions` for which one of `technician_ids` passes the filters."""
    t = LIVE.technicians.alias()
    p = place_of_one(shape, t, LIVE, asked=_EACH).lateral("p")
    rows = select(true().label("passes")).select_from(t.join(p, is_current(t, p)))
    rows = rows.where(t.c.org_id == _EACH.org_id, t.c.id == any_(NAMED.technician_ids), is_in_scope(shape, t))
    passing_one = rows.where(*let_through(shape, subject_of(shape, t, p, asked=_EACH))).limit(1)
    return Statement.of(PassingRow, _for_each(passing_one, PassingRow))


@lru_cache(maxsize=64)
def edge_for_each(shape: Shape, window: int, *, phones: Phones = Phones.ALL) -> Statement[NumberedEdgeRow]:
    """`edge` for each of `questions`."""
    return Statement.of(NumberedEdgeRow, _for_each(edge_for(shape, _EACH, window, phones=phones), NumberedEdgeRow))


def _for_each(answer: Walk, row: type[tuple[object, ...]]) -> AnySelect:
    """The statement of one question beside the rows of many, whose columns are its parameters."""
    columns = [column(name, kind) for name, kind in _EACH.columns().items()]
    rows = func.jsonb_to_recordset(_QUESTIONS.questions).table_valued(*columns)
    asked, given = rows.render_derived(name="asked", with_types=True), answer.lateral("answer")
    wanted = [given.c[name] for name in row._fields if name != "n"]  # type: ignore[attr-defined]  # a NamedTuple
    return select(asked.c.n, *wanted).select_from(asked.join(given, true()))


# Free time ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def bases(shape: Shape) -> Statement[BaseRow]:
    """The technicians whom nothing excludes that holds whatever the slot, by distance of their base: `fetch` of them.

    Of the store, or of the group; with `technician_ids` only these.
    """
    t, c = LIVE.technicians.alias(), LIVE.current_positions.alias()
    origin, of = place(_ASKED.lat, _ASKED.lon), t.c.org_id == _ASKED.org_id
    base_m = t.c.base_geog.geodesic_m(origin)

    def of_phone(value: ColumnElement[float], at_base: ColumnElement[float]) -> ColumnElement[float]:
        phone = select(value).where(c.c.org_id == _ASKED.org_id, c.c.technician_id == t.c.id)
        return case((t.c.at_base, at_base), else_=phone.correlate(t).scalar_subquery())

    coarse = and_(not_(t.c.at_base), is_coarse(viewer_for(shape), t, at=_ASKED.at))
    lasting = [code for code in shape.filters if FILTERS[code].lasting]
    named_ones = or_(_ASKED.technician_ids.is_(None), t.c.id == any_(_ASKED.technician_ids))
    # No filter that lasts looks at a place.
    passes = let_through(shape, subject_of(shape, t, t), filters=lasting)
    rows = select(
        t.c.id,
        t.c.name,
        *provider_of(t),
        base_m.label("base_m"),
        starts_from_store(t, _ASKED).label("from_store"),
        and_(t.c.home_lat.is_not(None), not_(t.c.at_base)).label("from_home"),
        of_phone(c.c.geog.geodesic_m(origin), base_m).label("live_m"),
        coarse.label("coarse"),
        t.c.base_lat,
        t.c.base_lon,
        of_phone(c.c.lat, t.c.base_lat).label("live_lat"),
        of_phone(c.c.lon, t.c.base_lon).label("live_lon"),
    ).where(of, _belongs(shape, t), named_ones, is_in_scope(shape, t), *passes)
    return Statement.of(BaseRow, rows.order_by(base_m, t.c.id).limit(_ASKED.fetch))


def _stops() -> AnySelect:
    b, w, asked = bookings.alias("b"), work_orders.alias("w"), _ASKED
    return (
        select(
            b.c.technician_id,
            b.c.occupied_from,
            b.c.occupied_until,
            b.c.ends_at,
            b.c.state.in_(HOLDING).label("holds"),
            w.c.geog.geodesic_m(place(asked.lat, asked.lon)).label("distance_m"),
            w.c.lat,
            w.c.lon,
        )
        .select_from(b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.org_id == asked.org_id,
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.within_start,
            b.c.occupied_from < asked.within_end,
        )
        .order_by(b.c.technician_id, b.c.ends_at)
    )


STOPS = Statement.of(StopRow, _stops())
"""What `technician_ids` have or had between two instants, each with its distance to the origin in metres."""


def _appointments() -> AnySelect:
    b, w, asked = bookings.alias("b"), work_orders.alias("w"), _ASKED
    return (
        select(b.c.technician_id, b.c.work_order_id, b.c.ends_at)
        .select_from(b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.org_id == asked.org_id,
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.within_start,
            b.c.ends_at <= asked.within_end,
            w.c.geog.is_not(None),
        )
    )


APPOINTMENTS = Statement.of(AppointmentRow, _appointments())
"""When what `technician_ids` have or had at a known place ends, between two instants."""


def _booked_then() -> AnySelect:
    b, w, asked = as_of(People.NAMED).bookings.alias(), work_orders.alias("w"), PAST
    return (
        select(
            b.c.technician_id,
            b.c.starts_at,
            b.c.ends_at,
            w.c.kind,
            order_state_then(asked.org_id, asked.at, b.c.work_order_id).label("state"),
        )
        .select_from(b.join(w, and_(w.c.org_id == asked.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.day_start,
            b.c.starts_at < asked.day_end,
        )
        .order_by(b.c.starts_at)
    )


BOOKED_THEN = Statement.of(BookedThenRow, _booked_then())
"""What filled the day of `technician_ids` at the question's instant, in order of start."""

# How many there are ---------------------------------------------------------------------------------------------------


def _skill_counts() -> AnySelect:
    wanted = func.unnest(ASKED.skills).table_valued(column("skill", Text())).render_derived(name="wanted")
    x = technician_skills.alias("x")
    holders = select(x.c.skill).where(x.c.org_id == ASKED.org_id, x.c.skill == wanted.c.skill).limit(FEW)
    k = holders.correlate(wanted).lateral("k")
    counted = select(k.c.skill, func.count().label("number")).select_from(wanted.join(k, true()))
    return counted.group_by(k.c.skill)


def _member_count() -> AnySelect:
    of_store_alone = of_store(ASKED, LIVE).where(ASKED.group_id.is_(None))
    both = union_all(of_store_alone, of_group(ASKED, LIVE)).subquery("m")
    return select(func.count().label("number")).select_from(both)


def _handful() -> AnySelect:
    counted = of_group(ASKED, LIVE).limit(HANDFUL).subquery("m")
    return select(func.count().label("number")).select_from(counted)


COUNT_SKILLS = Statement.of(SkillCountRow, _skill_counts(), steady=True)
"""How many technicians have each of `skills`, counted up to FEW; a skill that none has is absent."""

COUNT_MEMBERS = Statement.of(CountRow, _member_count())
"""How many belong to the question's group, or else its store, counted up to FEW."""

COUNT_HANDFUL = Statement.of(CountRow, _handful(), steady=True)
"""How many belong to the question's group, counted up to HANDFUL."""

COUNT_EXTERNALS = Statement.of(
    CountRow,
    select(func.count().label("number")).select_from(of_providers(ASKED, LIVE).limit(FEW).subquery("m")),
    steady=True,
)
"""How many belong to service providers, counted up to FEW."""


# What they are made of ------------------------------------------------------------------------------------------------


def _sources(shape: Shape, *, then: bool) -> Sources:
    return as_of(People.OF_SCOPE, viewer_for(shape)) if then else LIVE


def _candidates(shape: Shape, asked: Parameters, walk: Walk, *, sources: Sources = LIVE) -> AnySelect:
    t, p = sources.technicians.alias(), walk.subquery("p")
    place_known = ("distance_m", "sphere_m", "lat", "lon", "recorded_at", "used_at", "accuracy_m", "provenance")
    one = subject_of(shape, t, p, asked=asked, sources=sources)
    return (
        select(
            p.c.technician_id,
            t.c.name,
            *provider_of(t),
            *(p.c[name] for name in place_known),
            is_shown_coarsely(shape, one).label("coarse"),
            *workload(t, asked, sources=sources),
        )
        .select_from(p.join(t, and_(t.c.org_id == asked.org_id, t.c.id == p.c.technician_id)))
        .where(is_in_scope(shape, t), is_current(t, p), *let_through(shape, one))
        .order_by(p.c.sphere_m)
        .limit(asked.fetch)
    )


def _named(shape: Shape, sources: Sources) -> AnySelect:
    t = sources.technicians.alias()
    p = place_of_one(shape, t, sources).lateral("p")
    rows = _explained(shape, subject_of(shape, t, p, sources=sources))
    rows = rows.select_from(t.outerjoin(p, is_current(t, p)))
    return rows.where(t.c.org_id == _ASKED.org_id, t.c.id == any_(_ASKED.technician_ids), is_in_scope(shape, t))


def _members(shape: Shape, asked: Parameters) -> AnySelect:
    """Ids of the technicians of the question's group, or else its store: FEW at most."""
    return (of_group if shape.by_group else of_store)(asked, LIVE)


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


def _belongs(shape: Shape, technician: FromClause) -> ColumnElement[bool]:
    if not shape.by_group:
        return technician.c.store_id == _ASKED.store_id
    m = technician_groups.alias("m")
    members = select(m.c.technician_id).where(m.c.org_id == _ASKED.org_id, m.c.group_id == _ASKED.group_id)
    return technician.c.id.in_(members)
