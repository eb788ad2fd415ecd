"""The simulation's time: seconds since the start, and waiting for a later second."""

import threading
import time
from datetime import datetime, timedelta
from typing import Protocol


class Pace(Protocol):
    """Tells the simulation's time and waits. The tests' own pace skips the waiting."""

    def now_s(self) -> float:
        """Return the seconds since the beginning."""

    def wait_until(self, time_s: float) -> bool:
        """Wait for a time; False when the simulation was stopped."""

    def instant(self, time_s: float) -> datetime:
        """Return the wall clock's time at a second of the simulation."""


class RealPace:
    """Real time from now on; ``stop`` ends a wait at once and may be called from a signal handler."""

    def __init__(self, began_at: datetime) -> None:
        self._began_at = began_at
        self._began_s = time.monotonic()
        self._stopped = threading.Event()

    def now_s(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began_s

    def wait_until(self, time_s: float) -> bool:
        """Wait for a time; False when ``stop`` was called."""
        return not self._stopped.wait(max(0.0, time_s - self.now_s()))

    def instant(self, time_s: float) -> datetime:
        """Return the wall clock's time at a second of the simulation."""
        return self._began_at + timedelta(seconds=time_s)

    def stop(self) -> None:
        """End the simulation."""
        self._stopped.set()
