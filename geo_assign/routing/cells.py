"""Drives that a router told lately, by small cells of where they begin and end."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from geo_assign.core.geo import Point
from geo_assign.routing.domain import DriveCell, RouterChoice

# A hundred-thousandth of a degree is about a metre: the two sides of a road are never one cell.
_DIGITS = 5
MOST_CELLS = 20_000
KEPT_S = 600.0


class CellKey(NamedTuple):
    """A drive of one store's router, its ends rounded to cells."""

    store_id: UUID
    router: str
    url: str | None
    source: tuple[float, float]
    destination: tuple[float, float]


def cell_key(choice: RouterChoice, source: Point, destination: Point) -> CellKey:
    return CellKey(choice.store_id, choice.name.value, choice.url, _rounded(source), _rounded(destination))


def _rounded(point: Point) -> tuple[float, float]:
    return round(point.lat, _DIGITS), round(point.lon, _DIGITS)


class Cells:
    """The most recent drives; the oldest go first. Safe to share between threads."""

    def __init__(
        self, *, most: int = MOST_CELLS, kept_s: float = KEPT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._kept_s, self._clock = most, kept_s, clock
        self._lock = threading.Lock()
        self._cells: OrderedDict[CellKey, tuple[DriveCell, float]] = OrderedDict()

    def find(self, key: CellKey) -> DriveCell | None:
        """The drive, unless it was told too long ago."""
        with self._lock:
            found = self._cells.get(key)
            if found is None or self._clock() - found[1] > self._kept_s:
                return None
            return found[0]

    def keep(self, key: CellKey, cell: DriveCell) -> None:
        with self._lock:
            self._cells.pop(key, None)
            while len(self._cells) >= self._most:
                self._cells.popitem(last=False)
            self._cells[key] = (cell, self._clock())

    def __len__(self) -> int:
        return len(self._cells)
