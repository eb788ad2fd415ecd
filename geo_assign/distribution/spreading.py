"""Spread the rows of a migrated database over the servers that Citus knows, or those of tables that came later.

All of it is one transaction over all servers: broken off, nothing has changed, and the same command begins anew. It
leaves the rows on this server, which nothing reads any longer; they are removed afterwards, table by table.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from geo_assign.core.distribution import ANCHOR, SPREADS_SETTINGS
from geo_assign.core.settings import Settings
from geo_assign.distribution.checking import list_objections
from geo_assign.distribution.functions import install_functions
from geo_assign.distribution.preparing import prepare_servers
from geo_assign.distribution.servers import ask_servers

_EVERYWHERE = "organizations"
_LOCK = 0x6469_7374
_UNSAFE_TRIGGERS = "citus.enable_unsafe_triggers"
_BEGIN = (
    "SET LOCAL statement_timeout TO 0",
    f"SET LOCAL {_UNSAFE_TRIGGERS} TO on",
    # One statement after the other: a table may not be changed twice at once, and each change meets the one before.
    "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'",
    "SET LOCAL client_min_messages TO error",
)

_TABLES = f"""
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relrowsecurity
  AND NOT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = c.oid)
ORDER BY c.relname <> '{_EVERYWHERE}', c.relname <> '{ANCHOR}', c.relname"""
_REFERENCES = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0
  AND (conrelid::regclass::text = ANY (%(tables)s) OR confrelid::regclass::text = ANY (%(tables)s))"""
_TRIGGERS = """
SELECT tgrelid::regclass::text, quote_ident(tgname), pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal AND tgparentid = 0 AND tgrelid::regclass::text = ANY (%(tables)s)"""
_OWN_FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'plpgsql'), p.oid"""
_LEFT_BEHIND = """
SELECT p.logicalrelid::regclass::text FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND coalesce(
    (SELECT sum(pg_relation_size(part.relid)) FROM pg_partition_tree(c.oid) part WHERE part.isleaf),
    pg_relation_size(c.oid)) > 0
ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class SpreadTables:
    """What was done: the tables that were spread now, over how many servers, and those emptied on this server."""

    tables: Sequence[str]
    servers: int
    emptied: Sequence[str]

    def sentences(self) -> Iterator[str]:
        """For the person who had it done."""
        over = f"{self.servers} server{'s' * (self.servers != 1)}"
        if self.tables:
            yield f"{len(self.tables)} tables are spread over {over}: {', '.join(self.tables)}."
            yield "Start serve and worker again: they learn of it when they connect."
        else:
            yield f"Every table was spread over {over} before."
        if self.emptied:
            yield f"Their rows on this server, which nothing reads any longer, are removed: {', '.join(self.emptied)}."


class CannotDistributeError(Exception):
    """Something stands against it; `objections` are sentences that say what to do."""

    def __init__(self, objections: Sequence[str]) -> None:
        super().__init__("\n".join(objections))
        self.objections = tuple(objections)


def spread(engine: Engine, settings: Settings, *, shards: int) -> SpreadTables:
    """Spread every table of the schema, `shards` parts each, where that was not done. As the owner, repeatable.

    Raises CannotDistributeError, before anything is changed.
    """
    with engine.begin() as conn:
        _require_none(list_objections(conn))
        _require_none(prepare_servers(conn, settings))
    with engine.begin() as conn:
        tables = _spread(conn, shards)
        database = conn.dialect.identifier_preparer.quote(engine.url.database or "")
        conn.exec_driver_sql(f"ALTER DATABASE {database} SET {_UNSAFE_TRIGGERS} TO on")
        conn.exec_driver_sql(f"ALTER DATABASE {database} SET {SPREADS_SETTINGS} TO 'local'")
    return SpreadTables(tables, _count_servers(engine), _empty_what_was_left(engine))


def _require_none(objections: Iterable[str]) -> None:
    if found := [*objections]:
        raise CannotDistributeError(found)


def spread_new_tables(conn: Connection) -> Sequence[str]:
    """On a distributed database, spread what migrations made since; on any other nothing happens. Returns the tables.

    Functions are made anew, since a migration may have made the plain ones.
    """
    return _spread(conn, None) if is_spread(conn) else ()


def is_spread(conn: Connection) -> bool:
    """Whether the tables of this database have been spread."""
    known = conn.exec_driver_sql("SELECT to_regclass('pg_dist_partition') IS NOT NULL").scalar_one()
    return known and bool(
        conn.exec_driver_sql(
            f"SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('{ANCHOR}'))"
        ).scalar_one()
    )


def _spread(conn: Connection, shards: int | None) -> list[str]:
    """`shards` parts; None: as many as the other tables have."""
    for setting in _BEGIN:
        conn.exec_driver_sql(setting)
    conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    tables = list(conn.exec_driver_sql(_TABLES).scalars())
    if tables:
        references, triggers = (_defined(conn, asked, tables) for asked in (_REFERENCES, _TRIGGERS))
        for table, name, _ in references:
            conn.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table, name, _ in triggers:
            conn.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
        _make_functions_everywhere(conn)
        for table in tables:
            conn.exec_driver_sql(_spreading(table, shards))
        for table, name, definition in references:
            conn.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".replace("%", "%%"))
        for _, _, definition in triggers:
            conn.exec_driver_sql(definition.replace("%", "%%"))
    install_functions(conn)
    return tables


def _spreading(table: str, shards: int | None) -> str:
    if table == _EVERYWHERE:
        # Its slugs are unique among all, and log-in asks for them before it knows an organization.
        return f"SELECT create_reference_table('{table}')"
    beside = f"shard_count := {shards}, colocate_with := 'none'" if table == ANCHOR else f"colocate_with := '{ANCHOR}'"
    return f"SELECT create_distributed_table('{table}', 'org_id', {beside})"


def _make_functions_everywhere(conn: Connection) -> None:
    """Those that were made before Citus was there are on this server alone. Made anew, they are passed on."""
    for definition in list(conn.exec_driver_sql(_OWN_FUNCTIONS).scalars()):
        conn.exec_driver_sql(definition.replace("%", "%%"))


def _defined(conn: Connection, asked: str, tables: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(table, name, definition) for table, name, definition in conn.exec_driver_sql(asked, {"tables": tables})]


def _count_servers(engine: Engine) -> int:
    with engine.begin() as conn:
        return len(ask_servers(conn, "SELECT 1"))


def _empty_what_was_left(engine: Engine) -> list[str]:
    """The rows on this server, which have been copied. Citus empties what refers to a table together with it."""
    with engine.begin() as conn:
        left = list(_left_behind(conn))
    for table in left:
        with engine.begin() as conn:
            for setting in _BEGIN:
                conn.exec_driver_sql(setting)
            conn.exec_driver_sql(f"SELECT truncate_local_data_after_distributing_table('{table}')")
    return left


def _left_behind(conn: Connection) -> Iterator[str]:
    yield from conn.exec_driver_sql(_LEFT_BEHIND).scalars()
