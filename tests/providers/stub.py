"""A server on 127.0.0.1 that answers as it is told: properly, late, in drops, broken, or not at all."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from geo_assign.core.outbound import OutboundClient
from geo_assign.core.reachable import parse_allow

CLIENT = OutboundClient(allow=parse_allow("127.0.0.1/32:*"))
"""The service's own, that may call these servers."""

MAX_HANG_S = 20.0


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire. Header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass
class Exchange:
    """A connection with its request, and a flag that is set when the server stops."""

    request: Request
    connection: socket.socket
    stopped: threading.Event

    def send(self, content: bytes) -> None:
        self.connection.sendall(content)

    def pause(self, seconds: float) -> bool:
        """Wait; false when the server stops meanwhile."""
        return not self.stopped.wait(seconds)


Behaviour = Callable[[Exchange], None]


def answer(
    body: bytes | str, *, status: int = 200, content_type: str = "application/json", **headers: str
) -> Behaviour:
    """A complete answer; header names are given with underscores."""
    content = body.encode() if isinstance(body, str) else body
    named = {"content-type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status} Stub", *(f"{name}: {value}" for name, value in named.items())]
    head = "\r\n".join([*lines, f"content-length: {len(content)}", "", ""])
    return lambda exchange: exchange.send(head.encode("latin-1") + content)


def hang() -> Behaviour:
    """Take the request and say nothing."""
    return lambda exchange: exchange.pause(MAX_HANG_S) or None


def drip(content: bytes, *, every_s: float = 0.05) -> Behaviour:
    """One byte at a time: no single wait is ever long."""

    def behave(exchange: Exchange) -> None:
        for byte in content:
            exchange.send(bytes([byte]))
            if not exchange.pause(every_s):
                return

    return behave


def drip_body() -> Behaviour:
    """A proper head at once, then an endless body in drops."""

    def behave(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        drip(b" " * 100_000)(exchange)

    return behave


def half_json(body: str) -> Behaviour:
    """The first half of a body, announced as if it were whole."""
    return answer(body[: len(body) // 2])


def cut_short(body: str) -> Behaviour:
    """A body that ends before its announced length."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body) + 100}\r\n\r\n"
    return lambda exchange: exchange.send(head.encode() + body.encode())


def html(status: int = 200) -> Behaviour:
    """A captive portal's or a load balancer's page."""
    return answer("<!doctype html><title>Please log in</title>", status=status, content_type="text/html")


def gzip_bomb(size: int = 60_000_000) -> Behaviour:
    """Some tens of kilobytes that unpack to `size` bytes."""
    return answer(gzip.compress(b"[" + b" " * size, compresslevel=6), content_encoding="gzip")


def redirect(location: str) -> Behaviour:
    return answer("", status=302, location=location)


def reset() -> Behaviour:
    """Close without a word."""
    return lambda _exchange: None


@dataclass
class StubServer:
    """Runs until closed; `behaviour` may be changed at any time; `requests` are those seen so far."""

    behaviour: Behaviour = field(default_factory=lambda: answer("{}"))
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._stopped.set()
        # A blocked accept() does not notice that its socket was closed; a last caller wakes it.
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._acceptor.join(5)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopped.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as stream:
                request = _read(stream)
                if request is not None:
                    self.requests.append(request)
                    self.behaviour(Exchange(request, stream, self._stopped))
        except OSError:
            pass  # the client gave up first: that is what many tests are about


def _read(stream: socket.socket) -> Request | None:
    content = b""
    while b"\r\n\r\n" not in content:
        chunk = stream.recv(65_536)
        if not chunk:
            return None
        content += chunk
    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += stream.recv(65_536)
    method, target, _ = first.split(" ", 2)
    return Request(method, target, headers, body)
