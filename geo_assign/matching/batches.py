"""Who can go, for many work orders at once: the very filters of a single ranking, asked for all in a few statements.

The questions travel as rows. The statement of a single question stands beside them, made with the rows' columns as its
parameters, so a batch judges by the same conditions, and it walks the same indexes.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.statements import R, Statement
from geo_assign.matching.domain import Question
from geo_assign.matching.filters import values_of
from geo_assign.matching.geodesic import geodesic_m, least_share
from geo_assign.matching.places import FEW, Phones
from geo_assign.matching.rows import NumberedCandidateRow
from geo_assign.matching.shapes import Shape, shape_of
from geo_assign.matching.solving.problem import AssignmentProblem, Floats
from geo_assign.matching.statements.batch import (
    QUESTION_COLUMNS,
    candidates_for_each,
    edge_for_each,
    members_for_each,
    passing_for_each,
)
from geo_assign.matching.statements.counting import COUNT_MEMBERS, COUNT_SKILLS
from geo_assign.matching.statements.free_time import APPOINTMENTS
from geo_assign.matching.walking import FRESH_WINDOWS, WINDOWS, walk_outwards

NEAREST = 64
"""Technicians looked at for each order, the nearest who can go."""

# Technicians farther away than this window reaches are left to a single ranking.
_INNERMOST, _WIDEST = WINDOWS[0], WINDOWS[2]
_QUESTIONS_AT_ONCE = 100  # in one statement, so that none takes long
_ANYWHERE_M = 30_000_000.0  # more than half the way round the Earth


@dataclass(frozen=True, slots=True)
class Eligible:
    """A technician who can take the order numbered `order`, `metres` away by geodesic, at `place`.

    `since`: from when on another order of the batch that ends counts as the place where the way begins; None: never,
    the live position counts. `coarse`: the caller may know the distance to a hundred metres only.
    """

    order: int
    technician_id: UUID
    name: str
    metres: float
    place: Point
    today: int
    open_offers: int
    coarse: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """All who can go, by order number; `truncated`: orders of which only the nearest were looked at.

    Where an order can be reached from another one of the batch (`onward`), technicians beyond the radius are among
    them: who comes from there is near enough.
    """

    eligible: Mapping[int, Sequence[Eligible]]
    truncated: frozenset[int]
    onward: Floats

    def without_technician(self, questions: Sequence[Question]) -> list[int]:
        """The orders that no technician can take from where the technician is anyway."""
        return [
            n
            for n, question in enumerate(questions)
            if not any(one.metres <= question.policy.radius_m for one in self.eligible[n])
        ]


def list_eligible(tx: Tx, questions: Mapping[int, Question], *, nearest: int = NEAREST) -> Choice:
    """Who can take each of the orders, numbered from 0: the `nearest` of them, by distance."""
    in_order = [questions[n] for n in range(len(questions))]
    return look_wider(
        tx, in_order, Choice({}, frozenset(), ways_onward(in_order)), range(len(in_order)), nearest=nearest
    )


def look_wider(
    tx: Tx, questions: Sequence[Question], choice: Choice, numbers: Collection[int], *, nearest: int
) -> Choice:
    """The choice with the `nearest` for the orders of these numbers."""
    reached = [bool(np.isfinite(ways).any()) for ways in choice.onward.T]
    asked = {n: _from_anywhere(questions[n]) if reached[n] else questions[n] for n in numbers}
    found: dict[int, Sequence[Eligible]] = {}
    for group in _alike(tx, asked):
        found |= _walk(tx, group, nearest=nearest)
    truncated = frozenset(n for n, people in found.items() if len(people) >= nearest)
    return Choice(
        {**choice.eligible, **_with_appointments(tx, questions, found)},
        choice.truncated - frozenset(numbers) | truncated,
        choice.onward,
    )


def _from_anywhere(question: Question) -> Question:
    return replace(question, policy=replace(question.policy, radius_m=_ANYWHERE_M))


def ways_onward(questions: Sequence[Question]) -> Floats:
    """Metres from each order to each other that a technician may do next, as giving it measures: from where that ends.

    inf: farther than the radius, or not in question: not after it, on another day, or so soon that the live position
    counts.
    """
    ways = np.full((len(questions), len(questions)), np.inf)
    starts = np.array([(one.slot.start - one.policy.travel_buffer).timestamp() for one in questions])
    ends = np.array([one.slot.end.timestamp() for one in questions])
    days = np.array([np.inf if one.is_soon else one.day_start.timestamp() for one in questions])
    before, after = np.nonzero((ends[:, np.newaxis] <= starts) & (ends[:, np.newaxis] > days))
    lat, lon = (np.array([getattr(one.origin, name) for one in questions], dtype=float) for name in ("lat", "lon"))
    metres = geodesic_m(lat[before], lon[before], lat[after], lon[after])
    radius_m = np.array([one.policy.radius_m for one in questions])
    ways[before, after] = np.where(metres <= radius_m[after], metres, np.inf)
    return ways


def _with_appointments(
    tx: Tx, questions: Sequence[Question], found: Mapping[int, Sequence[Eligible]]
) -> dict[int, Sequence[Eligible]]:
    """The same people, with the end of the appointment that each one's way begins at."""
    later = [questions[n] for n in found if not questions[n].is_soon]
    ends: dict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
    if later:
        values = {
            "org_id": tx.org_id,
            "technician_ids": sorted({one.technician_id for people in found.values() for one in people}),
            "within_start": min(one.day_start for one in later),
            "within_end": max(one.slot.start for one in later),
        }
        for row in tx.fetch(APPOINTMENTS, values):
            ends[row.technician_id].append((row.ends_at, row.work_order_id))
    return {
        n: [replace(one, since=_since(questions[n], ends[one.technician_id])) for one in people]
        for n, people in found.items()
    }


def _since(question: Question, ends: Iterable[tuple[datetime, UUID]]) -> datetime | None:
    if question.is_soon:
        return None
    earlier = (at for at, order_id in ends if at <= question.slot.start and order_id != question.work_order_id)
    return max([question.day_start, *earlier])


def list_takeable(tx: Tx, technician_id: UUID, questions: Mapping[int, Question]) -> set[int]:
    """Those of the numbered orders that one technician can take: no filter of the ranking excludes that one."""
    shapes: dict[Shape, dict[int, Question]] = defaultdict(dict)
    for n, question in questions.items():
        shapes[shape_of(question)][n] = question
    found: set[int] = set()
    for shape, alike in shapes.items():
        group = _Alike(shape, None, alike)
        found |= {row.n for row in _rows(tx, passing_for_each(shape), group, alike, technician_ids=[technician_id])}
    return found


def as_problem(
    questions: Sequence[Question], choice: Choice, *, as_offers: Sequence[bool]
) -> tuple[AssignmentProblem, list[Eligible]]:
    """The arrays to solve, and the pair behind each index.

    An order that is offered counts against the open offers that its technician may have; one that is assigned does not.
    """
    pairs = [pair for n in sorted(choice.eligible) for pair in choice.eligible[n]]
    technicians = {technician_id: n for n, technician_id in enumerate(sorted({pair.technician_id for pair in pairs}))}
    today = np.zeros(len(technicians), dtype=np.int64)
    for pair in pairs:
        today[technicians[pair.technician_id]] = max(today[technicians[pair.technician_id]], pair.today)
    policies = [questions[pair.order].policy for pair in pairs]
    problem = AssignmentProblem(
        order=np.array([pair.order for pair in pairs], dtype=np.int64),
        technician=np.array([technicians[pair.technician_id] for pair in pairs], dtype=np.int64),
        travel=np.array(
            [
                pair.metres if pair.metres <= policy.radius_m else np.inf
                for pair, policy in zip(pairs, policies, strict=True)
            ],
            dtype=float,
        ),
        since=np.array([np.inf if pair.since is None else pair.since.timestamp() for pair in pairs], dtype=float),
        room=np.array(
            [policy.offer_limit - pair.open_offers for pair, policy in zip(pairs, policies, strict=True)],
            dtype=np.int64,
        ),
        starts=np.array([(one.slot.start - one.policy.travel_buffer).timestamp() for one in questions]),
        ends=np.array([one.slot.end.timestamp() for one in questions]),
        offered=np.array(as_offers, dtype=np.bool_),
        today=today,
        onward=choice.onward,
    )
    return problem, pairs


@dataclass(frozen=True, slots=True)
class _Alike:
    """Questions that one statement can answer; `rare_skill`: the skill that few have and that they are walked by."""

    shape: Shape
    rare_skill: str | None
    questions: Mapping[int, Question]


def _alike(tx: Tx, questions: Mapping[int, Question]) -> Iterator[_Alike]:
    rare = _rare_skills(tx, questions.values())
    groups: dict[tuple[Shape, str | None], list[int]] = defaultdict(list)
    for n, question in questions.items():
        asked = (skill for skill in question.skills if skill in rare and question.is_soon)
        groups[shape_of(question), min(asked, key=rare.__getitem__, default=None)].append(n)
    for (shape, skill), numbers in groups.items():
        for first in range(0, len(numbers), _QUESTIONS_AT_ONCE):
            some = numbers[first : first + _QUESTIONS_AT_ONCE]
            yield _Alike(shape, skill, {n: questions[n] for n in some})


def _rare_skills(tx: Tx, questions: Iterable[Question]) -> dict[str, int]:
    """How many technicians have each of the skills that few have."""
    skills = sorted({skill for question in questions for skill in question.skills})
    if not skills:
        return {}
    counted = tx.fetch(COUNT_SKILLS, {"org_id": tx.org_id, "skills": skills})
    counts = dict.fromkeys(skills, 0) | {row.skill: row.number for row in counted}
    return {skill: count for skill, count in counts.items() if count < FEW}


def _walk(tx: Tx, group: _Alike, *, nearest: int) -> dict[int, Sequence[Eligible]]:
    """Outwards in windows, each only for the orders that the one before left wanting; a small store by its members."""
    if group.rare_skill is not None:
        statement = candidates_for_each(group.shape, FEW, rare_skill=True)
        return dict(_eligible(tx, statement, group, list(group.questions), nearest=nearest))
    found, left = _walk_windows(tx, group, list(group.questions), [_INNERMOST], nearest=nearest, phones=Phones.ALL)
    small = _of_small_stores(tx, {n: group.questions[n] for n in left})
    found |= _eligible(tx, members_for_each(group.shape), group, small, nearest=nearest)
    phones = Phones.FRESH if group.shape.is_soon else Phones.ALL
    every = FRESH_WINDOWS if group.shape.is_soon else WINDOWS
    windows = [window for window in every if _INNERMOST < window <= _WIDEST]
    return found | _walk_windows(tx, group, left - small, windows, nearest=nearest, phones=phones)[0]


def _walk_windows(
    tx: Tx, group: _Alike, numbers: Collection[int], windows: Sequence[int], *, nearest: int, phones: Phones
) -> tuple[dict[int, Sequence[Eligible]], set[int]]:
    """`walk_outwards` for the numbered questions of the group."""

    def ask(window: int, numbers: Collection[int]) -> dict[int, Sequence[Eligible]]:
        statement = candidates_for_each(group.shape, window, phones=phones)
        return _eligible(tx, statement, group, numbers, nearest=nearest)

    def edges(window: int, numbers: Collection[int]) -> dict[int, float]:
        rows = _rows(tx, edge_for_each(group.shape, window, phones=phones), group, numbers)
        return {row.n: row.sphere_m for row in rows}

    def reach_m(number: int, people: Sequence[Eligible]) -> float | None:
        question = group.questions[number]
        if len(people) >= nearest:
            return None
        return question.policy.radius_m / least_share(question.origin.lat, question.policy.radius_m)

    return walk_outwards(numbers, ask=ask, edges=edges, reach_m=reach_m, windows=windows)


def _of_small_stores(tx: Tx, questions: Mapping[int, Question]) -> set[int]:
    """The questions whose group, or else store, has few technicians."""
    sizes: dict[tuple[UUID | None, UUID | None], int] = {}
    for question in questions.values():
        asked = (question.store_id, question.group_id)
        if asked not in sizes and any(asked):
            values = {"org_id": tx.org_id, "store_id": asked[0], "group_id": asked[1]}
            sizes[asked] = tx.fetch(COUNT_MEMBERS, values)[0].number
    return {n for n, one in questions.items() if sizes.get((one.store_id, one.group_id), FEW) < FEW}


def _eligible(
    tx: Tx, statement: Statement[NumberedCandidateRow], group: _Alike, numbers: Collection[int], *, nearest: int
) -> dict[int, Sequence[Eligible]]:
    found: dict[int, list[Eligible]] = {n: [] for n in numbers}
    for row in _rows(tx, statement, group, numbers, fetch=nearest):
        pair = Eligible(
            order=row.n,
            technician_id=row.technician_id,
            name=row.name,
            metres=row.distance_m,
            place=Point(row.lat, row.lon),
            today=row.today,
            open_offers=row.open_offers,
            coarse=row.coarse,
        )
        found[row.n].append(pair)
    return {n: sorted(pairs, key=lambda pair: (pair.metres, pair.technician_id)) for n, pairs in found.items()}


def _rows(
    tx: Tx, statement: Statement[R], group: _Alike, numbers: Collection[int], *, fetch: int = 0, **shared: object
) -> list[R]:
    """The rows of the statement for each of the numbered questions, which travel as rows of their parameters."""
    if not numbers:
        return []
    questions = [group.questions[n] for n in numbers]
    rows = [
        {"n": n, "rare_skill": group.rare_skill, **values_of(question)}
        for n, question in zip(numbers, questions, strict=True)
    ]
    document = json.dumps([{name: row[name] for name in QUESTION_COLUMNS} for row in rows], default=str)
    # Alike are questions of one scope.
    scope = scope_values(tx, questions[0].scope)
    return tx.fetch(statement, {**scope, **shared, "fetch": fetch, "questions": document})
