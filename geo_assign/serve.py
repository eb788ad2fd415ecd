"""The API process: granian in front of the application, with room for streams beside requests.

Granian receives headers in its own threads, so a client that sends half of them holds nothing of ours; a request,
a body on its way in or a stream then takes one thread of Python. There is one for each place that the API has for
them, and it admits no more of a kind than its share, so half-sent bodies and streams whose readers sleep cannot hold
requests up.
"""

import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from functools import partial

import click
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import MPServer

from geo_assign.app import EXTENSION, create_app
from geo_assign.core.db import Database
from geo_assign.core.listening import claimed_port, end_dead_connections
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import keep_sampling
from geo_assign.first_step import find_first_step
from geo_assign.http import receiving

STOP_WITHIN_S = 3
# Headers that are half sent, and connections that wait for the next request, are given up after a while: they hold a
# connection, of which there are many, and no thread.
_HEADERS_WITHIN_S = 30
_HEADER_BYTES = 16_384
_CONNECTIONS = 8_192
# Threads for what is turned away, and for closing what was not received.
_TURNING_AWAY = 128
# What a process has in use is told by another one, which answers the scrape.
_SAMPLED_EVERY_S = 5.0
_METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Listen and answer until told to stop; returns after at most `STOP_WITHIN_S` seconds then.

    Raises CannotListenError.
    """
    if settings.processes > 1:
        _share_metrics()
    _allow_connections()
    with claimed_port(settings.host, settings.port) as (address, port):
        server = MPServer(
            "geo_assign.app:create_app",
            address=address,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=settings.processes,
            backpressure=_CONNECTIONS,
            # As many bodies may wait for a place as there are places.
            blocking_threads=settings.threads + settings.streams + 2 * receiving.PLACES + _TURNING_AWAY,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_S * 1_000, max_buffer_size=_HEADER_BYTES),
            workers_kill_timeout=STOP_WITHIN_S,
            respawn_failed_workers=True,
            log_dictconfig=_LOGGING,
        )
        server.serve(target_loader=partial(load, settings, port), wrap_loader=False)


def load(settings: Settings, port: int) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, made inside a worker process that will listen on `port`."""
    _end_with_parent()
    end_dead_connections(port)
    app = create_app(settings)
    if settings.processes > 1:
        keep_sampling(_SAMPLED_EVERY_S)
    _tell_first_step(app.extensions[EXTENSION].database)
    _when_told_to_stop(app.extensions[EXTENSION].wind_up)
    return app  # not its wsgi_app: Sentry watches the call of the application itself


def _tell_first_step(database: Database) -> None:
    """Say how to create the first organization, on standard error: the other one is for the log's lines."""
    step = find_first_step(database)
    if step is not None:
        click.echo(step, err=True)


def _end_with_parent() -> None:
    """End this process when its parent is gone: killed, it could not take its children along.

    They would go on answering, and hold the port against the next server.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("the application is loaded in a process that the server started")

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


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


def _allow_connections() -> None:
    """Let this process, and those that it starts, have a descriptor for each connection, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _CONNECTIONS
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _share_metrics() -> None:
    """Give several processes a directory for each other's metrics.

    The metrics library looks for it when it is imported, which has happened long ago: so the command starts again.
    """
    if _METRICS_DIRECTORY in os.environ:  # noqa: TID251 - a variable of the library, not a setting of ours
        return
    os.environ[_METRICS_DIRECTORY] = tempfile.mkdtemp(prefix="geo-assign-metrics-")  # noqa: TID251
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - our own command line, unchanged


_LOGGING: dict[str, object] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "geo_assign.core.telemetry.LineFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "loggers": {"_granian": {"handlers": ["stdout"], "level": "INFO", "propagate": False}},
}
