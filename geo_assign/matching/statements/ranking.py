"""Who passes the filters, nearest first: one question at a time."""

from functools import lru_cache

from sqlalchemy import and_, any_, func, select, true

from geo_assign.core.statements import Statement
from geo_assign.matching.history import People, as_of
from geo_assign.matching.places import BUSY_MEMORY, Phones, is_current, of_providers
from geo_assign.matching.rows import CandidateRow, EdgeRow, FarRow, IdRow, NearRow, SettingRow
from geo_assign.matching.shapes import (
    ASKED_OF_ONE,
    Shape,
    edge_for,
    is_in_scope,
    let_through,
    members_for,
    place_of_one,
    subject_of,
    walk_for,
)
from geo_assign.matching.sources import LIVE
from geo_assign.matching.statements.parts import candidate_rows, member_ids, sources_of
from geo_assign.matching.walking import WINDOWS


@lru_cache(maxsize=256)
def candidates(
    shape: Shape, window: int, *, rare_skill: bool = False, phones: Phones = Phones.ALL
) -> Statement[CandidateRow]:
    """The innermost `fetch` of the window whom no filter excludes, in order of the sphere.

    `phones`, here and below: those that the window holds.
    """
    walk = walk_for(shape, ASKED_OF_ONE, window, rare_skill=rare_skill, phones=phones)
    return Statement.of(CandidateRow, candidate_rows(shape, ASKED_OF_ONE, walk))


@lru_cache(maxsize=64)
def candidates_then(shape: Shape, window: int, *, of_scope: bool = False) -> Statement[CandidateRow]:
    """The same as things stood at the question's instant, of the store's or the group's technicians, or the scope's."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    if of_scope:
        then = sources_of(shape, then=True)
    walk = walk_for(shape, ASKED_OF_ONE, window, rare_skill=False, sources=then)
    rows = candidate_rows(shape, ASKED_OF_ONE, walk, sources=then)
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
    walk = walk_for(shape, ASKED_OF_ONE, WINDOWS[-1], rare_skill=False, sources=then)
    return Statement.of(CandidateRow, candidate_rows(shape, ASKED_OF_ONE, walk, sources=then))


@lru_cache(maxsize=64)
def near_then(shape: Shape) -> Statement[NearRow]:
    """The store's or the group's technicians as they were placed at the question's instant, nearest first, unjudged."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    p = walk_for(shape, ASKED_OF_ONE, WINDOWS[-1], rare_skill=False, sources=then).subquery("p")
    return Statement.of(NearRow, select(p.c.technician_id.label("id"), p.c.sphere_m).order_by(p.c.sphere_m))


@lru_cache(maxsize=64)
def externals(shape: Shape) -> Statement[CandidateRow]:
    """The same of all technicians of service providers, however far."""
    walk = members_for(shape, ASKED_OF_ONE, of_providers(ASKED_OF_ONE, LIVE))
    return Statement.of(CandidateRow, candidate_rows(shape, ASKED_OF_ONE, walk))


@lru_cache(maxsize=64)
def members(shape: Shape) -> Statement[CandidateRow]:
    """The same of the members of the question's group, or else its store, however far: FEW at most."""
    walk = members_for(shape, ASKED_OF_ONE, member_ids(shape, ASKED_OF_ONE))
    return Statement.of(CandidateRow, candidate_rows(shape, ASKED_OF_ONE, walk))


@lru_cache(maxsize=64)
def passing_then(shape: Shape) -> Statement[FarRow]:
    """Of the store's or the group's technicians those whom nothing excluded at the question's instant."""
    then = as_of(People.OF_GROUP if shape.by_group else People.OF_STORE)
    walk = walk_for(shape, ASKED_OF_ONE, WINDOWS[-1], rare_skill=False, sources=then)
    t, p = then.technicians.alias(), walk.subquery("p")
    one = subject_of(shape, t, p, sources=then)
    joined = p.join(t, and_(t.c.org_id == ASKED_OF_ONE.org_id, t.c.id == p.c.technician_id))
    rows = select(t.c.id, p.c.distance_m).select_from(joined)
    return Statement.of(FarRow, rows.where(is_in_scope(shape, t), is_current(t, p), *let_through(shape, one)))


@lru_cache(maxsize=64)
def passing(shape: Shape) -> Statement[IdRow]:
    """Of `technician_ids`, those of the scope whom no filter excludes, wherever they are or will be."""
    t = LIVE.technicians.alias()
    p = place_of_one(shape, t, LIVE).lateral("p")
    rows = select(t.c.id).select_from(t.join(p, is_current(t, p)))
    rows = rows.where(t.c.org_id == ASKED_OF_ONE.org_id, t.c.id == any_(ASKED_OF_ONE.technician_ids))
    return Statement.of(IdRow, rows.where(is_in_scope(shape, t), *let_through(shape, subject_of(shape, t, p))))


@lru_cache(maxsize=64)
def edge(shape: Shape, window: int, *, then: bool = False, phones: Phones = Phones.ALL) -> Statement[EdgeRow]:
    """How far the last row of the window lies; no row when the window is not full."""
    sources = sources_of(shape, then=then)
    return Statement.of(EdgeRow, edge_for(shape, ASKED_OF_ONE, window, phones=phones, sources=sources))


KEEP_BUSY = Statement.of(SettingRow, select(func.set_config("work_mem", BUSY_MEMORY, true()).label("value")))
"""Before the statements of `Phones.FREE`, until the transaction ends."""
