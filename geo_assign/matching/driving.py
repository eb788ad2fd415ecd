"""Ranking by drive time, exactly, without asking a router of everyone.

Candidates come in straight-line order and their drives are asked in batches, until no technician who is left could be
there sooner, at the top speed of any road, than the last one wanted. No transaction is open while the router is asked:
the search goes on from the database in transactions of its own.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from math import inf
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point
from geo_assign.matching.domain import Candidate, Question, Ranking, RoutingNote, Slot
from geo_assign.matching.queries import fetch, rank
from geo_assign.matching.shapes import shape_of
from geo_assign.matching.statements.ranking import passing
from geo_assign.routing.domain import Drive, DriveCell, RouterChoice, RoutingProblem, RoutingProblemCode
from geo_assign.routing.finder import DriveFinder, least_seconds
from geo_assign.routing.routers import ROUTERS

Begin = Callable[[], AbstractContextManager[Tx]]
"""Opens a transaction of the organization."""

# Of so many candidates the drives are asked first; each later batch has twice as many, and each walk more candidates.
_FIRST_ASKED = 16
_FIRST_WALKED = 64
_WALKED_MORE = 4

_NO_ROAD = RoutingProblem(RoutingProblemCode.OFF_THE_MAP, "The router knows no road from any technician to the place.")


def rank_by_drive_time(begin: Begin, finder: DriveFinder, choice: RouterChoice, question: Question) -> Ranking:
    """The `question.limit` who are there first by the router's drive times, ties by distance and id.

    Technicians whom no road connects come last. Where the router fails, in whatever way, the nearest by straight line,
    and the note says so. Exclusions are not explained: that is a question to the database alone.
    """
    search = _Search(finder, choice, question)
    wanted = max(_FIRST_WALKED, question.limit)
    while True:
        with begin() as tx:
            walked = rank(tx, replace(question, limit=wanted), explain=False).candidates
        problem = search.ask(walked)
        if problem is not None:
            return Ranking(question, walked[: question.limit], routing=search.note(problem))
        if len(walked) < wanted or search.is_proven(walked, walked[-1].distance_m):
            return search.ranking(walked)
        wanted *= _WALKED_MORE


def list_still_available(tx: Tx, question: Question, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Of candidates found before, those whom nothing excludes now, in their order."""
    ids = [one.technician_id for one in candidates]
    passed = {row.id for row in fetch(tx, passing(shape_of(question)), question, technician_ids=ids)}
    return tuple(one for one in candidates if one.technician_id in passed)


def is_same_search(one: Question, other: Question) -> bool:
    """Whether two questions differ at most in their instant: what is wanted as soon as possible moves along with it."""
    return _without_instant(one) == _without_instant(other)


def with_drive(one: Candidate, cell: DriveCell) -> Candidate:
    """The candidate with what a router told."""
    return replace(one, drive=cell) if isinstance(cell, Drive) else replace(one, no_drive=cell)


def _without_instant(question: Question) -> tuple[object, ...]:
    slot, none = question.slot, datetime.min.replace(tzinfo=UTC)
    start = None if slot.start == question.at else slot.start
    rest = replace(question, at=none, slot=Slot(none, none), day_start=none, day_end=none)
    return rest, start, slot.end - slot.start, question.is_soon


class _Search:
    """What a router told so far of one question."""

    def __init__(self, finder: DriveFinder, choice: RouterChoice, question: Question) -> None:
        self._finder, self._choice, self._question = finder, choice, question
        self._deadline = Deadline(choice.deadline_s)
        self._told: dict[tuple[UUID, Point], DriveCell] = {}
        self._batch = max(_FIRST_ASKED, question.limit)
        self._requests = self._kept = 0

    def ask(self, walked: Sequence[Candidate]) -> RoutingProblem | None:
        """Ask of the nearest of `walked` as long as one of those who are left may be there sooner."""
        while batch := self._next(walked):
            places = [one.position.point for one in batch]
            answer = self._finder.ask_drives(self._choice, places, self._question.origin, deadline=self._deadline)
            self._requests += answer.requests
            self._kept += answer.kept
            if answer.problem is not None:
                return answer.problem
            for one, cell in zip(batch, answer.drives, strict=True):
                self._told[_key(one)] = cell
            self._batch *= 2
        return None

    def is_proven(self, walked: Sequence[Candidate], beyond_m: float) -> bool:
        """Whether no technician farther away than `beyond_m` can be among the first."""
        return least_seconds(self._choice, beyond_m) > self._kth_s(walked)

    def ranking(self, walked: Sequence[Candidate]) -> Ranking:
        known = [with_drive(one, self._told[_key(one)]) for one in walked if _key(one) in self._told]
        if known and all(one.drive is None for one in known):
            return Ranking(self._question, tuple(walked[: self._question.limit]), routing=self.note(_NO_ROAD))
        first = sorted(known, key=_sooner)[: self._question.limit]
        return Ranking(self._question, tuple(first), routing=self.note(None))

    def note(self, problem: RoutingProblem | None) -> RoutingNote:
        return RoutingNote(
            router=self._choice.name,
            asked=len(self._told),
            requests=self._requests,
            kept=self._kept,
            without_drive=sum(not isinstance(cell, Drive) for cell in self._told.values()),
            problem=problem,
        )

    def _next(self, walked: Sequence[Candidate]) -> list[Candidate]:
        kth_s = self._kth_s(walked)
        may_be_sooner = takewhile(lambda one: least_seconds(self._choice, one.distance_m) <= kth_s, walked)
        return [one for one in may_be_sooner if _key(one) not in self._told][: self._size()]

    def _size(self) -> int:
        return min(self._batch, ROUTERS[self._choice.name].most_sources(1) or self._batch)

    def _kth_s(self, walked: Sequence[Candidate]) -> float:
        """How long the last of those wanted drives; without end while they are fewer."""
        cells = (self._told.get(_key(one)) for one in walked)
        times = sorted(cell.seconds for cell in cells if isinstance(cell, Drive))
        limit = self._question.limit
        return times[limit - 1] if len(times) >= limit else inf


def _key(one: Candidate) -> tuple[UUID, Point]:
    return one.technician_id, one.position.point


def _sooner(one: Candidate) -> tuple[float, float, UUID]:
    return inf if one.drive is None else one.drive.seconds, one.distance_m, one.technician_id
