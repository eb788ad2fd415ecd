"""A plain database that is in all but the place of its rows like one that Citus distributes: for tests without Citus.

It has the functions of a distributed database and the setting by which the service knows one. There is one part of each
table, the table itself.
"""

from sqlalchemy import Connection, text

from geo_assign.core.distribution import SPREADS_SETTINGS
from geo_assign.distribution.functions import install_functions

_OF_CITUS = (
    "CREATE TABLE pg_dist_shard (logicalrelid regclass, shardid bigint, shardminvalue text)",
    "CREATE FUNCTION shard_name(regclass, bigint) RETURNS text LANGUAGE sql AS 'SELECT $1::text'",
    "CREATE FUNCTION create_distributed_function(text, text, text, boolean) RETURNS void LANGUAGE sql AS 'SELECT'",
    """
CREATE FUNCTION run_command_on_workers(
    command text, OUT nodename text, OUT nodeport integer, OUT success boolean, OUT result text
) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command INTO result;
    RETURN QUERY VALUES ('here', 5432, true, result);
END $$""",
)
_ITSELF = """
CREATE OR REPLACE FUNCTION shard_beside(part text, wanted regclass) RETURNS regclass LANGUAGE sql STABLE
AS 'SELECT wanted'"""


def stand_in_for_citus(conn: Connection) -> None:
    """Change a migrated database so. Connections that are made afterwards know it as distributed."""
    for statement in _OF_CITUS:
        conn.exec_driver_sql(statement)
    install_functions(conn)
    conn.exec_driver_sql(_ITSELF)
    name = conn.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    conn.exec_driver_sql(f"ALTER DATABASE {name} SET {SPREADS_SETTINGS} TO 'local'")
