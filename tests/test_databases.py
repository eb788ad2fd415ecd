"""Template databases are made once for the same inputs, and nothing that is in use is dropped."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import URL, create_engine, make_url

from tests.databases import Server, World, cloned
from tests.engines import MOST_CONNECTIONS, Engines


@contextmanager
def another_process() -> Iterator[Server]:
    """The server as another test process uses it."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def kind() -> Iterator[str]:
    """A kind of template of this test's own; what is made of it is dropped."""
    kind = f"kind{uuid4().hex[:8]}"
    yield kind
    with another_process() as server:
        server._drop_older(kind)


def databases(world: World) -> set[str]:
    with psycopg.connect(world.admin_url) as conn:
        return {name for (name,) in conn.execute("SELECT datname FROM pg_database")}


def database_of(world: World) -> str:
    return world.admin_url.rpartition("/")[2]


class Filling:
    """Fills a template with a table, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, world: World) -> None:
        self.times += 1
        with psycopg.connect(world.admin_url) as conn:
            conn.execute("CREATE TABLE filled (at integer); INSERT INTO filled VALUES (1)")


def test_a_template_is_made_once_for_the_same_inputs(kind: str) -> None:
    filling = Filling()
    with another_process() as first, another_process() as second:
        names = [server.template(kind, ["a"], filling) for server in (first, second)]
    assert (filling.times, len(set(names))) == (1, 1)


def test_a_clone_holds_what_the_template_holds_and_goes_afterwards(world: World, kind: str) -> None:
    with another_process() as server:
        template = server.template(kind, ["a"], Filling())
        with server.cloned(template) as clone, psycopg.connect(clone.admin_url) as conn:
            assert conn.execute("SELECT at FROM filled").fetchall() == [(1,)]
        assert database_of(clone) not in databases(world)


def test_a_template_may_be_built_on_another(template: str, kind: str) -> None:
    with another_process() as server:
        built = server.template(kind, ["a"], Filling(), base=template)
        with server.cloned(built) as clone, psycopg.connect(clone.app_url) as conn:
            assert conn.execute("SELECT count(*) FROM organizations").fetchall() == [(0,)]


def test_other_inputs_make_a_new_template_and_drop_the_old_one(world: World, kind: str) -> None:
    with another_process() as server:
        old = server.template(kind, ["a"], Filling())
    with another_process() as server:
        new = server.template(kind, ["b"], Filling())
    assert {old, new} & databases(world) == {new}


def test_a_template_that_another_process_uses_stays(world: World, kind: str) -> None:
    with another_process() as first, another_process() as second:
        old = first.template(kind, ["a"], Filling())
        new = second.template(kind, ["b"], Filling())
        assert {old, new} <= databases(world)


def test_a_template_is_there_whole_or_not_at_all(world: World, kind: str) -> None:
    def breaks(world: World) -> None:
        raise RuntimeError("no room")

    with another_process() as server:
        with pytest.raises(RuntimeError, match="no room"):
            server.template(kind, ["a"], breaks)
        assert not {name for name in databases(world) if kind in name}


def test_what_a_killed_process_left_is_dropped_by_the_next_one(world: World, template: str) -> None:
    killed = Server()
    left = f"geo_test_{killed._session}_left"
    killed._create(left, template)
    killed.close()
    with another_process() as living, living.cloned(template) as used, another_process():
        assert {left, database_of(used)} & databases(world) == {database_of(used)}


@pytest.mark.parametrize("role", ["admin_url", "app_url"])
def test_a_borrowed_database_is_empty_for_the_next_one(template: str, role: str) -> None:
    with another_process() as server:
        with server.borrowed(template) as first, psycopg.connect(getattr(first, role)) as conn:
            write_an_organization(conn)
        with server.borrowed(template) as second, psycopg.connect(second.admin_url) as conn:
            assert conn.execute("SELECT count(*) FROM organizations").fetchall() == [(0,)]
            assert conn.execute("SELECT last_value, is_called FROM outbox_sequence_seq").fetchall() == [(1, False)]
    assert database_of(first) == database_of(second)


def write_an_organization(conn: psycopg.Connection) -> None:
    org_id = uuid4()
    conn.execute("SELECT set_config('app.org_id', %s, true)", [str(org_id)])
    conn.execute("INSERT INTO organizations (org_id, slug, name) VALUES (%s, 'acme', 'Acme')", [org_id])


def test_a_database_whose_schema_was_changed_is_dropped(world: World, template: str) -> None:
    kept = []
    with another_process() as server:
        for change in (
            "CREATE TABLE added (at integer)",
            "ALTER TABLE stores ALTER COLUMN name DROP NOT NULL",
            "DROP POLICY tenant ON stores",
            "UPDATE alembic_version SET version_num = 'other'",
            "CREATE OR REPLACE FUNCTION drop_track_partitions(before_day date) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT ensure_track_partitions('2001-01-01', '2001-01-01')",
            "ALTER TABLE stores DISABLE ROW LEVEL SECURITY",
            "GRANT DELETE ON alembic_version TO geo_assign_test_app",
        ):
            with server.borrowed(template) as changed, psycopg.connect(changed.admin_url) as conn:
                conn.execute(change)
            with server.borrowed(template) as following:
                if database_of(changed) in {database_of(following), *databases(world)}:
                    kept.append(change)
    assert kept == []


def test_two_who_borrow_at_the_same_time_have_two_databases(template: str) -> None:
    with another_process() as server, server.borrowed(template) as first, server.borrowed(template) as second:
        assert database_of(first) != database_of(second)


def test_what_still_runs_in_a_database_is_ended_before_the_next_one_has_it(template: str) -> None:
    with another_process() as server:
        with server.borrowed(template) as first:
            left = psycopg.connect(first.admin_url)
            write_an_organization(left)
        with server.borrowed(template) as second, psycopg.connect(second.admin_url) as conn:
            assert conn.execute("SELECT count(*) FROM organizations").fetchall() == [(0,)]
        with pytest.raises(psycopg.OperationalError):
            left.commit()
        left.close()


def test_engines_wait_for_the_next_test_with_their_connections_but_not_with_too_many(world: World) -> None:
    engines = Engines()
    first = engines.take(world.app_url, "one", lambda: create_engine(driver_url(world)))
    with first.connect():
        pass
    engines.give_back(first)
    assert len(engines.backends_of(database_of(world))) == 1
    assert engines.take(world.app_url, "one", pytest.fail) is first
    many = engines.take(world.app_url, "many", lambda: create_engine(driver_url(world), pool_size=MOST_CONNECTIONS))
    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS):
            held.enter_context(many.connect())
    engines.give_back(first)
    engines.give_back(many)
    assert len(engines.backends_of(database_of(world))) == MOST_CONNECTIONS
    engines.forget(database_of(world))
    assert engines.backends_of(database_of(world)) == []


def driver_url(world: World) -> URL:
    return make_url(world.app_url).set(drivername="postgresql+psycopg")


def test_one_database_serves_all_tests_and_is_empty_for_each(template: str) -> None:
    with cloned(template) as only:
        server = Server(only.admin_url)
        try:
            for lend in (server.borrowed, server.cloned, server.borrowed):
                with lend(template) as world, psycopg.connect(world.admin_url) as conn:
                    assert world == only
                    assert conn.execute("SELECT count(*) FROM organizations").fetchone() == (0,)
                    conn.execute("INSERT INTO organizations (org_id, slug, name) VALUES (gen_random_uuid(), 'a', 'A')")
            with server.borrowed(template), pytest.raises(pytest.skip.Exception, match="two databases"):
                server.borrowed(template).__enter__()
            with pytest.raises(pytest.skip.Exception, match="kind"):
                server.template("kind", ["a"], Filling(), base=template)
            with (
                pytest.raises(pytest.fail.Exception, match="changes the schema"),
                server.borrowed(template) as world,
                psycopg.connect(world.admin_url) as conn,
            ):
                conn.execute("CREATE TABLE more (n integer)")
            with server.borrowed(template) as world:
                assert world == only
        finally:
            server.close()
        with psycopg.connect(only.admin_url) as conn:
            assert conn.execute("SELECT to_regclass('more') IS NOT NULL").fetchone() == (True,)


def test_a_database_of_another_name_is_never_emptied(template: str) -> None:
    with cloned(template) as world, pytest.raises(pytest.exit.Exception, match="has to begin with geo_test"):
        Server(make_url(world.admin_url).set(database="shop").render_as_string(hide_password=False))


def test_two_processes_do_not_share_the_one_database(template: str) -> None:
    with cloned(template) as world:
        first = Server(world.admin_url)
        try:
            with pytest.raises(pytest.exit.Exception, match="another process"):
                Server(world.admin_url)
        finally:
            first.close()


def test_settings_are_remembered_and_follow_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.settings(threads=7) is world.settings(threads=7)
    assert (world.settings(threads=7).threads, world.settings(queue_s=1.5).queue_s) == (7, 1.5)
    monkeypatch.setenv("GEO_ASSIGN_THREADS", "9")
    assert (world.settings().threads, world.settings(threads=7).threads) == (9, 7)
    monkeypatch.delenv("GEO_ASSIGN_THREADS")
    assert world.settings().threads != 9
