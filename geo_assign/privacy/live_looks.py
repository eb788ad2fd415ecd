"""Looks on the live stream, gathered in memory: a viewer is told of the same technicians again and again.

What was noted before in the same minute costs a comparison of two sets. The rest waits to be written, a bit of an hour
for each viewer and technician.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.privacy.domain import LiveView

_FORGOTTEN_AFTER = timedelta(minutes=2)


class LookKey(NamedTuple):
    """A row of the log, in the order in which it is written."""

    org_id: UUID
    technician_id: UUID
    hour: datetime
    viewer_id: UUID


@dataclass(slots=True)
class SeenInMinute:
    """Whom a viewer was told of in this minute."""

    minute: datetime
    technician_ids: frozenset[UUID]


@dataclass
class LiveLooks:
    """Safe to share between threads."""

    _seen: dict[tuple[UUID, UUID], SeenInMinute] = field(default_factory=dict)
    _unwritten: dict[LookKey, LiveView] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, caller: Caller, technician_ids: frozenset[UUID], *, at: datetime) -> bool:
        """`caller` was told at `at` where these technicians are; whether something is to be written of it."""
        minute = at.replace(second=0, microsecond=0)
        viewer = (caller.org_id, caller.id)
        seen = self._seen.get(viewer)
        if seen is not None and seen.minute == minute and technician_ids <= seen.technician_ids:
            return False
        with self._lock:
            seen = self._seen.get(viewer)
            known = seen.technician_ids if seen is not None and seen.minute == minute else frozenset()
            self._seen[viewer] = SeenInMinute(minute, known | technician_ids)
            for technician_id in technician_ids - known:
                if technician_id != caller.technician_id:
                    self._add(_view(caller, technician_id, at=at))
        return True

    def take(self, most: int) -> dict[UUID, list[LiveView]]:
        """What is to be written, by organization, in the order of the key; at most so many rows."""
        with self._lock:
            taken = {key: self._unwritten.pop(key) for key in list(islice(self._unwritten, most))}
            self._forget_viewers()
        rows: dict[UUID, list[LiveView]] = {}
        for key in sorted(taken):
            rows.setdefault(key.org_id, []).append(taken[key])
        return rows

    def put_back(self, org_id: UUID, views: Iterable[LiveView]) -> None:
        """They could not be written."""
        with self._lock:
            for view in views:
                self._add((org_id, view))

    @property
    def is_empty(self) -> bool:
        """Whether all that was noted was taken."""
        return not self._unwritten

    def _add(self, noted: tuple[UUID, LiveView]) -> None:
        org_id, view = noted
        key = LookKey(org_id, view.technician_id, view.hour, view.viewer_id)
        earlier = self._unwritten.get(key)
        self._unwritten[key] = view if earlier is None else _both(earlier, view)

    def _forget_viewers(self) -> None:
        newest = max((seen.minute for seen in self._seen.values()), default=None)
        if newest is not None:
            kept = {one: seen for one, seen in self._seen.items() if newest - seen.minute < _FORGOTTEN_AFTER}
            self._seen = kept


def _view(caller: Caller, technician_id: UUID, *, at: datetime) -> tuple[UUID, LiveView]:
    hour = at.replace(minute=0, second=0, microsecond=0)
    kind, name = caller.kind.value, caller.name
    return caller.org_id, LiveView(technician_id, hour, caller.id, kind, name, 1 << at.minute, first_at=at, last_at=at)


def _both(a: LiveView, b: LiveView) -> LiveView:
    return LiveView(
        a.technician_id,
        a.hour,
        a.viewer_id,
        b.viewer_kind,
        b.viewer_name,
        a.minutes | b.minutes,
        first_at=min(a.first_at, b.first_at),
        last_at=max(a.last_at, b.last_at),
    )
