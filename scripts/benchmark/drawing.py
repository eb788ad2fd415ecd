"""The report's two drawings."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from scripts.benchmark.growth import Grown
from scripts.benchmark.rivals.compared import Compared

_OURS, _MUTED = "#2563eb", "#64748b"
_SAME_FILE_FOR_SAME_FIGURES = {"svg.hashsalt": "geo-assign"}


def draw_rivals(rivals: Sequence[Compared], technicians: int, file: Path) -> None:
    """Bars: how long ours takes for what a rival takes one unit of time, and how many it answers."""
    shown = [one for one in rivals if one.rate_ratio is not None]
    names = [one.name for one in shown]
    figure = Figure(figsize=(10, 0.55 * len(shown) + 1.4))
    times, rates = figure.subplots(1, 2, sharey=True)
    for axis, title, ratios in (
        (times, "our median time (shorter is better)", [one.p50_ratio for one in shown]),
        (rates, "our answers per second (longer is better)", [one.rate_ratio or 0.0 for one in shown]),
    ):
        bars = axis.barh(names, ratios, color=_OURS, height=0.55)
        axis.bar_label(bars, [f"{ratio:.2f} ×" for ratio in ratios], padding=4)
        axis.axvline(1, color=_MUTED, linewidth=1, linestyle="--")
        axis.set_title(title, fontsize=10, loc="left")
        axis.set_xscale("log")
        axis.margins(x=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    times.invert_yaxis()
    figure.suptitle(f"geo-assign against each rival, {technicians:,} technicians", fontsize=11, x=0.01, ha="left")
    _save(figure, file)


def draw_growth(grown: Sequence[Grown], file: Path) -> None:
    """Lines: the median time of each call by the size of the fleet, both logarithmic."""
    figure = Figure(figsize=(8, 4.5))
    axis = figure.subplots()
    sizes = [one.technicians for one in grown]
    for name in grown[0].p50_us:
        axis.plot(sizes, [one.p50_us[name] / 1000 for one in grown], marker="o", label=name)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("technicians in one organization")
    axis.set_ylabel("median, ms")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=9)
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.tight_layout()
    with rc_context(_SAME_FILE_FOR_SAME_FIGURES):
        figure.savefig(file, format="svg", metadata={"Date": None})
