"""A proxy that speaks just enough of PostgreSQL's protocol to hold or cut a connection at any of its messages.

What a client sends up to a Sync or a simple Query is one *flight*: it goes to the server in one piece and is answered
by one ReadyForQuery. Flights are counted from `script()` on, over all connections of the proxy, from 0.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import make_url

_LENGTH = struct.Struct("!I")
_ENDS_A_FLIGHT = (b"S", b"Q")
_READY = b"Z"
# Passwords and the end of a session are no flights.
_WITHOUT_ANSWER_OF_OURS = (b"p", b"X")


@dataclass
class Script:
    """What is to happen to one flight, and what did. `flights` counts those that were sent."""

    hold_before: int | None = None
    cut_before: int | None = None
    cut_after: int | None = None
    flights: int = 0
    holds: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass
class Proxy:
    """Listens on a port of its own and passes everything on to the server behind `url`."""

    url: str
    current: Script = field(default_factory=Script)
    _listener: socket.socket = field(default_factory=socket.socket)
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def proxied_url(self) -> str:
        """The URL that leads through this proxy."""
        _, port = self._listener.getsockname()
        plain = {"sslmode": "disable", "gssencmode": "disable"}
        url = make_url(self.url).set(host="127.0.0.1", port=port).update_query_dict(plain)
        return url.render_as_string(hide_password=False)

    def script(self, script: Script) -> Script:
        """From the next flight on, this is what happens."""
        self.current = script
        return script

    def close(self) -> None:
        for one in (self._listener, *self._open):
            _drop(one)

    def _accept(self) -> None:
        target = make_url(self.url)
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((target.host or "127.0.0.1", target.port or 5432))
                self._open += [client, server]
                line = _Line(self, client, server)
                for pump in (line.forward, line.backward):
                    threading.Thread(target=pump, daemon=True).start()


@dataclass
class _Line:
    """One connection through the proxy. `answers` is the number of the flight that is being answered."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    answering: tuple[Script, int] | None = None

    def forward(self) -> None:
        """Client to server, flight by flight."""
        with self._closing():
            self.server.sendall(_startup(self.client))
            flight = b""
            for kind, message in _messages(self.client):
                flight += message
                if kind in _ENDS_A_FLIGHT:
                    self._send(flight)
                    flight = b""
                elif kind in _WITHOUT_ANSWER_OF_OURS:
                    self.server.sendall(flight)
                    flight = b""

    def backward(self) -> None:
        """Server to client; the answer to a flight that is cut afterwards is kept back."""
        with self._closing():
            kept = b""
            for kind, message in _messages(self.server):
                kept += message
                if kind == _READY and self._is_cut():
                    return
                if kind == _READY or self.answering is None:
                    self.client.sendall(kept)
                    kept = b""

    def _send(self, flight: bytes) -> None:
        script = self.proxy.current
        number, script.flights = script.flights, script.flights + 1
        if number == script.cut_before:
            raise ConnectionAbortedError
        if number == script.hold_before:
            script.holds.set()
            script.release.wait(30)
        self.answering = (script, number)
        self.server.sendall(flight)

    def _is_cut(self) -> bool:
        script, number = self.answering or (None, None)
        return script is not None and number == script.cut_after

    @contextlib.contextmanager
    def _closing(self) -> Iterator[None]:
        with contextlib.suppress(OSError):
            yield
        for one in (self.client, self.server):
            _drop(one)


def _startup(client: socket.socket) -> bytes:
    head = _exactly(client, 4)
    return head + _exactly(client, _LENGTH.unpack(head)[0] - 4)


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """(kind, whole message) until the connection ends."""
    while True:
        kind, head = _exactly(source, 1), _exactly(source, 4)
        yield kind, kind + head + _exactly(source, _LENGTH.unpack(head)[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = source.recv(size - len(received))
        if not part:
            raise ConnectionAbortedError
        received += part
    return received


def _drop(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
