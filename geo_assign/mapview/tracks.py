"""Where a technician was on one day, as far as the caller may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import any_, not_, select

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.expressions import word
from geo_assign.core.geo import Point
from geo_assign.positions.tables import position_track
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.local_time import get_zone, local_day, local_instant
from geo_assign.workforce.queries import get_store, get_technician
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_point, list_coarse

# More than a screen shows of a day; of a busier track every second, third and so on is told.
SHOWN = 1_000
_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where a technician on duty was, and when; unknown accuracy is None."""

    at: datetime
    point: Point
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class DayTrack:
    """A technician's way on one local day, oldest first. `recorded`: how many positions it was made of."""

    technician: Technician
    since: datetime
    until: datetime
    points: Sequence[TrackPoint]
    recorded: int
    coarse: bool


def get_day_track(tx: Tx, scope: Scope, technician_id: UUID, day: date | None) -> DayTrack:
    """The way of one local day of the home store, today without `day`. Raises NotFoundError, also outside the scope.

    Positions off duty are never kept. Who is shown coarsely is shown so here: to about a kilometre.
    """
    technician = get_technician(tx, scope, technician_id)
    zone = get_zone(get_store(tx, EVERYTHING, technician.store_id).timezone)
    noon = tx.now() if day is None else local_instant(datetime.combine(day, time(12)), zone)
    since, until = local_day(noon, zone)
    coarse = technician_id in list_coarse(tx, scope, [technician_id])
    points = _list_points(tx, technician_id, since, until)
    shown = points[:: max(1, -(-len(points) // SHOWN))]
    if coarse:
        shown = _blurred(shown)
    return DayTrack(technician, since, until, shown, len(points), coarse)


def _list_points(tx: Tx, technician_id: UUID, since: datetime, until: datetime) -> list[TrackPoint]:
    t = position_track.c
    asked = (t.org_id == tx.org_id, t.technician_id == technician_id, t.used_at >= since, t.used_at < until)
    implausible = word("implausible_jump") == any_(t.flags)
    rows = tx.conn.execute(
        select(t.used_at, t.lat, t.lon, t.accuracy_m)
        .where(*asked, not_(implausible))
        .order_by(t.used_at)
        .limit(_LOOKED_AT)
    )
    return [TrackPoint(row.used_at, Point(row.lat, row.lon), row.accuracy_m) for row in rows]


def _blurred(points: Sequence[TrackPoint]) -> list[TrackPoint]:
    """Each cell of the grid once, when it was entered."""
    blurred: list[TrackPoint] = []
    for one in points:
        at = TrackPoint(one.at, coarse_point(one.point), coarse_accuracy_m(one.accuracy_m))
        if not blurred or blurred[-1].point != at.point:
            blurred.append(at)
    return blurred
