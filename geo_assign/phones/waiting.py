"""Phones that wait for news: one question per organization and tick, however many of them wait in a process.

A waiting phone holds a thread and no connection. Those of one organization share a channel, as viewers of the map do
(`geo_assign.mapview.live`): the first to wake asks the database for the versions of what all of them see, and who of
them is still logged in; the others read the same answer.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.access.queries import list_callers_of_sessions
from geo_assign.core.db import Database
from geo_assign.core.errors import UnauthenticatedError
from geo_assign.workorders.queries import OwnVersions, list_own_versions

# What happened, and a log-out, is seen at the next tick: with the time to ask, that is less than a second.
TICK_S = 0.7

IsNews = Callable[[OwnVersions], bool]


@dataclass
class PhoneChannel:
    """The waiting phones of one organization, and the last answer."""

    org_id: UUID
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked_at: float = float("-inf")
    versions: dict[UUID, OwnVersions] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    _asked_for: frozenset[int] = frozenset()
    _phones: dict[int, Caller] = field(default_factory=dict)
    _phones_lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, number: int, caller: Caller) -> None:
        with self._phones_lock:
            self._phones[number] = caller

    def remove(self, number: int) -> int:
        """How many phones are left."""
        with self._phones_lock:
            del self._phones[number]
            return len(self._phones)

    def find_versions(self, database: Database, number: int, technician_id: UUID) -> OwnVersions | None:
        """What a phone sees now; None where the last answer was asked for before it came.

        Asks the database first when the last answer is a tick old. Raises UnauthenticatedError when it may not wait.
        """
        with self.lock:
            if monotonic() - self.asked_at >= TICK_S:
                self._ask(database)
            if number not in self._asked_for:
                return None
            if number in self.refused:
                raise UnauthenticatedError("The session has ended.")
            return self.versions.get(technician_id, OwnVersions())

    def due_in_s(self) -> float:
        """Seconds until the database is to be asked again."""
        return min(TICK_S, max(0.0, self.asked_at + TICK_S - monotonic()))

    def _ask(self, database: Database) -> None:
        with self._phones_lock:
            phones = dict(self._phones)
        session_ids = {caller.session_id for caller in phones.values() if caller.session_id is not None}
        technician_ids = {caller.technician_id for caller in phones.values() if caller.technician_id is not None}
        with database.transaction(self.org_id) as tx:
            present = list_callers_of_sessions(tx, session_ids)
            self.versions = list_own_versions(tx, technician_ids)
        self.refused = frozenset(
            number
            for number, caller in phones.items()
            if caller.session_id not in present or present[caller.session_id].technician_id != caller.technician_id
        )
        self._asked_for = frozenset(phones)
        self.asked_at = monotonic()


class PhoneHub:
    """The channels of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._channels: dict[UUID, PhoneChannel] = {}
        self._numbers = count()
        self._stopping = threading.Event()

    def close(self) -> None:
        """End every wait."""
        self._stopping.set()

    def wait(self, caller: Caller, technician_id: UUID, *, is_news: IsNews, wait_s: float) -> bool:
        """Wait until `is_news` holds of what the technician sees, `wait_s` seconds at the most; whether it does.

        Ends when the hub closes. Raises UnauthenticatedError at the next tick after the session's end.
        """
        number, until = next(self._numbers), monotonic() + wait_s
        channel = self._join(caller, number)
        try:
            while (left_s := until - monotonic()) > 0:
                if self._stopping.wait(min(channel.due_in_s(), left_s)):
                    return False
                versions = channel.find_versions(self._database, number, technician_id)
                if versions is not None and is_news(versions):
                    return True
            return False
        finally:
            self._leave(channel, number)

    def _join(self, caller: Caller, number: int) -> PhoneChannel:
        with self._lock:
            channel = self._channels.setdefault(caller.org_id, PhoneChannel(caller.org_id))
            channel.add(number, caller)
            return channel

    def _leave(self, channel: PhoneChannel, number: int) -> None:
        with self._lock:
            if channel.remove(number) == 0:
                self._channels.pop(channel.org_id, None)
