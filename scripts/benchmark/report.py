"""The report of a run: JSON, a page of tables, two drawings."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from scripts.benchmark.figures import Figure, amount
from scripts.benchmark.goals import Goal, goals_of
from scripts.benchmark.growth import Grown
from scripts.benchmark.memory import Held
from scripts.benchmark.rivals.compared import ANSWERS, EIGHT, MEMORY, ONE, START, Compared

_NONE = "–"
_RIVALS, _GROWTH = "rivals.svg", "growth.svg"
_VERDICT = {True: "met", False: "short", None: "not measured"}


@dataclass
class FleetSeen:
    """What one fleet showed until now. `failed`: why one of the service's own measurements is missing."""

    technicians: int
    figures: list[Figure] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    grown: Grown | None = None
    failed: dict[str, str] = field(default_factory=dict)

    def drawn(self) -> list[Compared]:
        """The rivals that were measured."""
        return [one for one in self.compared if one.p50_ratio is not None]

    def goals(self) -> list[Goal]:
        """Those that this fleet says something about."""
        return goals_of(self.technicians, self.figures, self.compared, self.grown)


@dataclass
class Report:
    """What a run saw until now, by fleet. `load`: of the machine when it began, by the kernel's count of a minute."""

    version: str
    began_at: datetime
    seconds: float
    rounds: int
    load: float
    fleets: list[FleetSeen] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "machine": {
                "cores": os.cpu_count(),
                "system": platform.system(),
                "python": platform.python_version(),
                "load": self.load,
            },
            "version": self.version,
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "seconds": self.seconds,
            "rounds": self.rounds,
            "fleets": [asdict(one) for one in self.fleets],
            "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in self.goals()],
        }

    def goals(self) -> list[Goal]:
        """Of all fleets."""
        return [goal for one in self.fleets for goal in one.goals()]

    def tables(self) -> str:
        """The same as Markdown."""
        return "\n\n".join(f"## {title}\n\n{text}" for title, text in self._parts())

    def write(self, folder: Path) -> None:
        """Replace the folder's files: figures.json and report.md."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "figures.json").write_text(json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n")
        (folder / "report.md").write_text(self._page())

    def draw(self, folder: Path) -> None:
        """Replace its drawings: rivals.svg and growth.svg, where there is something to draw."""
        compared = {one.technicians: one.drawn() for one in self.fleets if one.drawn()}
        grown = [one.grown for one in self.fleets if one.grown is not None and one.grown.p50_us]
        if not (compared or grown):
            return
        from scripts.benchmark.drawing import draw_growth, draw_rivals  # noqa: PLC0415 - needs a library for plots

        folder.mkdir(parents=True, exist_ok=True)
        if compared:
            draw_rivals(compared, folder / _RIVALS)
        if grown:
            draw_growth(grown, folder / _GROWTH)

    def _page(self) -> str:
        return _PAGE.format(
            version=self.version,
            at=f"{self.began_at:%Y-%m-%d %H:%M} UTC",
            rounds=self.rounds,
            seconds=self.seconds,
            cores=os.cpu_count(),
            load=self.load,
            tables=self.tables(),
            rivals=_RIVALS,
            growth=_GROWTH,
        )

    def _parts(self) -> Iterator[tuple[str, str]]:
        if goals := self.goals():
            yield "Goals", _goal_table(goals)
        for one in self.fleets:
            size = f"{one.technicians:,} technicians"
            if one.compared:
                yield f"Nearest against others, {size}", _rival_table(one.compared)
            if one.figures:
                yield f"Positions and overload, {size}", _figure_table(one.figures)
            if one.failed:
                yield f"Not measured, {size}", "\n".join(f"- {what}: {why}" for what, why in one.failed.items())
        if grown := [one.grown for one in self.fleets if one.grown is not None]:
            yield "Growth: the median of the service's answers to one client", _growth_table(grown)
        if memory := list(_memory_rows(self.fleets)):
            yield "Memory", _table(("Technicians", "Program", "Processes", "The largest, RSS", "All, PSS"), memory)


_PAGE = """# What a run of the benchmark saw

Written by `./scripts/bench` of version {version}, {at}: {rounds} rounds of {seconds:g} s each, on {cores} cores with a
load of {load:.1f} from other work when it began. [Benchmarks](../benchmarks.md) tells how it measures.

Ratios are ours against the other's, measured in turn, and the median of the rounds: a time below 1 and a rate above 1
are in favour of the service. They say more than the times beside them, which depend on the machine and on its other
work. The rivals answer the same question over the same fleet but know no working hours, skills, rules of stores or
limits, and keep no log of who looked where.

{tables}

## Drawings

![The service against each rival]({rivals})

![How times grow with the fleet]({growth})
"""


def _goal_table(goals: Iterable[Goal]) -> str:
    heads = ("Technicians", "Measurement: against what", "Seen", "Goal", "")
    return _table(
        heads,
        [
            (
                f"{goal.technicians:,}",
                goal.name,
                _NONE if goal.seen is None else f"{goal.seen:,.2f} {goal.unit}",
                f"{'≤' if goal.at_most else '≥'} {goal.aim:g} {goal.unit}",
                _VERDICT[goal.is_met],
            )
            for goal in goals
        ],
    )


def _rival_table(rivals: Sequence[Compared]) -> str:
    heads = (
        "Other",
        "its p50",
        "ours by it",
        "its p99, 8 clients",
        "ours by it",
        "its rate, 8 clients",
        "ours by it",
        "same answers",
    )
    return _table(heads, [_rival_row(one) for one in rivals])


def _rival_row(one: Compared) -> tuple[str, ...]:
    failed = dict(one.failed)

    def cell(text: str | None, *measurements: str) -> str:
        """The text; where it is missing the reason, which is said once."""
        why = next((failed.pop(what) for what in measurements if text is None and what in failed), None)
        return text or (_NONE if why is None else f"not measured: {why}")

    return (
        one.name,
        cell(_ms(one.p50_us), START, ONE),
        cell(_times(one.p50_ratio)),
        cell(_ms(one.p99_us), EIGHT),
        cell(_times(one.p99_ratio)),
        cell(_per_s(one.per_s), EIGHT),
        cell(_times(one.rate_ratio)),
        cell(None if one.equal is None else f"{one.equal} of {one.compared}", ANSWERS, MEMORY),
    )


def _figure_table(figures: Sequence[Figure]) -> str:
    heads = ("Measurement", "reference", "ours", "ratio", "best round")
    return _table(
        heads,
        [
            (
                figure.name,
                amount(figure.reference, figure.unit),
                amount(figure.ours, figure.unit),
                f"{figure.ratio:.2f} ×",
                f"{figure.best:.2f} ×",
            )
            for figure in figures
        ],
    )


def _growth_table(grown: Sequence[Grown]) -> str:
    names = list(dict.fromkeys(name for one in grown for name in (*one.p50_us, *one.failed)))
    heads = ("Technicians", *(f"{one.technicians:,}" for one in grown))
    return _table(heads, [(name, *(_grown_cell(one, name) for one in grown)) for name in names])


def _grown_cell(one: Grown, name: str) -> str:
    why = one.failed.get(name)
    return _ms(one.p50_us.get(name)) or (_NONE if why is None else f"not measured: {why}")


def _memory_rows(fleets: Iterable[FleetSeen]) -> Iterator[tuple[str, ...]]:
    for one in fleets:
        held: Mapping[str, Held | None] = {
            **({} if one.grown is None else one.grown.memory),
            **{rival.name: rival.memory for rival in one.compared},
        }
        for name, memory in held.items():
            if memory is not None:
                sizes = (f"{memory.rss_mb:,.0f} MB", f"{memory.pss_mb:,.0f} MB")
                yield (f"{one.technicians:,}", name, str(memory.processes), *sizes)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ms(us: float | None) -> str | None:
    return None if us is None else f"{us / 1000:,.2f} ms"


def _per_s(rate: float | None) -> str | None:
    return None if rate is None else f"{rate:,.0f}/s"


def _times(ratio: float | None) -> str | None:
    return None if ratio is None else f"{ratio:.2f} ×"
