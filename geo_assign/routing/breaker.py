"""A circuit breaker: a router that failed repeatedly is left alone for a while, then one caller tries it again."""

import threading
import time
from collections.abc import Callable

# After so many failures in a row no call is made for a while, each time twice as long.
FAILURES_TO_OPEN = 3
FIRST_OPEN_S = 10.0
LONGEST_OPEN_S = 120.0


class Breaker:
    """The state of one router as this process sees it; safe to share between threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_until_s: float | None = None

    def may_call(self) -> bool:
        """Whether a call may be made. Of those that ask after the pause, one may; the others wait for what it finds."""
        with self._lock:
            if self._opened_until_s is None:
                return True
            if self._clock() < self._opened_until_s:
                return False
            self._opened_until_s = self._clock() + FIRST_OPEN_S
            return True

    def note_success(self) -> None:
        with self._lock:
            self._failures, self._opened_until_s = 0, None

    def note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            doubled = self._failures - FAILURES_TO_OPEN
            if doubled >= 0:
                self._opened_until_s = self._clock() + min(LONGEST_OPEN_S, FIRST_OPEN_S * 2.0 ** min(doubled, 10))
