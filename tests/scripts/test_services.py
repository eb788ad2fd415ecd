"""What `run` starts it stops: on a signal in order, and when it is killed outright, too."""

import os
import signal
import subprocess
from pathlib import Path
from threading import Event

import pytest

from tests.scripts.shell import Checkout, wait_until_it_is

BODY = """
open_steps run
on_close() { stop_services; }
start_service api bash -c 'sleep 300 & echo $! >"$ROOT_DIR/grandchild"; wait'
start_service worker sleep 300
printf '%s\\n' "${SERVICE_PID[api]}" "${SERVICE_PID[worker]}"
watch_services api worker
say "$ENDED ended"
"""


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_dead(*pids: int) -> None:
    pause = Event()
    for _ in range(150):
        if not any(map(is_alive, pids)):
            return
        pause.wait(0.1)
    pytest.fail(f"still alive: {[pid for pid in pids if is_alive(pid)]}")


def started(process: "subprocess.Popen[str]", checkout: Checkout) -> list[int]:
    """The pids of both services and of the process that the first one started."""
    assert process.stdout is not None
    pids = [int(process.stdout.readline()) for _ in range(2)]
    grandchild, pause = checkout.root / "grandchild", Event()
    wait_until_it_is("sleep", pids[1])
    while not grandchild.exists() or not grandchild.read_text().strip():
        pause.wait(0.05)
    return [*pids, int(grandchild.read_text())]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_service_and_what_they_started(checkout: Checkout, number: signal.Signals) -> None:
    with checkout.start(BODY, ROOT_DIR=str(checkout.root)) as process:
        pids = started(process, checkout)
        process.send_signal(number)
        process.wait(20)
        wait_until_dead(*pids)
    assert process.returncode == 143


def test_services_stop_when_the_script_is_killed(checkout: Checkout) -> None:
    with checkout.start(BODY, ROOT_DIR=str(checkout.root)) as process:
        api, worker, grandchild = started(process, checkout)
        process.kill()
        wait_until_dead(api, worker)
        os.kill(grandchild, signal.SIGKILL)


def test_the_end_of_one_service_is_noticed(checkout: Checkout) -> None:
    with checkout.start(BODY, ROOT_DIR=str(checkout.root)) as process:
        api, worker, _ = started(process, checkout)
        os.kill(worker, signal.SIGKILL)
        assert process.stdout is not None
        assert process.stdout.readline() == "worker ended\n"
        process.wait(20)
        wait_until_dead(api)


def test_a_service_that_may_end_does_not_end_the_rest(checkout: Checkout) -> None:
    body = (
        "open_steps run; on_close() { stop_services; }; start_service demo true; start_service api sleep 300; "
        'say "${SERVICE_PID[api]}"; watch_services api; say "$ENDED"'
    )
    with checkout.start(body) as process:
        assert process.stdout is not None
        api = int(process.stdout.readline())
        assert process.stdout.readline().strip().startswith("demo ended; the service runs on")
        os.kill(api, signal.SIGKILL)
        assert process.stdout.read() == "api\n"
    assert process.returncode == 0
