"""A forked process of the service is a process like any other."""

import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from geo_assign import __version__
from tests.forked import forked
from tests.waiting import PATIENCE_S

PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("GEO_ASSIGN_")}


def test_it_prints_to_its_log_and_tells_how_it_ended(tmp_path: Path) -> None:
    right = forked(["--version"], PLAIN, tmp_path / "right.log")
    wrong = forked(["sevre"], PLAIN, tmp_path / "wrong.log")
    assert (right.wait(PATIENCE_S), wrong.wait(PATIENCE_S)) == (0, 2)
    assert right.log.read_text() == f"geo-assign, version {__version__}\n"
    assert "No such command 'sevre'" in wrong.log.read_text()
    assert right.poll() == 0


def test_it_has_the_environment_and_the_folder_that_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seed.json").write_text("{")
    ended = [
        forked(["seed", "seed.json"], {**PLAIN, f"GEO_ASSIGN_{name}": "1"}, tmp_path / name) for name in ("ONE", "TWO")
    ]
    assert all(process.wait(PATIENCE_S) == 1 for process in ended)
    for process, name, other in zip(ended, ("ONE", "TWO"), ("TWO", "ONE"), strict=True):
        assert f"GEO_ASSIGN_{name} is not a setting" in process.log.read_text()
        assert f"GEO_ASSIGN_{other}" not in process.log.read_text()


def test_it_is_killed_alone(tmp_path: Path) -> None:
    """Two workers wait for a database that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as held:
        url = f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/none"
        settings = {"DATABASE_URL": url, "WORKER_DATABASE_URL": url, "ALLOW_UNSAFE_DATABASE": "true"}
        environment = {**PLAIN, **{f"GEO_ASSIGN_{name}": value for name, value in settings.items()}}
        first, second = (forked(["worker"], environment, tmp_path / name) for name in ("first", "second"))
        for _ in range(2):
            held.enter_context(silent.accept()[0])
        first.send_signal(signal.SIGKILL)
        assert first.wait(PATIENCE_S) == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(first.pid, 0)
        with pytest.raises(TimeoutError, match=f"process {second.pid} still runs"):
            second.wait(0.05)
        second.send_signal(signal.SIGKILL)
        assert second.wait(PATIENCE_S) == -signal.SIGKILL
