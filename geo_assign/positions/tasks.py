"""Background steps of positions: the days of the track come and go, and old places are forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, delete, func, select

from geo_assign.core.db import Database
from geo_assign.positions.tables import silences

# A worker that was away for days finds the track still taking positions.
_AHEAD = timedelta(days=7)
COUNTED_TO = 20_000


@dataclass(frozen=True, slots=True)
class TrackUpkeep:
    """How many days of the track were made and dropped, and how many last places were forgotten."""

    made: int
    dropped: int
    forgotten: int


def keep_track(database: Database, *, retention: timedelta) -> TrackUpkeep:
    """Make the partitions from the oldest day kept to a week ahead, and drop the days before. As the worker role.

    A last position as old is deleted with them, so that no place outlives its track, and so are silences. Each part
    commits by itself: a drop that found no gap in the traffic is tried again next time, and the partition of tomorrow
    stands regardless. Raises sqlalchemy.exc.OperationalError when a lock was not to be had within a second.
    """
    with database.across_organizations() as conn:
        today = database.clock.now(conn).date()
        made = ensure_track(conn, today - retention, today + _AHEAD)
    with database.across_organizations() as conn:
        dropped = conn.execute(select(func.drop_track_partitions(today - retention))).scalar_one()
    with database.across_organizations() as conn:
        conn.execute(delete(silences).where(silences.c.ended_at < database.clock.now(conn) - retention))
    with database.across_organizations() as conn:
        oldest = datetime.combine(today - retention, time.min, UTC)
        forgotten = conn.execute(select(func.forget_positions(oldest))).scalar_one()
    return TrackUpkeep(made=made, dropped=dropped, forgotten=forgotten)


def count_position_ages(conn: Connection, now: datetime) -> Mapping[str, int]:
    """How many technicians on duty have a last position of which age. As the worker role; up to `COUNTED_TO` of them.

    Keys: `under_1_min`, `under_5_min`, `under_15_min`, `older` and `none`.
    """
    ages = func.count_position_ages(now, COUNTED_TO).table_valued("age", "number")
    return {row.age: row.number for row in conn.execute(select(ages.c.age, ages.c.number))}


def ensure_track(conn: Connection, first: date, last: date) -> int:
    """Make the missing partitions of the track from `first` to `last`; returns how many. As worker or owner."""
    return int(conn.execute(select(func.ensure_track_partitions(first, last))).scalar_one())
