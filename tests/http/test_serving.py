"""The server among bad clients: readers that sleep, requests that stop half-way. The others notice nothing."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.conftest import World
from tests.live import LiveService, live_service, seed_document

pytestmark = pytest.mark.races

SLEEPERS, HALF_SENT = 40, 60
# Much more than a request takes, much less than the time-outs that would end a blocked one.
SOON_S = 4.0


@pytest.fixture
def service(world: World, tmp_path: Path) -> Iterator[LiveService]:
    with live_service(world, seed_document(technicians=1), tmp_path, worker=False) as service:
        yield service


def opened(service: LiveService, request: str, *, receive_buffer: int | None = None) -> socket.socket:
    """A connection that has sent `request` and does nothing more."""
    client = socket.socket()
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", service.port))
    client.sendall(request.replace("\n", "\r\n").encode())
    return client


def sleeping_reader(service: LiveService) -> socket.socket:
    token = service.user().token
    return opened(
        service, f"GET /v1/live HTTP/1.1\nHost: here\nAuthorization: Bearer {token}\n\n", receive_buffer=2_048
    )


def half_a_header(service: LiveService) -> socket.socket:
    return opened(service, "POST /v1/positions HTTP/1.1\nHost: he")


def half_a_body(service: LiveService) -> socket.socket:
    token = service.technician("t0").token
    head = f"Host: here\nAuthorization: Bearer {token}\nContent-Type: application/json\nContent-Length: 900\n\n"
    return opened(service, f'POST /v1/positions HTTP/1.1\n{head}{{"positions": [')


def test_sleeping_readers_and_half_sent_requests_hold_nobody_up(service: LiveService) -> None:
    with ExitStack() as held:
        for _ in range(SLEEPERS):
            held.enter_context(sleeping_reader(service))
        for _ in range(HALF_SENT):
            held.enter_context(half_a_header(service))
            held.enter_context(half_a_body(service))
        time.sleep(1)
        for _ in range(20):
            began = time.monotonic()
            assert service.user().call("GET", "/v1/me").status_code == 200
            answer = service.technician("t0").call("POST", "/v1/positions", {"positions": []})
            assert answer.status_code < 500, answer.text
            assert time.monotonic() - began < SOON_S


def test_it_stops_in_time_with_streams_and_half_sent_requests_open(service: LiveService) -> None:
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(sleeping_reader(service))
            held.enter_context(half_a_body(service))
        time.sleep(1)
        began = time.monotonic()
        service.kill("serve", signal.SIGTERM)
        # Three seconds of patience, and what a busy machine takes to end two processes.
        assert time.monotonic() - began < 8


def test_a_second_server_on_the_port_is_refused(service: LiveService) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", service.port))


def test_a_kill_leaves_nobody_behind_who_holds_the_port(service: LiveService) -> None:
    service.kill("serve", signal.SIGKILL)
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                other.bind(("127.0.0.1", service.port))
            except OSError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("somebody still listens")


def test_streams_beyond_their_share_are_told_to_come_back(world: World, tmp_path: Path) -> None:
    with (
        live_service(world, seed_document(technicians=1), tmp_path, worker=False, streams=2) as service,
        ExitStack() as held,
    ):
        for _ in range(2):
            held.enter_context(sleeping_reader(service))
        time.sleep(1)
        answer = service.user().call("GET", "/v1/live")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert service.user().call("GET", "/v1/me").status_code == 200


def test_two_processes_answer_on_one_port_and_add_up_their_metrics(world: World, tmp_path: Path) -> None:
    with live_service(world, seed_document(technicians=1), tmp_path, worker=False, processes=2) as service:
        for _ in range(30):
            assert requests.get(f"{service.base_url}/v1/me", timeout=10).status_code == 401
        told = requests.get(f"{service.base_url}/metrics", timeout=10).text
        (line,) = [row for row in told.splitlines() if 'operation="get_me",status="401"' in row]
        assert float(line.rpartition(" ")[2]) == 30
