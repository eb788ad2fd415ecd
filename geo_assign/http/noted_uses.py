"""When each API key and session was last used: written rarely, so that no request pays for it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from uuid import UUID

KEPT = 100_000


class NotedUses:
    """Says for each credential, by its id, whether its use is to be written: not more often than `every`."""

    def __init__(self, every: timedelta, *, clock: Callable[[], float] = monotonic) -> None:
        self._every_s = every.total_seconds()
        self._clock = clock
        self._lock = threading.Lock()
        self._noted_at: dict[UUID, float] = {}

    def is_due(self, credential_id: UUID) -> bool:
        """Whether this use is to be written. It counts as written then: of many requests at once one writes."""
        now = self._clock()
        noted_at = self._noted_at.get(credential_id)
        if noted_at is not None and now - noted_at < self._every_s:
            return False
        with self._lock:
            if self._noted_at.get(credential_id) != noted_at:
                return False
            if len(self._noted_at) >= KEPT:
                self._noted_at.clear()
            self._noted_at[credential_id] = now
        return True
