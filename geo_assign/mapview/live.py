"""The live stream: what changed, once a second, shared by all viewers in a process with the same scope.

A channel has no thread of its own. The first listener to wake asks the database; the others read the same
answer. The cursor is the database's time up to which a listener has seen everything, so a stream resumes in any
process. Each question reaches a little further back than the last answer, for transactions that began before it and
committed after; what was told already is left out.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.db import Database
from geo_assign.mapview.domain import Changes
from geo_assign.mapview.queries import list_changes

TICK_S = 1.0
HEARTBEAT_S = 15.0
# How long a transaction may take from its changes to its commit and still be told.
LATE_COMMITS = timedelta(seconds=10)
# A listener who was away longer fetches the picture anew.
RESUMABLE_FOR = timedelta(minutes=10)
_KEPT = 120


@dataclass(frozen=True, slots=True)
class Tick:
    """One answer of a channel, numbered."""

    number: int
    changes: Changes


@dataclass
class Channel:
    """What callers of one scope hear."""

    org_id: UUID
    scope: Scope
    lock: threading.Lock = field(default_factory=threading.Lock)
    ticks: deque[Tick] = field(default_factory=lambda: deque(maxlen=_KEPT))
    told: dict[UUID, object] = field(default_factory=dict)
    number: int = 0
    until: datetime | None = None
    asked_at: float = float("-inf")
    listeners: int = 0

    def listen(self, database: Database, number: int) -> list[Tick]:
        """The ticks after `number`; asks the database first when the last answer is a second old."""
        with self.lock:
            if monotonic() - self.asked_at >= TICK_S:
                self._ask(database)
            return [tick for tick in self.ticks if tick.number > number]

    def _ask(self, database: Database) -> None:
        with database.transaction(self.org_id) as tx:
            since = self.until or tx.now()
            found = list_changes(tx, self.scope, since - LATE_COMMITS)
        self.asked_at = monotonic()
        fresh = self._untold(found)
        self.number += 1
        self.until = found.until
        self.ticks.append(Tick(self.number, fresh))

    def _untold(self, found: Changes) -> Changes:
        marks: dict[UUID, object] = {person.id: replace(person, age_s=None) for person in found.technicians}
        marks |= dict.fromkeys(found.gone, "gone")
        marks |= {order.id: (order.version, order.offers) for order in found.work_orders}
        told, self.told = self.told, marks
        return replace(
            found,
            technicians=[one for one in found.technicians if told.get(one.id) != marks[one.id]],
            gone=[one for one in found.gone if told.get(one) != "gone"],
            work_orders=[one for one in found.work_orders if told.get(one.id) != marks[one.id]],
        )


class LiveHub:
    """The channels of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._channels: dict[tuple[UUID, Scope], Channel] = {}
        self._stopping = threading.Event()

    def close(self) -> None:
        """End every stream."""
        self._stopping.set()

    def subscribe(
        self, org_id: UUID, scope: Scope, since: datetime | None, *, still_allowed: Callable[[], bool]
    ) -> Iterator[Changes | None]:
        """Changes as they come; None as a heartbeat. Ends when the hub closes or the caller may no longer listen.

        `since`: everything after it comes first. `still_allowed` is asked at every heartbeat.
        """
        channel = self._join(org_id, scope)
        try:
            yield from self._listen(channel, since, still_allowed)
        finally:
            self._leave(channel)

    def is_resumable(self, org_id: UUID, since: datetime) -> bool:
        """Whether a stream can go on from `since`, or the picture must be fetched anew."""
        with self._database.transaction(org_id) as tx:
            return timedelta(0) <= tx.now() - since <= RESUMABLE_FOR

    def _listen(
        self, channel: Channel, since: datetime | None, still_allowed: Callable[[], bool]
    ) -> Iterator[Changes | None]:
        with channel.lock:
            number = channel.number
        if since is not None:
            with self._database.transaction(channel.org_id) as tx:
                yield list_changes(tx, channel.scope, since - LATE_COMMITS)
        spoke_at = monotonic()
        yield None
        while not self._stopping.wait(TICK_S):
            for tick in channel.listen(self._database, number):
                number = tick.number
                if tick.changes:
                    yield tick.changes
            if monotonic() - spoke_at >= HEARTBEAT_S:
                if not still_allowed():
                    return
                spoke_at = monotonic()
                yield None

    def _join(self, org_id: UUID, scope: Scope) -> Channel:
        with self._lock:
            channel = self._channels.setdefault((org_id, scope), Channel(org_id, scope))
            channel.listeners += 1
            return channel

    def _leave(self, channel: Channel) -> None:
        with self._lock:
            channel.listeners -= 1
            if channel.listeners == 0:
                self._channels.pop((channel.org_id, channel.scope), None)
