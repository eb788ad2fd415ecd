"""Background steps of handover notes: what has expired goes."""

from sqlalchemy import delete, select, tuple_

from geo_assign.core.db import Database
from geo_assign.handover.tables import handover_notes

_BATCH = 1_000


def sweep_expired_notes(worker: Database) -> int:
    """Delete notes that have expired, with their marks; returns how many, at most a thousand at a time."""
    n = handover_notes.c
    with worker.across_organizations() as conn:
        due = select(n.org_id, n.id).where(n.expires_at <= worker.clock.now(conn)).limit(_BATCH)
        return conn.execute(delete(handover_notes).where(tuple_(n.org_id, n.id).in_(due))).rowcount
