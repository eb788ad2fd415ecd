"""What a database must be before it is trusted with anything: asked in one statement, judged without one.

The readiness of the service and `geo-assign doctor` both come from here, so they cannot disagree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

POSTGRESQL_FLOOR = 15
POSTGIS_FLOOR = (3, 3)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a server says about itself and the role that asks; `owned_tables` counts those with row security."""

    server_version: str
    server_version_num: int
    postgis_version: str | None
    btree_gist: bool
    fsync: bool
    synchronous_commit: bool
    role: str
    superuser: bool
    bypasses_row_security: bool
    owned_tables: int
    now: datetime


def read_facts(conn: Connection) -> DatabaseFacts:
    """Ask on a connection of the role in question."""
    return DatabaseFacts(**conn.execute(_FACTS).mappings().one())


def version_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What is too old or missing for the schema."""
    if facts.server_version_num // 10_000 < POSTGRESQL_FLOOR:
        yield f"PostgreSQL is {facts.server_version}, at least {POSTGRESQL_FLOOR} is needed"
    if facts.postgis_version is None:
        yield "the extension postgis is missing"
    elif tuple(map(int, re.findall(r"\d+", facts.postgis_version)[:2])) < POSTGIS_FLOOR:
        yield f"PostGIS is {facts.postgis_version}, at least {'.'.join(map(str, POSTGIS_FLOOR))} is needed"
    if not facts.btree_gist:
        yield "the extension btree_gist is missing"


def durability_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What would lose acknowledged writes in a crash."""
    if not facts.fsync:
        yield "fsync is off"
    if not facts.synchronous_commit:
        yield "synchronous_commit is off"


def role_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What would let the role see other organizations' rows."""
    if facts.superuser:
        yield f"{facts.role} is a superuser"
    elif facts.bypasses_row_security:
        yield f"{facts.role} bypasses row security"
    elif facts.owned_tables:
        yield f"{facts.role} owns {facts.owned_tables} tables, and row security does not bind owners"


# A member of the owning role counts as an owner: to row security it is one.
_FACTS = text("""
SELECT current_setting('server_version') AS server_version,
       current_setting('server_version_num')::int AS server_version_num,
       (SELECT extversion FROM pg_extension WHERE extname = 'postgis') AS postgis_version,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist') AS btree_gist,
       current_setting('fsync')::bool AS fsync,
       current_setting('synchronous_commit') <> 'off' AS synchronous_commit,
       rolname::text AS role,
       rolsuper AS superuser,
       rolbypassrls AS bypasses_row_security,
       (SELECT count(*) FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
          AND relrowsecurity AND pg_has_role(relowner, 'USAGE')) AS owned_tables,
       clock_timestamp() AS now
FROM pg_roles
WHERE rolname = current_user
""")
