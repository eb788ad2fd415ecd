"""The service and its rivals in turn over one fleet: the same points, the same client, answers held side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from scripts.benchmark.attempts import Attempts, say
from scripts.benchmark.bare import Pgbench
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.growth import answer_of, nearest_of, random_points
from scripts.benchmark.memory import held_by
from scripts.benchmark.rivals.compared import ANSWERS, BARE, EIGHT, MEMORY, ONE, START, TREE, Compared
from scripts.benchmark.rivals.in_memory import Tree
from scripts.benchmark.rivals.starting import RIVALS, Rival, running
from scripts.benchmark.service import Running
from scripts.benchmark.wrk import Asked, Load, load

_POINTS = 400
_COMPARED = 200
# A rival of seconds an answer is compared at fewer points.
_COMPARE_FOR_S = 15.0
_TAKE_TURNS_FOR_S = 60.0
_CLIENTS = 8

Pairs = Sequence[tuple[Any, Any]]


@dataclass(frozen=True)
class Side:
    """What is asked on one port."""

    running: Running
    asked: Sequence[Asked]

    def one_by_one(self, seconds: float) -> Load:
        """With one client."""
        return load(self.running.port, self.asked, connections=1, seconds=seconds)

    def together(self, seconds: float) -> Load:
        """With eight."""
        return load(self.running.port, self.asked, connections=_CLIENTS, seconds=seconds)

    def ranked(self, one: Asked) -> list[str]:
        """The technicians that are answered, nearest first."""
        return [candidate["technician_id"] for candidate in answer_of(self.running.port, one)["candidates"]]


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

    def rivals(self) -> Iterator[Compared]:
        """Each rival against the service, one after the other: those that wait take no time from those that answer.

        What cannot be measured of a rival is missing in what is told of it, with the reason.
        """
        ours = Side(self.service, nearest_of(self.fleet, random_points(_POINTS), "brief"))
        ours.together(self.seconds)
        yield self._told(BARE, lambda attempts: self._bare(ours, attempts))
        for rival in RIVALS:
            yield self._told(rival.name, lambda attempts, rival=rival: self._service(rival, ours, attempts))
        yield self._told(TREE, lambda attempts: self._tree(ours, attempts))

    def _told(self, name: str, compare: Callable[[Attempts], Mapping[str, Any] | None]) -> Compared:
        attempts = Attempts()
        values = attempts.make(START, lambda: compare(attempts)) or {}
        compared = replace(Compared(name, failed=attempts.failed), **values)
        say(f"{self.fleet.technicians:,}, {name}: {compared.summary}")
        return compared

    def _bare(self, ours: Side, attempts: Attempts) -> dict[str, Any]:
        single = attempts.make(
            ONE,
            lambda: self._in_turn(lambda: self.pgbench.p50_us(self.seconds), lambda: self._ours_p50_us(ours)),
        )
        many = attempts.make(
            EIGHT,
            lambda: self._in_turn(lambda: self.pgbench.per_s(self.seconds), lambda: ours.together(self.seconds).per_s),
        )
        return {**_measured("p50_us", "p50_ratio", single), **_measured("per_s", "rate_ratio", many)}

    def _service(self, rival: Rival, ours: Side, attempts: Attempts) -> dict[str, Any]:
        with ExitStack() as started:
            running_rival = started.enter_context(running(rival, self.owner_url, self.fleet.keys, self.logs))
            theirs = Side(running_rival, _plain(ours.asked))
            same = attempts.make(ANSWERS, lambda: _same(ours, lambda number: theirs.ranked(theirs.asked[number])))
            single = attempts.make(
                ONE,
                lambda: self._in_turn(lambda: theirs.one_by_one(self.seconds), lambda: ours.one_by_one(self.seconds)),
            )
            many = attempts.make(EIGHT, lambda: self._together(theirs, ours))
            memory = attempts.make(MEMORY, lambda: held_by(running_rival.pid))
        return {
            **_measured("p50_us", "p50_ratio", _each(single, "p50_us")),
            **_measured("p99_us", "p99_ratio", _each(many, "p99_us")),
            **_measured("per_s", "rate_ratio", _each(many, "per_s")),
            **(same or {}),
            "memory": memory,
        }

    def _together(self, theirs: Side, ours: Side) -> Pairs:
        """After a first time, in which every worker comes to its connections."""
        theirs.together(self.seconds)
        return self._in_turn(lambda: theirs.together(self.seconds), lambda: ours.together(self.seconds))

    def _tree(self, ours: Side, attempts: Attempts) -> dict[str, Any]:
        tree, points = Tree(self.owner_url), random_points(_POINTS)
        same = attempts.make(ANSWERS, lambda: _same(ours, lambda number: tree.nearest(*points[number])))
        single = attempts.make(ONE, lambda: self._in_turn(lambda: tree.p50_us(points), lambda: self._ours_p50_us(ours)))
        return {**_measured("p50_us", "p50_ratio", single), **(same or {})}

    def _ours_p50_us(self, ours: Side) -> float:
        return ours.one_by_one(self.seconds).p50_us

    def _in_turn(self, theirs: Callable[[], Any], ours: Callable[[], Any]) -> Pairs:
        """A pair of every round; fewer rounds of a rival that takes long, at least one."""
        pairs, give_up_at = [(theirs(), ours())], monotonic() + _TAKE_TURNS_FOR_S
        while len(pairs) < self.rounds and monotonic() < give_up_at:
            pairs.append((theirs(), ours()))
        return pairs


def _plain(asked: Sequence[Asked]) -> list[Asked]:
    """The same points, as rivals take them."""
    return [Asked("POST", "/nearest", one.token, one.body["point"]) for one in asked]


def _each(pairs: Pairs | None, name: str) -> Pairs | None:
    """One value of each side's load."""
    return None if pairs is None else [(getattr(a, name), getattr(b, name)) for a, b in pairs]


def _measured(theirs: str, ratio: str, pairs: Pairs | None) -> dict[str, float]:
    """Their median, and the median of the ratios of the rounds; nothing of what was not measured."""
    if pairs is None:
        return {}
    return {theirs: median(one for one, _ in pairs), ratio: median(our / their for their, our in pairs)}


def _same(ours: Side, theirs: Callable[[int], list[str]]) -> dict[str, int]:
    """At how many points both answer the same; one after the other, as who is busy changes by the minute."""
    give_up_at, same, number = monotonic() + _COMPARE_FOR_S, 0, 0
    while number < _COMPARED and (not number or monotonic() < give_up_at):
        same += ours.ranked(ours.asked[number]) == theirs(number)
        number += 1
    return {"equal": same, "compared": number}
