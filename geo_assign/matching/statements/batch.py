"""The questions of a ranking for many at once, which travel as rows of their parameters."""

from functools import lru_cache

from sqlalchemy import Integer, any_, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB

from geo_assign.access.viewer import SCOPE
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, RowParameters, Statement
from geo_assign.matching.parameters import NAMED
from geo_assign.matching.places import Phones, Walk, is_current
from geo_assign.matching.rows import NumberedCandidateRow, NumberedEdgeRow, PassingRow
from geo_assign.matching.shapes import (
    ASKED_OF_WALK,
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
from geo_assign.matching.statements.parts import candidate_rows, member_ids

_EACH = RowParameters("asked", ASKED_OF_WALK | Parameters(n=Integer()), shared=frozenset({*SCOPE, "fetch"}))


_QUESTIONS = Parameters(questions=JSONB())


QUESTION_COLUMNS = tuple(_EACH.columns())
"""The members of each of `questions`, where many are asked at once."""


@lru_cache(maxsize=256)
def candidates_for_each(
    shape: Shape, window: int, *, rare_skill: bool = False, phones: Phones = Phones.ALL
) -> Statement[NumberedCandidateRow]:
    """`candidates` for each of `questions`, which travel as rows of their parameters."""
    answer = candidate_rows(shape, _EACH, walk_for(shape, _EACH, window, rare_skill=rare_skill, phones=phones))
    return Statement.of(NumberedCandidateRow, _for_each(answer, NumberedCandidateRow))


@lru_cache(maxsize=64)
def members_for_each(shape: Shape) -> Statement[NumberedCandidateRow]:
    """The same of the members of the question's group, or else its store, however far: FEW at most."""
    answer = candidate_rows(shape, _EACH, members_for(shape, _EACH, member_ids(shape, _EACH)))
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
