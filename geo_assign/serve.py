"""The API process: granian in front of the application, with room for streams beside requests.

Granian receives headers in its own threads, so a client that sends half of them holds nothing of ours; a request,
a body on its way in or a stream then takes one thread of Python. There is one for each place that the API has for
them, and it admits no more of a kind than its share, so half-sent bodies and streams whose readers sleep cannot hold
requests up.
"""

import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import MPServer
from sqlalchemy import make_url

from geo_assign.core.listening import claimed_port
from geo_assign.core.reachable import parse_allow
from geo_assign.core.secrets import SecretBox
from geo_assign.core.settings import Settings
from geo_assign.http import receiving

STOP_WITHIN_S = 3
# Headers that are half sent, and connections that wait for the next request, are given up after a while: they hold a
# connection, of which there are many, and no thread.
_HEADERS_WITHIN_S = 30
_HEADER_BYTES = 16_384
_CONNECTIONS = 8_192
# Threads for what is turned away, and for closing what was not received.
_TURNING_AWAY = 128
# A thread that no request needs any more ends after this: a flood leaves hundreds, of which each holds 90 kB.
_IDLE_THREAD_S = 10
_METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Listen and answer until told to stop; returns after at most `STOP_WITHIN_S` seconds then.

    Raises CannotListenError, UnusableSettingError, ArgumentError for a database's URL.
    """
    _require_usable(settings)
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
            blocking_threads_idle_timeout=_IDLE_THREAD_S,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADERS_WITHIN_S * 1_000, max_buffer_size=_HEADER_BYTES),
            workers_kill_timeout=STOP_WITHIN_S,
            respawn_failed_workers=True,
            log_dictconfig=_LOGGING,
        )
        server.serve(target_loader=partial(load, settings, port), wrap_loader=False)


def _require_usable(settings: Settings) -> None:
    """A process that a setting keeps from starting would be started over and over: say so before the first one."""
    SecretBox(settings.fernet_keys)
    parse_allow(settings.outbound_allow)
    for url in (settings.database_url, settings.replica_url):
        if url is not None and url.get_secret_value():
            make_url(url.get_secret_value())


def load(settings: Settings, port: int) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, made inside a process that the server started and that will listen on `port`."""
    # The process that only listens would need two seconds and a hundred megabytes more with the application in it.
    from geo_assign.answering import open_application  # noqa: PLC0415

    return open_application(settings, port)


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
