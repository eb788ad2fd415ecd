"""The service and its rivals in turn over one fleet: the same points, the same client, answers held side by side."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from scripts.benchmark.bare import Pgbench
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.growth import answer_of, nearest_of, random_points
from scripts.benchmark.memory import held_mb
from scripts.benchmark.rivals.compared import Compared
from scripts.benchmark.rivals.in_memory import Tree
from scripts.benchmark.rivals.starting import RIVALS, running
from scripts.benchmark.service import Running
from scripts.benchmark.wrk import Asked, Load, load

_POINTS = 400
_COMPARED = 200
_CLIENTS = 8


@dataclass(frozen=True)
class Side:
    """What is asked on one port."""

    name: str
    running: Running
    asked: Sequence[Asked]

    def one_by_one(self, seconds: float) -> Load:
        """With one client."""
        return load(self.running.port, self.asked, connections=1, seconds=seconds)

    def together(self, seconds: float) -> Load:
        """With eight."""
        return load(self.running.port, self.asked, connections=_CLIENTS, seconds=seconds)

    def ranked(self, number: int) -> list[list[str]]:
        """The technicians that are answered to the first points, nearest first."""
        answers = [answer_of(self.running.port, one) for one in self.asked[:number]]
        return [[one["technician_id"] for one in answer["candidates"]] for answer in answers]


@dataclass(frozen=True)
class Comparison:
    """Where everything is, and how long each measurement takes."""

    service: Running
    owner_url: str
    pgbench: Pgbench
    fleet: Fleet
    seconds: float
    rounds: int
    logs: Path

    def rivals(self) -> list[Compared]:
        """Every rival against the service, one after the other: those that wait take no time from those that answer."""
        ours = Side("geo-assign", self.service, nearest_of(self.fleet, random_points(_POINTS), "brief"))
        ranked = ours.ranked(_COMPARED)
        ours.together(self.seconds)
        return [self._bare(ours), *self._services(ours, ranked), self._tree(ours, ranked)]

    def _bare(self, ours: Side) -> Compared:
        p50 = self._in_turn(lambda: self.pgbench.p50_us(self.seconds), lambda: ours.one_by_one(self.seconds).p50_us)
        rate = self._in_turn(lambda: self.pgbench.per_s(self.seconds), lambda: ours.together(self.seconds).per_s)
        name = "the bare transaction by pgbench"
        return Compared(
            name,
            _first(p50),
            None,
            _first(rate),
            _ratio(p50),
            None,
            _ratio(rate),
            equal=None,
            compared=0,
            memory_mb=None,
        )

    def _services(self, ours: Side, ranked: Sequence[Sequence[str]]) -> list[Compared]:
        compared = []
        for rival in RIVALS:
            with ExitStack() as started:
                theirs = started.enter_context(running(rival, self.owner_url, self.fleet.keys, self.logs))
                compared.append(self._service(ours, Side(rival.name, theirs, _plain(ours.asked)), ranked))
        return compared

    def _service(self, ours: Side, theirs: Side, ranked: Sequence[Sequence[str]]) -> Compared:
        same = sum(one == other for one, other in zip(theirs.ranked(len(ranked)), ranked, strict=True))
        theirs.together(self.seconds)
        single = self._in_turn(lambda: theirs.one_by_one(self.seconds), lambda: ours.one_by_one(self.seconds))
        many = self._in_turn(lambda: theirs.together(self.seconds), lambda: ours.together(self.seconds))
        p50, p99 = [(a.p50_us, b.p50_us) for a, b in single], [(a.p99_us, b.p99_us) for a, b in many]
        rate = [(a.per_s, b.per_s) for a, b in many]
        return Compared(
            theirs.name,
            _first(p50),
            _first(p99),
            _first(rate),
            _ratio(p50),
            _ratio(p99),
            _ratio(rate),
            equal=same,
            compared=len(ranked),
            memory_mb=held_mb(theirs.running.pid)["pss"],
        )

    def _tree(self, ours: Side, ranked: Sequence[Sequence[str]]) -> Compared:
        tree, points = Tree(self.owner_url), random_points(_POINTS)
        p50 = self._in_turn(lambda: tree.p50_us(points), lambda: ours.one_by_one(self.seconds).p50_us)
        found = [tree.nearest(lat, lon) for lat, lon in points[: len(ranked)]]
        same = sum(one == other for one, other in zip(found, ranked, strict=True))
        name = "scipy's cKDTree, in the process"
        return Compared(
            name, _first(p50), None, None, _ratio(p50), None, None, equal=same, compared=len(ranked), memory_mb=None
        )

    def _in_turn(self, theirs: Callable[[], Any], ours: Callable[[], Any]) -> list[tuple[Any, Any]]:
        return [(theirs(), ours()) for _ in range(self.rounds)]


def _plain(asked: Sequence[Asked]) -> list[Asked]:
    """The same points, as rivals take them."""
    return [Asked("POST", "/nearest", one.token, one.body["point"]) for one in asked]


def _first(pairs: Sequence[tuple[float, float]]) -> float:
    return median(theirs for theirs, _ in pairs)


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return median(ours / theirs for theirs, ours in pairs)
