"""The service is waited for until it says it is ready; what it says instead is passed on."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.scripts.shell import LIBRARY


class Service(BaseHTTPRequestHandler):
    """Not ready for the first answers, as many as the server says."""

    server: "Starting"

    def do_GET(self) -> None:
        self.server.refusals -= 1
        self.send_response(503 if self.server.refusals >= 0 else 200)
        self.end_headers()
        self.wfile.write(b"migrations are missing")

    def log_message(self, format: str, *args: object) -> None:
        pass


class Starting(HTTPServer):
    refusals = 0


@pytest.fixture
def service() -> Iterator[Starting]:
    with Starting(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def wait_for(service: Starting, *pids: int, timeout_s: float = 5) -> "subprocess.CompletedProcess[str]":
    url = f"http://127.0.0.1:{service.server_port}/health/ready"
    command = [sys.executable, str(LIBRARY / "ready.py"), url, str(timeout_s), *map(str, pids)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_it_waits_until_the_service_is_ready(service: Starting) -> None:
    service.refusals = 3
    assert wait_for(service, os.getpid()).returncode == 0
    assert service.refusals == -1


def test_what_the_service_says_instead_is_told(service: Starting) -> None:
    service.refusals = 10_000
    done = wait_for(service, os.getpid(), timeout_s=0.3)
    assert done.returncode == 1
    assert "503: migrations are missing" in done.stderr


def test_a_process_that_ended_is_not_waited_for(service: Starting) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert wait_for(service, os.getpid(), ended.pid).returncode == 2
