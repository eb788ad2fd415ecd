"""The port is the server's alone, and the kernel ends connections whose other end is gone."""

import socket
from contextlib import ExitStack
from time import monotonic, sleep

import pytest

from geo_assign.core.listening import CannotListenError, claimed_port, end_dead_connections

LOOPBACK = "127.0.0.1"
SOON_S = 5.0
USER_TIMEOUT_MS = 30_000


def listener(held: ExitStack, *, shared: bool = False) -> socket.socket:
    """A socket that listens on a free port of the loopback interface."""
    found = held.enter_context(socket.socket())
    if shared:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((LOOPBACK, 0))
    found.listen()
    return found


def accepted(held: ExitStack, server: socket.socket) -> socket.socket:
    """The server's end of a new connection."""
    held.enter_context(socket.create_connection(server.getsockname()))
    return held.enter_context(server.accept()[0])


def user_timeout_ms(connection: socket.socket) -> int:
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


def wait_for_liveness(connection: socket.socket) -> None:
    deadline = monotonic() + SOON_S
    while user_timeout_ms(connection) != USER_TIMEOUT_MS:
        assert monotonic() < deadline
        sleep(0.01)


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_where_a_server_listens_is_refused(shared: bool) -> None:
    with ExitStack() as held:
        port = listener(held, shared=shared).getsockname()[1]
        with pytest.raises(CannotListenError, match=f"port {port}: Address already in use.*GEO_ASSIGN_PORT"):
            held.enter_context(claimed_port(LOOPBACK, port))


def test_a_port_is_claimed_once_at_a_time() -> None:
    with claimed_port(LOOPBACK, 0) as (_, port), pytest.raises(CannotListenError), claimed_port(LOOPBACK, port):
        pass
    with claimed_port(LOOPBACK, port) as claim:
        assert claim == (LOOPBACK, port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotListenError, match="Cannot assign requested address"), claimed_port("192.0.2.1", 0):
        pass


def test_a_name_becomes_an_address() -> None:
    with claimed_port("localhost", 0) as (address, port):
        assert address in {LOOPBACK, "::1"}
        assert port > 0


def test_connections_inherit_the_listeners_options() -> None:
    with ExitStack() as held:
        server = listener(held)
        before = accepted(held, server)
        end_dead_connections(server.getsockname()[1])
        wait_for_liveness(server)
        after = accepted(held, server)
        assert user_timeout_ms(after) == USER_TIMEOUT_MS
        assert after.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert after.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        wait_for_liveness(before)


def test_it_waits_for_a_listener_that_comes_later() -> None:
    with ExitStack() as held:
        server = held.enter_context(socket.socket())
        server.bind((LOOPBACK, 0))
        end_dead_connections(server.getsockname()[1])
        sleep(0.05)
        server.listen()
        wait_for_liveness(accepted(held, server))


def test_sockets_with_another_port_are_left_alone() -> None:
    with ExitStack() as held:
        server, other = listener(held), listener(held)
        end_dead_connections(server.getsockname()[1])
        wait_for_liveness(server)
        assert user_timeout_ms(other) == 0
