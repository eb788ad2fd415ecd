"""The server among bad clients: readers that sleep, requests that stop half-way. The others notice nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.conftest import World
from tests.live import LiveService, live_service, seed_document, shared_service
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.races

SLEEPERS, HALF_SENT = 40, 60
# Much more than a request takes, much less than the time-outs that would end a blocked one.
SOON_S = 20.0


@pytest.fixture(scope="module")
def processes(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with shared_service(template, tmp_path_factory.mktemp("service"), worker=False) as service:
        yield service


@pytest.fixture
def service(processes: LiveService) -> LiveService:
    return processes.with_organization(seed_document(technicians=1))


def opened(service: LiveService, request: str, *, receive_buffer: int | None = None) -> socket.socket:
    """A connection that has sent `request` and does nothing more."""
    client = socket.socket()
    if receive_buffer is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", service.port))
    client.sendall(request.replace("\n", "\r\n").encode())
    return client


def sleeping_reader(service: LiveService) -> socket.socket:
    """A stream that the service has begun to answer, of which no more is read than the first byte."""
    token = service.user().token
    request = f"GET /v1/live HTTP/1.1\nHost: here\nAuthorization: Bearer {token}\n\n"
    client = opened(service, request, receive_buffer=2_048)
    client.settimeout(PATIENCE_S)
    assert client.recv(1) == b"H"
    return client


def half_a_header(service: LiveService) -> socket.socket:
    return opened(service, "POST /v1/positions HTTP/1.1\nHost: loc")


def half_a_body(service: LiveService) -> socket.socket:
    token = service.technician("t0").token
    head = f"Host: here\nAuthorization: Bearer {token}\nContent-Type: application/json\nContent-Length: 900\n\n"
    return opened(service, f'POST /v1/positions HTTP/1.1\n{head}{{"positions": [')


def test_sleeping_readers_and_half_sent_requests_hold_no_other_up(service: LiveService) -> None:
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
        # Three seconds of patience, and what a busy machine takes to end two processes. The streams have no end.
        assert time.monotonic() - began < PATIENCE_S / 2
    service.start("serve")


def test_a_second_server_on_the_port_is_refused(service: LiveService) -> None:
    command = [sys.executable, "-m", "geo_assign", "serve"]
    second = subprocess.run(
        command, env=service.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert second.returncode == 1
    assert f"port {service.port}: Address already in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_no_other_program_gets_the_port(service: LiveService) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", service.port))


def test_the_kernel_asks_silent_connections_for_a_sign_of_life(service: LiveService) -> None:
    with half_a_header(service) as client:
        due_in_s = partial(keepalive_due_in_s, service.port, client.getsockname()[1])
        wait_until(lambda: due_in_s() is not None, "the server's end has a keepalive timer")
        assert (due_in_s() or 0) <= 30


def keepalive_due_in_s(server_port: int, client_port: int) -> float | None:
    """When the server's end of a connection on the loopback interface asks its peer; None while it is not to."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, _, timer, *_ = line.split()
        if local.endswith(f":{server_port:04X}") and remote.endswith(f":{client_port:04X}"):
            kind, _, ticks = timer.partition(":")
            return int(ticks, 16) / os.sysconf("SC_CLK_TCK") if kind == "02" else None
    return None


def test_a_kill_leaves_no_process_that_holds_the_port(service: LiveService) -> None:
    kill(service)
    service.start("serve")
    assert service.user().call("GET", "/v1/me").status_code == 200


def kill(service: LiveService) -> None:
    """End the process that was started; those that it started end with it, or the port would stay taken."""
    service.kill("serve", signal.SIGKILL)
    wait_until(lambda: can_bind(service.port), "no process listens any more")


def can_bind(port: int) -> bool:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_streams_beyond_their_share_are_told_to_come_back(world: World, tmp_path: Path) -> None:
    with (
        live_service(world, seed_document(technicians=1), tmp_path, worker=False, streams=2) as service,
        ExitStack() as held,
    ):
        for _ in range(2):
            held.enter_context(sleeping_reader(service))
        answer = service.user().call("GET", "/v1/live")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert service.user().call("GET", "/v1/me").status_code == 200


def test_two_processes_answer_on_one_port_add_up_their_metrics_and_die_together(world: World, tmp_path: Path) -> None:
    with live_service(world, seed_document(technicians=1), tmp_path, worker=False, processes=2) as service:
        for _ in range(30):
            assert requests.get(f"{service.base_url}/v1/me", timeout=PATIENCE_S).status_code == 401
        told = requests.get(f"{service.base_url}/metrics", timeout=PATIENCE_S).text
        (line,) = [row for row in told.splitlines() if 'status="4xx",tag="Me"' in row]
        assert float(line.rpartition(" ")[2]) == 30
        kill(service)
