"""The rivals and the growth of one run, and the files that tell them: JSON, a page of tables, two drawings."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.benchmark.growth import Grown
from scripts.benchmark.rivals.compared import Compared

_NONE = "–"


@dataclass(frozen=True)
class Report:
    """What one run saw. `compared`: the rivals by the size of the fleet."""

    version: str
    seconds: float
    rounds: int
    compared: Mapping[int, Sequence[Compared]]
    grown: Sequence[Grown]

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
            "version": self.version,
            "seconds": self.seconds,
            "rounds": self.rounds,
            "rivals": {str(size): [asdict(one) for one in rivals] for size, rivals in self.compared.items()},
            "growth": [asdict(one) for one in self.grown],
        }

    def tables(self) -> str:
        """The same as Markdown."""
        parts = [_rival_table(size, rivals) for size, rivals in self.compared.items()]
        return "\n\n".join([*parts, _growth_table(self.grown)] if self.grown else parts)

    def write(self, folder: Path) -> None:
        """Replace the folder's files: figures.json, report.md, rivals.svg, growth.svg."""
        from scripts.benchmark.drawing import draw_growth, draw_rivals  # noqa: PLC0415 - needs a library for plots

        folder.mkdir(parents=True, exist_ok=True)
        (folder / "figures.json").write_text(json.dumps(self.as_json(), indent=1) + "\n")
        (folder / "report.md").write_text(_PAGE.format(tables=self.tables(), rounds=self.rounds, seconds=self.seconds))
        largest = max(self.compared)
        draw_rivals(self.compared[largest], largest, folder / "rivals.svg")
        draw_growth(self.grown, folder / "growth.svg")


_PAGE = """# What a run of the benchmark saw

Written by `./scripts/bench`, {rounds} rounds of {seconds:g} s; [benchmarks](../benchmarks.md) tells how it measures.
Ratios are ours against the rival's, measured in turn: a time below 1 and a rate above 1 are in our favour. The rivals
ask the same question of the same fleet but know no working hours, skills, rules of stores or limits, and keep no log of
who looked where.

{tables}

![The rivals](rivals.svg)

![Growth](growth.svg)
"""


def _rival_table(size: int, rivals: Sequence[Compared]) -> str:
    rows = [
        (
            one.name,
            _ms(one.p50_us),
            _times(one.p50_ratio),
            _times(one.p99_ratio),
            _NONE if one.per_s is None else f"{one.per_s:,.0f}/s",
            _times(one.rate_ratio),
            _NONE if one.equal is None else f"{one.equal} of {one.compared}",
            _NONE if one.memory_mb is None else f"{one.memory_mb:,.0f} MB",
        )
        for one in rivals
    ]
    heads = (f"{size:,} technicians", "its p50", "our p50", "our p99 of 8", "its rate, 8", "our rate", "same", "memory")
    return _table(heads, rows)


def _growth_table(grown: Sequence[Grown]) -> str:
    heads = ("Ours, p50 of one client", *(f"{one.technicians:,}" for one in grown))
    times = [(name, *(_ms(one.p50_us[name]) for one in grown)) for name in grown[0].p50_us]
    memory = [
        ("memory of all processes", *(f"{one.memory_mb['pss']:,.0f} MB" for one in grown)),
        ("of the largest (RSS)", *(f"{one.memory_mb['rss']:,.0f} MB" for one in grown)),
    ]
    return _table(heads, [*times, *memory])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ms(us: float) -> str:
    return f"{us / 1000:,.2f} ms"


def _times(ratio: float | None) -> str:
    return _NONE if ratio is None else f"{ratio:.2f} ×"
