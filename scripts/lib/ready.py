"""Wait until a URL answers 200 and every process named runs, or one of them ends, or time is up.

    ready.py URL TIMEOUT_S PID...

On failure the last answer goes to standard error: a service that is not ready says why.
"""

import os
import sys
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

_NO_PROXY = build_opener(ProxyHandler({}))


def refusal(url: str) -> str | None:
    """None when the URL answers 200, else what it said instead."""
    try:
        with _NO_PROXY.open(url, timeout=5):
            return None
    except HTTPError as error:
        return f"{error.code}: {error.read(4000).decode(errors='replace')}"
    except (URLError, OSError) as error:
        return str(error)


def is_running(pid: int) -> bool:
    """Whether the process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Exit status 0 when ready, 1 when not in time, 2 when a process ended."""
    url, timeout_s, pids = arguments[0], float(arguments[1]), [int(pid) for pid in arguments[2:]]
    pause, give_up_at = threading.Event(), time.monotonic() + timeout_s
    while True:
        why_not = refusal(url)
        if not all(map(is_running, pids)):
            print("A process ended.", file=sys.stderr)
            return 2
        if why_not is None:
            return 0
        if time.monotonic() > give_up_at:
            print(why_not, file=sys.stderr)
            return 1
        pause.wait(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
