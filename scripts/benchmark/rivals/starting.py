"""Starts the rivals as people do: under gunicorn, with as many workers as there are cores, and a Redis of their own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from scripts.benchmark.rivals import in_redis, orm
from scripts.benchmark.rivals.compared import BY_INDEX, BY_RADIUS, BY_RADIUS_IN_THREADS, IN_REDIS
from scripts.benchmark.service import NotReadyError, Running, answers, free_port, stop, without_settings

_START_WITHIN_S = 60.0
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Rival:
    """`app`: what gunicorn loads. `needs_redis`: whether a Redis is started and filled for it."""

    name: str
    app: str
    arguments: tuple[str, ...]
    needs_redis: bool = False


_WORKERS = ("--workers", str(os.cpu_count() or 2))
_THREADS = ("--worker-class", "gthread", "--threads", "8")
RIVALS = (
    Rival(BY_RADIUS, "scripts.benchmark.rivals.orm:make_app()", _WORKERS),
    Rival(BY_RADIUS_IN_THREADS, "scripts.benchmark.rivals.orm:make_app()", (*_WORKERS, *_THREADS)),
    Rival(BY_INDEX, "scripts.benchmark.rivals.orm:make_knn_app()", (*_WORKERS, *_THREADS)),
    Rival(IN_REDIS, "scripts.benchmark.rivals.in_redis:make_app()", (*_WORKERS, *_THREADS), True),
)


@contextmanager
def running(rival: Rival, owner_url: str, keys: Sequence[str], logs: Path) -> Iterator[Running]:
    """The rival over the fleet of that database. Raises NotReadyError."""
    with ExitStack() as started:
        settings = {"RIVAL_DATABASE_URL": orm.driver_url(owner_url)}
        if rival.needs_redis:
            redis_port = started.enter_context(_redis(logs))
            in_redis.fill(redis_port, owner_url, tuple(keys))
            settings["RIVAL_REDIS_PORT"] = str(redis_port)
        else:
            orm.fill(owner_url)
            started.callback(orm.remove, owner_url)
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--keep-alive", "75"]
        command += [*rival.arguments, rival.app]
        process = started.enter_context(_process(command, settings, logs / "bench-rival.log"))
        _wait_until(lambda: answers(port), process, logs / "bench-rival.log")
        yield Running(port, process.pid)


@contextmanager
def _redis(logs: Path) -> Iterator[int]:
    port, log = free_port(), logs / "bench-redis.log"
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        with _process([*command, "--save", "", "--appendonly", "no"], {}, log) as process:
            _wait_until(lambda: answers(port), process, log)
            yield port


@contextmanager
def _process(command: Sequence[str], settings: Mapping[str, str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as written:
        environment = {**without_settings(), **settings}
        process = subprocess.Popen(command, env=environment, cwd=_ROOT, stdout=written, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            stop(process)


def _wait_until(is_there: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at = monotonic() + _START_WITHIN_S
    while process.poll() is None and monotonic() < give_up_at:
        if is_there():
            return
        sleep(0.1)
    raise NotReadyError(log.read_text(errors="replace")[-2000:])
