"""The tests' world: a real PostgreSQL with PostGIS, a migrated template database, a clone of it per test.

`GEO_ASSIGN_TEST_DATABASE_URL` names a superuser of a server made for tests; `./scripts/test` starts one and sets it.
"""

import gc
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.pool import PoolProxiedConnection

from geo_assign.access import passwords
from geo_assign.core import db, foresight
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Database
from geo_assign.core.direct import fetch_all
from geo_assign.core.statements import R, Statement
from geo_assign.migrate import upgrade
from tests.databases import SECRET_KEY, SERVICE_ROLES, World, borrowed, cloned, contents, owner_of, server, server_url
from tests.day import NOON, Day
from tests.engines import close_database, engine_for_database
from tests.providers.roads import ROUTER_DIALECTS, RouterDialect
from tests.providers.stub import StubServer
from tests.routes import remembered_rules
from tests.sessions import kept_by_session
from tests.snapshots import begun_once
from tests.tenants import correlated
from tests.thoroughness import times
from tests.threads import ended_threads, separate_output

__all__ = ["SECRET_KEY", "World", "borrowed", "cloned", "opened_day", "owner_of", "server_url"]


# No example races the clock. An exhaustive run draws more of them.
settings.register_profile("suite", deadline=None, max_examples=times(40, 400))
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: at the end, the other workers would wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile, which takes five seconds, nor later among what was collected: it stays.

    Later it is looked for less often, which is a fifteenth of what the tests take; memory is not what they lack.
    """
    gc.disable()
    result = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    return result


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash with little work. What it costs to try a real one is the matter of tests/access/test_passwords.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=16, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def named_tenants() -> Iterator[None]:
    """Fail a test that runs a statement with a subquery that does not name its tenant: see `tests/tenants.py`.

    Nor may the service's own leave anything on their connections: see `tests/sessions.py`.
    """
    seen = set[str | bytes]()

    def judge(statement: str | bytes) -> None:
        if statement not in seen:
            seen.add(statement)
            assert correlated(statement if isinstance(statement, str) else statement.decode()) == []

    def judge_text(conn: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement not in seen and conn.engine.url.username in SERVICE_ROLES:
            assert kept_by_session(statement) == []
        judge(statement)

    def fetch_judged(
        connection: PoolProxiedConnection, statement: Statement[R], values: Mapping[str, object]
    ) -> list[R]:
        if statement.text not in seen:
            assert kept_by_session(statement.text.decode()) == []
        judge(statement.text)
        return fetch_all(connection, statement, values)

    event.listen(Engine, "before_cursor_execute", judge_text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "fetch_all", fetch_judged)
        patch.setattr(foresight, "fetch_all", fetch_judged)
        yield
    event.remove(Engine, "before_cursor_execute", judge_text)


@pytest.fixture(scope="session", autouse=True)
def lent_engines() -> Iterator[None]:
    """Pools keep their connections for the next test: see `tests/engines.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_engine", engine_for_database)
        patch.setattr(Database, "close", close_database)
        yield


@pytest.fixture(scope="session", autouse=True)
def remembered() -> Iterator[None]:
    """Make an application in a seventh of the time: see `tests/routes.py`."""
    with remembered_rules():
        yield


@pytest.fixture(scope="session", autouse=True)
def closed_applications() -> Iterator[None]:
    """Every application that a test makes is closed, and logs elsewhere: see `tests/threads.py`."""
    with ended_threads(), separate_output():
        yield


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """A migrated database, kept in the server between runs, from which clones are made."""
    today = datetime.now(UTC).date()
    inputs = contents("migrations/**/*.py", "geo_assign/migrate.py", "geo_assign/core/*.py", "tests/databases.py")
    yield server().template("migrated", [str(today), *inputs], _migrate)
    server().close()
    server.cache_clear()


@pytest.fixture(scope="session")
def filled(template: str) -> Callable[..., str]:
    """A template that is migrated and filled by the function given, for what takes seconds to fill.

    Its key is the contents of `sources`: paths of the files which decide what is in it, with wildcards.
    """

    def made(kind: str, fill: Callable[[World], None], *sources: str) -> str:
        return server().template(kind, contents(*sources), fill, base=template)

    return made


def _migrate(world: World) -> None:
    """Today's schema; recorded days have their partitions, too."""
    upgrade(world.settings(track_retention_days=3))
    with psycopg.connect(world.admin_url, autocommit=True) as conn:
        days = {"first": NOON.date() - timedelta(days=2), "last": NOON.date() + timedelta(days=2)}
        conn.execute("SELECT ensure_track_partitions(%(first)s, %(last)s)", days)


@pytest.fixture
def world(template: str) -> Iterator[World]:
    """A database for one test, with the schema and without rows."""
    with borrowed(template) as world:
        yield world


@pytest.fixture
def database(world: World) -> Iterator[Database]:
    """The application role's pool, on the database's clock."""
    database = world.database()
    yield database
    database.close()


@pytest.fixture
def admin(world: World) -> Iterator[Connection]:
    """An autocommitting connection of the owner, to set up and to look behind the application."""
    with owner_of(world) as conn:
        yield conn


@pytest.fixture
def org_id(admin: Connection) -> UUID:
    """An organization, and nothing in it."""
    org_id = uuid4()
    values = {"org_id": org_id, "slug": f"org-{org_id.hex[:8]}"}
    admin.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, 'Test')"), values)
    return org_id


@pytest.fixture
def day(world: World) -> Iterator[Day]:
    """A dispatcher's day on a recorded clock, at noon. Its ids are the same in all tests of a process."""
    with _day_to_open(world) as day:
        yield _open_first(day)


@contextmanager
def opened_day(world: World) -> Iterator[Day]:
    """A dispatcher's day on a recorded clock, at noon, beside what else is in the database."""
    with _day_to_open(world) as day:
        yield day.open()


@contextmanager
def _day_to_open(world: World) -> Iterator[Day]:
    clock = RecordedClock(NOON)
    database = world.database(clock=clock)
    try:
        yield Day(database, clock, uuid4())
    finally:
        database.close()


@begun_once
def _open_first(day: Day) -> Day:
    return day.open()


@pytest.fixture(name="server")
def stub_server() -> Iterator[StubServer]:
    """A local server in the place of a provider, a router or a receiver: the test says what it answers."""
    with StubServer() as running:
        yield running


@pytest.fixture(params=ROUTER_DIALECTS, ids=lambda dialect: dialect.router.value)
def dialect(request: pytest.FixtureRequest) -> RouterDialect:
    """Each router that the service knows, as its server speaks."""
    found: RouterDialect = request.param
    return found
