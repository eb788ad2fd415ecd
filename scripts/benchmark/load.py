"""A client that costs next to nothing: requests are bytes made beforehand, answers are read and hardly looked at.

It runs in a process of its own, and on one thread whatever the number of connections, so that what is measured is the
other side.
"""

import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Self, TypeVar

T = TypeVar("T")
_READ_BYTES = 262_144
_AT_MOST_S = 20.0  # that one answer may take
_ASKS_AGAIN_AFTER_S = 0.05
_END_OF_HEAD = b"\r\n\r\n"

Conversation = Sequence[bytes]
"""The requests of one connection, sent one after the other."""


@dataclass(frozen=True)
class Outcome:
    """What happened in `seconds`: the times of the answers, and how many were not what was expected, or refusals."""

    latencies_s: tuple[float, ...]
    seconds: float
    unexpected: int
    refused: int
    sample: str

    @property
    def per_s(self) -> float:
        """Answers per second."""
        return len(self.latencies_s) / self.seconds

    @property
    def p50_us(self) -> float:
        """The median time of an answer, in microseconds."""
        return median(self.latencies_s) * 1e6


class UnexpectedAnswersError(RuntimeError):
    """Something else was answered than what was to be measured."""


class Client:
    """The client's process. It is started once: what it has loaded is there for the next measurement."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.shutdown()

    def run(self, act: Callable[[], T]) -> T:
        """Call `act` in the client's process: it must be picklable."""
        return self._process.submit(act).result()

    def measure(
        self, port: int, make: Callable[[], Sequence[Conversation]], *, seconds: float, expect: bytes
    ) -> Outcome:
        """Hold the conversations that `make` makes with 127.0.0.1 for so long; every answer must contain `expect`.

        What is refused by 503, as it may be on a busy machine, is asked again after a while and not told. `make` is
        called in the client's process: it must be picklable. Raises UnexpectedAnswersError.
        """
        outcome = self._process.submit(converse, port, make, seconds=seconds, expect=expect).result()
        if outcome.unexpected or not outcome.latencies_s:
            told = f"{outcome.unexpected} unexpected answers and {outcome.refused} refusals"
            raise UnexpectedAnswersError(f"{told} beside {len(outcome.latencies_s)}: {outcome.sample}")
        return outcome


def converse(port: int, make: Callable[[], Sequence[Conversation]], *, seconds: float, expect: bytes) -> Outcome:
    """The same in this process; ends early when a conversation has no more requests."""
    conversations = [_Talk(port, deque(requests), expect) for requests in make()]
    by_descriptor = {talk.socket.fileno(): talk for talk in conversations}
    poll = select.epoll()
    began = perf_counter()
    try:
        for descriptor, talk in by_descriptor.items():
            poll.register(descriptor, select.EPOLLIN)
            talk.ask()
        until = began + seconds
        while _goes_on(conversations, until):
            refused = any(talk.ask_again_at for talk in conversations)
            for descriptor, _ in poll.poll(_ASKS_AGAIN_AFTER_S if refused else _AT_MOST_S):
                by_descriptor[descriptor].listen()
            for talk in conversations if refused else ():
                if talk.comes_again(perf_counter()):
                    by_descriptor[talk.socket.fileno()] = talk
                    poll.register(talk.socket, select.EPOLLIN)
        took = perf_counter() - began
    finally:
        poll.close()
        for talk in conversations:
            talk.socket.close()
    return Outcome(
        tuple(latency for talk in conversations for latency in talk.latencies_s),
        took,
        sum(talk.unexpected for talk in conversations),
        sum(talk.refused for talk in conversations),
        next((talk.sample for talk in conversations if talk.sample), ""),
    )


def _goes_on(conversations: Sequence["_Talk"], until: float) -> bool:
    """Until time is up, or a conversation is over; but not before there is something to tell."""
    now = perf_counter()
    if now > until:
        return now < until + _AT_MOST_S and not any(talk.latencies_s for talk in conversations)
    return all(talk.requests for talk in conversations)


@dataclass
class _Talk:
    """One connection: asks, and asks again when the whole answer is there."""

    port: int
    requests: deque[bytes]
    expect: bytes
    latencies_s: list[float] = field(default_factory=list)
    unexpected: int = 0
    refused: int = 0
    sample: str = ""
    asked_at: float = 0.0
    ask_again_at: float = 0.0
    asked: bytes = b""
    answer: bytes = b""

    def __post_init__(self) -> None:
        self.socket = _connected(self.port)

    def ask(self) -> None:
        self.asked = self.requests.popleft()
        self._send()

    def comes_again(self, now: float) -> bool:
        """Ask what was refused once more when it is time for that, and say so; over a connection of its own."""
        if not self.ask_again_at or now < self.ask_again_at:
            return False
        self.socket = _connected(self.port)
        self._send()
        return True

    def _send(self) -> None:
        self.answer, self.ask_again_at = b"", 0.0
        self.asked_at = perf_counter()
        self.socket.sendall(self.asked)

    def listen(self) -> None:
        received = self.socket.recv(_READ_BYTES)
        if not received:
            raise UnexpectedAnswersError("the service closed the connection")
        self.answer += received
        head, end, body = self.answer.partition(_END_OF_HEAD)
        if not end or len(body) < _length_of(head):
            return
        if head.startswith(b"HTTP/1.1 503"):
            self.refused += 1
            self.sample = self.sample or self.answer[:600].decode(errors="replace")
            self.ask_again_at = perf_counter() + _ASKS_AGAIN_AFTER_S
            # The service ends the connection of a request that it refuses before it has read the body.
            self.socket.close()
            return
        self.latencies_s.append(perf_counter() - self.asked_at)
        if not head.startswith(b"HTTP/1.1 200") or self.expect not in body:
            self.unexpected += 1
            self.sample = self.sample or self.answer[:600].decode(errors="replace")
        if self.requests:
            self.ask()


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answered(data: bytes) -> int | None:
    """The status of an answer, when all of it is there."""
    head, end, body = data.partition(_END_OF_HEAD)
    return int(head[9:12]) if end and len(body) >= _length_of(head) else None


def _length_of(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or b"0")
