"""The port that the API listens on: shared with no other server, and rid of connections whose other end is gone.

The server opens its listening sockets itself. It takes no options for them, and shares its port with any other server
that asks for it. What is missing is said to the operating system here, before it listens and after.
"""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")
_LOOK_EVERY_S = 0.02
# Asked for a sign of life after 30 s of silence; dead when 30 s have passed in which it gave none, or took nothing.
_LIVENESS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000),
)


class CannotListenError(Exception):
    """The address or port cannot be had; the message says why and what to do."""


@contextmanager
def claimed_port(host: str, port: int) -> Iterator[tuple[str, int]]:
    """The IP address and the port to listen on, claimed until the end. Port 0 is any free one.

    Raises CannotListenError.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            address, port = _probe(host, port)
            # Of two servers that start at the same moment, both find the port free. Only one of them gets this name,
            # which exists in the kernel alone and ends with the processes that hold it.
            claim.bind(f"\0geo-assign {address} {port}")
        except OSError as error:
            raise CannotListenError(
                f"Cannot listen on {host}, port {port}: {error.strerror}. "
                "Stop the program that listens there, or set GEO_ASSIGN_HOST or GEO_ASSIGN_PORT."
            ) from error
        yield address, port


def _probe(host: str, port: int) -> tuple[str, int]:
    """Bind and let go again: this fails where a server listens, also one that shares its port. Raises OSError."""
    family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(where)
        address, port = probe.getsockname()[:2]
        return address, port


def end_dead_connections(port: int) -> None:
    """From when this process listens on `port`, let the kernel end connections whose other end is gone.

    A phone that lost its signal in the middle of a request, or a reader who stopped reading, would hold a thread for
    good otherwise. Returns at once.
    """

    def wait_for_listener() -> None:
        pause = threading.Event()
        while not _set_liveness(port):
            pause.wait(_LOOK_EVERY_S)
        # Those that connected before the listener had the options and were accepted after.
        pause.wait(1)
        _set_liveness(port)

    threading.Thread(target=wait_for_listener, name="liveness", daemon=True).start()


def _set_liveness(port: int) -> bool:
    """Set the options on this process's sockets with this port; whether one of them listens, so that others inherit."""
    listens = False
    for descriptor in _DESCRIPTORS.iterdir():
        with suppress(OSError):  # closed meanwhile
            if not stat.S_ISSOCK(descriptor.stat().st_mode):
                continue
            with socket.socket(fileno=os.dup(int(descriptor.name))) as found:
                if found.family in {socket.AF_INET, socket.AF_INET6} and found.getsockname()[1] == port:
                    for level, option, value in _LIVENESS:
                        found.setsockopt(level, option, value)
                    listens |= bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    return listens
