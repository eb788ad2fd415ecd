"""What the servers that hold the rows must have before: the extensions, and the roles that Citus logs in there as.

What was made before Citus was there is on the first server alone, and so are the settings of roles. Citus itself brings
only what a table cannot be made without.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from geo_assign.core.settings import Settings
from geo_assign.core.tables import APP_ROLE, WORKER_ROLE
from geo_assign.core.vetting import EXTENSIONS
from geo_assign.database_roles import ServiceLogIn, list_log_ins
from geo_assign.distribution.servers import SETTINGS, ask_servers

_VERIFIER = "SELECT rolpassword FROM pg_authid WHERE rolname = %(name)s"
_MAY_SEE = "SELECT has_table_privilege('pg_authid', 'SELECT')"
# On the server that is asked alone: each is asked.
_ALONE = "SET LOCAL citus.enable_ddl_propagation TO off"


def prepare_servers(conn: Connection, settings: Settings) -> Iterator[str]:
    """Make on every server what is missing there; what could not be made, in words."""
    quote = conn.dialect.identifier_preparer.quote
    wanted = [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS]
    wanted += [_make_group(group) for group in (APP_ROLE, WORKER_ROLE)]
    for log_in in list_log_ins(conn, settings):
        wanted += _make_log_in(conn, log_in, quote(log_in.name), quote(conn.engine.url.database or ""))
    command = f"DO $made$ BEGIN {'; '.join([_ALONE, *wanted])}; END $made$"
    for one in ask_servers(conn, command):
        if not one.is_well:
            yield f"{one.server} lacks extensions or roles that cannot be made from here: {one.text}."
            yield f"Run there, in this database and as a superuser: {command}"


def _make_group(group: str) -> str:
    return _unless_there(group, f"CREATE ROLE {group} NOLOGIN")


def _make_log_in(conn: Connection, log_in: ServiceLogIn, name: str, database: str) -> Iterator[str]:
    verifier = conn.exec_driver_sql(_VERIFIER, {"name": log_in.name}).scalar() if _may_see_verifiers(conn) else None
    password = f" PASSWORD '{verifier}'" if verifier else ""
    yield _unless_there(log_in.name, f"CREATE ROLE {name} LOGIN{password}")
    if log_in.name != log_in.group:
        yield f"GRANT {log_in.group} TO {name}"
    yield from (f"ALTER ROLE {name} IN DATABASE {database} SET {one} TO '{value}'" for one, value in SETTINGS.items())


def _unless_there(name: str, statement: str) -> str:
    literal = name.replace("'", "''")
    return f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{literal}') THEN {statement}; END IF"


def _may_see_verifiers(conn: Connection) -> bool:
    return bool(conn.exec_driver_sql(_MAY_SEE).scalar_one())
