"""The measurements: the service and its reference in turn, several times, and what their ratio is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Literal

from scripts.benchmark.bare import Pgbench, positions_per_s
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.load import Client
from scripts.benchmark.overload import Offered, offer
from scripts.benchmark.questions import BATCH, Nearest, Positions

_CANDIDATES = b'"candidates":[{"'
_ACCEPTED = b'"accepted"'
LENIENCE = 16
"""How many times off its aim a figure is in its best round when it is called a regression."""
# Requests are made beforehand: more of them per second and connection than any server answers.
_MOST_PER_S = {1: 2_500, 8: 600, 64: 120}
_MOST_BATCHES_PER_S = {1: 500, 8: 80}
# Each phone is heard once before any is measured; so long at the most.
_AT_A_TIME, _HEARD_WITHIN_S = 8, 60.0

Measure = Callable[[], float]
Unit = Literal["us", "per_s"]


@dataclass(frozen=True)
class Figure:
    """Medians of both sides, and the median of the ratios of what was measured one after the other.

    `aim`: for times the most that the ratio may be, for rates the least. None: told for comparison only. `best`: the
    ratio of the round that went best, which other programs on the machine spoil least.
    """

    name: str
    unit: Unit
    reference: float
    ours: float
    ratio: float
    aim: float | None
    best: float

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None when there is none."""
        if self.aim is None:
            return None
        return self.ratio <= self.aim if self.unit == "us" else self.ratio >= self.aim

    @property
    def is_regression(self) -> bool:
        """Whether even the best round is far off the aim."""
        if self.aim is None:
            return False
        return self.best > self.aim * LENIENCE if self.unit == "us" else self.best < self.aim / LENIENCE


@dataclass(frozen=True)
class Bench:
    """Where everything is and how long each measurement takes."""

    app_url: str
    pgbench: Pgbench
    client: Client
    fleet: Fleet
    seconds: float
    rounds: int

    def nearest(self, port: int) -> list[Figure]:
        """The nearest five over HTTP against the transaction by pgbench."""
        self._nearest_per_s(port, "full")  # connections and prepared statements of a service that has just started
        p50 = self._in_turn(
            lambda: self.pgbench.p50_us(self.seconds),
            lambda: self._nearest_p50_us(port, "brief"),
            lambda: self._nearest_p50_us(port, "full"),
        )
        rate = self._in_turn(
            lambda: self.pgbench.per_s(self.seconds),
            lambda: self._nearest_per_s(port, "brief"),
            lambda: self._nearest_per_s(port, "full"),
        )
        return [
            _figure("nearest, p50, 1 client", "us", p50[0], ours=p50[1], aim=3),
            _figure("nearest, per second, 8 clients", "per_s", rate[0], ours=rate[1], aim=0.4),
            _figure("the same with detail full, p50", "us", p50[0], ours=p50[2]),
            _figure("the same with detail full, rate", "per_s", rate[0], ours=rate[2]),
        ]

    def batches(self, port: int) -> list[Figure]:
        """Batches of a hundred positions over HTTP against the bare statement, in positions per second."""
        self._hear_each_phone(port)
        rates = self._in_turn(
            lambda: positions_per_s(self.app_url, self.fleet, self.seconds),
            lambda: self._batches_per_s(port, 8) * BATCH,
            lambda: self._batches_per_s(port, 1) * BATCH,
        )
        return [
            _figure("batches of 100, positions/s, 8 conn.", "per_s", rates[0], ours=rates[1], aim=0.7),
            _figure("batches of 100, positions/s, 1 conn.", "per_s", rates[0], ours=rates[2], aim=0.55),
        ]

    def single_pings(self, *, grouped: int, ungrouped: int) -> list[Figure]:
        """Requests of one ping each from 64 connections, against a service (its port) that does not group them."""
        for port in (grouped, ungrouped):
            self._hear_each_phone(port)
        rates = self._in_turn(lambda: self._singles_per_s(ungrouped), lambda: self._singles_per_s(grouped))
        return [_figure("single pings/s, 64 conn., grouped", "per_s", rates[0], ours=rates[1], aim=3)]

    def overload(self, port: int) -> list[Figure]:
        """Searches at half, twice and four times what eight clients get answered, against that and against half."""
        self._nearest_per_s(port, "brief")
        rounds = [self._overloaded(port) for _ in range(self.rounds)]
        capacity = [capacity for capacity, _ in rounds]
        half, double, fourfold = zip(*(offered for _, offered in rounds), strict=True)
        calm_us = [one.p50_us for one in half]
        refused_us = [max(one.refused_p95_us for one in pair) for pair in zip(double, fourfold, strict=True)]
        return [
            _figure("2x the load: p50 against that at half", "us", calm_us, ours=[one.p50_us for one in double], aim=3),
            _figure("4x the load: p50 against that at half", "us", calm_us, ours=[one.p50_us for one in fourfold]),
            _figure("2x the load: good answers of capacity", "per_s", capacity, ours=_goodput(double), aim=0.9),
            _figure("4x the load: good answers of capacity", "per_s", capacity, ours=_goodput(fourfold), aim=0.9),
            _figure("2x and 4x: refusals, p95, of 50 ms", "us", [50_000.0] * self.rounds, ours=refused_us, aim=1),
        ]

    def _overloaded(self, port: int) -> tuple[float, list[Offered]]:
        capacity = self._nearest_per_s(port, "brief")
        asked = Nearest(self.fleet, connections=1, each=2_000)
        loads = (0.5, 2.0, 4.0)
        return capacity, [
            self.client.run(partial(offer, port, asked, per_s=load * capacity, seconds=self.seconds)) for load in loads
        ]

    def nearest_p50_us(self, port: int) -> float:
        """The p50 alone, for the table of layers."""
        return self._nearest_p50_us(port, "brief")

    def _in_turn(self, *sides: Measure) -> Sequence[list[float]]:
        taken: list[list[float]] = [[] for _ in sides]
        for _ in range(self.rounds):
            for values, side in zip(taken, sides, strict=True):
                values.append(side())
        return taken

    def _nearest_p50_us(self, port: int, detail: str) -> float:
        asked = Nearest(self.fleet, connections=1, each=self._enough(_MOST_PER_S, 1), detail=detail)
        return self.client.measure(port, asked, seconds=self.seconds, expect=_CANDIDATES).p50_us

    def _nearest_per_s(self, port: int, detail: str) -> float:
        asked = Nearest(self.fleet, connections=8, each=self._enough(_MOST_PER_S, 8), detail=detail)
        return self.client.measure(port, asked, seconds=self.seconds, expect=_CANDIDATES).per_s

    def _batches_per_s(self, port: int, connections: int) -> float:
        sent = Positions(self.fleet, connections, each=self._enough(_MOST_BATCHES_PER_S, connections))
        return self.client.measure(port, sent, seconds=self.seconds, expect=_ACCEPTED).per_s

    def _singles_per_s(self, port: int) -> float:
        sent = Positions(self.fleet, connections=64, each=self._enough(_MOST_PER_S, 64), size=1)
        return self.client.measure(port, sent, seconds=self.seconds, expect=_ACCEPTED).per_s

    def _hear_each_phone(self, port: int) -> None:
        """One ping of each phone: the first of a session is looked up by itself, and notes that the session is in use.

        In a measurement of seconds that would be each second request; of a phone's working day it is none.
        """
        sent = Positions(self.fleet, connections=_AT_A_TIME, each=-(-len(self.fleet.phones) // _AT_A_TIME), size=1)
        self.client.measure(port, sent, seconds=_HEARD_WITHIN_S, expect=_ACCEPTED)

    def _enough(self, most_per_s: Mapping[int, int], connections: int) -> int:
        return 10 + int(most_per_s[connections] * self.seconds)


def _goodput(offered: Iterable[Offered]) -> list[float]:
    return [one.goodput_per_s for one in offered]


def _figure(
    name: str, unit: Unit, reference: Sequence[float], *, ours: Sequence[float], aim: float | None = None
) -> Figure:
    ratios = [mine / theirs for mine, theirs in zip(ours, reference, strict=True)]
    best = min(ratios) if unit == "us" else max(ratios)
    return Figure(name, unit, median(reference), median(ours), median(ratios), aim, best)


def table(title: str, figures: Iterable[Figure]) -> str:
    """The figures as text."""
    lines = [f"{title:38} {'reference':>12} {'ours':>12} {'ratio':>7} {'aim':>8}"]
    for figure in figures:
        sign = "≤" if figure.unit == "us" else "≥"
        aim = "" if figure.aim is None else f"{sign} {figure.aim:g}"
        verdict = {True: "met", False: "short", None: ""}[figure.is_met]
        lines.append(
            f"{figure.name:38} {amount(figure.reference, figure.unit):>12} {amount(figure.ours, figure.unit):>12} "
            f"{figure.ratio:7.2f} {aim:>8}  {verdict}".rstrip()
        )
    return "\n".join(lines)


def layer_table(layers: Mapping[str, float]) -> str:
    """What each layer of one nearest request costs."""
    lines = [f"{'One nearest request, median':38} {'µs':>12}"]
    return "\n".join([*lines, *(f"{name:38} {cost:12,.0f}" for name, cost in layers.items())])


def amount(value: float, unit: Unit) -> str:
    """As it is shown."""
    return f"{value:,.0f} µs" if unit == "us" else f"{value:,.0f}/s"
