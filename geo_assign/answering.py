"""A process that answers: the application, and what it needs of the process that started it.

`serve` starts one or several of them, and has none of the application in itself.
"""

import gc
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable

import click

from geo_assign.app import EXTENSION, create_app
from geo_assign.core.db import Database
from geo_assign.core.listening import end_dead_connections
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import keep_sampling
from geo_assign.first_step import find_first_step

# What a process has in use is told by another one, which answers the scrape.
_SAMPLED_EVERY_S = 5.0


def open_application(settings: Settings, port: int) -> Callable[..., Iterable[bytes]]:
    """The WSGI application, made inside a process that will listen on `port`."""
    _end_with_parent()
    end_dead_connections(port)
    app = create_app(settings)
    if settings.processes > 1:
        keep_sampling(_SAMPLED_EVERY_S)
    _tell_first_step(app.extensions[EXTENSION].database)
    _when_told_to_stop(app.extensions[EXTENSION].wind_up)
    leave_what_stays_alone()
    return app  # not its wsgi_app: Sentry watches the call of the application itself


def leave_what_stays_alone() -> None:
    """Have the garbage collector pass by what there is now.

    The application is hundreds of thousands of objects that stay for as long as the process does. Looking through all
    of them stops every request for as long as a hundred searches take, and never finds anything.
    """
    gc.collect()
    gc.freeze()


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
