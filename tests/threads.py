"""Threads of applications in the tests' process: none is left behind, and none writes into a test's own output.

A thread that is left goes on in the tests after it, finds its database gone and says so. One that answers a page of a
test before may log at any moment, and what a test reads as the output of a command would have that line in it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import pytest

from geo_assign.core import telemetry

OF_APPLICATIONS = ("ping-meter", "location-views")


@contextmanager
def ended_threads() -> Iterator[None]:
    """Fail when a thread of an application still runs at the end; the failure names the tests that began them."""
    begun: dict[threading.Thread, str] = {}
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        if thread.name in OF_APPLICATIONS:
            begun[thread] = os.environ.get("PYTEST_CURRENT_TEST", "no test")
        start(thread)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", noted)
        yield
    left = sorted({f"{thread.name}: {test}" for thread, test in begun.items() if thread.is_alive()})
    assert left == [], "close the application's services in these tests:\n" + "\n".join(left)


class _ThreadOutput:
    """`sys` for the log: its `stdout` is what the test has put there for the test's thread alone."""

    @property
    def stdout(self) -> TextIO:
        return sys.stdout if threading.current_thread() is threading.main_thread() else sys.__stdout__ or sys.stdout

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def separate_output() -> Iterator[None]:
    """Lines that other threads log go to the process's output, not to one that a test has put in its place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telemetry, "sys", _ThreadOutput())
        yield
