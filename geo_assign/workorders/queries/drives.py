"""Which stores have drives that their factors have not learned from."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from geo_assign.workorders.tables import drives

_AT_ONCE = 500


def list_stores_to_calibrate(conn: Connection) -> Sequence[tuple[UUID, UUID]]:
    """Organization and store of new drives that have ended, as the worker sees them; 500 at most."""
    d = drives.c
    new = select(d.org_id, d.store_id).where(d.seconds.is_not(None), d.counted.is_(False)).distinct().limit(_AT_ONCE)
    return [(row.org_id, row.store_id) for row in conn.execute(new)]
