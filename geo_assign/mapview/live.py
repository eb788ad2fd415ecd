"""The live stream: what changed, at every tick, shared by all viewers in a process with the same scope.

A channel has no thread of its own. Its listeners wake together; the first asks the database, the others read the same
answer. It asks in the same transaction who of the listeners may still listen, so what is taken away from a caller ends
the stream at the next tick, whichever process took it.

The cursor is the database's time up to which a listener has seen everything, so a stream resumes in any process. Each
question reaches a little further back than the last answer, for transactions that began before it and committed after;
what was told already is left out.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Caller, Scope
from geo_assign.access.queries import list_unchanged_callers
from geo_assign.core.db import Database
from geo_assign.mapview.domain import Changes
from geo_assign.mapview.queries import list_changes

# A revocation just after a tick is seen at the next: with the time to ask, that is less than a second.
TICK_S = 0.7
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
    refused: frozenset[int] = frozenset()
    _callers: dict[int, Caller] = field(default_factory=dict)
    _callers_lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, listener: int, caller: Caller) -> None:
        with self._callers_lock:
            self._callers[listener] = caller

    def remove(self, listener: int) -> int:
        """How many listeners are left."""
        with self._callers_lock:
            del self._callers[listener]
            return len(self._callers)

    def listen(self, database: Database, listener: int, number: int) -> list[Tick] | None:
        """The ticks after `number`, None when this listener may not listen any more.

        Asks the database first when the last answer is a tick old.
        """
        with self.lock:
            if monotonic() - self.asked_at >= TICK_S:
                self._ask(database)
            if listener in self.refused:
                return None
            return [tick for tick in self.ticks if tick.number > number]

    def due_in_s(self) -> float:
        """Seconds until the database is to be asked again."""
        return min(TICK_S, max(0.0, self.asked_at + TICK_S - monotonic()))

    def _ask(self, database: Database) -> None:
        with self._callers_lock:
            callers = dict(self._callers)
        with database.transaction(self.org_id) as tx:
            unchanged = list_unchanged_callers(tx, set(callers.values()))
            since = self.until or tx.now()
            found = list_changes(tx, self.scope, since - LATE_COMMITS)
        self.refused = frozenset(listener for listener, caller in callers.items() if caller not in unchanged)
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
        self._numbers = count()
        self._stopping = threading.Event()

    def close(self) -> None:
        """End every stream."""
        self._stopping.set()

    def subscribe(self, caller: Caller, since: datetime | None) -> Iterator[Changes | None]:
        """Changes as they come; None as a heartbeat. `since`: everything after it comes first.

        Ends when the hub closes, and at the next tick after the caller's session or key has ended or rights changed.
        """
        listener = next(self._numbers)
        channel = self._join(caller, listener)
        try:
            yield from self._listen(channel, listener, since)
        finally:
            self._leave(channel, listener)

    def is_resumable(self, org_id: UUID, since: datetime) -> bool:
        """Whether a stream can go on from `since`, or the picture must be fetched anew."""
        with self._database.transaction(org_id) as tx:
            return timedelta(0) <= tx.now() - since <= RESUMABLE_FOR

    def _listen(self, channel: Channel, listener: int, since: datetime | None) -> Iterator[Changes | None]:
        with channel.lock:
            number = channel.number
        if since is not None:
            with self._database.transaction(channel.org_id) as tx:
                yield list_changes(tx, channel.scope, since - LATE_COMMITS)
        spoke_at = monotonic()
        yield None
        while not self._stopping.wait(channel.due_in_s()):
            ticks = channel.listen(self._database, listener, number)
            if ticks is None:
                return
            for tick in ticks:
                number = tick.number
                if tick.changes:
                    yield tick.changes
            if monotonic() - spoke_at >= HEARTBEAT_S:
                spoke_at = monotonic()
                yield None

    def _join(self, caller: Caller, listener: int) -> Channel:
        org_id, scope = caller.org_id, caller.scope
        with self._lock:
            channel = self._channels.setdefault((org_id, scope), Channel(org_id, scope))
            channel.add(listener, caller)
            return channel

    def _leave(self, channel: Channel, listener: int) -> None:
        with self._lock:
            if channel.remove(listener) == 0:
                self._channels.pop((channel.org_id, channel.scope), None)
