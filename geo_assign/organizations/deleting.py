"""An organization and everything of it, deleted as the owner: the application may not delete what it only adds to.

Batch by batch, each committed, so that nothing is locked for long; broken off, the same command goes on. Sessions and
keys end first, and the organization itself goes last.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import (
    Connection,
    Delete,
    Engine,
    Select,
    Table,
    Update,
    create_engine,
    delete,
    func,
    make_url,
    null,
    or_,
    select,
    tuple_,
    update,
)

from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.telemetry import get_logger
from geo_assign.schema import metadata

BATCH = 5_000
_ROUNDS = 3
_log = get_logger()
# A command, which Citus passes on to the servers that hold the rows.
_NOTHING_IS_COUNTED = "SET LOCAL app.deletes_organization TO 'on'"
_organizations = metadata.tables["organizations"]


class StillWrittenError(RuntimeError):
    """Rows came while the organization was deleted."""


def delete_organization(owner_url: str, org_id: UUID, *, slug: str, batch: int = BATCH) -> Mapping[str, int]:
    """Delete every row of it in every table; returns how many by table. Raises StillWrittenError: ask again then."""
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        _end_access(engine, org_id)
        counts = _delete_all(engine, org_id, batch)
    finally:
        engine.dispose()
    _log.warning("organization_deleted", org_id=str(org_id), slug=slug, rows=sum(counts.values()))
    return counts


def list_remains(conn: Connection, org_id: UUID) -> Mapping[str, int]:
    """How many rows of the organization there are, by table; tables without any are not in it."""
    counts = {
        table.name: conn.execute(select(func.count()).select_from(table).where(table.c.org_id == org_id)).scalar_one()
        for table in metadata.sorted_tables
    }
    return {name: number for name, number in counts.items() if number}


def _end_access(engine: Engine, org_id: UUID) -> None:
    sessions, keys = metadata.tables["sessions"], metadata.tables["api_keys"]
    with engine.begin() as conn:
        for table, over in ((sessions, sessions.c.ended_at), (keys, keys.c.revoked_at)):
            ended = update(table).where(table.c.org_id == org_id, over.is_(None))
            conn.execute(ended.values({over.name: func.statement_timestamp()}))


def _delete_all(engine: Engine, org_id: UUID, batch: int) -> dict[str, int]:
    counts = {table.name: 0 for table in metadata.sorted_tables}
    children_first = [table for table in reversed(metadata.sorted_tables) if table is not _organizations]
    # What was begun before access ended may still write: the next round takes what came meanwhile.
    left: set[str] = set()
    for _ in range(_ROUNDS):
        for table in children_first:
            counts[table.name] += _empty(engine, table, org_id, batch)
        with engine.begin() as conn:
            left = set(list_remains(conn, org_id)) - {_organizations.name}
        if not left:
            counts[_organizations.name] = _empty(engine, _organizations, org_id, batch)
            return {name: number for name, number in counts.items() if number}
    raise StillWrittenError(f"Rows are still written for it ({', '.join(sorted(left))}): run this again.")


def _empty(engine: Engine, table: Table, org_id: UUID, batch: int) -> int:
    """Delete the organization's rows of one table. Rows that refer to others of the table let go of them first."""
    own = [constraint for constraint in table.foreign_key_constraints if constraint.referred_table is table]
    links = [column for constraint in own for column in constraint.columns if column.nullable]
    if links:
        held = or_(*(column.is_not(None) for column in links))
        released = update(table).values({column.name: null() for column in links})
        _in_batches(engine, released, table, _some(table, org_id, batch).where(held), batch)
    return _in_batches(engine, delete(table), table, _some(table, org_id, batch), batch)


def _some(table: Table, org_id: UUID, batch: int) -> AnySelect:
    keys: AnySelect = Select(*table.primary_key.columns)
    return keys.where(table.c.org_id == org_id).limit(batch)


def _in_batches(engine: Engine, statement: Delete | Update, table: Table, keys: AnySelect, batch: int) -> int:
    key: list[AnyColumn] = list(table.primary_key.columns)
    total = 0
    while True:
        with engine.begin() as conn:
            conn.exec_driver_sql(_NOTHING_IS_COUNTED)
            number = conn.execute(statement.where(tuple_(*key).in_(keys))).rowcount
        total += number
        if number < batch:
            return total
