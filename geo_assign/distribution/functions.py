"""The functions of a distributed database: how an organization is entered, and what triggers and doors are there."""

from collections.abc import Iterator

from sqlalchemy import Connection

from geo_assign.core.direct import TENANT
from geo_assign.core.distribution import ENTER
from geo_assign.core.tables import APP_ROLE
from geo_assign.schema import metadata

# Citus passes on what a command sets, as `SET LOCAL` is one, with the text that it came in. So the command comes in a
# text of its own, whatever else a message of the service holds.
ENTERING = (
    f"""
CREATE OR REPLACE FUNCTION {ENTER}(org uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL {TENANT} TO %L', org);
END $$""".strip(),
    f"REVOKE ALL ON FUNCTION {ENTER}(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {ENTER}(uuid) TO {APP_ROLE}",
)

# The part of `wanted` that holds the same organizations as the part named `part`, which ends with its number.
_BESIDE = """
CREATE OR REPLACE FUNCTION shard_beside(part text, wanted regclass) RETURNS regclass LANGUAGE sql STABLE AS $$
    SELECT shard_name(wanted, there.shardid)::regclass
    FROM pg_dist_shard here
    JOIN pg_dist_shard there ON there.logicalrelid = wanted AND there.shardminvalue = here.shardminvalue
    WHERE here.shardid = substring(part from '_([0-9]+)$')::bigint
$$""".strip()


def install_functions(conn: Connection) -> None:
    """Make them, or make them anew: a migration may have changed what they are made of. Repeatable."""
    for statement in _statements():
        conn.exec_driver_sql(statement.replace("%", "%%"))


def _statements() -> Iterator[str]:
    yield from ENTERING
    yield _BESIDE
    for table in metadata.sorted_tables:
        yield from table.info["distributed"]
