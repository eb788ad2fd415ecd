"""What is told of a rival."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """One rival. Ratios are ours against the rival's, medians of the rounds; None where there is nothing to compare.

    `equal`: of `compared` points, how many have the same technicians in the same order.
    """

    name: str
    p50_us: float
    p99_us: float | None
    per_s: float | None
    p50_ratio: float
    p99_ratio: float | None
    rate_ratio: float | None
    equal: int | None
    compared: int
    memory_mb: float | None
