"""The walk outwards: ask for the innermost rows, in windows, as long as there may be nearer ones behind them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

Row = TypeVar("Row")

WINDOWS = (256, 8_192, 262_144, 8_388_608)
"""The innermost rows that a walk looks at before it asks whether it has gone far enough."""

FRESH_WINDOWS = (256, 1_024, *WINDOWS[1:])
"""The same of a walk that passes by technicians who cannot be reached, begun after the first of the others."""

Ask = Callable[[int, Collection[int]], Mapping[int, Sequence[Row]]]
"""Of a window, the answers to the numbered questions."""
Edges = Callable[[int, Collection[int]], Mapping[int, float]]
"""How far each question's window reaches, on the sphere; a question whose window held everything is absent."""
Reach = Callable[[int, Sequence[Row]], float | None]
"""How far the walk of a question has to go on the sphere, after the rows that were found; None: it is over."""


def walk_outwards(
    questions: Collection[int], *, ask: Ask[Row], edges: Edges, reach_m: Reach[Row], windows: Sequence[int] = WINDOWS
) -> tuple[dict[int, Sequence[Row]], set[int]]:
    """What was found for each numbered question, and the questions whose walk is not over after the last window.

    Each window is asked only for the questions that the one before left unfinished.
    """
    found: dict[int, Sequence[Row]] = {}
    left = set(questions)
    for window in windows:
        found |= ask(window, left)
        wanted = {n: reach for n in left if (reach := reach_m(n, found[n])) is not None}
        reached = edges(window, wanted) if wanted else {}
        left = {n for n, sphere_m in reached.items() if sphere_m <= wanted[n]}
        if not left:
            break
    return found, left
