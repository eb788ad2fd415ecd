"""The report's two drawings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.benchmark.growth import Grown
from scripts.benchmark.rivals.compared import Compared

_MUTED = "#64748b"
_SIZES = ("#93c5fd", "#2563eb", "#1e3a8a")
_SAME_FILE_FOR_SAME_FIGURES = {"svg.hashsalt": "geo-assign"}
_BAR = 0.8


def draw_rivals(compared: Mapping[int, Sequence[Compared]], file: Path) -> None:
    """Bars by the size of the fleet: how long ours takes for what a rival takes one unit of time, and its rate."""
    names = list(dict.fromkeys(one.name for rivals in compared.values() for one in rivals))
    figure = Figure(figsize=(11, 0.3 * len(names) * (1 + len(compared)) + 1.6))
    times, rates = figure.subplots(1, 2, sharey=True)
    for axis, title, ratio in (
        (times, "our median time, one client (left of the line: ours is quicker)", "p50_ratio"),
        (rates, "our answers a second, eight clients (right of it: ours are more)", "rate_ratio"),
    ):
        _bars(axis, title, names, _ratios(compared, ratio))
    times.set_yticks(range(len(names)), names)
    times.invert_yaxis()
    rates.legend(title="technicians", frameon=False, fontsize=8, title_fontsize=8, loc="lower right")
    figure.suptitle("geo-assign divided by the other", fontsize=12, x=0.01, ha="left")
    _save(figure, file)


def draw_growth(grown: Sequence[Grown], file: Path) -> None:
    """Lines: the median time of each call by the size of the fleet, both logarithmic."""
    figure = Figure(figsize=(9, 5))
    axis = figure.subplots()
    for name in dict.fromkeys(name for one in grown for name in one.p50_us):
        points = [(one.technicians, one.p50_us[name] / 1000) for one in grown if name in one.p50_us]
        axis.plot([size for size, _ in points], [ms for _, ms in points], marker="o", label=name)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks([one.technicians for one in grown], [f"{one.technicians:,}" for one in grown])
    axis.minorticks_off()
    axis.yaxis.set_major_formatter("{x:g}")
    axis.grid(axis="y", color=_MUTED, alpha=0.2)
    axis.set_xlabel("technicians in one organization")
    axis.set_ylabel("median of the answers to one client, ms")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, file)


def _ratios(compared: Mapping[int, Sequence[Compared]], name: str) -> dict[int, dict[str, float]]:
    """By the size of the fleet and the rival; only what was measured."""
    return {
        size: {one.name: ratio for one in rivals if (ratio := getattr(one, name)) is not None}
        for size, rivals in compared.items()
    }


def _bars(axis: Axes, title: str, names: Sequence[str], ratios: Mapping[int, Mapping[str, float]]) -> None:
    height = _BAR / len(ratios)
    for turn, (size, by_name) in enumerate(ratios.items()):
        rows = [row for row, name in enumerate(names) if name in by_name]
        places = [row + (turn - (len(ratios) - 1) / 2) * height for row in rows]
        values = [by_name[names[row]] for row in rows]
        # From 1, where both are the same: to the left is less, to the right is more.
        lengths, color = [value - 1 for value in values], _SIZES[turn % len(_SIZES)]
        bars = axis.barh(places, lengths, height * 0.9, 1, color=color, label=f"{size:,}")
        axis.bar_label(bars, [f"{value:.2f} ×" for value in values], padding=4, fontsize=8)
    axis.axvline(1, color=_MUTED, linewidth=1)
    axis.set_title(title, fontsize=9, loc="left")
    axis.set_xscale("log")
    axis.margins(x=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, file: Path) -> None:
    figure.tight_layout()
    with rc_context(_SAME_FILE_FOR_SAME_FIGURES):
        figure.savefig(file, format="svg", metadata={"Date": None})
