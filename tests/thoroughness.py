"""How often a proof is repeated: enough to find a fault that is there, or all day (`./scripts/test --exhaustive`)."""

import os

EXHAUSTIVE = os.environ.get("GEO_ASSIGN_TEST_EXHAUSTIVE") == "1"
EVERY_MESSAGE = EXHAUSTIVE or os.environ.get("GEO_ASSIGN_TEST_EVERY_MESSAGE") == "1"


def times(quick: int, exhaustive: int) -> int:
    """How often to repeat: `quick` in every run, `exhaustive` where time does not matter."""
    return exhaustive if EXHAUSTIVE else quick


STORM_S = float(os.environ.get("GEO_ASSIGN_TEST_STORM_S", times(4, 60)))
