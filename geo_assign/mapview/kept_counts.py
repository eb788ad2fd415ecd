"""Counts that are kept for some seconds, where there are so many people that counting takes long."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, TypeVar
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.geo import BoundingBox
from geo_assign.mapview.domain import MapChoice, PeopleInView, Tally

KEPT_S = 10.0
KEPT_FROM = 20_000
"""Technicians in a scope from which on its counts are kept; those of fewer are always counted."""
_MOST_KEPT = 256
Whose = tuple[UUID, Scope, MapChoice]
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ScopeCounts:
    """What there is of a scope: on the map, and technicians off duty."""

    on_map: Tally
    off_duty: int

    @property
    def technicians(self) -> int:
        return self.on_map.people + self.off_duty


@dataclass
class _LastCount(Generic[T]):
    counted: T | None = None
    until: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)


class LastCounts(Generic[K, T]):
    """What was counted last, by what it is of. `is_large`: whether what was counted is kept."""

    def __init__(self, is_large: Callable[[T], bool]) -> None:
        self._is_large = is_large
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, _LastCount[T]] = OrderedDict()

    def get(self, of: K, count: Callable[[], T]) -> T:
        """What was counted at most `KEPT_S` ago, or while one caller counts anew, before that."""
        kept = self._of(of)
        last = kept.counted
        if last is None:
            return self._count(kept, count)
        if monotonic() < kept.until or not kept.lock.acquire(blocking=False):
            return last
        try:
            return self._count(kept, count)
        finally:
            kept.lock.release()

    def _count(self, kept: _LastCount[T], count: Callable[[], T]) -> T:
        counted = count()
        kept.counted = counted if self._is_large(counted) else None
        kept.until = monotonic() + KEPT_S
        return counted

    def _of(self, of: K) -> _LastCount[T]:
        with self._lock:
            kept = self._kept.setdefault(of, _LastCount())
            self._kept.move_to_end(of)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return kept


class KeptCounts:
    """The counts of a process: of whole scopes, and of views that hold a large part of one.

    Of a view the clusters are kept, and never who is told one by one.
    """

    def __init__(self) -> None:
        self.scopes: LastCounts[Whose, ScopeCounts] = LastCounts(lambda counts: counts.technicians >= KEPT_FROM)
        self.views: LastCounts[tuple[Whose, BoundingBox], PeopleInView] = LastCounts(lambda people: people.is_crowd)
