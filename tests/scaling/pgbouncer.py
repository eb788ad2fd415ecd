"""PgBouncer between the service and the tests' server: Debian's package, and a newer one where the path has it."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

from geo_assign.migrate import prepare
from tests.conftest import World
from tests.live import free_port
from tests.waiting import wait_until

# The first version that knows what its clients prepared.
KNOWS_STATEMENTS = (1, 21)
_CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 20
max_client_conn = 200
# The next transaction is lent another connection than the last one, as on a busy day.
server_round_robin = 1
{more}
"""


@cache
def programs() -> dict[tuple[int, ...], Path]:
    """The programs of this machine by their versions."""
    folders = [*os.environ["PATH"].split(os.pathsep), "/usr/sbin"]
    paths = {Path(found).resolve() for folder in folders if (found := shutil.which("pgbouncer", path=folder))}
    return {_version(path): path for path in sorted(paths)}


def _version(program: Path) -> tuple[int, ...]:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)", told)
    assert found, told
    return tuple(map(int, found.groups()))


def any_program() -> Path:
    """Any version. Skips the test where there is none, which `./scripts/test` as root, and so CI, does not leave so."""
    if not programs():
        assert "CI" not in os.environ, "PgBouncer is missing; ./scripts/test installs it"
        pytest.skip("PgBouncer is not installed, and this account may not install it")
    return programs()[min(programs())]


def program_that(*, knows_statements: bool) -> Path:
    """One that keeps its clients' prepared statements apart, or one that does not; skips where there is none."""
    found = [path for version, path in programs().items() if (version >= KNOWS_STATEMENTS) is knows_statements]
    if not found:
        side = "at least" if knows_statements else "older than"
        pytest.skip(f"no PgBouncer on the path is {side} {'.'.join(map(str, KNOWS_STATEMENTS))}")
    return found[0]


@contextmanager
def behind(world: World, program: Path, *, mode: str) -> Iterator[World]:
    """The same database, with the roles of the service coming through a pooler in this mode."""
    # A clone is a database of its own, in which the log-ins have no settings yet.
    prepare(world.settings())
    server, port = make_url(world.admin_url), free_port()
    more = "max_prepared_statements = 500" if _version(program) >= KNOWS_STATEMENTS else ""
    through = [make_url(url).set(port=port) for url in (world.app_url, world.worker_url)]
    with TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text("".join(f'"{url.username}" "{url.password}"\n' for url in through))
        configuration = _CONFIGURATION.format(
            host=server.host, server_port=server.port, port=port, folder=folder, mode=mode, more=more
        )
        (folder / "pgbouncer.ini").write_text(configuration)
        with _running(program, folder, port):
            app, worker = (url.render_as_string(hide_password=False) for url in through)
            yield replace(world, app_url=app, worker_url=worker)


@contextmanager
def _running(program: Path, folder: Path, port: int) -> Iterator[None]:
    # It refuses to be root.
    user = ["--user", "postgres"] if os.geteuid() == 0 else []
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, *user, folder / "pgbouncer.ini"], stdout=output, stderr=output)
    try:
        wait_until(lambda: _listens(port) or process.poll() is not None, "PgBouncer listens", pause_s=0.02)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.kill()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
