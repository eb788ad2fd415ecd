"""Bodies on their way in: each has a time, a least rate and a place, and none keeps the others out.

The server's thread that answers a request must not wait for ever for the rest of its body, and reading it cannot be
broken off. So a reader reads, a thread of this module, and the server's thread waits for it as long as the body may
take. A reader whose body was given up ends when the connection does: see `http.closing`.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import Protocol

from werkzeug.exceptions import ClientDisconnected

from geo_assign.http.errors import BodyTooSlowError, OverloadedError

PLACES = 256
PLACES_PER_ADDRESS = 64
_TENURE_S = 0.5
_PATIENCE_S = 5.0
_PIECE_BYTES = 16_384
_IDLE_READERS = 32


class Source(Protocol):
    """Where a body is read from: fewer bytes than asked for mean that it has ended."""

    def read(self, size: int, /) -> bytes: ...


class _Outcome(Enum):
    PENDING = "pending"
    READ = "read"
    DISPLACED = "displaced"


@dataclass(eq=False, slots=True)
class Incoming:
    """A body that is being received; `done` is released when there is an outcome. `keeps`: what is read is wanted.

    Who holds one hands it back to `Receiving`, and changes nothing of it.
    """

    source: Source
    wanted: int
    address: str
    keeps: bool = True
    pieces: list[bytes] = field(default_factory=list)
    received: int = 0
    outcome: _Outcome = _Outcome.PENDING
    error: BaseException | None = None
    entered_at: float = 0.0
    done: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.done.acquire()

    def read(self) -> None:
        """Read until all of it is there, or it ends."""
        try:
            while self.received < self.wanted:
                asked = min(_PIECE_BYTES, self.wanted - self.received)
                piece = self.source.read(asked)
                if self.keeps:
                    self.pieces.append(piece)
                self.received += len(piece)
                if len(piece) < asked:
                    return
        except ClientDisconnected:
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for it
            self.error = error


class Receiving:
    """Receives bodies, at most `places` at once and `per_address` of one address.

    When there is no place, the body that has been on its way longest gives its place up, of the same address if that
    one has had its share. Each keeps its place for `tenure_s`, and a later one waits for that: a caller who sends a
    whole request at once is done by then, also where a machine that is flooded takes its time.
    """

    def __init__(
        self,
        *,
        within_s: float,
        bytes_per_s: float,
        places: int = PLACES,
        per_address: int = PLACES_PER_ADDRESS,
        tenure_s: float = _TENURE_S,
    ) -> None:
        self._within_s = within_s
        self._bytes_per_s = bytes_per_s
        self._places = places
        self._per_address = per_address
        self._tenure_s = tenure_s
        self._lock = threading.Lock()
        self._place_left = threading.Condition(self._lock)
        self._waiting = 0
        self._entered = 0
        # Dicts keep the order in which bodies came: the first key is the oldest.
        self._all: dict[Incoming, None] = {}
        self._by_address: dict[str, dict[Incoming, None]] = {}
        self._readers = _Readers(self._finish)

    def receive(self, source: Source, wanted: int, *, address: str) -> bytes:
        """At most `wanted` bytes of `source`; fewer when it ends before.

        Raises BodyTooSlowError when they are not there within the time, which grows by a second with each
        `bytes_per_s` that came; OverloadedError when later bodies needed the place.
        """
        incoming = self.start(source, wanted, address=address)
        try:
            return self.take(incoming)
        finally:
            self.leave(incoming)

    def start(self, source: Source, wanted: int, *, address: str) -> Incoming:
        """Begin to receive, in a place that is kept until `leave`. Raises OverloadedError when there is none."""
        return self._start(Incoming(source, wanted, address))

    def is_there(self, incoming: Incoming, *, within_s: float) -> bool:
        """Whether all of it is there, or it has ended otherwise, by then at the latest."""
        return incoming.outcome is not _Outcome.PENDING or self._is_done(incoming, within_s)

    def take(self, incoming: Incoming) -> bytes:
        """What was received, as soon as that is all; raises as `receive` does."""
        self._wait(incoming)
        if incoming.outcome is _Outcome.DISPLACED:
            raise OverloadedError("Later requests needed the place of this one; send it again.", retry_after_s=1)
        if incoming.error is not None:
            raise incoming.error
        return incoming.pieces[0] if len(incoming.pieces) == 1 else b"".join(incoming.pieces)

    def leave(self, incoming: Incoming) -> None:
        """Give the place back."""
        with self._lock:
            self._remove(incoming)
            if self._waiting:
                self._place_left.notify()

    def pass_over(self, source: Source, most: int, *, address: str) -> bool:
        """Read at most `most` bytes and keep none; whether no reader waits for more of them.

        A client that still sends does not hear an answer: the connection is reset with what was not read. The time is
        that of a small body, and later bodies may need the place: then the client goes without.
        """
        try:
            incoming = self._start(Incoming(source, most, address, keeps=False))
        except OverloadedError:
            return False
        try:
            self._wait(incoming)
        except BodyTooSlowError:
            return False
        finally:
            self.leave(incoming)
        return incoming.outcome is _Outcome.READ

    @property
    def number(self) -> int:
        """How many bodies are on their way."""
        return len(self._all)

    @property
    def entered(self) -> int:
        """How many bodies have been on their way so far."""
        return self._entered

    def _start(self, incoming: Incoming) -> Incoming:
        self._enter(incoming)
        self._readers.read(incoming)
        return incoming

    def _wait(self, incoming: Incoming) -> None:
        left_s = self._within_s
        while not self.is_there(incoming, within_s=left_s):
            earned_s = incoming.received / self._bytes_per_s if incoming.keeps else 0.0
            left_s = self._within_s + earned_s - (monotonic() - incoming.entered_at)
            if left_s <= 0:
                raise BodyTooSlowError

    @staticmethod
    def _is_done(incoming: Incoming, within_s: float) -> bool:
        if not incoming.done.acquire(timeout=within_s):
            return False
        incoming.done.release()
        return True

    def _enter(self, incoming: Incoming) -> None:
        with self._lock:
            oldest = self._find_in_the_way(incoming.address)
            if oldest is not None:
                oldest = self._wait_for_tenure(incoming.address, oldest)
            if oldest is not None:
                self._displace(oldest)
            self._entered += 1
            incoming.entered_at = monotonic()
            self._all[incoming] = None
            self._by_address.setdefault(incoming.address, {})[incoming] = None

    def _find_in_the_way(self, address: str) -> Incoming | None:
        """The oldest body, of the address if it has had its share; None while there is a place."""
        own = self._by_address.get(address, {})
        if len(own) >= self._per_address:
            return next(iter(own))
        return next(iter(self._all)) if len(self._all) >= self._places else None

    def _wait_for_tenure(self, address: str, oldest: Incoming) -> Incoming | None:
        """Wait until the oldest may be displaced, and return it, or until there is a place."""
        began = monotonic()
        found: Incoming | None = oldest
        self._waiting += 1
        try:
            while found is not None and (left_s := found.entered_at + self._tenure_s - monotonic()) > 0:
                if monotonic() - began > _PATIENCE_S:
                    raise OverloadedError("Too many bodies are on their way; send this one again.", retry_after_s=1)
                self._place_left.wait(left_s)
                found = self._find_in_the_way(address)
        finally:
            self._waiting -= 1
        return found

    def _displace(self, oldest: Incoming) -> None:
        self._remove(oldest)
        self._settle(oldest, _Outcome.DISPLACED)

    def _finish(self, incoming: Incoming) -> None:
        with self._lock:
            self._settle(incoming, _Outcome.READ)

    def _remove(self, incoming: Incoming) -> None:
        if incoming not in self._all:
            return  # it was displaced
        del self._all[incoming]
        own = self._by_address[incoming.address]
        del own[incoming]
        if not own:
            del self._by_address[incoming.address]

    def _settle(self, incoming: Incoming, outcome: _Outcome) -> None:
        if incoming.outcome is _Outcome.PENDING:
            incoming.outcome = outcome
            incoming.done.release()


class _Finish(Protocol):
    def __call__(self, incoming: Incoming, /) -> None: ...


class _Readers:
    """Threads that read, as many as there are bodies on their way; a few stay for the next ones."""

    def __init__(self, finish: _Finish) -> None:
        self._finish = finish
        self._idle: deque[_Reader] = deque()

    def read(self, incoming: Incoming) -> None:
        """Have `incoming` read, and its end told. Returns at once."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = _Reader(self._finish, self._idle)
        reader.begin(incoming)


class _Reader:
    def __init__(self, finish: _Finish, idle: "deque[_Reader]") -> None:
        self._finish = finish
        self._idle = idle
        self._incoming: Incoming | None = None
        self._begun = threading.Lock()
        self._begun.acquire()
        threading.Thread(target=self._work, name="body", daemon=True).start()

    def begin(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._begun.release()

    def _work(self) -> None:
        goes_on = True
        while goes_on:
            self._begun.acquire()
            incoming, self._incoming = self._incoming, None
            assert incoming is not None
            incoming.read()
            goes_on = len(self._idle) < _IDLE_READERS
            if goes_on:
                # Before the end is told, so that the next body finds a reader.
                self._idle.append(self)
            self._finish(incoming)
            del incoming
