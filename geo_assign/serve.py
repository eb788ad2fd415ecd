"""The API process: granian in front of the application, with room for streams beside requests.

Granian receives requests in its own threads, so a client that sends half a request holds nothing of ours; a request
or a stream then takes one thread of Python. There are as many as `threads` and `streams` together, and the API admits
no more of either kind than its share, so streams whose readers sleep cannot hold requests up.
"""

import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from geo_assign.core.settings import Settings

STOP_WITHIN_S = 4
_MULTIPROCESS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Listen and answer until told to stop; returns after at most `STOP_WITHIN_S` seconds then."""
    with _metrics_directory(settings.processes):
        server = Server(
            "geo_assign.app:create_app",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=settings.processes,
            blocking_threads=settings.threads + settings.streams,
            workers_kill_timeout=STOP_WITHIN_S,
            respawn_failed_workers=True,
            log_dictconfig=_LOGGING,
        )
        server.serve(target_loader=partial(load, settings), wrap_loader=False)


def load(settings: Settings) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, made inside a worker process."""
    from geo_assign.app import EXTENSION, create_app  # noqa: PLC0415 - metrics choose their place when imported

    app = create_app(settings)
    _set_on_signal(app.extensions[EXTENSION].stopping)
    return app.wsgi_app


def _set_on_signal(stopping: threading.Event) -> None:
    """Set `stopping` when this process is told to end, so that streams end by themselves.

    The server installs handlers of its own afterwards; the wake-up descriptor hears the signal all the same.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    ending = {signal.SIGTERM, signal.SIGINT}

    def listen() -> None:
        while not ending.intersection(reader.recv(64)):
            pass
        stopping.set()
        writer.close()

    threading.Thread(target=listen, name="stopping", daemon=True).start()


@contextmanager
def _metrics_directory(processes: int) -> Iterator[None]:
    """Where several processes keep their metrics for each other; one process keeps its own in memory."""
    if processes == 1 or _MULTIPROCESS_DIRECTORY in os.environ:  # noqa: TID251 - the metrics library reads it
        yield
        return
    directory = tempfile.mkdtemp(prefix="geo-assign-metrics-")
    os.environ[_MULTIPROCESS_DIRECTORY] = directory  # noqa: TID251
    try:
        yield
    finally:
        shutil.rmtree(directory, ignore_errors=True)


_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "geo_assign.core.telemetry.LineFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "loggers": {"_granian": {"handlers": ["stdout"], "level": "INFO", "propagate": False}},
}
