"""The API process: granian in front of the application, with room for streams beside requests.

Granian receives requests in its own threads, so a client that sends half a request holds nothing of ours; a request
or a stream then takes one thread of Python. There are as many as `threads` and `streams` together, and the API admits
no more of either kind than its share, so streams whose readers sleep cannot hold requests up.
"""

import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.mp import MPServer

from geo_assign.app import EXTENSION, create_app
from geo_assign.core.settings import Settings
from geo_assign.http.admission import RECEIVING

STOP_WITHIN_S = 3
_METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Listen and answer until told to stop; returns after at most `STOP_WITHIN_S` seconds then."""
    if settings.processes > 1:
        _share_metrics()
    server = ListeningServer(
        "geo_assign.app:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.processes,
        blocking_threads=settings.threads + settings.streams + RECEIVING,
        workers_kill_timeout=STOP_WITHIN_S,
        respawn_failed_workers=True,
        log_dictconfig=_LOGGING,
    )
    lifeline = os.pipe()
    server.serve(target_loader=partial(load, settings, lifeline), wrap_loader=False)


class ListeningServer(MPServer):
    """Granian with a listening socket of our own, from which every connection inherits when it counts as dead.

    A phone that lost its signal in the middle of a request, or a reader who stopped reading, would hold a thread for
    good otherwise. It also makes a second server on the same port fail, where the server's own would share it.
    """

    def _init_shared_socket(self) -> None:
        family = socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for level, option, value in _LIVENESS:
            listener.setsockopt(level, option, value)
        listener.bind((self.bind_addr, self.bind_port))
        listener.listen(self.backlog)
        listener.set_inheritable(True)
        self._sso = listener
        self._sfd = listener.fileno()  # type: ignore[assignment]
        self._shd = SocketHolder(listener.fileno(), False, self.backlog)  # type: ignore[assignment, call-arg]


def load(settings: Settings, lifeline: tuple[int, int]) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, made inside a worker process. `lifeline` is a pipe whose writing end the parent holds."""
    _end_with_parent(lifeline)
    app = create_app(settings)
    _when_told_to_stop(app.extensions[EXTENSION].wind_up)
    return app.wsgi_app


def _end_with_parent(lifeline: tuple[int, int]) -> None:
    """End this process when its parent is gone: killed, it could not take its children along.

    They would go on answering, and hold the port against the next server.
    """
    reader, writer = lifeline
    os.close(writer)

    def wait() -> None:
        os.read(reader, 1)  # nobody writes: this returns when the last writer is gone
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def _when_told_to_stop(act: Callable[[], None]) -> None:
    """Call `act` when this process is told to end, so that streams end by themselves and nothing waits to be written.

    The server installs handlers of its own afterwards; the wake-up descriptor hears the signal all the same.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    ending = {signal.SIGTERM, signal.SIGINT}

    def listen() -> None:
        while not ending.intersection(reader.recv(64)):
            pass
        writer.close()
        act()

    threading.Thread(target=listen, name="stopping", daemon=True).start()


def _share_metrics() -> None:
    """Give several processes a directory for each other's metrics.

    The metrics library looks for it when it is imported, which has happened long ago: so the command starts again.
    """
    if _METRICS_DIRECTORY in os.environ:  # noqa: TID251 - a variable of the library, not a setting of ours
        return
    os.environ[_METRICS_DIRECTORY] = tempfile.mkdtemp(prefix="geo-assign-metrics-")  # noqa: TID251
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, unchanged


_LIVENESS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000),
)
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "geo_assign.core.telemetry.LineFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "loggers": {"_granian": {"handlers": ["stdout"], "level": "INFO", "propagate": False}},
}
