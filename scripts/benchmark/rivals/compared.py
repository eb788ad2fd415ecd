"""What is told of a rival."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scripts.benchmark.memory import Held

BARE, TREE = "pgbench, the bare transaction", "scipy's cKDTree, in the process"
BY_RADIUS, BY_RADIUS_IN_THREADS = "Flask + ORM, sync workers", "Flask + ORM, threads"
BY_INDEX, IN_REDIS = "Flask + ORM by <->, threads", "Flask + Redis, threads"
# What is measured of each.
START, ANSWERS, ONE, EIGHT, MEMORY = "start", "answers", "one client", "eight clients", "memory"


@dataclass(frozen=True)
class Compared:
    """One rival. Ratios are ours against the rival's, medians of the rounds; None where there is nothing to compare.

    `equal`: of `compared` points, how many have the same technicians in the same order. `failed`: why a measurement
    of this rival is missing, by its name above.
    """

    name: str
    p50_us: float | None = None
    p99_us: float | None = None
    per_s: float | None = None
    p50_ratio: float | None = None
    p99_ratio: float | None = None
    rate_ratio: float | None = None
    equal: int | None = None
    compared: int = 0
    memory: Held | None = None
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """A line of progress: the ratios, or why there are none."""
        ratios = {"p50": self.p50_ratio, "p99 of 8": self.p99_ratio, "rate of 8": self.rate_ratio}
        told = [f"{name} {ratio:.2f} x" for name, ratio in ratios.items() if ratio is not None]
        return ", ".join([*told, *(f"{what}: {why}" for what, why in self.failed.items())])
