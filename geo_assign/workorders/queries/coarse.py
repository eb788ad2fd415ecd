"""Which technicians are shown to about a kilometre only, and how that is shown.

A store may choose it (`coarse_positions`) for its technicians as long as they hold no work that the caller may see.
A coarse place says that it is one; rankings stay exact.
"""

from collections.abc import Collection
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.tables import in_values
from geo_assign.workorders.domain import TAKEN

# A cell of 0.01 degrees is about a kilometre wide; no place is farther than this from the corner that stands for it.
_DIGITS = 2
ACCURACY_M = 700.0
_DISTANCE_STEP_M = 100.0
# Work that should have ended longer ago than this counts as forgotten, not as held.
_HELD_SINCE = "30 days"

# A condition on technician `t`: shown coarsely to the caller of %(everything)s, %(scope_stores)s and %(scope_groups)s.
# The CASE spares the look at their work for technicians whose store did not choose it.
IS_COARSE = f"""coalesce((
    SELECT CASE WHEN (s.settings ->> 'coarse_positions')::boolean THEN NOT EXISTS (
        SELECT FROM bookings b JOIN work_orders w ON w.org_id = b.org_id AND w.id = b.work_order_id
        WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state = 'assigned'
          AND b.occupied_until > %(at)s - interval '{_HELD_SINCE}' AND {in_values("w.state", sorted(TAKEN))}
          AND (%(everything)s OR w.store_id = ANY(%(scope_stores)s::uuid[])
               OR w.group_id = ANY(%(scope_groups)s::uuid[])
               OR w.group_id IS NULL AND EXISTS (
                   SELECT FROM service_groups g
                   WHERE g.org_id = %(org_id)s AND g.store_id = w.store_id
                     AND g.id = ANY(%(scope_groups)s::uuid[])))) END
    FROM stores s WHERE s.org_id = %(org_id)s AND s.id = t.store_id), false)"""


_COARSE_AMONG = f"""
SELECT t.id FROM technicians t
WHERE t.org_id = %(org_id)s AND t.id = ANY(%(technician_ids)s::uuid[]) AND NOT t.at_base AND {IS_COARSE}"""


def list_coarse(tx: Tx, scope: Scope, technician_ids: Collection[UUID]) -> set[UUID]:
    """Which of these technicians a caller of this scope may see only coarsely at this moment."""
    if not technician_ids:
        return set()
    asked = {
        "org_id": tx.org_id,
        "technician_ids": sorted(technician_ids),
        "at": tx.as_of(),
        "everything": scope.everything,
        "scope_stores": sorted(scope.store_ids),
        "scope_groups": sorted(scope.group_ids),
    }
    return {row.id for row in tx.fetch(_COARSE_AMONG, asked)}


def coarse_point(point: Point) -> Point:
    """The corner of the grid that stands for everywhere around it."""
    return Point(round(point.lat, _DIGITS), round(point.lon, _DIGITS))


def coarse_accuracy_m(accuracy_m: float | None) -> float:
    """How far off a coarse place may be; unknown accuracy is at best that."""
    return max(ACCURACY_M, accuracy_m or 0.0)


def coarse_distance_m(distance_m: float) -> float:
    """A distance to a hundred metres."""
    return round(distance_m / _DISTANCE_STEP_M) * _DISTANCE_STEP_M
