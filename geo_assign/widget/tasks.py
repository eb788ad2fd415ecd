"""Background steps of booking pages: run by the worker, as the worker's role, over every organization."""

from sqlalchemy import delete, func, select, tuple_

from geo_assign.core.db import Database
from geo_assign.widget.commands import DAY
from geo_assign.widget.tables import spent_challenges

_BATCH = 1_000


def sweep_spent_challenges(database: Database) -> int:
    """Delete those that count no more: older than a day, their challenges have expired long ago."""
    c = spent_challenges.c
    key = (c.org_id, c.api_key_id, c.challenge_hash)
    with database.across_organizations() as conn:
        due = select(*key).where(c.spent_at <= func.clock_timestamp() - 2 * DAY).limit(_BATCH)
        return conn.execute(delete(spent_challenges).where(tuple_(*key).in_(due))).rowcount
