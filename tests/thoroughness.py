"""How often a proof is repeated: enough to find a fault that is there, or all day (`./scripts/test --exhaustive`)."""

import itertools
import os
from collections.abc import Sequence
from typing import Any

EXHAUSTIVE = os.environ.get("GEO_ASSIGN_TEST_EXHAUSTIVE") == "1"
EVERY_MESSAGE = EXHAUSTIVE or os.environ.get("GEO_ASSIGN_TEST_EVERY_MESSAGE") == "1"


def times(quick: int, exhaustive: int) -> int:
    """How often to repeat: `quick` in every run, `exhaustive` where time does not matter."""
    return exhaustive if EXHAUSTIVE else quick


def combined(*axes: Sequence[Any], rounds: int = 1) -> list[tuple[Any, ...]]:
    """Values to try together: each of every axis `rounds` times at least; in an exhaustive run, each with each."""
    if EXHAUSTIVE:
        return list(itertools.product(*axes))
    return [tuple(axis[n % len(axis)] for axis in axes) for n in range(rounds * max(map(len, axes)))]


STORM_S = float(os.environ.get("GEO_ASSIGN_TEST_STORM_S", times(4, 60)))
