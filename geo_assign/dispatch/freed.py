"""Technicians who became free, in the order in which they did, until a worker has tried them for what waits.

Kept in memory: what is lost with a process is looked at again by its own deadline.
"""

import threading
from collections.abc import Iterable
from itertools import islice, zip_longest
from time import monotonic
from uuid import UUID

_AT_ONCE, _OF_ONE = 64, 8
_MOST = 20_000


class FreedTechnicians:
    """Who became free, by organization; organizations take turns.

    `pause_s`: how long an organization is passed over where more than enough is due (`put_off`). To find that out
    costs as much as to ask a technician, and while thousands of orders are due it would be found out all the time.
    """

    def __init__(self, *, pause_s: float = 1.0) -> None:
        self._pause_s = pause_s
        self._waiting: dict[UUID, dict[UUID, None]] = {}
        self._put_off_until: dict[UUID, float] = {}
        self._lock = threading.Lock()

    def add(self, org_id: UUID, technician_ids: Iterable[UUID]) -> None:
        """Those who wait already keep their place; beyond 20,000 of an organization none is added."""
        with self._lock:
            waiting = self._waiting.setdefault(org_id, {})
            for technician_id in technician_ids:
                if len(waiting) < _MOST:
                    waiting.setdefault(technician_id)
            if not waiting:
                del self._waiting[org_id]

    def take(self, org_id: UUID, technician_id: UUID) -> None:
        """This one is being tried: who becomes free again meanwhile waits anew."""
        with self._lock:
            waiting = self._waiting.get(org_id, {})
            waiting.pop(technician_id, None)
            if not waiting:
                self._waiting.pop(org_id, None)

    def put_off(self, org_id: UUID, technician_id: UUID) -> None:
        """Try this one again, and all others of the organization, but not before a pause."""
        self.add(org_id, [technician_id])
        with self._lock:
            self._put_off_until[org_id] = monotonic() + self._pause_s

    def is_put_off(self, org_id: UUID) -> bool:
        return self._put_off_until.get(org_id, 0.0) > monotonic()

    def list_due(self) -> list[tuple[UUID, UUID]]:
        """Some of those who wait, the first of every organization before the second of any."""
        with self._lock:
            now = monotonic()
            self._put_off_until = {org_id: until for org_id, until in self._put_off_until.items() if until > now}
            due = [(org_id, ids) for org_id, ids in self._waiting.items() if org_id not in self._put_off_until]
            by_org = [[(org_id, one) for one in islice(ids, _OF_ONE)] for org_id, ids in due]
        return [pair for turn in zip_longest(*by_org) for pair in turn if pair is not None][:_AT_ONCE]
