"""Conversations: a connection is kept between requests, and what `core.outbound` guards against is guarded against."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from geo_assign.core import conversation
from geo_assign.core.conversation import Conversation
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundError,
    OutboundInvalidUrlError,
    OutboundMalformedError,
    OutboundRefusedError,
    OutboundTimeoutError,
    OutboundUnreachableError,
)
from geo_assign.core.reachable import parse_allow
from tests.providers import stub
from tests.waiting import wait_until

LOCAL = parse_allow("127.0.0.0/8:*")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class KeepingServer:
    """Keeps connections; `answers` tells what to send to each request, None to close without a word."""

    answers: Callable[[int], bytes | None] = lambda _: OK
    closes_after: int | None = None
    connections: int = 0
    bodies: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.hang_up()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def hang_up(self) -> None:
        """Close what is kept."""
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        served = 0
        try:
            with connection, connection.makefile("rb") as lines:
                while head := _head(lines.readline):
                    length = int(next(line for line in head if line.lower().startswith(b"content-length")).split()[1])
                    self.heads.append(b"".join(head))
                    self.bodies.append(lines.read(length))
                    answer = self.answers(len(self.bodies))
                    served += 1
                    if answer is None:
                        return
                    connection.sendall(answer)
                    if served == self.closes_after:
                        return
        except (OSError, ValueError):
            pass


def _head(read: Callable[[], bytes]) -> list[bytes]:
    lines: list[bytes] = []
    while (line := read()) not in {b"\r\n", b""}:
        lines.append(line)
    return lines


@pytest.fixture
def server() -> Iterator[KeepingServer]:
    server = KeepingServer()
    yield server
    server.close()


@pytest.fixture
def talk() -> Iterator[Conversation]:
    with Conversation(OutboundClient(allow=LOCAL)) as talk:
        yield talk


def post(talk: Conversation, url: str, body: bytes = b"{}", **more: float) -> int:
    return talk.post(url, deadline_s=more.get("deadline_s", 10), body=body).status


def test_one_connection_serves_many_requests(talk: Conversation, server: KeepingServer) -> None:
    bodies = [f'{{"n": {number}}}'.encode() for number in range(20)]
    assert {post(talk, server.url, body) for body in bodies} == {200}
    assert (server.connections, server.bodies) == (1, bodies)
    assert not any(b"connection: close" in head.lower() for head in server.heads)


@pytest.mark.parametrize("after", [1, 3])
def test_a_server_that_closes_in_between_is_connected_to_again(
    talk: Conversation, server: KeepingServer, after: int
) -> None:
    server.closes_after = after
    assert {post(talk, server.url) for _ in range(6)} == {200}
    assert len(server.bodies) == 6
    assert server.connections == 6 // after


def test_a_connection_that_is_closed_in_the_moment_of_use_is_replaced_once(
    talk: Conversation, server: KeepingServer
) -> None:
    server.answers = lambda number: None if number == 2 else OK
    assert [post(talk, server.url) for _ in range(3)] == [200] * 3
    assert len(server.bodies) == 4


def test_a_fresh_connection_that_is_closed_is_not_tried_again(talk: Conversation, server: KeepingServer) -> None:
    server.answers = lambda _: None
    with pytest.raises(OutboundUnreachableError):
        post(talk, server.url)
    assert len(server.bodies) == 1


def test_each_answer_belongs_to_its_request(talk: Conversation, server: KeepingServer) -> None:
    """An answer that is not read to its end is not taken for the beginning of the next one."""

    def answers(number: int) -> bytes:
        body = b"x" * 5_000 if number % 2 else b"%d" % number
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)

    server.answers = answers
    for number in range(1, 7):
        said = talk.post(server.url, deadline_s=10, body=b"{}", max_bytes=100).body
        assert said == (b"x" * 100 if number % 2 else b"%d" % number)


def test_a_compressed_answer_has_a_cap_when_it_is_unpacked(talk: Conversation, server: KeepingServer) -> None:
    bomb = gzip.compress(b" " * 60_000_000)
    server.answers = lambda _: (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%s" % (len(bomb), bomb)
    )
    assert len(talk.post(server.url, deadline_s=20, body=b"{}", max_bytes=1_000).body) == 1_000


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf", OutboundTimeoutError),
        (b"", OutboundTimeoutError),
        (b"no http\r\n\r\n", OutboundMalformedError),
    ],
)
def test_one_deadline_covers_each_request(
    talk: Conversation, server: KeepingServer, said: bytes, error: type[OutboundError], *, kept: bool
) -> None:
    if kept:
        post(talk, server.url)
    server.answers = lambda _: said
    with pytest.raises(error):
        post(talk, server.url, deadline_s=0.3)
    server.answers = lambda _: OK
    assert post(talk, server.url) == 200


def test_a_dripping_server_is_given_up_at_the_deadline(talk: Conversation) -> None:
    with stub.StubServer(stub.drip_body()) as dripping, pytest.raises(OutboundTimeoutError):
        post(talk, dripping.url, deadline_s=0.5)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://[::1]:1/x", "http://10.0.0.1/x", "http://0.0.0.0/x"])
def test_addresses_are_checked(url: str) -> None:
    with Conversation(OutboundClient()) as talk, pytest.raises(OutboundRefusedError):
        post(talk, url)


@pytest.mark.parametrize("url", ["ftp://example.test/", "http://user:secret@127.0.0.1/", "nonsense", "http://"])
def test_a_url_that_cannot_be_called_is_refused(talk: Conversation, url: str) -> None:
    with pytest.raises(OutboundInvalidUrlError):
        post(talk, url)


def test_another_address_is_not_reached_over_the_kept_connection(talk: Conversation, server: KeepingServer) -> None:
    other = KeepingServer()
    post(talk, server.url)
    post(talk, other.url)
    assert (server.connections, other.connections) == (1, 1)
    assert len(other.bodies) == 1
    other.close()


def test_a_name_is_looked_up_again_before_long(
    talk: Conversation, server: KeepingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "KEPT_FOR_S", -1.0)
    post(talk, server.url)
    post(talk, server.url)
    assert server.connections == 2


def test_a_redirect_is_not_followed(talk: Conversation, server: KeepingServer) -> None:
    server.answers = lambda _: b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n"
    assert post(talk, server.url) == 302
    wait_until(lambda: server.connections == 1, "one connection was made")
