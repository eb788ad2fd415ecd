"""Which drives the factors of stores have not learned from, and which of them a router was not asked about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, select

from geo_assign.core.db import Tx
from geo_assign.core.expressions import is_false, row_exists
from geo_assign.core.geo import Point, haversine_m, road_s
from geo_assign.core.rows import ResultRow
from geo_assign.positions.queries import find_places_at
from geo_assign.workforce.domain import STRAIGHT_LINE
from geo_assign.workorders.tables import drives, work_orders

FRESH_S = 120.0
"""A position that was older when a drive began does not tell where that was."""

_AT_ONCE = 500
# Another place or another position than the estimate was made of.
_ALIKE_S = 1.0
_READ = ("work_order_id", "technician_id", "began_at", "seconds", "estimated_s")


class EndedDrive(NamedTuple):
    """A drive that has ended, and from where to where it led."""

    work_order_id: UUID
    began_at: datetime
    seconds: float
    begins: Point
    ends: Point


def list_stores_to_calibrate(conn: Connection) -> Sequence[tuple[UUID, UUID]]:
    """Organization and store of new drives that have ended, as the worker sees them; 500 at most."""
    d = drives.c
    new = select(d.org_id, d.store_id).where(d.seconds.is_not(None), d.counted.is_(False)).distinct().limit(_AT_ONCE)
    return [(row.org_id, row.store_id) for row in conn.execute(new)]


def list_drives_without(tx: Tx, store_id: UUID, provider: str, *, since: datetime, limit: int) -> list[EndedDrive]:
    """A store's drives that began since then, have ended, and that `provider` was not asked about, newest first.

    Where a drive began is in the track only, as long as that is kept; without it the drive is left out, as is one to a
    place that was corrected afterwards.
    """
    rows = _without(tx, store_id, provider, since=since, limit=limit)
    places = find_places_at(tx, [(row.technician_id, row.began_at) for row in rows], fresh=timedelta(seconds=FRESH_S))
    found = []
    for row, begins in zip(rows, places, strict=True):
        ends = Point(row.lat, row.lon)
        if begins is not None and abs(road_s(haversine_m(begins, ends)) - row.estimated_s) <= _ALIKE_S:
            found.append(EndedDrive(row.work_order_id, row.began_at, row.seconds, begins, ends))
    return found


def _without(tx: Tx, store_id: UUID, provider: str, *, since: datetime, limit: int) -> Sequence[ResultRow]:
    d, other, w = drives.alias("d"), drives.alias("other"), work_orders.alias("w")
    told = row_exists(
        other,
        other.c.org_id == tx.org_id,
        other.c.work_order_id == d.c.work_order_id,
        other.c.provider == provider,
    )
    statement = (
        select(*(d.c[name] for name in _READ), w.c.lat, w.c.lon)
        .select_from(d.join(w, and_(w.c.org_id == tx.org_id, w.c.id == d.c.work_order_id)))
        .where(
            d.c.org_id == tx.org_id,
            d.c.store_id == store_id,
            d.c.provider == STRAIGHT_LINE,
            d.c.technician_id.is_not(None),
            d.c.seconds.is_not(None),
            d.c.began_at >= since,
            w.c.lat.is_not(None),
            is_false(told),
        )
        .order_by(d.c.began_at.desc())
        .limit(limit)
    )
    return tx.conn.execute(statement).all()
