"""Databases for tests: templates that are kept between runs, and clones of them.

A template belongs to a kind and a key, the hash of all that decides what is in it. Whichever process wants it first
makes it; later processes and later runs find it there. A template with another key of the same kind is dropped when a
new one is made, unless a process still uses it. What a killed run left behind is dropped by the next one.

A test borrows a clone: the rows it wrote are deleted and the next test borrows the same one, since a new one costs five
times as much as the test. One whose schema was changed is dropped.

Who uses what is known by advisory locks on the server's maintenance database: they go with their process.
"""

import itertools
import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url

from geo_assign.core.clock import Clock
from geo_assign.core.db import Database
from geo_assign.core.settings import PREFIX, Settings
from tests.engines import ENGINES
from tests.one_database import VARIABLE, OneDatabase, list_deletions, one_database_url

SECRET_KEY = "VGhpcyBrZXkgaXMgZm9yIHRlc3RzIG9ubHkuIE9rYXk="
VAPID_KEY = "dGhlIG51bWJlciAxIGFuZCB0aGlydHkgbW9yZSBieXQ"
SERVICE_ROLES = ("geo_assign_test_app", "geo_assign_test_worker")
REPOSITORY = Path(__file__).resolve().parents[1]
_SOFTWARE = """
SELECT version() || string_agg(' ' || name || ' ' || default_version, '' ORDER BY name)
FROM pg_available_extensions WHERE name IN ('postgis', 'btree_gist', 'btree_gin', 'pg_trgm', 'unaccent')"""

# PostGIS's own table is the extension's: no test writes it, and its 8,500 rows take long to compare.
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname <> 'spatial_ref_sys'
ORDER BY 1"""
_SEQUENCES = "SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'"
_CATALOGS = ("pg_class", "pg_attribute", "pg_constraint", "pg_policy", "pg_trigger", "pg_proc")
# A function, so that its statements are planned once.
_EMPTYING = """
CREATE FUNCTION pg_temp.emptied(kept integer[], OUT contents text, OUT remained bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_get_activity(NULL)
    WHERE datid = {database} AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND (pid <> ALL (kept) OR state <> 'idle');
    SELECT count(*) INTO remained FROM pg_stat_get_activity(NULL) WHERE pid = ANY (kept);
    {deletions};
    PERFORM pg_stat_reset();
    SELECT string_agg(part, ' ') INTO contents FROM ({fingerprint}) AS parts (part);
END $$"""


@dataclass(frozen=True)
class World:
    """A database of one test with the URLs of its three roles."""

    admin_url: str
    app_url: str
    worker_url: str

    def settings(self, **changes: object) -> Settings:
        """Settings that point here; no file and no environment is read for what they name."""
        values: dict[str, object] = {
            "database_url": self.app_url,
            "worker_database_url": self.worker_url,
            "admin_database_url": self.admin_url,
            "secret_keys": SECRET_KEY,
            "vapid_private_key": VAPID_KEY,
            "allow_unsafe_database": True,
            "outbound_allow": "127.0.0.0/8:*",
            "rate_limits": "off",
        }
        return _settings_of(values | changes)

    def database(self, *, clock: Clock | None = None, pool_size: int = 10) -> Database:
        """A pool of the application role."""
        return Database(self.app_url, clock=clock, pool_size=pool_size)


# What was made of the same values and the same environment: to read them takes as long as a small test.
_SETTINGS: dict[Hashable, Settings] = {}


def _settings_of(values: dict[str, object]) -> Settings:
    named = (tuple((name, type(value), value) for name, value in values.items()), *_environment())
    try:
        known = _SETTINGS.get(named)
    except TypeError:  # A list among them.
        return _read(values)
    if known is None:
        known = _SETTINGS[named] = _read(values)
    return known


def _environment() -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in os.environ.items() if name.upper().startswith(PREFIX))


def _read(values: dict[str, object]) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


def server_url() -> str:
    url = os.environ.get("GEO_ASSIGN_TEST_DATABASE_URL")
    if not url:
        pytest.exit("GEO_ASSIGN_TEST_DATABASE_URL is not set: run ./scripts/test, which starts a server", returncode=4)
    return url


class Server:
    """The server, as this test process uses it: one connection, whose locks say what is in use."""

    def __init__(self, one_database: str | None = None) -> None:
        """`one_database` is the URL of the database that all tests have: see `tests/one_database.py`."""
        self._session = token_hex(6)
        self._used: set[str] = set()
        self._waiting: dict[str, list[Clone]] = {}
        self._one = None if one_database is None else OneDatabase(one_database)
        self._conn = psycopg.connect(server_url(), autocommit=True)
        self._run("SELECT pg_advisory_lock(%s)", _lock_key(self._session))
        self._drop_what_was_left()

    def close(self) -> None:
        for clone in itertools.chain(*self._waiting.values()):
            clone.close()
            if self._one is None:
                self._drop(clone.name)
        if self._one is not None:
            self._one.close()
        self._conn.close()

    def template(
        self, kind: str, inputs: Iterable[str], fill: Callable[[World], None], *, base: str | None = None
    ) -> str:
        """The template of this kind for these inputs; if it is missing, `fill` makes it from a clone of `base`."""
        if self._one is not None:
            return _only_migrated(kind)
        software = str(self._run(_SOFTWARE)[0][0])
        key = sha256("\0".join([software, base or "", *inputs]).encode()).hexdigest()[:12]
        name = f"geo_template_{kind}_{key}"
        if name not in self._used:
            # Held until this process ends: no other process drops what this one clones.
            self._run("SELECT pg_advisory_lock_shared(%s)", _lock_key(name))
            self._used.add(name)
        if self._exists(name):
            return name
        self._run("SELECT pg_advisory_lock(%s)", _lock_key(f"making {name}"))
        try:
            if not self._exists(name):
                self._drop_older(kind)
                self._make(name, fill, base)
        finally:
            self._run("SELECT pg_advisory_unlock(%s)", _lock_key(f"making {name}"))
        return name

    @contextmanager
    def cloned(self, template: str) -> Iterator[World]:
        """A copy of the template, dropped afterwards."""
        if self._one is not None:
            with self.borrowed(template) as world:
                yield world
            return
        name = f"geo_test_{self._session}_{token_hex(6)}"
        self._create(name, template)
        try:
            yield world_of(name)
        finally:
            self._drop(name)

    @contextmanager
    def borrowed(self, template: str) -> Iterator[World]:
        """A database like the template. It goes to the next test when this one is over and only rows were written."""
        if self._one is not None:
            with self._one.lent(), self._borrowed_one(self._one.url) as world:
                yield world
            return
        waiting = self._waiting.setdefault(template, [])
        clone = waiting.pop() if waiting else self._clone(template)
        try:
            yield clone.world
        finally:
            if clone.is_emptied():
                waiting.append(clone)
            else:
                clone.close()
                self._drop(clone.name)

    @contextmanager
    def _borrowed_one(self, url: str) -> Iterator[World]:
        """The one database of all tests, which is empty at first."""
        waiting = self._waiting.setdefault(url, [])
        if not waiting:
            waiting.append(Clone(world_at(url)))
        (clone,) = waiting
        try:
            yield clone.world
        finally:
            if not clone.is_emptied():
                waiting.clear()
                clone.close()
                pytest.fail("changes the schema, which no other test is to find: it wants a database of its own")

    def _clone(self, template: str) -> "Clone":
        name = f"geo_test_{self._session}_{token_hex(6)}"
        self._create(name, template)
        return Clone(world_of(name))

    def _make(self, name: str, fill: Callable[[World], None], base: str | None) -> None:
        """Fill a database of this process first: a template is there whole or not at all."""
        making = f"geo_test_{self._session}_{token_hex(6)}"
        self._create(making, base)
        fill(world_of(making))
        ENGINES.forget(making)
        identifiers = {"making": sql.Identifier(making), "name": sql.Identifier(name)}
        # Without connections nothing (autovacuum, a curious person) stands in the way of a clone.
        self._conn.execute(sql.SQL("ALTER DATABASE {making} ALLOW_CONNECTIONS false").format(**identifiers))
        self._conn.execute(sql.SQL("ALTER DATABASE {making} RENAME TO {name}").format(**identifiers))

    def _drop_older(self, kind: str) -> None:
        found = self._run("SELECT datname FROM pg_database WHERE datname ~ %s", f"^geo_template_{kind}_[0-9a-f]{{12}}$")
        for (name,) in found:
            if name not in self._used:
                self._drop_unless_used(str(name), [str(name)])

    def _drop_what_was_left(self) -> None:
        """Drop the clones of processes that are no more."""
        left: dict[str, list[str]] = {}
        for (name,) in self._run("SELECT datname FROM pg_database WHERE datname ~ '^geo_test_[0-9a-f]{12}_'"):
            left.setdefault(str(name).split("_")[2], []).append(str(name))
        for session, names in left.items():
            self._drop_unless_used(session, names)

    def _drop_unless_used(self, lock: str, names: Iterable[str]) -> None:
        if not self._run("SELECT pg_try_advisory_lock(%s)", _lock_key(lock))[0][0]:
            return
        try:
            for name in names:
                self._drop(name)
        finally:
            self._run("SELECT pg_advisory_unlock(%s)", _lock_key(lock))

    def _create(self, name: str, template: str | None) -> None:
        statement = "CREATE DATABASE {}" if template is None else "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        self._conn.execute(sql.SQL(statement).format(*[sql.Identifier(one) for one in (name, template) if one]))

    def _drop(self, name: str) -> None:
        ENGINES.forget(name)
        self._conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _exists(self, name: str) -> bool:
        return bool(self._run("SELECT 1 FROM pg_database WHERE datname = %s", name))

    def _run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return self._conn.execute(statement, values).fetchall()  # type: ignore[arg-type]


class Clone:
    """A database that one test after another borrows, and the owner's connection that empties it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = make_url(world.admin_url).database or ""
        self._conn = psycopg.connect(world.admin_url, autocommit=True)
        # Foreign keys and triggers do not look at what is deleted.
        self._conn.execute("SET session_replication_role = replica")
        tables = self._names(_TABLES)
        kept = [table for table in tables if self._has_rows(table)]
        plain = [f"DELETE FROM {table}" for table in tables if table not in kept]
        deletions = list_deletions(self._conn, plain)
        sequences = [f"PERFORM setval('{sequence}', 1, false)" for sequence in self._names(_SEQUENCES)]
        ((database, newest),) = self._conn.execute(
            "SELECT oid, txid_current() FROM pg_database WHERE datname = current_database()"
        )
        emptying = _EMPTYING.format(
            database=database,
            deletions=";\n    ".join([*deletions, *sequences]),
            fingerprint=_fingerprint(kept, newest),
        )
        self._conn.execute(emptying)  # type: ignore[arg-type]
        self._was, _ = self._emptied([])

    def is_emptied(self) -> bool:
        """Delete the rows of the last test. False where it changed more than that, so that nothing can be borrowed."""
        kept = ENGINES.backends_of(self.name)
        try:
            found, remained = self._emptied(kept)
        except psycopg.Error:
            return False
        if remained != len(kept):
            ENGINES.forget(self.name)
        return found == self._was

    def close(self) -> None:
        self._conn.close()

    def _emptied(self, kept: list[int]) -> tuple[str, int]:
        """The state of the schema, and how many of the `kept` connections are still open."""
        found: tuple[str, int] | None = self._conn.execute("SELECT * FROM pg_temp.emptied(%s)", [kept]).fetchone()
        assert found is not None
        return found

    def _names(self, statement: str) -> list[str]:
        return [name for (name,) in self._conn.execute(statement)]  # type: ignore[arg-type]

    def _has_rows(self, table: str) -> bool:
        return self._conn.execute(f"SELECT FROM {table} LIMIT 1").fetchone() is not None  # type: ignore[arg-type]


def _fingerprint(filled: Iterable[str], newest: int) -> str:
    """A statement for the state of the schema and for the contents of the tables that a migration filled.

    Every change of a catalog's row writes it anew, in a transaction after `newest`; statistics are written in place.
    """
    rows = [
        f"SELECT concat(count(*), '/', count(*) FILTER (WHERE age(xmin) < age('{newest}'::text::xid))) FROM {catalog}"
        for catalog in _CATALOGS
    ]
    return " UNION ALL ".join([*rows, *(f"SELECT sum(hashtext(t::text))::text FROM {table} t" for table in filled)])


@cache
def server() -> Server:
    """This process's way to the server; closed by the fixture `template`."""
    return Server(one_database_url())


@contextmanager
def cloned(template: str) -> Iterator[World]:
    """A copy of the template, dropped afterwards."""
    with server().cloned(template) as world:
        yield world


@contextmanager
def borrowed(template: str) -> Iterator[World]:
    """A database like the template, for one test."""
    with server().borrowed(template) as world:
        yield world


@contextmanager
def owner_of(world: World) -> Iterator[Connection]:
    """An autocommitting connection of the owner."""
    url = make_url(world.admin_url).set(drivername="postgresql+psycopg")
    engine = ENGINES.take(world.admin_url, "owner", lambda: create_engine(url, isolation_level="AUTOCOMMIT"))
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        ENGINES.give_back(engine)


def world_of(database: str) -> World:
    one = one_database_url()
    if one is not None and make_url(one).database == database:
        return world_at(one)
    return world_at(make_url(server_url()).set(database=database).render_as_string(hide_password=False))


def world_at(admin_url: str) -> World:
    """The database of a superuser's URL."""
    base = make_url(admin_url)

    def of(user: str | None) -> str:
        url = base if user is None else base.set(username=user, password="test")
        return url.render_as_string(hide_password=False)

    app, worker = map(of, SERVICE_ROLES)
    return World(admin_url=of(None), app_url=app, worker_url=worker)


def contents(*patterns: str) -> list[str]:
    """The names and contents of the repository's files that match, as inputs of a template."""
    paths = sorted({path for pattern in patterns for path in REPOSITORY.glob(pattern)})
    return [text for path in paths for text in (str(path.relative_to(REPOSITORY)), path.read_text())]


def _only_migrated(kind: str) -> str:
    if kind != "migrated":
        pytest.skip(f"wants a database of the kind {kind}, and {VARIABLE} is the migrated one")
    return kind


def _lock_key(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
