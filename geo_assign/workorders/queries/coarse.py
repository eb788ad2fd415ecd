"""Who is shown to about a kilometre only (`is_coarse` in `geo_assign.workorders.visibility`), and how.

A store may choose it (`coarse_positions`) for its technicians as long as they hold no work that the caller may see.
The answer says so; rankings stay exact.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, literal, not_, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.tables import INSTANT
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.visibility import is_coarse

# A cell of 0.01 degrees is about a kilometre wide; no place is farther than this from the corner that stands for it.
_DIGITS = 2
ACCURACY_M = 700.0
_DISTANCE_STEP_M = 100.0
_DRIVE_STEP_S = 60.0


def list_coarse(tx: Tx, scope: Scope, technician_ids: Collection[UUID]) -> set[UUID]:
    """Which of these technicians a caller of this scope may see only coarsely at this moment."""
    if not technician_ids:
        return set()
    t, at = technicians.c, literal(tx.as_of(), INSTANT)
    shown = and_(not_(t.at_base), is_coarse(viewer_of(tx, scope), technicians, at=at))
    asked = select(t.id).where(t.org_id == tx.org_id, t.id.in_(technician_ids), shown)
    return set(tx.conn.execute(asked).scalars())


def coarse_point(point: Point) -> Point:
    """The corner of the grid that stands for everywhere around it."""
    return Point(round(point.lat, _DIGITS), round(point.lon, _DIGITS))


def coarse_accuracy_m(accuracy_m: float | None) -> float:
    """How far off a coarse place may be; unknown accuracy is at best that."""
    return max(ACCURACY_M, accuracy_m or 0.0)


def coarse_drive_s(seconds: float) -> float:
    """A drive to a minute, never none."""
    return max(1, round(seconds / _DRIVE_STEP_S)) * _DRIVE_STEP_S


def coarse_distance_m(distance_m: float) -> float:
    """A distance to a hundred metres."""
    return round(distance_m / _DISTANCE_STEP_M) * _DISTANCE_STEP_M
