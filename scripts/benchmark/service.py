"""The service as people run it: `geo-assign serve`, a process on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

_START_WITHIN_S = 120.0
_STOP_WITHIN_S = 15.0
NO_PROXY = build_opener(ProxyHandler({}))


class NotReadyError(RuntimeError):
    """The service did not start; the message ends with its log."""


@dataclass(frozen=True)
class Running:
    """Something that answers on a port of 127.0.0.1, and its first process."""

    port: int
    pid: int


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """The port of a service with these settings, ready. It is stopped at the end. Raises NotReadyError."""
    with running_service(environment, log) as service:
        yield service.port


@contextmanager
def running_service(environment: Mapping[str, str], log: Path) -> Iterator[Running]:
    """The same, with its process."""
    port = free_port()
    # A folder of its own, where no settings of the checkout lie.
    with tempfile.TemporaryDirectory(prefix="geo-assign-bench-") as folder, log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "geo_assign", "serve"],
            env={**without_settings(), **environment, "GEO_ASSIGN_PORT": str(port)},
            cwd=folder,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(process, port, log)
            yield Running(port, process.pid)
        finally:
            stop(process)


def environment_of_service() -> dict[str, str]:
    """What of this process's environment is for the service."""
    return {name: value for name, value in os.environ.items() if name.startswith("GEO_ASSIGN_")}


def without_settings() -> dict[str, str]:
    """This process's environment without what would change the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    give_up_at, pause = monotonic() + _START_WITHIN_S, Event()
    while process.poll() is None and monotonic() < give_up_at:
        try:
            with NO_PROXY.open(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (URLError, OSError):
            pause.wait(0.1)
    raise NotReadyError(log.read_text(errors="replace")[-2000:])


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it, by force when it does not end by itself."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    """Whether a program listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of 127.0.0.1 that no program listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
