"""Threads that an application leaves behind when a test does not close it.

Such a thread goes on in the tests after it, finds its database gone and says so into their output.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
