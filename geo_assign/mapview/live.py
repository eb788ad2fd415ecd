"""The live stream: what changed, at every tick, shared by all viewers in a process with the same scope.

A channel has no thread of its own. Its listeners wake together; the first asks the database, the others read the same
answer, and what is sent is made of it once (`Tick.once`). It asks in the same transaction who of the listeners may
still listen, so what is taken away from a caller ends the stream at the next tick, whichever process took it.

The cursor is the database's time up to which a listener has seen everything, so a stream resumes in any process. Each
question reaches a little further back than the last answer, for transactions that began before it and committed after.
That is asked as marks, who changed and when, and only those of which a mark is new are read. So a fleet of any size
is followed move by move; where more move in a tick than are told at once, the rest is told with the next tick.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from operator import itemgetter
from time import monotonic
from typing import TypeVar, cast
from uuid import UUID

from geo_assign.access.domain import Caller, Scope
from geo_assign.access.queries import list_unchanged_callers
from geo_assign.core.clock import DatabaseClock
from geo_assign.core.db import Database, Tx
from geo_assign.mapview.domain import Changes, Marks
from geo_assign.mapview.queries import list_changes, list_marks, list_people
from geo_assign.workorders.queries import list_work_orders_by_id

# A revocation just after a tick is seen at the next: with the time to ask, that is less than a second.
TICK_S = 0.7
# A console says within seconds that it hears nothing any more.
HEARTBEAT_S = 5.0
# How long a transaction may take from its changes to its commit and still be told.
LATE_COMMITS = timedelta(seconds=10)
# A position is committed at once, and the next one comes soon: who resumes is told the moves of the last moments only.
LATE_POSITIONS = timedelta(seconds=2)
# Technicians, and work orders, that one tick tells; the others wait for the next.
TOLD_AT_ONCE = 2_000
# A listener who was away longer fetches the picture anew.
RESUMABLE_FOR = timedelta(minutes=10)
_KEPT = 120


T = TypeVar("T")


@dataclass(eq=False)
class Tick:
    """One answer of a channel, numbered, and what its listeners made of it."""

    number: int
    changes: Changes
    _made: dict[Callable[[Changes], object], object] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def once(self, make: Callable[[Changes], T]) -> T:
        """What `make` makes of the changes: made for the first listener who asks, the same for all others."""
        with self._making:
            if make not in self._made:
                self._made[make] = make(self.changes)
            return cast("T", self._made[make])


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life, with the database's time."""

    at: datetime


@dataclass
class Channel:
    """What callers of one scope hear."""

    org_id: UUID
    scope: Scope
    lock: threading.Lock = field(default_factory=threading.Lock)
    ticks: deque[Tick] = field(default_factory=lambda: deque(maxlen=_KEPT))
    told: Marks | None = None
    waiting: dict[UUID, datetime] = field(default_factory=dict)
    waiting_orders: dict[UUID, datetime] = field(default_factory=dict)
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

    def now(self, database: Database) -> datetime:
        """The database's time, by its last answer and what has passed since."""
        told, asked_at = self.told, self.asked_at
        if told is None or not isinstance(database.clock, DatabaseClock):
            with database.transaction(self.org_id) as tx:
                return tx.now()
        return told.at + timedelta(seconds=monotonic() - asked_at)

    def due_in_s(self) -> float:
        """Seconds until the database is to be asked again."""
        return min(TICK_S, max(0.0, self.asked_at + TICK_S - monotonic()))

    def _ask(self, database: Database) -> None:
        with self._callers_lock:
            callers = dict(self._callers)
        with database.transaction(self.org_id) as tx:
            unchanged = list_unchanged_callers(tx, set(callers.values()))
            fresh = self._read(tx)
        self.refused = frozenset(listener for listener, caller in callers.items() if caller not in unchanged)
        self.asked_at = monotonic()
        self.number += 1
        self.until = fresh.until
        self.ticks.append(Tick(self.number, fresh))

    def _read(self, tx: Tx) -> Changes:
        """What has changed and was not told yet, as much as one tick tells."""
        asked_until = tx.now() if self.told is None else self.told.at
        found = list_marks(tx, self.scope, asked_until - LATE_COMMITS)
        known = self.told or Marks(found.at, frozenset(), frozenset())
        self.told = found
        for person_id, at in found.people - known.people:
            self.waiting.setdefault(person_id, at)
        for order_id, at, _version in sorted(found.work_orders - known.work_orders, key=itemgetter(1)):
            self.waiting_orders.setdefault(order_id, at)
        technicians, gone = list_people(tx, self.scope, _take(self.waiting), found.at)
        orders = list_work_orders_by_id(tx, _take(self.waiting_orders), self.scope)
        until = min([found.at, *self.waiting.values(), *self.waiting_orders.values()])
        return Changes(until=until, technicians=technicians, gone=gone, work_orders=list(orders.values()))


def _take(waiting: dict[UUID, datetime]) -> list[UUID]:
    """Those who have waited longest, as many as one tick tells; they wait no more."""
    taken = list(islice(waiting, TOLD_AT_ONCE))
    for one in taken:
        del waiting[one]
    return taken


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

    def subscribe(self, caller: Caller, since: datetime | None) -> Iterator[Tick | Heartbeat]:
        """Changes as they come, and heartbeats. `since`: everything after it comes first.

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

    def _listen(self, channel: Channel, listener: int, since: datetime | None) -> Iterator[Tick | Heartbeat]:
        with channel.lock:
            number = channel.number
        if since is not None:
            with self._database.transaction(channel.org_id) as tx:
                missed = list_changes(tx, channel.scope, since - LATE_COMMITS, positions_since=since - LATE_POSITIONS)
            yield Tick(number, missed)
        spoke_at = monotonic()
        yield Heartbeat(channel.now(self._database))
        while not self._stopping.wait(channel.due_in_s()):
            ticks = channel.listen(self._database, listener, number)
            if ticks is None:
                return
            for tick in ticks:
                number = tick.number
                if tick.changes:
                    yield tick
            if monotonic() - spoke_at >= HEARTBEAT_S:
                spoke_at = monotonic()
                yield Heartbeat(channel.now(self._database))

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
