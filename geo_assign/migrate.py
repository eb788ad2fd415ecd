"""Bring a database to the newest schema: roles, extensions, migrations, first partitions.

Runs as the owner. Migrations wait briefly for locks and then give up, rather than queue behind a long transaction
and make every other statement queue behind themselves.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors as pg_errors
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from geo_assign.core.clock import DatabaseClock
from geo_assign.core.db import backoff
from geo_assign.core.settings import Settings
from geo_assign.core.tables import APP_ROLE, WORKER_ROLE
from geo_assign.database_roles import prepare_database
from geo_assign.distribution.spreading import CannotDistributeError, SpreadTables, is_spread, spread, spread_new_tables
from geo_assign.positions.tasks import ensure_track
from geo_assign.workorders.search_texts import fill_search_texts

_TIMEOUTS = "-c timezone=UTC -c lock_timeout=5000 -c statement_timeout=600000"
# The index of search sorts many texts in at once, instead of a few again and again.
_LARGE_PENDING_LIST = "SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL maintenance_work_mem = '256MB'"
_AHEAD = timedelta(days=7)
_ATTEMPTS = 8
_MET_ANOTHER = (pg_errors.DuplicateObject, pg_errors.UniqueViolation, pg_errors.InternalError_)


def upgrade(settings: Settings) -> str:
    """Create what is missing and migrate to the newest revision, which is returned. Idempotent.

    Raises ByHandError where the owner may not create it.
    """
    with _as_owner(settings) as engine:
        _with_patience(engine, lambda conn: prepare_database(conn, settings))
        with engine.connect() as conn:
            # Each migration is a transaction of its own: some build indexes outside of any.
            command.upgrade(alembic_config(settings, conn), "head")
        with engine.begin() as conn:
            # Readiness compares it with the newest one, as the application role.
            conn.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {APP_ROLE}, {WORKER_ROLE}")
        with engine.begin() as conn:
            spread_new_tables(conn)
            distributed = is_spread(conn)
        if not distributed:  # else they were there before, and a trigger has written them since
            _fill_search_texts(engine)
        with engine.begin() as conn:
            ensure_partitions(conn, settings.track_retention_days)
            return current_revision(conn) or ""


def distribute(settings: Settings, *, shards: int) -> SpreadTables:
    """Spread the database over the servers that Citus knows, as the owner: see `geo_assign.distribution`.

    Raises CannotDistributeError, before anything is changed.
    """
    with _as_owner(settings) as engine:
        with engine.connect() as conn:
            current, head = current_revision(conn), head_revision(settings)
        if current != head:
            raise CannotDistributeError(
                [f"The database is at {current or 'no revision'}, not {head}: run geo-assign db upgrade."]
            )
        return spread(engine, settings, shards=shards)


def prepare(settings: Settings) -> None:
    """Create the roles, log-ins and extensions that are missing, and no table: a dump brings those.

    Raises ByHandError where the owner may not create them.
    """
    with _as_owner(settings) as engine:
        _with_patience(engine, lambda conn: prepare_database(conn, settings))


@contextmanager
def _as_owner(settings: Settings) -> Iterator[Engine]:
    if settings.admin_database_url is None:
        raise ValueError("GEO_ASSIGN_ADMIN_DATABASE_URL is not set: migrations run as the owner")
    engine = create_engine(
        make_url(settings.admin_database_url.get_secret_value()).set(drivername="postgresql+psycopg"),
        connect_args={"options": _TIMEOUTS},
    )
    try:
        yield engine
    finally:
        engine.dispose()


def _fill_search_texts(engine: Engine) -> None:
    """Write what old work orders are found by, a few at a time: those who work on them are not to wait."""
    last: tuple[UUID, UUID] | None = None
    while True:
        with engine.begin() as conn:
            conn.exec_driver_sql(_LARGE_PENDING_LIST)
            last = fill_search_texts(conn, last)
        if last is None:
            return


def ensure_partitions(conn: Connection, retention_days: int) -> None:
    """Track partitions from the oldest day kept to a week ahead."""
    today = DatabaseClock().now(conn).date()
    ensure_track(conn, today - timedelta(days=retention_days), today + _AHEAD)


def alembic_config(settings: Settings, conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(settings.migrations_path))
    config.attributes["connection"] = conn
    return config


def current_revision(conn: Connection) -> str | None:
    """The revision that the database is at; None when it was never migrated."""
    return MigrationContext.configure(conn).get_current_revision()


def head_revision(settings: Settings) -> str | None:
    """The newest revision that this installation knows."""
    return ScriptDirectory.from_config(alembic_config(settings)).get_current_head()


def _with_patience(engine: Engine, work: Callable[[Connection], None]) -> None:
    """Do `work`, and again where another set-up was at the same roles.

    Roles belong to the whole server and advisory locks to one database: two set-ups cannot wait for each other.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with engine.begin() as conn:
                work(conn)
            break
        except DBAPIError as error:
            if attempt == _ATTEMPTS or not isinstance(error.orig, _MET_ANOTHER):
                raise
            backoff(attempt)
