"""Sockets whose every wait ends at one deadline.

A time-out between two bytes lets a dripping server hold the caller for ever; here one moment covers the whole talk.
"""

import socket
import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining_s(self) -> float:
        """Seconds left, more than zero. Raises TimeoutError when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._at


class DeadlineSocket(socket.socket):
    """A socket whose every wait ends at the deadline: the parser above may read as often as it likes."""

    deadline: Deadline

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.deadline.remaining_s())
        return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: "Buffer", flags: int = 0) -> None:
        self.settimeout(self.deadline.remaining_s())
        super().sendall(data, flags)


class DeadlineSSLSocket(ssl.SSLSocket):
    """The same over TLS. The handshake, made before the deadline is set, has the time-out of the dialled socket."""

    deadline: Deadline

    def recv_into(self, buffer: "Buffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.deadline.remaining_s())
        return super().recv_into(buffer, nbytes, flags)

    def sendall(self, data: "Buffer", flags: int = 0) -> None:
        self.settimeout(self.deadline.remaining_s())
        super().sendall(data, flags)


def connect(family: int, place: tuple[str, int], *, patience_s: float, deadline: Deadline) -> DeadlineSocket:
    """A connection to `place`, tried for `patience_s`. Raises OSError, of which TimeoutError is one."""
    connection = DeadlineSocket(family, socket.SOCK_STREAM)
    try:
        connection.deadline = deadline
        connection.settimeout(patience_s)
        connection.connect(place)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(deadline.remaining_s())
    except BaseException:
        connection.close()
        raise
    return connection
