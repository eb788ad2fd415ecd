"""`geo-assign db upgrade` makes roles where it may, says the SQL where it may not, and sends no password in clear."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from sqlalchemy import URL, Engine, create_engine, event, make_url

from geo_assign import database_roles
from geo_assign.cli import main
from geo_assign.core.connecting import SESSION_SETTINGS
from geo_assign.core.settings import Settings
from geo_assign.database_roles import ByHandError, list_missing, list_missing_settings, prepare_database
from tests.databases import server_url

AWKWARD = 'it\'s "50%" of\\ a pässword:$1'


@dataclass(frozen=True)
class Bare:
    """A database without anything of ours, its owner, and log-ins that only this test has."""

    database: str
    owner: str
    app: str
    worker: str
    password: str

    def url(self, role: str) -> str:
        wanted = make_url(server_url()).set(database=self.database, username=role, password=self.password)
        return wanted.render_as_string(hide_password=False)

    def settings(self, **changes: object) -> Settings:
        values = {
            "database_url": self.url(self.app),
            "worker_database_url": self.url(self.worker),
            "admin_database_url": self.url(self.owner),
        }
        return Settings(_env_file=None, **(values | changes))  # type: ignore[arg-type, call-arg]

    def upgrade(self) -> Result:
        names = {"DATABASE_URL": self.app, "WORKER_DATABASE_URL": self.worker, "ADMIN_DATABASE_URL": self.owner}
        env = {f"GEO_ASSIGN_{name}": self.url(role) for name, role in names.items()}
        return CliRunner().invoke(main, ["db", "upgrade"], env={**env, "GEO_ASSIGN_TRACK_RETENTION_DAYS": "1"})

    @contextmanager
    def engine(self, role: str | None = None) -> Iterator[Engine]:
        url: URL = make_url(self.url(role)) if role else make_url(server_url()).set(database=self.database)
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
        yield engine
        engine.dispose()


def run_as_superuser(statement: str, *names: str, database: str | None = None) -> list[tuple[object, ...]]:
    url = make_url(server_url())
    url = url.set(database=database) if database else url
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as conn:
        text = sql.SQL(statement).format(*[sql.Identifier(name) for name in names])  # type: ignore[arg-type]
        cursor = conn.execute(text)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def bare() -> Iterator[Callable[..., Bare]]:
    """Makes a bare database; `rights` are its owner's."""
    made: list[Bare] = []

    def make(*, rights: str, password: str = "invented-password") -> Bare:
        mark = uuid4().hex[:8]
        one = Bare(f"geo_roles_{mark}", f"geo_owner_{mark}", f"geo_app_{mark}", f"geo_worker_{mark}", password)
        run_as_superuser(f"CREATE ROLE {{}} LOGIN {rights}", one.owner)
        run_as_superuser(f"ALTER ROLE {{}} PASSWORD {sql.Literal(password).as_string(None)}", one.owner)
        run_as_superuser("CREATE DATABASE {} OWNER {}", one.database, one.owner)
        made.append(one)
        return one

    yield make
    for one in made:
        run_as_superuser("DROP DATABASE {} WITH (FORCE)", one.database)
        for role in (one.app, one.worker, one.owner):
            run_as_superuser("DROP ROLE IF EXISTS {}", role)


def kept_password(role: str) -> str | None:
    url = make_url(server_url()).render_as_string(hide_password=False)
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role]).fetchone()
    return None if row is None else row[0]


def test_an_owner_without_the_right_is_told_the_sql_and_goes_on_once_it_ran(bare: Callable[..., Bare]) -> None:
    one = bare(rights="NOCREATEROLE")
    first = one.upgrade()
    assert first.exit_code == 1
    assert f"{one.owner} may not create" in first.stderr
    assert "geo-assign db upgrade again" in first.stderr
    assert "CREATE EXTENSION IF NOT EXISTS postgis;" in first.stdout
    assert f"CREATE ROLE {one.app} LOGIN PASSWORD " in first.stdout
    assert "invented-password" not in first.output
    assert kept_password(one.app) is None
    for statement in first.stdout.strip().splitlines():
        run_as_superuser(statement, database=one.database)
    second = one.upgrade()
    assert second.exit_code == 0, second.output
    assert "is at revision" in second.stdout
    with one.engine(one.app) as engine, engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM organizations").scalar_one() == 0
    assert one.upgrade().exit_code == 0


@pytest.mark.parametrize("password", ["invented-password", AWKWARD, "p%sword", "пароль-из-букв", "'; DROP ROLE x; --"])
def test_no_statement_holds_a_password(bare: Callable[..., Bare], password: str) -> None:
    one = bare(rights="SUPERUSER", password=password)
    sent: list[str] = []
    with one.engine() as engine:
        event.listen(engine, "before_cursor_execute", lambda *seen: sent.append(f"{seen[2]} {seen[3]}"))
        with engine.begin() as conn:
            prepare_database(conn, one.settings())
        assert any("CREATE ROLE" in statement for statement in sent)
        assert password not in "\n".join(sent)
        assert str(kept_password(one.app)).startswith("SCRAM-SHA-256$")
        with engine.connect() as conn:
            assert list(list_missing(conn, one.settings())) == []
    with one.engine(one.app) as engine, engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT current_user").scalar_one() == one.app


def test_a_log_in_that_works_is_left_alone_and_one_that_does_not_gets_its_password(bare: Callable[..., Bare]) -> None:
    one = bare(rights="SUPERUSER")
    with one.engine(one.owner) as engine:
        with engine.begin() as conn:
            prepare_database(conn, one.settings())
        kept = kept_password(one.app)
        with engine.begin() as conn:
            prepare_database(conn, one.settings())
        assert kept_password(one.app) == kept
        run_as_superuser("ALTER ROLE {} NOLOGIN PASSWORD NULL", one.app)
        with engine.begin() as conn:
            assert [one.app in statement for statement in list_missing(conn, one.settings())] == [True]
            prepare_database(conn, one.settings())
    with one.engine(one.app) as engine, engine.connect():
        pass


def test_log_ins_have_the_settings_of_the_service_in_its_database_alone(bare: Callable[..., Bare]) -> None:
    """A pooler passes none on, so they are the roles' own; what was changed is put right by the next upgrade."""
    one = bare(rights="SUPERUSER")
    with one.engine(one.owner) as engine:
        with engine.begin() as conn:
            prepare_database(conn, one.settings())
            assert list(list_missing_settings(conn, one.settings())) == []
        run_as_superuser("ALTER ROLE {} IN DATABASE {} SET lock_timeout TO '1h'", one.worker, one.database)
        run_as_superuser("ALTER ROLE {} IN DATABASE {} RESET jit", one.worker, one.database)
        run_as_superuser("ALTER ROLE {} IN DATABASE {} SET work_mem TO '5MB'", one.worker, one.database)
        with engine.begin() as conn:
            assert len(list(list_missing_settings(conn, one.settings()))) == 2
            prepare_database(conn, one.settings())
            assert list(list_missing_settings(conn, one.settings())) == []
    for role in (one.app, one.worker):
        with one.engine(role) as engine, engine.connect() as conn:
            shown = {name: conn.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SESSION_SETTINGS}
            assert shown == SESSION_SETTINGS


def test_an_owner_who_may_set_nothing_is_not_stopped_by_it(bare: Callable[..., Bare]) -> None:
    one = bare(rights="NOCREATEROLE")
    with one.engine() as engine, engine.begin() as conn:
        prepare_database(conn, one.settings())
        conn.exec_driver_sql(f'ALTER ROLE "{one.app}" IN DATABASE "{one.database}" RESET ALL')
    with one.engine(one.owner) as engine, engine.begin() as conn:
        prepare_database(conn, one.settings())
        assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1
        assert len(list(list_missing_settings(conn, one.settings()))) == len(SESSION_SETTINGS)


def test_what_is_refused_leaves_nothing_behind(bare: Callable[..., Bare]) -> None:
    one = bare(rights="CREATEROLE")
    with one.engine(one.owner) as engine, engine.begin() as conn:
        with pytest.raises(ByHandError) as caught:
            prepare_database(conn, one.settings())
        assert caught.value.statements[-1].startswith("CREATE EXTENSION")
    assert kept_password(one.worker) is None


def test_an_owner_that_serves_needs_no_role_of_its_own(bare: Callable[..., Bare]) -> None:
    one = bare(rights="NOCREATEROLE")
    with one.engine(one.owner) as engine, engine.connect() as conn:
        same = one.settings(database_url=one.url(one.owner), worker_database_url=None)
        assert not [statement for statement in list_missing(conn, same) if "ROLE" in statement]


def test_a_log_in_may_be_the_group_itself(bare: Callable[..., Bare], monkeypatch: pytest.MonkeyPatch) -> None:
    one = bare(rights="SUPERUSER")
    monkeypatch.setattr(database_roles, "APP_ROLE", one.app)
    monkeypatch.setattr(database_roles, "WORKER_ROLE", one.worker)
    monkeypatch.setattr(database_roles, "_GROUPS", (one.app, one.worker))
    with one.engine() as engine:
        with engine.begin() as conn:
            prepare_database(conn, one.settings())
        with engine.connect() as conn:
            assert list(list_missing(conn, one.settings())) == []
    for role in (one.app, one.worker):
        with one.engine(role) as engine, engine.connect():
            pass
