"""The service on a database that Citus distributes. `GEO_ASSIGN_TEST_CITUS` names servers on which that can be tried.

It holds the URLs of superusers, with blanks between: of the coordinator, then of the others, which the coordinator may
log in to as any role. Citus is installed there, and nothing else of the servers is touched than a database of the test.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from sqlalchemy import make_url, text

from geo_assign.cli import main
from geo_assign.core.db import Database
from geo_assign.distribution.spreading import spread_new_tables
from geo_assign.migrate import upgrade
from tests.api.test_every_operation_succeeds import told_story, unanswered
from tests.conftest import World, owner_of
from tests.databases import SERVICE_ROLES
from tests.engines import ENGINES

SERVERS = os.environ.get("GEO_ASSIGN_TEST_CITUS", "").split()
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(len(SERVERS) < 2, reason="GEO_ASSIGN_TEST_CITUS names no servers with Citus"),
]
NAME = f"geo_test_citus_{uuid4().hex[:8]}"
ROWS = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"


def of(server: str, user: str | None = None) -> str:
    url = make_url(server).set(database=NAME)
    return (url if user is None else url.set(username=user, password="test")).render_as_string(hide_password=False)


@contextmanager
def database_everywhere() -> Iterator[World]:
    app, worker = (of(SERVERS[0], role) for role in SERVICE_ROLES)
    for server in SERVERS:
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    try:
        yield World(admin_url=of(SERVERS[0]), app_url=app, worker_url=worker)
    finally:
        ENGINES.forget(NAME)
        for server in SERVERS:
            with psycopg.connect(server, autocommit=True) as conn:
                conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def bring_citus() -> None:
    for server in SERVERS:
        with psycopg.connect(of(server), autocommit=True) as conn:
            conn.execute("CREATE EXTENSION citus")
    first, *others = map(make_url, SERVERS)
    with psycopg.connect(of(SERVERS[0]), autocommit=True) as conn:
        conn.execute("SELECT citus_set_coordinator_host(%s, %s)", [first.host, first.port])
        for other in others:
            conn.execute("SELECT citus_add_node(%s, %s)", [other.host, other.port])


def distribute(world: World) -> str:
    urls = {
        "DATABASE_URL": world.app_url,
        "WORKER_DATABASE_URL": world.worker_url,
        "ADMIN_DATABASE_URL": world.admin_url,
    }
    environment = {f"GEO_ASSIGN_{name}": url for name, url in urls.items()}
    return CliRunner().invoke(main, ["db", "distribute", "--shards", "4"], env=environment).output


def contents(world: World) -> dict[str, tuple[object, ...]]:
    with psycopg.connect(world.admin_url) as conn:
        tables = ("users", "work_orders", "work_order_events", "decisions", "position_track", "bookings", "outbox")
        return {name: conn.execute(ROWS.format(name)).fetchone() or () for name in tables}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A database in which a company has worked for a day before Citus came."""
    with database_everywhere() as world:
        upgrade(world.settings(track_retention_days=3))
        with told_story(world.settings(), tmp_path_factory.mktemp("before")):
            pass
        before = contents(world)
        assert "The extension citus is missing" in distribute(world)
        bring_citus()
        with psycopg.connect(world.admin_url) as conn:
            conn.execute("LOCK TABLE users IN ACCESS SHARE MODE")
            assert "lock timeout" in distribute(world)
        assert contents(world) == before
        told = distribute(world)
        assert f"tables are spread over {len(SERVERS) - 1} server" in told
        assert contents(world) == before
        assert "was spread" in distribute(world)
        ENGINES.forget(NAME)  # as a process that is started again
        upgrade(world.settings(track_retention_days=3))
        with owner_of(world) as conn:
            conn.execute(text("UPDATE organizations SET slug = 'before'"))
        yield world


def test_every_operation_succeeds_there(distributed: World, tmp_path: Path) -> None:
    with told_story(distributed.settings(), tmp_path) as story:
        assert unanswered(story) == set()


def test_organizations_are_kept_apart_on_every_server(distributed: World) -> None:
    companies = [uuid4() for _ in range(12)]
    with owner_of(distributed) as conn:
        for org_id in companies:
            values = {"org_id": org_id, "slug": f"org-{org_id.hex}"}
            conn.execute(text("INSERT INTO organizations (org_id, slug, name) VALUES (:org_id, :slug, 'X')"), values)
    database = distributed.database()
    try:
        for org_id in companies:
            write(database, org_id)
        for org_id in companies:
            with database.transaction(org_id) as tx:
                seen = tx.conn.execute(text("SELECT org_id, name FROM users")).all()
                assert [tuple(row) for row in seen] == [(org_id, org_id.hex)]
                other = {"other": next(one for one in companies if one != org_id), "org_id": org_id}
                for statement in (
                    "DELETE FROM users WHERE org_id = :other",
                    "UPDATE users SET name = '' WHERE org_id = :other",
                ):
                    assert tx.conn.execute(text(statement), other).rowcount == 0
        with database.across_organizations() as conn:
            assert conn.execute(text("SELECT count(*) FROM users")).scalar_one() == 0
    finally:
        database.close()


def write(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        values = {"org_id": org_id, "id": uuid4(), "name": org_id.hex, "email": f"{org_id.hex}@shop.example"}
        tx.conn.execute(
            text(
                "INSERT INTO users (org_id, id, email, name, role, created_at, updated_at) "
                "VALUES (:org_id, :id, :email, :name, 'administrator', now(), now())"
            ),
            values,
        )


def test_a_table_that_came_later_is_spread_by_the_next_upgrade(distributed: World) -> None:
    with owner_of(distributed) as conn:
        conn.exec_driver_sql(
            "CREATE TABLE later_things (org_id uuid, id uuid, PRIMARY KEY (org_id, id), "
            "FOREIGN KEY (org_id, id) REFERENCES users (org_id, id))"
        )
        conn.exec_driver_sql("ALTER TABLE later_things ENABLE ROW LEVEL SECURITY")
    with owner_of(distributed) as conn, conn.execution_options(isolation_level="READ COMMITTED").begin():
        assert spread_new_tables(conn) == ["later_things"]
        assert spread_new_tables(conn) == []
    with owner_of(distributed) as conn:
        parts = "SELECT count(*) FROM pg_dist_shard WHERE logicalrelid = 'later_things'::regclass"
        assert conn.exec_driver_sql(parts).scalar_one() == 4
