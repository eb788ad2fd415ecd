"""The tests' world: a real PostgreSQL with PostGIS, one template database, a clone of it per test.

`GEO_ASSIGN_TEST_DATABASE_URL` names a superuser of a server made for tests; `./scripts/test` starts one and sets it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

from geo_assign.core.clock import Clock, RecordedClock
from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.migrate import upgrade
from tests.day import NOON, Day

SECRET_KEY = "VGhpcyBrZXkgaXMgZm9yIHRlc3RzIG9ubHkuIE9rYXk="


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
            "allow_unsafe_database": True,
            "outbound_allow": "127.0.0.0/8:*",
            "rate_limits": "off",
        }
        return Settings(_env_file=None, **(values | changes))  # type: ignore[arg-type, call-arg]

    def database(self, *, clock: Clock | None = None, pool_size: int = 10) -> Database:
        """A pool of the application role."""
        return Database(self.app_url, clock=clock, pool_size=pool_size)


def server_url() -> str:
    url = os.environ.get("GEO_ASSIGN_TEST_DATABASE_URL")
    if not url:
        pytest.exit("GEO_ASSIGN_TEST_DATABASE_URL is not set: run ./scripts/test, which starts a server", returncode=4)
    return url


def _urls(database: str) -> World:
    base = make_url(server_url()).set(database=database)

    def of(user: str | None) -> str:
        url = base if user is None else base.set(username=user, password="test")
        return url.render_as_string(hide_password=False)

    return World(admin_url=of(None), app_url=of("geo_assign_test_app"), worker_url=of("geo_assign_test_worker"))


def _maintenance() -> psycopg.Connection:
    return psycopg.connect(server_url(), autocommit=True)


@pytest.fixture(scope="session")
def template(worker_id: str) -> Iterator[str]:
    """A migrated database of this test process, from which clones are made."""
    name = f"geo_test_template_{worker_id}_{uuid4().hex[:8]}"
    with _maintenance() as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    upgrade(_urls(name).settings(track_retention_days=3))
    # Recorded days have their partitions too.
    with psycopg.connect(_urls(name).admin_url, autocommit=True) as conn:
        days = {"first": NOON.date() - timedelta(days=2), "last": NOON.date() + timedelta(days=2)}
        conn.execute("SELECT ensure_track_partitions(%(first)s, %(last)s)", days)
    yield name
    _drop(name)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture
def world(template: str) -> Iterator[World]:
    """A fresh database for one test."""
    with cloned(template) as world:
        yield world


@contextmanager
def cloned(template: str) -> Iterator[World]:
    """A copy of the template, dropped afterwards."""
    name = f"geo_test_{uuid4().hex[:12]}"
    with _maintenance() as conn:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield _urls(name)
    finally:
        _drop(name)


def _drop(name: str) -> None:
    with _maintenance() as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(world: World) -> Iterator[Database]:
    """The application role's pool, on the database's clock."""
    database = world.database()
    yield database
    database.close()


@pytest.fixture
def admin(world: World) -> Iterator[Connection]:
    """An autocommitting connection of the owner, to set up and to look behind the application."""
    engine = create_engine(make_url(world.admin_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


@pytest.fixture
def org_id(admin: Connection) -> UUID:
    """An organization, and nothing in it."""
    org_id = uuid4()
    values = {"org_id": org_id, "slug": f"org-{org_id.hex[:8]}"}
    admin.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, 'Test')"), values)
    return org_id


@pytest.fixture
def day(world: World) -> Iterator[Day]:
    """A dispatcher's day on a recorded clock, at noon."""
    clock = RecordedClock(NOON)
    database = world.database(clock=clock)
    try:
        yield Day(database, clock, uuid4()).open()
    finally:
        database.close()
