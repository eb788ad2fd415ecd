"""Wait for what must become true, however slow the machine is: an early end costs nothing, a late one no test."""

from collections.abc import Callable
from threading import Event
from time import monotonic

import pytest

# For what takes well under a second on a quiet machine.
PATIENCE_S = 60.0


def wait_until(holds: Callable[[], object], what: str, *, within_s: float = PATIENCE_S, pause_s: float = 0.02) -> None:
    """Return as soon as `holds` answers something true; fail the test, naming `what`, after `within_s`."""
    deadline = monotonic() + within_s
    pause = Event()
    while not holds():
        if monotonic() > deadline:
            pytest.fail(f"not within {within_s:.0f} s: {what}")
        pause.wait(pause_s)
