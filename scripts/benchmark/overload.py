"""More than a service can do: so many requests a second, whether or not those before have been answered.

A client that waits for its answers asks less when the service is slow, and so never shows what too much does.
"""

import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from scripts.benchmark.load import Conversation, answered

_READ_BYTES = 262_144
_MOST_CONNECTIONS = 600
_LINGER_S = 5.0


@dataclass(frozen=True)
class Offered:
    """What became of requests that were sent at a fixed rate: times from when each was due to its answer."""

    accepted_s: tuple[float, ...]
    refused_s: tuple[float, ...]
    other: int
    seconds: float

    @property
    def goodput_per_s(self) -> float:
        """Good answers per second."""
        return len(self.accepted_s) / self.seconds

    @property
    def p50_us(self) -> float:
        """The median time of good answers, in microseconds."""
        return median(self.accepted_s) * 1e6

    @property
    def refused_p95_us(self) -> float:
        """The time within which 19 of 20 refusals came, in microseconds; 0 without any."""
        return quantiles(self.refused_s, n=20)[-1] * 1e6 if len(self.refused_s) > 1 else 0.0


@dataclass(eq=False)
class _Connection:
    port: int
    due_at: float = 0.0
    answer: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes, due_at: float) -> None:
        self.answer, self.due_at = b"", due_at
        self.socket.sendall(request)


def offer(port: int, make: Callable[[], Sequence[Conversation]], *, per_s: float, seconds: float) -> Offered:
    """Send the requests that `make` makes to 127.0.0.1, `per_s` of them a second, and wait for the answers."""
    requests = deque(request for conversation in make() for request in conversation)
    idle: list[_Connection] = []
    busy: dict[int, _Connection] = {}
    accepted: list[float] = []
    refused: list[float] = []
    other = sent = 0
    poll = select.epoll()
    began = perf_counter()
    while (now := perf_counter() - began) < seconds or (busy and now < seconds + _LINGER_S):
        while sent < per_s * min(now, seconds) and (idle or len(busy) < _MOST_CONNECTIONS):
            connection = idle.pop() if idle else _Connection(port)
            descriptor = connection.socket.fileno()
            if descriptor not in busy:
                busy[descriptor] = connection
                poll.register(descriptor, select.EPOLLIN)
            request = requests.popleft()
            requests.append(request)
            connection.ask(request, began + sent / per_s)
            sent += 1
        for descriptor, _ in poll.poll(0.001):
            connection = busy[descriptor]
            received = connection.socket.recv(_READ_BYTES)
            connection.answer += received
            status = answered(connection.answer)
            if received and status is None:
                continue
            poll.unregister(descriptor)
            del busy[descriptor]
            took_s = perf_counter() - connection.due_at
            if status == 200:
                accepted.append(took_s)
            elif status == 503:
                refused.append(took_s)
            else:
                other += 1
            if received:
                idle.append(connection)
            else:
                connection.socket.close()
    for connection in [*idle, *busy.values()]:
        connection.socket.close()
    poll.close()
    return Offered(tuple(accepted), tuple(refused), other + len(busy), seconds)
