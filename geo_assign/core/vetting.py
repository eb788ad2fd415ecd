"""What a database must be before it is trusted with anything: asked in one statement, judged without one.

The readiness of the service and `geo-assign doctor` both come from here, so they cannot disagree.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Text,
    case,
    cast,
    column,
    false,
    func,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import array

from geo_assign.core.connecting import SESSION_SETTINGS
from geo_assign.core.direct import driver_of
from geo_assign.core.distribution import SPREADS_SETTINGS
from geo_assign.core.rows import AnySelect

POSTGRESQL_FLOOR = 15
# All but the first come with PostgreSQL itself, and the owner of a database may create them.
EXTENSIONS = ("postgis", "btree_gist", "btree_gin", "pg_trgm", "unaccent")
POSTGIS_FLOOR = (3, 3)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a server says about itself and the role that asks; `owned_tables` counts those with row security.

    `is_standby`: it replays another server's log. `is_pooled`: a pooler is in between. `is_distributed`: others hold
    its rows. `lacking_settings` are those of `core.connecting` that are not in force.
    """

    server_version: str
    server_version_num: int
    postgis_version: str | None
    extensions: Sequence[str]
    fsync: bool
    synchronous_commit: bool
    role: str
    superuser: bool
    bypasses_row_security: bool
    owned_tables: int
    now: datetime
    is_standby: bool = False
    is_pooled: bool = False
    is_distributed: bool = False
    lacking_settings: Sequence[str] = ()


def read_facts(conn: Connection) -> DatabaseFacts:
    """Ask on a connection of the role in question."""
    told = driver_of(conn.connection).info.backend_pid
    return DatabaseFacts(**conn.execute(_facts(told)).mappings().one())


def version_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What is too old or missing for the schema."""
    if facts.server_version_num // 10_000 < POSTGRESQL_FLOOR:
        yield f"PostgreSQL is {facts.server_version}, at least {POSTGRESQL_FLOOR} is needed"
    if facts.postgis_version is None:
        yield "the extension postgis is missing"
    elif tuple(map(int, re.findall(r"\d+", facts.postgis_version)[:2])) < POSTGIS_FLOOR:
        yield f"PostGIS is {facts.postgis_version}, at least {'.'.join(map(str, POSTGIS_FLOOR))} is needed"
    for extension in EXTENSIONS:
        if extension not in facts.extensions and extension != "postgis":
            yield f"the extension {extension} is missing"


def durability_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What would lose acknowledged writes in a crash."""
    if not facts.fsync:
        yield "fsync is off"
    if not facts.synchronous_commit:
        yield "synchronous_commit is off"


def standby_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What would refuse every change."""
    if facts.is_standby:
        yield "it is a standby and takes no changes"


def role_objections(facts: DatabaseFacts) -> Iterator[str]:
    """What would let the role see other organizations' rows."""
    if facts.superuser:
        yield f"{facts.role} is a superuser"
    elif facts.bypasses_row_security:
        yield f"{facts.role} bypasses row security"
    elif facts.owned_tables:
        yield f"{facts.role} owns {facts.owned_tables} tables, and row security does not bind owners"


_extensions = table("pg_extension", column("extname"), column("extversion"))
_relations = table("pg_class", *(column(name) for name in ("relkind", "relnamespace", "relrowsecurity", "relowner")))
_roles = table("pg_roles", *(column(name) for name in ("rolname", "rolsuper", "rolbypassrls")))


def _facts(backend_pid: int) -> AnySelect:
    """`backend_pid` is the server's process as the log-in told it; a pooler tells one of its own making."""
    e, r = _extensions.c, _relations.c
    here = func.to_regnamespace(func.current_schema())
    # A member of the owning role counts as an owner: to row security it is one.
    owned = (r.relkind.in_(["r", "p"]), r.relnamespace == here, r.relrowsecurity, func.pg_has_role(r.relowner, "USAGE"))
    return select(
        func.current_setting("server_version").label("server_version"),
        cast(func.current_setting("server_version_num"), Integer).label("server_version_num"),
        select(e.extversion).where(e.extname == "postgis").scalar_subquery().label("postgis_version"),
        select(func.array_agg(cast(e.extname, Text))).scalar_subquery().label("extensions"),
        cast(func.current_setting("fsync"), Boolean).label("fsync"),
        (func.current_setting("synchronous_commit") != "off").label("synchronous_commit"),
        cast(_roles.c.rolname, Text).label("role"),
        _roles.c.rolsuper.label("superuser"),
        _roles.c.rolbypassrls.label("bypasses_row_security"),
        select(func.count()).select_from(_relations).where(*owned).scalar_subquery().label("owned_tables"),
        func.clock_timestamp().label("now"),
        func.pg_is_in_recovery().label("is_standby"),
        (func.pg_backend_pid() != backend_pid).label("is_pooled"),
        func.coalesce(func.current_setting(SPREADS_SETTINGS, true()) == "local", false()).label("is_distributed"),
        func.array_remove(array([_unless_in_force(*one) for one in SESSION_SETTINGS.items()]), None).label(
            "lacking_settings"
        ),
    ).where(_roles.c.rolname == func.current_user())


def _unless_in_force(name: str, value: str) -> ColumnElement[str | None]:
    return case((func.current_setting(name) != value, literal(name, Text())))
