"""How much longer than estimated drives of a store really take, as it was learned from arrivals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

STRAIGHT_LINE = "straight_line"
"""The provider where no router told the drive."""
LEAST_DRIVES = 10
"""So many drives tell a factor; of fewer nothing is learned."""
WITHIN = (0.5, 4.0)
"""No factor is smaller or greater: what lies outside is rather a wrong status than traffic."""
_WHOLE_DAY = "all"

StoredFactors = Mapping[str, Mapping[str, float]]
"""By provider (what estimates the time on the road), then by the store's local hour or `all`."""


class MeasuredRatio(NamedTuple):
    """The median of real by estimated seconds of so many drives; `hour` None: of the whole day."""

    provider: str
    hour: int | None
    drives: int
    ratio: float


@dataclass(frozen=True, slots=True)
class EtaFactors:
    """What estimates of a store are multiplied with."""

    stored: StoredFactors

    def find(self, provider: str, hour: int) -> float | None:
        """The factor of the local hour, else of the whole day; None where too few drives were measured."""
        known = self.stored.get(provider, {})
        return known.get(str(hour), known.get(_WHOLE_DAY))


UNCALIBRATED = EtaFactors({})


def factors_of(measured: Iterable[MeasuredRatio]) -> StoredFactors:
    """The factors that measurements give: of enough drives each, and bounded."""
    factors: dict[str, dict[str, float]] = {}
    for one in measured:
        if one.drives >= LEAST_DRIVES:
            hour = _WHOLE_DAY if one.hour is None else str(one.hour)
            factors.setdefault(one.provider, {})[hour] = round(min(max(one.ratio, WITHIN[0]), WITHIN[1]), 3)
    return factors
