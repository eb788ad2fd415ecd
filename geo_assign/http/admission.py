"""Bounded admission in front of the database pool.

Twice the load without it leaves a third of the good answers and no recovery; with a short queue and an honest 503 the
rest go on at full rate. When the queue is full, the least important request gives way: map reads first, pings last.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic

from geo_assign.http.errors import OverloadedError
from geo_assign.http.line import Line, Newcomer, Turn
from geo_assign.http.operations import Lane
from geo_assign.http.receiving import Receiving

# Seconds that a lane waits at least, however short the others' patience: half-done work, and phones that would come
# back with the same anyway.
_WAITS_AT_LEAST = {Lane.CONTINUED: 10.0, Lane.PHONES: 10.0}


@dataclass(slots=True, eq=False)
class _Waiter:
    lane: Lane
    turn: threading.Lock = field(default_factory=threading.Lock)
    admitted: bool = False

    def __post_init__(self) -> None:
        self.turn.acquire()


class Admission:
    """At most `permits` at once and `queue` waiting, each for `wait_s` at the most.

    Work that has begun (`Lane.CONTINUED`) is always let into the queue and waits longer: turning it away would
    leave half a request done.
    """

    def __init__(self, *, permits: int, queue: int, wait_s: float) -> None:
        self._free = permits
        self._permits = permits
        self._queue = queue
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._waiting: dict[Lane, deque[_Waiter]] = {lane: deque() for lane in Lane}

    def enter(self, lane: Lane) -> None:
        """Take a permit. Raises OverloadedError after the wait, or at once when the queue is full of better ones."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            if lane is not Lane.CONTINUED and self._waiters() >= self._queue:
                self._make_room(lane)
            waiter = _Waiter(lane)
            self._waiting[lane].append(waiter)
        waiter.turn.acquire(timeout=max(self._wait_s, _WAITS_AT_LEAST.get(lane, 0.0)))
        self._settle(waiter)

    def leave(self) -> None:
        """Give the permit to the first waiter of the best lane, or back."""
        with self._lock:
            for waiting in self._waiting.values():
                if waiting:
                    waiter = waiting.popleft()
                    waiter.admitted = True
                    waiter.turn.release()
                    return
            self._free += 1

    @property
    def in_use(self) -> int:
        return self._permits - self._free

    @property
    def waiting(self) -> int:
        with self._lock:
            return self._waiters()

    def _waiters(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _make_room(self, lane: Lane) -> None:
        for lesser in sorted(Lane, reverse=True):
            if lesser <= lane:
                raise OverloadedError(retry_after_s=1)
            if self._waiting[lesser]:
                # The newest: it has waited least.
                self._waiting[lesser].pop().turn.release()
                return

    def _settle(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.admitted:
                return
            if waiter in self._waiting[waiter.lane]:
                self._waiting[waiter.lane].remove(waiter)
        raise OverloadedError(retry_after_s=1)


class WorkTurns:
    """The requests that a process works on: who begins, who waits and who is turned away says `http.line`.

    No wait is longer than `wait_s`, however wrong the expectation was, and no more than `room` wait: each has a thread.
    """

    def __init__(self, *, most: int, room: int, wait_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._line = Line(most=most, room=room, patience_s=wait_s)
        self._wait_s = wait_s
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[Turn, threading.Lock] = {}

    def expect(self, lane: Lane) -> Newcomer | None:
        """Let a request in that will `enter` as soon as its body is there; None when it is turned away."""
        with self._lock:
            return self._line.expect(lane, self._clock())

    def stop_expecting(self, newcomer: Newcomer) -> None:
        """It is answered; mostly it has entered before."""
        with self._lock:
            self._line.stop_expecting(newcomer)

    def enter(self, lane: Lane, kind: str, newcomer: Newcomer | None = None) -> Turn:
        """Wait for a turn, to be given back with `leave`. `kind`: requests that take alike. Raises OverloadedError.

        A `newcomer` that was let in is not turned away now, unless it is late.
        """
        with self._lock:
            expected = newcomer is not None and self._line.stop_expecting(newcomer)
            if not expected and self._line.refuses(lane, self._clock()):
                raise OverloadedError(retry_after_s=1)
            turn, begins = self._line.arrive(lane, kind, self._clock())
            if begins:
                return turn
            called = self._calls[turn] = threading.Lock()
            called.acquire()
        self._wait(turn, called)
        return turn

    def leave(self, turn: Turn) -> None:
        with self._lock:
            self._call(self._line.depart(turn, self._clock()))

    def hand_back(self, turn: Turn) -> None:
        """Leave without having worked: how long it took says nothing about work."""
        with self._lock:
            self._call(self._line.hand_back(turn, self._clock()))

    @property
    def waiting(self) -> int:
        with self._lock:
            return self._line.waiting

    @property
    def working(self) -> int:
        with self._lock:
            return self._line.working

    def _wait(self, turn: Turn, called: threading.Lock) -> None:
        give_up_at = self._clock() + max(self._wait_s, _WAITS_AT_LEAST.get(turn.lane, 0.0))
        while not called.acquire(timeout=min(self._line.long_s(), max(0.0, give_up_at - self._clock()))):
            with self._lock:
                self._call(self._line.go_on(self._clock()))
                if self._clock() >= give_up_at and self._line.give_up(turn):
                    del self._calls[turn]
                    raise OverloadedError(retry_after_s=1)

    def _call(self, begun: Iterable[Turn]) -> None:
        for turn in begun:
            self._calls.pop(turn).release()


class Places:
    """How many requests, or streams, a process holds at all; one that finds none is turned away at once."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._lock = threading.Lock()

    def take(self) -> None:
        """Raises OverloadedError."""
        with self._lock:
            if self._free <= 0:
                raise OverloadedError(retry_after_s=1)
            self._free -= 1

    def take_again(self) -> None:
        """Take a place back that was lent to others meanwhile, whether one is free or not."""
        with self._lock:
            self._free -= 1

    def give_back(self) -> None:
        with self._lock:
            self._free += 1

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_raised: object) -> None:
        self.give_back()


class Turns:
    """At most `number` at once; the others wait in line, each for `wait_s` at the most."""

    def __init__(self, number: int, *, wait_s: float) -> None:
        self._turns = threading.Semaphore(number)
        self._wait_s = wait_s

    def __enter__(self) -> None:
        """Raises OverloadedError."""
        if not self._turns.acquire(timeout=self._wait_s):
            raise OverloadedError(retry_after_s=1)

    def __exit__(self, *_raised: object) -> None:
        self._turns.release()


@dataclass(frozen=True)
class Capacity:
    """What a process takes on: bodies on their way in, requests and the work on them, streams, and permits of the pool.

    Tokens that are not known are looked up in `lookups`, a few at a time: made-up ones hold no other request up.
    A client that sends half a body holds a place of `receiving`, and nothing that others need.
    """

    lookups: Turns
    receiving: Receiving
    requests: Places
    work: WorkTurns
    streams: Places
    pool: Admission
