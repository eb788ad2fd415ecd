"""Reads of the map."""

import math
from datetime import datetime

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.core.statements import R, Statement
from geo_assign.mapview.domain import Changes, MapPicture, TechnicianOnMap, TechnicianStatus
from geo_assign.mapview.statements import SHOWN, PersonRow, changed, edge, in_view, off_duty
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.positions.domain import is_reachable
from geo_assign.workorders.domain import TERMINAL, State
from geo_assign.workorders.queries import list_changed_work_orders
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_point
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders

WORLD = BoundingBox(west=-180.0, south=-90.0, east=180.0, north=90.0)
_OPEN_STATES = tuple(state for state in State if state not in TERMINAL)


def get_picture(tx: Tx, scope: Scope, view: BoundingBox = WORLD) -> MapPicture:
    """Technicians on duty, or at the provider's base, within the view, and the scope's open work orders there."""
    at = tx.now()
    every = scope.everything
    rows = _fetch(tx, in_view(everything=every), scope, at=at, **_view(view))
    people = [_technician(row, at) for row in rows[:SHOWN]]
    orders = list_work_orders(tx, scope, WorkOrderFilter(states=_OPEN_STATES), limit=SHOWN)
    shown = [order for order in orders.items if order.location is not None and _within(view, order.location.point)]
    return MapPicture(
        at=at,
        technicians=[person for person in people if _within(view, person.point)],
        work_orders=shown,
        off_duty=_fetch(tx, off_duty(everything=every), scope)[0].number,
        truncated=len(rows) > SHOWN or bool(_fetch(tx, edge(), scope, **_view(view))) or orders.next_cursor is not None,
    )


def list_changes(tx: Tx, scope: Scope, since: datetime) -> Changes:
    """Everything that changed at or after `since`, in its present state. People without a position are passed over.

    More than a stream should carry is not told in part: then the picture is to be fetched anew.
    """
    at = tx.now()
    rows = _fetch(tx, changed(everything=scope.everything), scope, at=at, since=since)
    orders = list_changed_work_orders(tx, scope, since, limit=SHOWN + 1)
    if max(len(rows), len(orders)) > SHOWN:
        return Changes(until=at, too_many=True)
    return Changes(
        until=at,
        technicians=[_technician(row, at) for row in rows if row.shown and row.lat is not None],
        gone=[row.id for row in rows if not row.shown],
        work_orders=orders,
    )


def _fetch(tx: Tx, statement: Statement[R], scope: Scope, **values: object) -> list[R]:
    return tx.fetch(statement, scope_values(tx, scope) | values)


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


def _technician(row: PersonRow, at: datetime) -> TechnicianOnMap:
    assert row.lat is not None  # only technicians with a place are told
    assert row.lon is not None
    point, accuracy_m = Point(row.lat, row.lon), _finite(row.accuracy_m)
    return TechnicianOnMap(
        id=row.id,
        name=row.name,
        store_id=row.store_id,
        provider=None if row.provider_id is None else Provider(row.provider_id, row.provider_name or ""),
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


def _status(row: PersonRow, at: datetime) -> TechnicianStatus:
    if row.provenance == Provenance.LIVE and not is_reachable(row.heard_at, at):
        return TechnicianStatus.SILENT
    if row.busy_until is not None:
        return TechnicianStatus.BUSY
    return TechnicianStatus.OFFERED if row.offered else TechnicianStatus.FREE


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
