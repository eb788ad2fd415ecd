"""The roles of an installation in PostgreSQL: two groups with the privileges, and the log-ins that belong to them.

What is missing is a list of statements. An owner who may not create roles runs none of them: then a person runs them
by hand. A password leaves this process as a SCRAM-SHA-256 verifier only, since servers log the statements of roles.

The log-ins also have the settings of the service's connections, for those that come through a pooler, which passes none
on. Directly they come with each connection, so an owner who may not set them stops nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from psycopg import errors as pg_errors
from sqlalchemy import Connection, column, create_engine, func, make_url, select, table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from geo_assign.core.connecting import SESSION_SETTINGS
from geo_assign.core.settings import Settings
from geo_assign.core.tables import APP_ROLE, WORKER_ROLE
from geo_assign.core.vetting import EXTENSIONS

_GROUPS = (APP_ROLE, WORKER_ROLE)
_LOGIN_WITHIN_S = 5

_roles = table("pg_roles", column("oid"), column("rolname"))
_role_settings = table("pg_db_role_setting", *(column(name) for name in ("setdatabase", "setrole", "setconfig")))
_databases = table("pg_database", column("oid"), column("datname"))
_extensions = table("pg_extension", column("extname"))


class ByHandError(Exception):
    """The owner of the database may not create what is missing; `statements` is SQL for a role that may."""

    def __init__(self, owner: str, statements: Sequence[str]) -> None:
        super().__init__(
            f"{owner} may not create the roles or extensions that are missing. Run the SQL printed here in this "
            "database as a role that may, such as a superuser, then geo-assign db upgrade again."
        )
        self.statements = tuple(statements)


@dataclass(frozen=True, slots=True)
class ServiceLogIn:
    """A role that one of the settings' URLs names, and the group whose privileges it has."""

    url: URL
    name: str
    group: str


def ensure_extensions(conn: Connection) -> None:
    for statement in _missing_extensions(conn):
        conn.exec_driver_sql(statement)


def prepare_database(conn: Connection, settings: Settings) -> None:
    """Create the roles and extensions that are missing. Raises ByHandError, with all of them, where the owner may not.

    Passwords are set only for log-ins that do not work.
    """
    statements = list(list_missing(conn, settings))
    try:
        with conn.begin_nested():
            for statement in statements:
                conn.exec_driver_sql(statement.replace("%", "%%"))
    except DBAPIError as error:
        if not isinstance(error.orig, pg_errors.InsufficientPrivilege):
            raise
        raise ByHandError(str(conn.engine.url.username), statements) from error
    _set_session_settings(conn, settings)


def _set_session_settings(conn: Connection, settings: Settings) -> None:
    with suppress(ProgrammingError), conn.begin_nested():
        for statement in list_missing_settings(conn, settings):
            conn.exec_driver_sql(statement)


def list_missing_settings(conn: Connection, settings: Settings) -> Iterator[str]:
    """The statements that give the log-ins, in this database, the settings of the service's connections."""
    quote, database = conn.dialect.identifier_preparer.quote, conn.engine.url.database or ""
    for log_in in list_log_ins(conn, settings):
        known = _session_settings_of(conn, log_in.name)
        for name, value in SESSION_SETTINGS.items():
            if f"{name}={value}".lower() not in known:
                yield f"ALTER ROLE {quote(log_in.name)} IN DATABASE {quote(database)} SET {name} TO '{value}'"


def _session_settings_of(conn: Connection, role: str) -> set[str]:
    """Those that the role has in this database, as they were given, in small letters."""
    s, r, d = _role_settings.c, _roles.c, _databases.c
    here = select(s.setconfig).where(
        s.setrole == select(r.oid).where(r.rolname == role).scalar_subquery(),
        s.setdatabase == select(d.oid).where(d.datname == func.current_database()).scalar_subquery(),
    )
    found = conn.execute(here).scalar_one_or_none()
    return {one.lower() for one in found or ()}


def list_missing(conn: Connection, settings: Settings) -> Iterator[str]:
    """The statements that make what is not there yet, in their order."""
    yield from (f"CREATE ROLE {group} NOLOGIN" for group in _GROUPS if not _has_role(conn, group))
    for log_in in list_log_ins(conn, settings):
        yield from _list_missing_of(conn, log_in)
    yield from _missing_extensions(conn)


def _missing_extensions(conn: Connection) -> list[str]:
    known = set(conn.execute(select(_extensions.c.extname)).scalars())
    return [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS if name not in known]


def list_log_ins(conn: Connection, settings: Settings) -> Iterator[ServiceLogIn]:
    """Those of the application and the worker, but for the role that asks."""
    for secret, group in ((settings.database_url, APP_ROLE), (settings.worker_database_url, WORKER_ROLE)):
        url = None if secret is None else make_url(secret.get_secret_value())
        if url is not None and url.username is not None and url.username != conn.engine.url.username:
            yield ServiceLogIn(url, url.username, group)


def _list_missing_of(conn: Connection, log_in: ServiceLogIn) -> Iterator[str]:
    role = conn.dialect.identifier_preparer.quote(log_in.name)
    # A log-in may be the group itself, which was made a moment ago.
    known = log_in.name in _GROUPS or _has_role(conn, log_in.name)
    password = f" PASSWORD {_literal(conn, _verifier(conn, log_in))}" if log_in.url.password else ""
    if not known:
        yield f"CREATE ROLE {role} LOGIN{password}"
    elif password and not _can_log_in(conn, log_in):
        yield f"ALTER ROLE {role} LOGIN{password}"
    if log_in.name != log_in.group and not (known and _is_member(conn, log_in)):
        yield f"GRANT {log_in.group} TO {role}"


def _verifier(conn: Connection, log_in: ServiceLogIn) -> str:
    """What the server keeps of the password, made here."""
    pgconn = conn.connection.dbapi_connection.pgconn  # type: ignore[union-attr]
    made: bytes = pgconn.encrypt_password(str(log_in.url.password).encode(), log_in.name.encode(), b"scram-sha-256")
    return made.decode()


def _can_log_in(conn: Connection, log_in: ServiceLogIn) -> bool:
    """Whether the server that keeps the password takes it; the log-in's own URL may lead there through a pooler."""
    url = conn.engine.url.set(username=log_in.name, password=log_in.url.password)
    engine = create_engine(url, connect_args={"connect_timeout": _LOGIN_WITHIN_S})
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _is_member(conn: Connection, log_in: ServiceLogIn) -> bool:
    if not _has_role(conn, log_in.group):
        return False
    return bool(conn.execute(select(func.pg_has_role(log_in.name, log_in.group, "USAGE"))).scalar_one())


def _literal(conn: Connection, value: str) -> str:
    return str(conn.execute(select(func.quote_literal(value))).scalar_one())


def _has_role(conn: Connection, name: str) -> bool:
    return conn.execute(select(_roles.c.rolname).where(_roles.c.rolname == name)).first() is not None
