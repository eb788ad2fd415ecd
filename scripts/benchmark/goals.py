"""What the service is meant to reach, and what a run saw of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.benchmark.figures import Figure
from scripts.benchmark.growth import API, BRIEF, FULL, MAP, Grown
from scripts.benchmark.rivals.compared import BARE, BY_INDEX, BY_RADIUS, BY_RADIUS_IN_THREADS, IN_REDIS, Compared

FEW = 10_000


@dataclass(frozen=True)
class Goal:
    """`seen`: None where it was not measured. `unit`: behind the number, as "×"."""

    technicians: int
    name: str
    seen: float | None
    aim: float
    at_most: bool = True
    unit: str = "×"

    @property
    def is_met(self) -> bool | None:
        """None where it was not measured."""
        if self.seen is None:
            return None
        return self.seen <= self.aim if self.at_most else self.seen >= self.aim


_P50, _P99, _RATE = ("p50", "p50_ratio"), ("p99 of 8", "p99_ratio"), ("rate of 8", "rate_ratio")
# Rival, what is compared, the aim among few technicians and among many.
_AGAINST = (
    (BARE, _P50, 3.0, 2.3),
    (BARE, _RATE, 0.4, 0.45),
    (BY_RADIUS, _P50, 0.1, 0.1),
    (BY_RADIUS, _RATE, 9.0, 9.0),
    (BY_RADIUS_IN_THREADS, _P50, 0.1, 0.1),
    (BY_RADIUS_IN_THREADS, _RATE, 9.0, 9.0),
    (BY_INDEX, _P50, 0.6, 0.6),
    (BY_INDEX, _P99, 1.0, 1.0),
    (BY_INDEX, _RATE, 1.6, 1.6),
    (IN_REDIS, _P50, 1.0, 1.0),
    (IN_REDIS, _RATE, 1.1, 1.1),
)
_FULL_AGAINST_BRIEF, _MAP_MS, _API_MB = 3.0, 100.0, 200.0


def goals_of(
    technicians: int, figures: Sequence[Figure], compared: Sequence[Compared], grown: Grown | None
) -> list[Goal]:
    """The goals that a fleet of this size says something about."""
    return [
        *_against_rivals(technicians, compared),
        *(
            Goal(technicians, figure.name, figure.ratio, figure.aim, at_most=figure.unit == "us")
            for figure in figures
            if figure.aim is not None
        ),
        *([] if grown is None else _of_growth(grown)),
    ]


def _against_rivals(technicians: int, compared: Sequence[Compared]) -> Iterator[Goal]:
    by_name = {one.name: one for one in compared}
    for name, measured, few, many in _AGAINST:
        if name in by_name:
            what, ratio = measured
            seen: float | None = getattr(by_name[name], ratio)
            aim = few if technicians <= FEW else many
            yield Goal(technicians, f"nearest, {what}: {name}", seen, aim, at_most=measured != _RATE)


def _of_growth(grown: Grown) -> Iterator[Goal]:
    brief, full, view = (grown.p50_us.get(name) for name in (BRIEF, FULL, MAP))
    times = None if brief is None or full is None else full / brief
    yield Goal(grown.technicians, "nearest in full, p50: in brief", times, _FULL_AGAINST_BRIEF)
    yield Goal(grown.technicians, f"{MAP}: p50", None if view is None else view / 1000, _MAP_MS, unit="ms")
    held = grown.memory.get(API)
    yield Goal(grown.technicians, f"largest process of {API}", held and held.rss_mb, _API_MB, unit="MB")
