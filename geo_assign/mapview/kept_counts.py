"""The counts of whole scopes, kept for some seconds where there are so many people that counting takes long."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.mapview.domain import MapChoice, Tally

KEPT_S = 10.0
KEPT_FROM = 20_000
"""Technicians in a scope from which on its counts are kept; those of fewer are always counted."""
_MOST_KEPT = 256
Whose = tuple[UUID, Scope, MapChoice]


@dataclass(frozen=True, slots=True)
class ScopeCounts:
    """What there is of a scope: on the map, and technicians off duty."""

    on_map: Tally
    off_duty: int

    @property
    def technicians(self) -> int:
        return self.on_map.people + self.off_duty


@dataclass
class _LastCount:
    counted: ScopeCounts | None = None
    until: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)


class KeptCounts:
    """The counts of a process, by organization, scope and choice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Whose, _LastCount] = OrderedDict()

    def get(self, whose: Whose, count: Callable[[], ScopeCounts]) -> ScopeCounts:
        """What was counted at most `KEPT_S` ago, or while one caller counts anew, before that."""
        kept = self._of(whose)
        last = kept.counted
        if last is None:
            return self._count(kept, count)
        if monotonic() < kept.until or not kept.lock.acquire(blocking=False):
            return last
        try:
            return self._count(kept, count)
        finally:
            kept.lock.release()

    def _count(self, kept: _LastCount, count: Callable[[], ScopeCounts]) -> ScopeCounts:
        counted = count()
        kept.counted = counted if counted.technicians >= KEPT_FROM else None
        kept.until = monotonic() + KEPT_S
        return counted

    def _of(self, whose: Whose) -> _LastCount:
        with self._lock:
            kept = self._kept.setdefault(whose, _LastCount())
            self._kept.move_to_end(whose)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return kept
