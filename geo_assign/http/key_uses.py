"""When each API key was last seen in use: written rarely, so that no request pays for it."""

import threading
from collections.abc import Callable
from time import monotonic
from uuid import UUID

from geo_assign.access.commands.api_keys import USES_NOTED_EVERY

KEPT = 10_000


class KeyUses:
    """Says for each key whether its use is to be written, which is so about once a minute."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._noted_at: dict[UUID, float] = {}

    def is_due(self, api_key_id: UUID) -> bool:
        """Whether this use is to be written. It counts as written then: of many requests at once one writes."""
        now, every_s = self._clock(), USES_NOTED_EVERY.total_seconds()
        noted_at = self._noted_at.get(api_key_id)
        if noted_at is not None and now - noted_at < every_s:
            return False
        with self._lock:
            if self._noted_at.get(api_key_id) != noted_at:
                return False
            if len(self._noted_at) >= KEPT:
                self._noted_at.clear()
            self._noted_at[api_key_id] = now
        return True
