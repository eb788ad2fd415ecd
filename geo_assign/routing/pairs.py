"""Drives of many pairs of places: a table for those near one another, instead of the whole matrix or one for each.

A table holds more cells than are wanted, but at least every second one is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point
from geo_assign.routing.cells import cell_key
from geo_assign.routing.domain import DriveCell, NoDrive, Places, RouterChoice, RoutingProblem, RoutingProblemCode
from geo_assign.routing.finder import LEFT_ALONE, TIMED_OUT, DriveFinder
from geo_assign.routing.routers import ROUTERS, RouterSpec

DrivenPair: TypeAlias = tuple[Point, Point]
"""From where to where."""

MOST_PAIRS = 100_000
_LEAST_SHARE = 0.5
_TOO_MANY = RoutingProblem(
    RoutingProblemCode.TABLE_REFUSED, f"A router is not asked for more than {MOST_PAIRS:,} drives together."
)


@dataclass(frozen=True, slots=True)
class PairsAnswer:
    """The drives of all pairs, or the problem. `requests`: calls made, `kept`: drives that were known from before."""

    drives: Mapping[DrivenPair, DriveCell] = field(default_factory=dict)
    problem: RoutingProblem | None = None
    requests: int = 0
    kept: int = 0


class PairsTable(NamedTuple):
    """The ends of a table."""

    sources: Places
    destinations: Places


def ask_pairs(
    finder: DriveFinder, choice: RouterChoice, pairs: Collection[DrivenPair], *, deadline: Deadline
) -> PairsAnswer:
    """The drives of these pairs. Each table has the router's deadline, all of them `deadline`. Nothing is raised."""
    if len(pairs) > MOST_PAIRS:
        return PairsAnswer(problem=_TOO_MANY)
    keys = {pair: cell_key(choice, *pair) for pair in pairs}
    known = {pair: cell for pair, key in keys.items() if (cell := finder.cells.find(key)) is not None}
    kept, requests = len(known), 0
    for table in tables_of([pair for pair in keys if pair not in known], ROUTERS[choice.name]):
        told, asked = _ask_table(finder, choice, table, deadline=deadline)
        requests += asked
        if isinstance(told, RoutingProblem):
            return PairsAnswer(problem=told, requests=requests, kept=kept)
        for pair, cell in told.items():
            if pair in keys:
                known[pair] = cell
                finder.cells.keep(keys[pair], cell)
    return PairsAnswer(known, requests=requests, kept=kept)


def tables_of(pairs: Collection[DrivenPair], spec: RouterSpec) -> Iterator[PairsTable]:
    """Tables that hold each of the pairs once, within the router's limits."""
    to: dict[Point, list[Point]] = defaultdict(list)
    for source, destination in pairs:
        to[destination].append(source)
    sources: dict[Point, None] = {}
    destinations: list[Point] = []
    wanted = 0
    for destination in sorted(to, key=_along_the_map):
        for part in _parts(to[destination], spec.most_sources(1)):
            joined = sources | dict.fromkeys(part)
            cells = len(joined) * (len(destinations) + 1)
            most = spec.most_sources(len(destinations) + 1) or len(joined)
            if destinations and (len(joined) > most or wanted + len(part) < _LEAST_SHARE * cells):
                yield PairsTable(list(sources), destinations)
                joined, destinations, wanted = dict.fromkeys(part), [], 0
            sources, wanted = joined, wanted + len(part)
            destinations.append(destination)
    if destinations:
        yield PairsTable(list(sources), destinations)


def _parts(places: Sequence[Point], most: int | None) -> Iterator[Sequence[Point]]:
    size = most or len(places)
    return (places[first : first + size] for first in range(0, len(places), size))


def _along_the_map(place: Point) -> tuple[float, float, float]:
    """Strips of some kilometres, so that neighbours in the order are neighbours on the map."""
    return round(place.lat * 20), place.lon, place.lat


def _ask_table(
    finder: DriveFinder, choice: RouterChoice, table: PairsTable, *, deadline: Deadline
) -> tuple[dict[DrivenPair, DriveCell] | RoutingProblem, int]:
    """What a table tells, and how many calls that took: one that is refused is asked by its destinations."""
    breaker, within = finder.breaker_for(choice), _within(choice, deadline)
    if within is None:
        return TIMED_OUT, 0
    if not breaker.may_call():
        return LEFT_ALONE, 0
    answer = finder.ask_table(choice, table.sources, table.destinations, deadline=within)
    if not isinstance(answer, RoutingProblem):
        breaker.note_success()
        return {
            (source, destination): cell
            for source, row in zip(table.sources, answer, strict=True)
            for destination, cell in zip(table.destinations, row, strict=True)
        }, 1
    if not answer.is_of_table:
        if answer.is_of_router:
            breaker.note_failure()
        return answer, 1
    return _ask_one_by_one(finder, choice, table, deadline=deadline)


def _ask_one_by_one(
    finder: DriveFinder, choice: RouterChoice, table: PairsTable, *, deadline: Deadline
) -> tuple[dict[DrivenPair, DriveCell] | RoutingProblem, int]:
    found: dict[DrivenPair, DriveCell] = {}
    requests = 1
    for destination in table.destinations:
        within = _within(choice, deadline)
        if within is None:
            return TIMED_OUT, requests
        answer = finder.ask_drives(choice, table.sources, destination, deadline=within)
        requests += answer.requests
        if answer.problem is None:
            found |= {(one, destination): cell for one, cell in zip(table.sources, answer.drives, strict=True)}
        elif answer.problem.code is RoutingProblemCode.OFF_THE_MAP:
            found |= {(one, destination): NoDrive.OFF_THE_MAP for one in table.sources}
        else:
            return answer.problem, requests
    return found, requests


def _within(choice: RouterChoice, deadline: Deadline) -> Deadline | None:
    """The deadline of one table; None: there is no time left."""
    try:
        return Deadline(min(choice.deadline_s, deadline.remaining_s()))
    except TimeoutError:
        return None
