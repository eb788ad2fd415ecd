"""The service's processes, forked off one that has imported all they need.

To import it takes a processor two seconds, which was most of what a test with real processes cost. Such a process has
its own pid, environment and log, is killed like any other, and shares nothing but code with those that were forked
before. That the command line starts by itself is seen where processes are still started anew: several processes of one
service, the scripts.
"""

import atexit
import ctypes
import gc
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Any, TextIO

_REPOSITORY = Path(__file__).resolve().parents[1]
# NumPy would start threads for matrices when it is imported; a fork has none of them.
_ALONE = {"OPENBLAS_NUM_THREADS": "1"}
_NAMESPACES = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_IMPORTED = (
    "geo_assign.cli",
    "geo_assign.serve",
    "geo_assign.answering",
    "geo_assign.worker",
    "geo_assign.file_import",
)


class Forked:
    """A process of the service, with what the tests use of `subprocess.Popen`."""

    def __init__(self, server: "_Server", pid: int, log: Path) -> None:
        self._server = server
        self.pid = pid
        self.log = log
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended: its exit status, or the negative number of the signal; None while it runs."""
        if self.returncode is None:
            self.returncode = self._server.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait until it has ended. Raises TimeoutError."""
        deadline, pause = monotonic() + timeout, Event()
        while (ended := self.poll()) is None:
            if monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} still runs after {timeout:.0f} s")
            pause.wait(0.01)
        return ended

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def forked(arguments: Sequence[str], environment: Mapping[str, str], log: Path, *, network: str = "") -> Forked:
    """`geo-assign` with these arguments, in this process's folder, which appends to `log` what it prints.

    `network`: the name of a network namespace that it shall be in, as after `ip netns exec`.
    """
    server = _server()
    told = {"environment": dict(environment), "log": str(log), "folder": str(Path.cwd()), "network": network}
    return Forked(server, server.ask({"arguments": list(arguments), **told}), log)


class _Server:
    """This test process's way to the process that forks; it ends when this one does."""

    def __init__(self) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked"],
            cwd=_REPOSITORY,
            env=plain | _ALONE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = Lock()
        atexit.register(self.close)

    def ask(self, request: Mapping[str, Any]) -> Any:
        """What it answers to one request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@cache
def _server() -> _Server:
    return _Server()


def _serve(requests: TextIO, answers: TextIO) -> Mapping[str, Any] | None:
    """Fork for each request. In a process that was forked, what it is to be; None at the end, in this one."""
    for line in requests:
        request = json.loads(line)
        if "ended" in request:
            pid, status = os.waitpid(request["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                return dict(request)
        print(json.dumps(answer), file=answers, flush=True)
    return None


def _become(wanted: Mapping[str, Any]) -> None:
    """Be `geo-assign`, as if it had been started there, with that environment and output."""
    if wanted["network"]:
        _enter(wanted["network"])
    os.chdir(wanted["folder"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for descriptor, own in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, own)
    os.closerange(3, max(nothing, log) + 1)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["geo-assign", *wanted["arguments"]]
    import_module("geo_assign.cli").main(wanted["arguments"])


def _enter(network: str) -> None:
    """Be in this network namespace from now on. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    with (_NAMESPACES / network).open() as namespace:
        if libc.setns(namespace.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"the network {network} cannot be entered")


def _main() -> None:
    for name in _IMPORTED:
        import_module(name)
    threads = list(Path("/proc/self/task").iterdir())
    assert len(threads) == 1, f"what is imported starts threads, which no fork has: {threads}"
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    wanted = _serve(sys.stdin, answers)
    if wanted is not None:
        answers.detach()
        _become(wanted)


if __name__ == "__main__":
    _main()
