"""What stands against distributing a database, in words, before anything is changed."""

from collections.abc import Iterator

from sqlalchemy import Boolean, ColumnElement, Connection, Integer, TableClause, Text, cast, column, func, select, table

from geo_assign.core.vetting import EXTENSIONS
from geo_assign.distribution.servers import ask_servers

CITUS_FLOOR = (13, 0)
_extensions = table("pg_extension", column("extname"), column("extversion", Text))
_nodes = table(
    "pg_dist_node",
    column("groupid", Integer),
    column("noderole", Text),
    column("isactive", Boolean),
    column("shouldhaveshards", Boolean),
)
_relations = table("pg_class", *(column(name) for name in ("relnamespace", "relrowsecurity", "relowner")))

_EVERYWHERE = "Install Citus on every server, name citus in shared_preload_libraries and restart them; then run"
_LACKED = (
    "SELECT coalesce(string_agg(wanted, ', '), '') FROM unnest('{{{names}}}'::text[]) wanted "
    "WHERE NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted)"
)


def list_objections(conn: Connection) -> list[str]:
    """Each a sentence that says what to do; empty when the database can be distributed."""
    version = conn.execute(select(_extensions.c.extversion).where(_extensions.c.extname == "citus")).scalar()
    if version is None:
        return [f"The extension citus is missing. {_EVERYWHERE} CREATE EXTENSION citus in this database on each."]
    if tuple(int(part) for part in str(version).split("-")[0].split(".")[:2]) < CITUS_FLOOR:
        return [f"Citus is {version}, at least {'.'.join(map(str, CITUS_FLOOR))} is needed."]
    return [*_node_objections(conn), *_owner_objections(conn)] or [*_server_objections(conn)]


def _node_objections(conn: Connection) -> Iterator[str]:
    n = _nodes.c
    if not _count(conn, _nodes, n.groupid == 0):
        yield "Citus does not know this server's address. Run SELECT citus_set_coordinator_host('address', port)."
    primary = (cast(n.noderole, Text) == "primary", n.isactive, n.shouldhaveshards)
    if not _count(conn, _nodes, *primary):
        yield "Citus knows no server to put rows on. Run SELECT citus_add_node('address', port) for each."


def _owner_objections(conn: Connection) -> Iterator[str]:
    r = _relations.c
    others = (
        r.relnamespace == func.to_regnamespace("public"),
        r.relrowsecurity,
        ~func.pg_has_role(r.relowner, "USAGE"),
    )
    number = _count(conn, _relations, *others)
    if number:
        role = conn.engine.url.username
        yield f"{role} does not own {number} of the tables: let GEO_ASSIGN_ADMIN_DATABASE_URL name their owner."


def _server_objections(conn: Connection) -> Iterator[str]:
    for one in ask_servers(conn, _LACKED.format(names=",".join(EXTENSIONS))):
        if not one.is_well:
            yield f"{one.server} cannot be asked: {one.text}"
        elif one.text:
            yield f"{one.server} lacks the extensions {one.text}: install PostGIS and contrib there, too."


def _count(conn: Connection, source: TableClause, *conditions: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
