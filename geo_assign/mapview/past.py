"""The map as it stood at a past instant: what a dispatcher could know then.

Only what had been received by then counts: a position that a phone sent later was not known, though it is older.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import and_, func, not_, select, union_all

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import scope_values, viewer_declared
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox
from geo_assign.core.statements import Statement
from geo_assign.mapview.domain import Cluster, MapPicture, Past, Tally, TechnicianOnMap, TechnicianStatus
from geo_assign.mapview.queries import WORLD, is_in, technician_of
from geo_assign.mapview.statements import SHOWN, NumberRow, PersonRow, is_shown, of_base, of_phone, person
from geo_assign.mapview.tallies import CellRow, PeopleRow, cell_size, clusters_of
from geo_assign.matching.domain import Provenance
from geo_assign.matching.history import AS_TODAY, KEPT_AT_MOST, OVERDUE_FOR, PAST, People, as_of
from geo_assign.positions.kept import require_kept
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import Kind, WorkOrder
from geo_assign.workorders.queries.past import PastOrder, list_open_orders_then


def get_past_picture(
    tx: Tx, scope: Scope, at: datetime, *, retention: timedelta, view: BoundingBox = WORLD
) -> MapPicture:
    """What the map showed at `at`, of all that the scope sees today. Raises PastNotKeptError, InvalidError."""
    reaches_back_to = require_kept(tx, at, retention=retention)
    values = _values(tx, scope, at, reaches_back_to)
    rows = tx.fetch(people_then(everything=scope.everything), values)
    people = [technician_of(row, at) for row in rows if row.lat is not None]
    known, more = list_open_orders_then(tx, scope, at, limit=SHOWN)
    placed = [one for one in known if one.order.location is not None]
    seen = [one for one in people if is_in(view, one.point)]
    orders = [one for one in placed if one.order.location is not None and is_in(view, one.order.location.point)]
    crowded = len(seen) > SHOWN
    return MapPicture(
        at=at,
        technicians=[] if crowded else seen,
        clusters=_clusters(seen) if crowded else [],
        work_orders=[one.order for one in orders],
        in_view=_tally(seen, [one.order for one in orders]),
        in_scope=_tally(people, [one.order for one in placed]),
        off_duty=tx.fetch(off_duty_then(everything=scope.everything), values)[0].number,
        truncated=crowded or more,
        past=Past(reaches_back_to, AS_TODAY, _as_today(orders)),
    )


@cache
def people_then(*, everything: bool) -> Statement[PersonRow]:
    """Every technician of the scope who was on duty, or at the provider's base, and whose place was known."""
    viewer = viewer_declared(everything=everything)
    then = as_of(People.ON_MAP, viewer)
    t, c, b = then.technicians.alias(), then.current_positions.alias(), then.technicians.alias()
    phones = select(*of_phone(c)).where(c.c.org_id == PAST.org_id)
    p = union_all(phones, select(*of_base(b)).where(b.c.org_id == PAST.org_id, b.c.at_base)).subquery("p")
    rows = select(*person(viewer, t, p, sources=then)).select_from(p.join(t, t.c.id == p.c.technician_id))
    elsewhere = and_(t.c.at_base, p.c.provenance == Provenance.LIVE)
    return Statement.of(PersonRow, rows.where(t.c.org_id == PAST.org_id, is_shown(t), not_(elsewhere)))


@cache
def off_duty_then(*, everything: bool) -> Statement[NumberRow]:
    """How many technicians of the scope, of those still active, were off duty."""
    viewer = viewer_declared(everything=everything)
    t = as_of(People.OF_SCOPE, viewer).technicians.alias()
    rows = select(func.count().label("number")).select_from(t).where(t.c.org_id == PAST.org_id, t.c.active)
    return Statement.of(NumberRow, rows.where(not_(t.c.on_duty), not_(t.c.at_base), sees_technician(viewer, t)))


def _values(tx: Tx, scope: Scope, at: datetime, track_from: datetime) -> dict[str, object]:
    """The values of `PAST` that these statements ask for; they are about no work order."""
    work = {"work_from": at - OVERDUE_FOR, "busy_to": at + KEPT_AT_MOST}
    return scope_values(tx, scope) | {"at": at, "track_from": track_from, **work}


def _tally(people: Sequence[TechnicianOnMap], orders: Sequence[WorkOrder]) -> Tally:
    of_status, of_kind = Counter(one.status for one in people), Counter(order.kind for order in orders)
    return Tally(
        technicians={status: of_status[status] for status in TechnicianStatus},
        providers=sum(one.provider is not None for one in people),
        work_orders={kind: of_kind[kind] for kind in Kind},
    )


def _clusters(people: Sequence[TechnicianOnMap]) -> list[Cluster]:
    lats, lons = [one.point.lat for one in people], [one.point.lon for one in people]
    around = PeopleRow("", False, len(people), len(people), min(lons), min(lats), max(lons), max(lats))
    step = cell_size([around])
    rows = (
        CellRow(
            column=math.floor(one.point.lon / step),
            line=math.floor(one.point.lat / step),
            status=one.status.value,
            provider=one.provider is not None,
            number=1,
            lat=one.point.lat,
            lon=one.point.lon,
        )
        for one in people
    )
    return clusters_of(rows, step)


def _as_today(orders: Sequence[PastOrder]) -> dict[UUID, Sequence[str]]:
    return {one.order.id: one.as_today for one in orders if one.as_today}
