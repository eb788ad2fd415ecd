"""Background steps of geocoding: run by the worker, as the worker's role, over every organization."""

from geo_assign.core.db import Database
from geo_assign.geocoding.commands.calls import purge_cache


def sweep_expired_outcomes(database: Database) -> int:
    """Delete kept answers that are over; returns how many, at most a thousand at a time."""
    with database.across_organizations() as conn:
        return purge_cache(conn, now=database.clock.now(conn))
