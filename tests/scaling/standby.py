"""A primary of its own with a streaming standby: the tests' server writes no log that another could follow."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import chown
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import make_url

from tests.conftest import World
from tests.databases import server_url
from tests.live import free_port
from tests.waiting import wait_until

_SUPERUSER = "postgres"
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = '64MB'
max_connections = 100
max_wal_senders = 3
wal_level = replica
hot_standby = on
fsync = off
timezone = 'UTC'
jit = off
autovacuum = off
"""


@dataclass(frozen=True)
class Pair:
    """The primary's world, the standby's URL of the application, and what can be done to the standby."""

    primary: World
    replica_url: str
    programs: Path
    folder: Path

    @property
    def standby(self) -> World:
        """The standby as if it were the database of the service."""
        port = make_url(self.replica_url).port
        urls = (self.primary.admin_url, self.primary.app_url, self.primary.worker_url)
        admin, app, worker = (make_url(url).set(port=port).render_as_string(hide_password=False) for url in urls)
        return World(admin_url=admin, app_url=app, worker_url=worker)

    def pause(self) -> None:
        """It goes on answering, and hears nothing more."""
        self._on_standby("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self._on_standby("SELECT pg_get_wal_replay_pause_state()") == "paused", "replay is paused")

    def resume(self) -> None:
        self._on_standby("SELECT pg_wal_replay_resume()")

    def kill(self) -> None:
        control(self.programs, "stop", "-m", "immediate", "-D", str(self.folder / "standby"))

    def start(self) -> None:
        start(self.programs, self.folder / "standby")

    def catch_up(self) -> None:
        """Wait until the standby has all that the primary has now."""
        with psycopg.connect(self.primary.admin_url, autocommit=True) as conn:
            ((position,),) = conn.execute("SELECT pg_current_wal_flush_lsn()::text").fetchall()
        asked = f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"
        wait_until(lambda: self._on_standby(asked), "the standby has replayed the log")

    def _on_standby(self, statement: str) -> object:
        with psycopg.connect(self.standby.admin_url, autocommit=True) as conn:
            ((value,),) = conn.execute(statement.encode()).fetchall()
        return value


@contextmanager
def primary_and_standby(template: str) -> Iterator[Pair]:
    """Two servers, of which the second follows the first; both with what the template has."""
    programs = find_programs()
    with TemporaryDirectory(prefix="geo-assign-standby-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            chown(folder, _SUPERUSER)
        made: list[Path] = []
        try:
            primary = make_primary(programs, folder, made)
            copy_template(programs, template, primary)
            port = make_standby(programs, folder, primary, made)
            replica_url = make_url(primary.app_url).set(port=port).render_as_string(hide_password=False)
            yield Pair(primary, replica_url, programs, folder)
        finally:
            for data in reversed(made):
                control(programs, "stop", "-m", "immediate", "-D", str(data), check=False)


def find_programs() -> Path:
    """The folder of the tests' server's programs."""
    with psycopg.connect(server_url(), autocommit=True) as conn:
        ((folder,),) = conn.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchall()
    return Path(str(folder))


def make_primary(programs: Path, folder: Path, made: list[Path]) -> World:
    data, port = folder / "primary", free_port()
    # The roles that are copied have the passwords of the tests' server.
    password = str(make_url(server_url()).password)
    (folder / "password").write_text(password)
    as_owner(
        programs / "initdb",
        *("--pgdata", data, "--username", _SUPERUSER, "--pwfile", folder / "password", "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
    )
    (data / "postgresql.auto.conf").write_text(_CONFIGURATION.format(port=port))
    made.append(data)
    start(programs, data)
    base = make_url(server_url()).set(host="127.0.0.1", port=port, database="geo_assign")

    def of(user: str, password: str) -> str:
        return base.set(username=user, password=password).render_as_string(hide_password=False)

    app, worker = of("geo_assign_test_app", "test"), of("geo_assign_test_worker", "test")
    return World(admin_url=of(_SUPERUSER, password), app_url=app, worker_url=worker)


def copy_template(programs: Path, template: str, primary: World) -> None:
    """The roles and the schema, as a dump brings them."""
    source = make_url(server_url()).set(database=template).render_as_string(hide_password=False)
    maintenance = make_url(primary.admin_url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server_url(), autocommit=True) as conn:
        # Templates take no connections, so that nothing stands in the way of a clone.
        conn.execute(f'CREATE DATABASE "{template}_dumped" TEMPLATE "{template}"'.encode())
    try:
        source = make_url(server_url()).set(database=f"{template}_dumped").render_as_string(hide_password=False)
        roles = piped([programs / "pg_dumpall", "--roles-only", "--dbname", server_url()])
        # The superuser is there already, which is told and no harm.
        piped([programs / "psql", "-X", "-q", "-d", maintenance], roles)
        piped([programs / "psql", "-X", "-q", "-d", maintenance, "-c", "CREATE DATABASE geo_assign"])
        dump = piped([programs / "pg_dump", "--dbname", source])
        piped([programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", primary.admin_url], dump)
    finally:
        with psycopg.connect(server_url(), autocommit=True) as conn:
            conn.execute(f'DROP DATABASE "{template}_dumped"'.encode())


def make_standby(programs: Path, folder: Path, primary: World, made: list[Path]) -> int:
    data, port = folder / "standby", free_port()
    server = make_url(primary.admin_url).set(database="postgres").render_as_string(hide_password=False)
    as_owner(
        *(programs / "pg_basebackup", "--dbname", server, "--pgdata", data, "--write-recovery-conf"),
        *("--checkpoint", "fast", "--no-sync"),
    )
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(f"port = {port}\n")
    made.append(data)
    start(programs, data)
    return port


def start(programs: Path, data: Path) -> None:
    control(programs, "start", "-w", "-t", "60", "-s", "-D", str(data), "-l", str(data.parent / f"{data.name}.log"))


def control(programs: Path, *arguments: str, check: bool = True) -> None:
    as_owner(programs / "pg_ctl", *arguments, check=check)


def as_owner(*command: object, check: bool = True) -> None:
    """PostgreSQL refuses root."""
    user = {"user": _SUPERUSER, "group": _SUPERUSER} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        **user,  # type: ignore[call-overload]
    )
    assert not check or done.returncode == 0, command


def piped(command: list[object], given: bytes = b"") -> bytes:
    done = subprocess.run([str(part) for part in command], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
