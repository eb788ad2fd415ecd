"""Who can go, for many work orders at once: the very filters of a single ranking, asked for all in a few statements.

The questions travel as rows, and the statement of a single one stands beside them with the rows' columns in the
place of its parameters. So a batch cannot judge anybody differently, and it walks the same indexes.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np

from geo_assign.core.db import Tx
from geo_assign.core.geo import haversine_m
from geo_assign.matching.domain import SPHERE_TO_GEODESIC, Question
from geo_assign.matching.filters import parameters
from geo_assign.matching.optimal import Problem
from geo_assign.matching.statements import COUNT_SKILL, FEW, candidates_sql, edge_sql, members_sql

NEAREST = 64
"""People looked at for each order, the nearest who can go."""

_WINDOWS = (256, 8_192, 262_144)
_AT_ONCE = 100  # orders in one statement, so that none takes long

_PARAMETER = re.compile(r"%\((\w+)\)s")
# What all questions of a batch share stays a parameter.
_SHARED = frozenset({"org_id", "fetch", "scope_stores", "scope_groups"})
_NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class Eligible:
    """Somebody who can take the order numbered `order`, `metres` away by geodesic."""

    order: int
    technician_id: UUID
    name: str
    metres: float
    today: int
    open_offers: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Everybody who can go, by order number; `truncated`: orders of which only the nearest were looked at."""

    eligible: Mapping[int, Sequence[Eligible]]
    truncated: frozenset[int]


def list_eligible(tx: Tx, questions: Mapping[int, Question], *, nearest: int = NEAREST) -> Choice:
    """Who can take each of the numbered orders: the `nearest` of them, by distance."""
    found: dict[int, list[Eligible]] = {}
    for rare, numbers in _alike(tx, questions):
        found |= _walk(tx, {n: questions[n] for n in numbers}, rare=rare, nearest=nearest)
    return Choice(found, frozenset(n for n, people in found.items() if len(people) >= nearest))


def as_problem(
    questions: Sequence[Question], choice: Choice, *, as_offers: Sequence[bool]
) -> tuple[Problem, list[Eligible]]:
    """The arrays to solve, and the pair behind each index.

    An order that is offered counts against the open offers that its technician may have; one that is assigned does not.
    """
    pairs = [pair for n in sorted(choice.eligible) for pair in choice.eligible[n]]
    people = {person: n for n, person in enumerate(sorted({pair.technician_id for pair in pairs}))}
    today = np.zeros(len(people), dtype=np.int64)
    for pair in pairs:
        today[people[pair.technician_id]] = max(today[people[pair.technician_id]], pair.today)
    rooms = [
        questions[pair.order].policy.offer_limit - pair.open_offers if as_offers[pair.order] else _NO_LIMIT
        for pair in pairs
    ]
    problem = Problem(
        order=np.array([pair.order for pair in pairs], dtype=np.int64),
        person=np.array([people[pair.technician_id] for pair in pairs], dtype=np.int64),
        metres=np.array([pair.metres for pair in pairs], dtype=float),
        room=np.array(rooms, dtype=np.int64),
        starts=np.array([(one.slot.start - one.policy.travel_buffer).timestamp() for one in questions]),
        ends=np.array([one.slot.end.timestamp() for one in questions]),
        today=today,
        follow=lambda pair, earlier: _from_there(questions[earlier], questions[pairs[pair].order], pairs[pair]),
    )
    return problem, pairs


def _from_there(earlier: Question, question: Question, pair: Eligible) -> float:
    """How far he is who comes from another order of the batch, on the sphere: giving it measures again.

    For a slot that starts soon his live position counts, as it does for everybody.
    """
    if question.is_soon or earlier.slot.end <= question.day_start:
        return pair.metres
    way_m = haversine_m(earlier.origin, question.origin)
    return way_m if way_m <= question.policy.radius_m else float("inf")


def _alike(tx: Tx, questions: Mapping[int, Question]) -> Iterator[tuple[str | None, list[int]]]:
    """Numbers of questions that one statement can answer, with the rare skill that they are walked by, if any."""
    rare = _rare_skills(tx, questions.values())
    shapes: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for n, question in questions.items():
        asked = (skill for skill in question.skills if skill in rare and question.is_soon)
        skill = min(asked, key=rare.__getitem__, default=None)
        shapes[candidates_sql(question, _WINDOWS[0], rare_skill=skill is not None), skill].append(n)
    for (_, skill), numbers in shapes.items():
        for first in range(0, len(numbers), _AT_ONCE):
            yield skill, numbers[first : first + _AT_ONCE]


def _rare_skills(tx: Tx, questions: Iterable[Question]) -> dict[str, int]:
    """How many people have each of the skills that few have."""
    skills = sorted({skill for question in questions for skill in question.skills})
    if not skills:
        return {}
    counted = tx.fetch(COUNT_SKILL, {"org_id": tx.org_id, "skills": skills, "rare": FEW})
    counts = dict.fromkeys(skills, 0) | {row.skill: row.count for row in counted}
    return {skill: count for skill, count in counts.items() if count < FEW}


def _walk(tx: Tx, questions: Mapping[int, Question], *, rare: str | None, nearest: int) -> dict[int, list[Eligible]]:
    """Outwards in windows, each only for the orders that the one before left wanting; a small store by its members."""
    one = next(iter(questions.values()))
    if rare is not None:
        return _ask(tx, candidates_sql(one, FEW, rare_skill=True), questions, nearest=nearest, rare_skill=rare)
    found: dict[int, list[Eligible]] = {}
    left = dict(questions)
    for window in _WINDOWS:
        found |= _ask(tx, candidates_sql(one, window, rare_skill=False), left, nearest=nearest)
        left = {n: question for n, question in left.items() if len(found[n]) < nearest}
        # No row: the window held everybody.
        edges = _rows(tx, edge_sql(one, window), left)
        left = {row.n: left[row.n] for row in edges if _is_inside(row, left[row.n])}
        small = _of_small_stores(tx, left)
        found |= _ask(tx, members_sql(one), small, nearest=nearest)
        left = {n: question for n, question in left.items() if n not in small}
    return found


def _is_inside(row: Any, question: Question) -> bool:
    """Whether the window ended before the radius did."""
    return bool(row.sphere_m * SPHERE_TO_GEODESIC <= question.policy.radius_m)


def _of_small_stores(tx: Tx, questions: Mapping[int, Question]) -> dict[int, Question]:
    """The questions whose group, or else store, has few people."""
    sizes: dict[tuple[UUID | None, UUID | None], int] = {}
    for question in questions.values():
        asked = (question.store_id, question.group_id)
        if asked not in sizes and any(asked):
            values = {"org_id": tx.org_id, "store_id": asked[0], "group_id": asked[1], "few": FEW}
            sizes[asked] = len(tx.fetch(_MEMBERS, values))
    return {n: one for n, one in questions.items() if sizes.get((one.store_id, one.group_id), FEW) < FEW}


def _ask(
    tx: Tx, sql: str, questions: Mapping[int, Question], *, nearest: int, rare_skill: str | None = None
) -> dict[int, list[Eligible]]:
    found: dict[int, list[Eligible]] = {n: [] for n in questions}
    for row in _rows(tx, sql, questions, fetch=nearest, rare_skill=rare_skill):
        pair = Eligible(row.n, row.technician_id, row.name, row.distance_m, row.today, row.open_offers)
        found[row.n].append(pair)
    for pairs in found.values():
        pairs.sort(key=lambda pair: (pair.metres, pair.technician_id))
    return found


def _rows(
    tx: Tx, sql: str, questions: Mapping[int, Question], *, fetch: int = 0, rare_skill: str | None = None
) -> list[Any]:
    """The rows of the statement for each question, with its number in front as `n`."""
    if not questions:
        return []
    asked = [{"n": n, "rare_skill": rare_skill, **parameters(question)} for n, question in questions.items()]
    columns = tuple((name, _type(name, value)) for name, value in asked[0].items() if name not in _SHARED)
    shared = {name: asked[0][name] for name in _SHARED & asked[0].keys()}
    document = json.dumps([{name: one[name] for name, _ in columns} for one in asked], default=str)
    return tx.fetch(_for_each(sql, columns), {**shared, "org_id": tx.org_id, "fetch": fetch, "asked": document})


@lru_cache(maxsize=256)
def _for_each(sql: str, columns: tuple[tuple[str, str], ...]) -> str:
    """The statement of one question beside the rows of many: `%(lat)s` becomes `asked.lat`."""
    names = {name for name, _ in columns}
    one = _PARAMETER.sub(lambda found: f"asked.{found[1]}" if found[1] in names else found[0], sql)
    shape = ", ".join(f"{name} {kind}" for name, kind in columns)
    return f"""
SELECT asked.n, answer.*
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked ({shape}),
LATERAL ({one}) answer"""


_TYPES: tuple[tuple[type, str], ...] = (
    (datetime, "timestamptz"),
    (date, "date"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "double precision"),
    (list, "text[]"),
    (str, "text"),
)


def _type(name: str, value: Any) -> str:
    """The column's type; an id may be absent in the first row."""
    if name.endswith("_id"):
        return "uuid"
    return next((kind for of, kind in _TYPES if isinstance(value, of)), "text")


_MEMBERS = """
(SELECT t.id FROM technicians t
 WHERE t.org_id = %(org_id)s AND %(group_id)s::uuid IS NULL AND t.store_id = %(store_id)s LIMIT %(few)s)
UNION ALL
(SELECT g.technician_id FROM technician_groups g
 WHERE g.org_id = %(org_id)s AND g.group_id = %(group_id)s LIMIT %(few)s)"""
