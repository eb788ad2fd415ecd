"""Background steps of privacy: the log of looks is kept for as long as people may want to ask."""

from datetime import timedelta

from sqlalchemy import Table, delete, func, select, tuple_

from geo_assign.core.db import Database
from geo_assign.privacy.tables import live_views, location_views

KEPT = timedelta(days=90)
_BATCH = 10_000
_BATCHES = 50


def sweep_old_views(database: Database) -> int:
    """Delete looks older than 90 days, as the worker role; returns how many, at most a million at each call."""
    return sum(_sweep(database, table, at) for table, at in ((location_views, "minute"), (live_views, "hour")))


def _sweep(database: Database, table: Table, at: str) -> int:
    key = list(table.primary_key.columns)
    due = select(*key).where(table.c[at] < func.clock_timestamp() - KEPT).limit(_BATCH)
    deleted = 0
    for _ in range(_BATCHES):
        with database.across_organizations() as conn:
            now = conn.execute(delete(table).where(tuple_(*key).in_(due))).rowcount
        deleted += now
        if now < _BATCH:
            break
    return deleted
