"""Reads of the map.

Positions are found by walking outward from the middle of the view: the one spatial search that keeps its index under
row security.
"""

import math
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.mapview.domain import Changes, MapPicture, TechnicianOnMap, TechnicianStatus
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.positions.domain import is_reachable
from geo_assign.workforce.queries import TECHNICIAN_IN_SCOPE
from geo_assign.workorders.domain import TERMINAL, State
from geo_assign.workorders.queries import list_changed_work_orders
from geo_assign.workorders.queries.coarse import IS_COARSE, coarse_accuracy_m, coarse_point
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders

# Features in one answer, and positions around the middle of the view that are looked at for them.
SHOWN = 2_000
LOOKED_AT = 20_000
WORLD = BoundingBox(west=-180.0, south=-90.0, east=180.0, north=90.0)
_OPEN_STATES = tuple(state for state in State if state not in TERMINAL)

_IN_SCOPE = f"(%(everything)s OR {TECHNICIAN_IN_SCOPE})"

# Where somebody is: as his phone said on duty, or at the base that his provider works from.
_OF_PHONE = """c.technician_id, c.lat, c.lon, c.recorded_at, c.used_at, c.heard_at, c.changed_at, c.accuracy_m,
    c.heading_deg, c.speed_mps, c.flags, 'live' AS provenance"""
_OF_BASE = """b.id AS technician_id, b.base_lat AS lat, b.base_lon AS lon, NULL::timestamptz AS recorded_at,
    NULL::timestamptz AS used_at, NULL::timestamptz AS heard_at, b.updated_at AS changed_at, NULL::real AS accuracy_m,
    NULL::real AS heading_deg, NULL::real AS speed_mps, ARRAY[]::text[] AS flags, 'home_base' AS provenance"""
_ON_MAP = "t.active AND (t.on_duty OR t.at_base)"

_PERSON = f"""
    t.id, t.name, t.store_id, t.provider_id, {_ON_MAP} AS shown, NOT t.at_base AND {IS_COARSE} AS coarse,
    (SELECT v.name FROM service_providers v WHERE v.org_id = %(org_id)s AND v.id = t.provider_id) AS provider_name,
    p.lat, p.lon, p.recorded_at, p.used_at, p.heard_at, p.changed_at, p.accuracy_m, p.heading_deg, p.speed_mps, p.flags,
    p.provenance,
    (SELECT max(b.ends_at) FROM bookings b
     WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state = 'assigned'
       AND b.occupied_until > %(at)s AND b.occupied_from <= %(at)s) AS busy_until,
    EXISTS (SELECT FROM offers o
     WHERE o.org_id = %(org_id)s AND o.technician_id = t.id AND o.state = 'offered') AS offered,
    (SELECT count(*) FROM bookings b
     WHERE b.org_id = %(org_id)s AND b.technician_id = t.id AND b.state IN ('assigned', 'done')
       AND b.occupied_until > %(at)s - interval '12 hours'
       AND b.starts_at < %(at)s + interval '12 hours') AS number_today"""

_MIDDLE = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"

# A little wider than the view: whoever is shown coarsely belongs where he is shown, not where he is.
_IN_VIEW = f"""
SELECT {_PERSON}
FROM (
    (SELECT {_OF_PHONE} FROM current_positions c WHERE c.org_id = %(org_id)s
     ORDER BY c.geog <-> {_MIDDLE} LIMIT {LOOKED_AT})
    UNION ALL
    (SELECT {_OF_BASE} FROM technicians b WHERE b.org_id = %(org_id)s AND b.at_base
     ORDER BY b.base_geog <-> {_MIDDLE} LIMIT {LOOKED_AT})) p
JOIN technicians t ON t.org_id = %(org_id)s AND t.id = p.technician_id
WHERE {_ON_MAP} AND {_IN_SCOPE} AND NOT (t.at_base AND p.provenance = 'live')
  AND p.lat BETWEEN %(south)s - 0.01 AND %(north)s + 0.01
  AND CASE WHEN %(west)s::float8 <= %(east)s::float8 THEN p.lon BETWEEN %(west)s - 0.01 AND %(east)s + 0.01
           ELSE p.lon >= %(west)s - 0.01 OR p.lon <= %(east)s + 0.01 END
LIMIT {SHOWN} + 1"""

# The last position that the walk looked at: when it lies within the view, there may be more behind it.
_EDGE = f"""
SELECT 1 FROM (
    SELECT c.lat, c.lon FROM current_positions c WHERE c.org_id = %(org_id)s
    ORDER BY c.geog <-> {_MIDDLE} OFFSET {LOOKED_AT} - 1 LIMIT 1) p
WHERE p.lat BETWEEN %(south)s AND %(north)s"""

_CHANGED = f"""
WITH changed AS (
    SELECT c.technician_id AS id FROM current_positions c WHERE c.org_id = %(org_id)s AND c.changed_at >= %(since)s
    UNION SELECT t.id FROM technicians t WHERE t.org_id = %(org_id)s AND t.updated_at >= %(since)s
    UNION SELECT b.technician_id FROM bookings b WHERE b.org_id = %(org_id)s AND b.updated_at >= %(since)s)
SELECT {_PERSON}
FROM changed JOIN technicians t ON t.org_id = %(org_id)s AND t.id = changed.id
LEFT JOIN LATERAL (
    SELECT {_OF_PHONE} FROM current_positions c
    WHERE c.org_id = %(org_id)s AND c.technician_id = t.id AND NOT t.at_base
    UNION ALL
    SELECT {_OF_BASE} FROM technicians b WHERE b.org_id = %(org_id)s AND b.id = t.id AND b.at_base) p ON true
WHERE {_IN_SCOPE}
LIMIT %(shown)s"""

_OFF_DUTY = f"""
SELECT count(*) AS n FROM technicians t
WHERE t.org_id = %(org_id)s AND t.active AND NOT t.on_duty AND NOT t.at_base AND {_IN_SCOPE}"""


def get_picture(tx: Tx, scope: Scope, view: BoundingBox = WORLD) -> MapPicture:
    """Who is on duty, or at his provider's base, within the view, and the scope's open work orders located there."""
    at = tx.now()
    rows = _fetch(tx, _IN_VIEW, scope, at=at, **_view(view))
    people = [_technician(row, at) for row in rows[:SHOWN]]
    orders = list_work_orders(tx, scope, WorkOrderFilter(states=_OPEN_STATES), limit=SHOWN)
    shown = [order for order in orders.items if order.location is not None and _within(view, order.location.point)]
    return MapPicture(
        at=at,
        technicians=[person for person in people if _within(view, person.point)],
        work_orders=shown,
        off_duty=_fetch(tx, _OFF_DUTY, scope, at=at)[0].n,
        truncated=len(rows) > SHOWN or bool(_fetch(tx, _EDGE, scope, **_view(view))) or orders.next_cursor is not None,
    )


def list_changes(tx: Tx, scope: Scope, since: datetime) -> Changes:
    """Everything that changed at or after `since`, in its present state. People without a position are passed over.

    More than a stream should carry is not told in part: then the picture is to be fetched anew.
    """
    at = tx.now()
    rows = _fetch(tx, _CHANGED, scope, at=at, since=since, shown=SHOWN + 1)
    orders = list_changed_work_orders(tx, scope, since, limit=SHOWN + 1)
    if max(len(rows), len(orders)) > SHOWN:
        return Changes(until=at, too_many=True)
    return Changes(
        until=at,
        technicians=[_technician(row, at) for row in rows if row.shown and row.lat is not None],
        gone=[row.id for row in rows if not row.shown],
        work_orders=orders,
    )


def _fetch(tx: Tx, sql: str, scope: Scope, **values: Any) -> list[Any]:
    parameters = {
        "org_id": tx.org_id,
        "everything": scope.everything,
        "scope_stores": _ids(scope.store_ids),
        "scope_groups": _ids(scope.group_ids),
        **values,
    }
    return tx.fetch(sql, parameters)


def _ids(ids: frozenset[UUID]) -> list[UUID]:
    return sorted(ids)


def _view(view: BoundingBox) -> dict[str, float]:
    width = view.east - view.west if view.west <= view.east else view.east - view.west + 360.0
    middle = view.west + width / 2.0
    return {
        "west": view.west,
        "east": view.east,
        "south": view.south,
        "north": view.north,
        "lat": (view.south + view.north) / 2.0,
        "lon": middle - 360.0 if middle > 180.0 else middle,
    }


def _within(view: BoundingBox, point: Point) -> bool:
    if not view.south <= point.lat <= view.north:
        return False
    if view.west <= view.east:
        return view.west <= point.lon <= view.east
    return point.lon >= view.west or point.lon <= view.east


def _technician(row: Any, at: datetime) -> TechnicianOnMap:
    point, accuracy_m = Point(row.lat, row.lon), _finite(row.accuracy_m)
    return TechnicianOnMap(
        id=row.id,
        name=row.name,
        store_id=row.store_id,
        provider=None if row.provider_id is None else Provider(row.provider_id, row.provider_name),
        status=_status(row, at),
        point=coarse_point(point) if row.coarse else point,
        provenance=Provenance(row.provenance),
        coarse=row.coarse,
        recorded_at=row.recorded_at,
        age_s=None if row.used_at is None else max(0.0, (at - row.used_at).total_seconds()),
        accuracy_m=coarse_accuracy_m(accuracy_m) if row.coarse else accuracy_m,
        heading_deg=None if row.coarse else _finite(row.heading_deg),
        speed_mps=None if row.coarse else _finite(row.speed_mps),
        busy_until=row.busy_until,
        number_today=row.number_today,
        flags=tuple(row.flags),
        changed_at=row.changed_at,
    )


def _status(row: Any, at: datetime) -> TechnicianStatus:
    if row.provenance == Provenance.LIVE and not is_reachable(row.heard_at, at):
        return TechnicianStatus.SILENT
    if row.busy_until is not None:
        return TechnicianStatus.BUSY
    return TechnicianStatus.OFFERED if row.offered else TechnicianStatus.FREE


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
