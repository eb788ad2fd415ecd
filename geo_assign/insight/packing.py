"""Reads what was counted: rows of packed codes and loads, of one day each, put together for a period."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo_assign.insight.counting import KEYS, VALUES, CountedFinding

_CODES = np.dtype([("code", ">i8"), ("number", ">i4")])
_LOADS = np.dtype([("technician", "S16"), ("number", ">i4"), ("micros", ">i8")])
_ID_BYTES = 16

_Numbers = NDArray[np.int64]


class PackedDay(NamedTuple):
    """What was counted of one day of a store, or of a part of one."""

    day: date
    store_id: UUID
    counts: bytes
    loads: bytes


class Median(NamedTuple):
    """How many values there are, and where half of them are no greater."""

    number: int
    seconds: float


class Spread(NamedTuple):
    """How many values are at most each of some bounds, those of the bounds before left out, and more than the last."""

    numbers: Sequence[int]
    total: int


class TechnicianLoad(NamedTuple):
    """A technician's bookings and their time."""

    technician_id: UUID
    number: int
    micros: int


@dataclass(frozen=True)
class PeriodTally:
    """All that was counted of a period."""

    rows: Sequence[PackedDay]

    @cached_property
    def _codes(self) -> NDArray[Any]:
        return np.frombuffer(b"".join(row.counts for row in self.rows), _CODES)

    @cached_property
    def _code(self) -> _Numbers:
        return self._codes["code"].astype(np.int64)

    @cached_property
    def _days(self) -> tuple[list[date], _Numbers]:
        """The days, and which of them each code is of."""
        days = sorted({row.day for row in self.rows})
        places = {day: place for place, day in enumerate(days)}
        lengths = [len(row.counts) // _CODES.itemsize for row in self.rows]
        return days, np.repeat(np.array([places[row.day] for row in self.rows], np.int64), lengths)

    def _of(self, finding: CountedFinding) -> tuple[NDArray[np.bool_], _Numbers, _Numbers, _Numbers]:
        """Which codes are of the finding; their keys, values and numbers."""
        which = self._code // (KEYS * VALUES) == finding
        code = self._code[which]
        return which, code // VALUES % KEYS, code % VALUES, self._codes["number"][which].astype(np.int64)

    def count(self, finding: CountedFinding) -> dict[int, int]:
        """How many there are of each key."""
        _, keys, _, numbers = self._of(finding)
        sums = np.bincount(keys, numbers)
        return {int(key): int(sums[key]) for key in np.flatnonzero(sums)}

    def median_by_key(self, finding: CountedFinding) -> dict[int, Median]:
        """The median of each key's values."""
        _, keys, values, numbers = self._of(finding)
        return dict(_medians(keys, values, numbers))

    def median(self, finding: CountedFinding) -> Median | None:
        """The median of all its values; None without any."""
        _, keys, values, numbers = self._of(finding)
        return dict(_medians(np.zeros_like(keys), values, numbers)).get(0)

    def median_by_day(self, finding: CountedFinding) -> dict[tuple[date, int], Median]:
        """The median of each day's and key's values."""
        which, keys, values, numbers = self._of(finding)
        days, day_of = self._days
        medians = _medians(day_of[which] * KEYS + keys, values, numbers)
        return {(days[group // KEYS], group % KEYS): median for group, median in medians}

    def spread(self, finding: CountedFinding, bounds: Sequence[int]) -> dict[int, Spread]:
        """Each key's values between the bounds, and their sum."""
        _, keys, values, numbers = self._of(finding)
        spread = {}
        for key in np.unique(keys):
            of_key = keys == key
            number, value = numbers[of_key], values[of_key]
            between = np.bincount(np.searchsorted(bounds, value, "left"), number, len(bounds) + 1)
            spread[int(key)] = Spread([int(one) for one in between], int((value * number).sum()))
        return spread

    def by_store(self) -> dict[UUID, "PeriodTally"]:
        """The same of each store."""
        rows = defaultdict[UUID, list[PackedDay]](list)
        for row in self.rows:
            rows[row.store_id].append(row)
        return {store_id: PeriodTally(some) for store_id, some in rows.items()}

    def list_loads(self, at_most: int) -> list[TechnicianLoad]:
        """Those with the most time, in no order; more than `at_most` where the last are alike."""
        loads = np.frombuffer(b"".join(row.loads for row in self.rows), _LOADS)
        # numpy keeps no zero bytes at the end of a string: they are put back below.
        ids, place = np.unique(loads["technician"], return_inverse=True)
        numbers, micros = np.bincount(place, loads["number"]), np.bincount(place, loads["micros"])
        least = np.sort(micros)[-at_most] if len(ids) > at_most else 0
        return [
            TechnicianLoad(UUID(bytes=bytes(ids[one]).ljust(_ID_BYTES, b"\0")), int(numbers[one]), int(micros[one]))
            for one in np.flatnonzero(micros >= least)
        ]


def _medians(groups: _Numbers, values: _Numbers, numbers: _Numbers) -> Iterator[tuple[int, Median]]:
    if not len(groups):
        return
    order = np.lexsort((values, groups))
    groups, values = groups[order], values[order]
    reached = np.cumsum(numbers[order])
    last = np.append(np.flatnonzero(np.diff(groups)), len(groups) - 1)
    until = reached[last]
    before = np.append(0, until[:-1])
    number = until - before
    lower = values[np.searchsorted(reached, before + (number - 1) // 2, "right")]
    upper = values[np.searchsorted(reached, before + number // 2, "right")]
    for group, many, seconds in zip(groups[last], number, (lower + upper) / 2, strict=True):
        yield int(group), Median(int(many), float(seconds))
