"""Readers of the feed who wait for news: one question per organization and tick, however many of them wait.

A waiting reader holds a thread and no connection, as a waiting phone does (`geo_assign.phones.waiting`).
"""

import threading
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from geo_assign.core.db import Database
from geo_assign.webhooks.feed import newest_position

TICK_S = 0.7


@dataclass
class FeedChannel:
    """The waiting readers of one organization, and the last answer: up to where there are events."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    readers: int = 0
    asked_at: float = float("-inf")
    newest: float = 0

    def has_news(self, database: Database, org_id: UUID, position: int) -> bool:
        """Whether there are events after `position`, as of a tick ago at the most."""
        with self.lock:
            if monotonic() - self.asked_at >= TICK_S:
                with database.transaction(org_id) as tx:
                    self.newest = newest_position(tx)
                self.asked_at = monotonic()
            return self.newest > position


class FeedHub:
    """The channels of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._channels: dict[UUID, FeedChannel] = {}
        self._stopping = threading.Event()

    @property
    def waiting(self) -> int:
        """How many readers wait."""
        with self._lock:
            return sum(channel.readers for channel in self._channels.values())

    @property
    def is_closed(self) -> bool:
        """Whether the process is about to end: no wait begins any more."""
        return self._stopping.is_set()

    def close(self) -> None:
        """End every wait."""
        self._stopping.set()

    def wait(self, org_id: UUID, *, position: int, wait_s: float) -> None:
        """Wait until there are events after `position`, `wait_s` seconds at the most; ends when the hub closes."""
        until = monotonic() + wait_s
        channel = self._join(org_id)
        try:
            while (left_s := until - monotonic()) > 0:
                if self._stopping.wait(min(TICK_S, left_s)) or channel.has_news(self._database, org_id, position):
                    return
        finally:
            self._leave(org_id, channel)

    def _join(self, org_id: UUID) -> FeedChannel:
        with self._lock:
            channel = self._channels.setdefault(org_id, FeedChannel())
            channel.readers += 1
            return channel

    def _leave(self, org_id: UUID, channel: FeedChannel) -> None:
        with self._lock:
            channel.readers -= 1
            if channel.readers == 0:
                self._channels.pop(org_id, None)
