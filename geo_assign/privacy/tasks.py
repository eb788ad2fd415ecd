"""Background steps of privacy: the log of looks is kept for as long as people may want to ask."""

from datetime import timedelta

from sqlalchemy import delete, func, select, tuple_

from geo_assign.core.db import Database
from geo_assign.privacy.tables import location_views

KEPT = timedelta(days=90)
_BATCH = 10_000
_BATCHES = 50


def sweep_old_views(database: Database) -> int:
    """Delete looks older than 90 days, as the worker role; returns how many, at most half a million at each call."""
    v = location_views.c
    key = (v.org_id, v.technician_id, v.minute, v.viewer_id, v.how)
    due = select(*key).where(v.minute < func.clock_timestamp() - KEPT).limit(_BATCH)
    deleted = 0
    for _ in range(_BATCHES):
        with database.across_organizations() as conn:
            now = conn.execute(delete(location_views).where(tuple_(*key).in_(due))).rowcount
        deleted += now
        if now < _BATCH:
            break
    return deleted
