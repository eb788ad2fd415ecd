"""Reads of the map."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.core.statements import R, Statement
from geo_assign.mapview.domain import (
    EVERYONE,
    Changes,
    Cluster,
    MapChoice,
    MapPicture,
    Marks,
    TechnicianOnMap,
    TechnicianStatus,
)
from geo_assign.mapview.statements import (
    SHOWN,
    GroupRow,
    PersonRow,
    SkillRow,
    edge,
    groups_on_map,
    in_view,
    marks,
    off_duty,
    people,
    skills_on_map,
)
from geo_assign.mapview.tallies import (
    PeopleRow,
    cell_size,
    cells,
    clusters_of,
    order_counts,
    people_counts,
    tallies_of,
)
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.positions.domain import is_reachable
from geo_assign.workorders.domain import TERMINAL, State
from geo_assign.workorders.queries import list_changed_versions, list_work_orders_by_id
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_point
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders

WORLD = BoundingBox(west=-180.0, south=-90.0, east=180.0, north=90.0)
_OPEN_STATES = tuple(state for state in State if state not in TERMINAL)


def get_picture(tx: Tx, scope: Scope, view: BoundingBox = WORLD, *, choice: MapChoice = EVERYONE) -> MapPicture:
    """Technicians on duty, or at the provider's base, within the view, and the scope's open work orders there.

    `choice` leaves others out, of the counts, too; its skill is one of technicians, and leaves no work out.

    Where more technicians are in view than are drawn one by one, all of them are told as clusters.
    """
    at, every = tx.now(), scope.everything
    chosen, asked = choice != EVERYONE, view_values(view) | {"at": at} | _choice(choice)
    counted = _fetch(tx, people_counts(everything=every, chosen=chosen), scope, **asked)
    seen, in_scope = tallies_of(counted, _fetch(tx, order_counts(everything=every, chosen=chosen), scope, **asked))
    crowded = seen.people > SHOWN
    technicians, more = ([], False) if crowded else _list_in_view(tx, scope, view, at, choice)
    wanted = WorkOrderFilter(states=_OPEN_STATES, group_id=choice.group_id, within=view)
    orders = list_work_orders(tx, scope, wanted, limit=SHOWN)
    return MapPicture(
        at=at,
        technicians=technicians,
        clusters=_list_clusters(tx, scope, counted, asked, chosen=chosen) if crowded else [],
        work_orders=[one for one in orders.items if choice.has_store(one.store_id)],
        in_view=seen,
        in_scope=in_scope,
        off_duty=_fetch(tx, off_duty(everything=every, chosen=chosen), scope, **_choice(choice))[0].number,
        truncated=crowded or more or orders.next_cursor is not None,
    )


def list_groups_on_map(tx: Tx, scope: Scope) -> list[GroupRow]:
    """The groups of the technicians on the map that the caller sees, with how many each has."""
    return _fetch(tx, groups_on_map(everything=scope.everything), scope)


def list_skills_on_map(tx: Tx, scope: Scope) -> list[SkillRow]:
    """The skills of the technicians on the map that the caller sees, with how many have each."""
    return _fetch(tx, skills_on_map(everything=scope.everything), scope)


def _list_in_view(
    tx: Tx, scope: Scope, view: BoundingBox, at: datetime, choice: MapChoice
) -> tuple[list[TechnicianOnMap], bool]:
    """Those in view, and whether there may be more."""
    statement = in_view(everything=scope.everything, chosen=choice != EVERYONE)
    rows = _fetch(tx, statement, scope, at=at, **view_values(view), **_choice(choice))
    people = [technician_of(row, at) for row in rows[:SHOWN]]
    more = len(rows) > SHOWN or bool(_fetch(tx, edge(), scope, **view_values(view)))
    return [person for person in people if is_in(view, person.point)], more


def _list_clusters(
    tx: Tx, scope: Scope, counted: Sequence[PeopleRow], asked: Mapping[str, object], *, chosen: bool
) -> list[Cluster]:
    step = cell_size(counted)
    return clusters_of(_fetch(tx, cells(everything=scope.everything, chosen=chosen), scope, **asked, step=step), step)


def list_marks(tx: Tx, scope: Scope, since: datetime, *, positions_since: datetime | None = None) -> Marks:
    """Who and what changed at or after `since`; positions at or after `positions_since`, where that is given."""
    at = tx.now()
    moved = tx.fetch(marks(), {"org_id": tx.org_id, "since": since, "positions_since": positions_since or since})
    orders = list_changed_versions(tx, scope, since)
    return Marks(at, frozenset((row.id, row.at) for row in moved), frozenset(orders))


def list_people(
    tx: Tx, scope: Scope, technician_ids: Collection[UUID], at: datetime
) -> tuple[list[TechnicianOnMap], list[UUID]]:
    """These technicians as far as the caller sees them, and those who are not on the map.

    People on duty without a position are in neither.
    """
    if not technician_ids:
        return [], []
    ids = sorted(technician_ids)
    rows = _fetch(tx, people(everything=scope.everything), scope, at=at, technician_ids=ids)
    found = [technician_of(row, at) for row in rows if row.shown and row.lat is not None]
    return found, [row.id for row in rows if not row.shown]


def list_changes(tx: Tx, scope: Scope, since: datetime, *, positions_since: datetime | None = None) -> Changes:
    """Everything that changed at or after `since`, in its present state. People without a position are passed over."""
    changed = list_marks(tx, scope, since, positions_since=positions_since)
    technicians, gone = list_people(tx, scope, {one for one, _ in changed.people}, changed.at)
    orders = list_work_orders_by_id(tx, [one for one, _, _ in changed.work_orders], scope)
    return Changes(until=changed.at, technicians=technicians, gone=gone, work_orders=list(orders.values()))


def _fetch(tx: Tx, statement: Statement[R], scope: Scope, **values: object) -> list[R]:
    return tx.fetch(statement, scope_values(tx, scope) | values)


def _choice(choice: MapChoice) -> dict[str, object]:
    """The parameters of a choice; none where there is none, as the statements then ask for none."""
    if choice == EVERYONE:
        return {}
    stores = sorted(choice.store_ids) or None
    return {"store_ids": stores, "group_id": choice.group_id, "skill": choice.skill}


def view_values(view: BoundingBox) -> dict[str, float]:
    """A view as the parameters of the map's statements."""
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


def is_in(view: BoundingBox, point: Point) -> bool:
    """Whether a place lies in the view."""
    if not view.south <= point.lat <= view.north:
        return False
    if view.west <= view.east:
        return view.west <= point.lon <= view.east
    return point.lon >= view.west or point.lon <= view.east


def technician_of(row: PersonRow, at: datetime) -> TechnicianOnMap:
    """The technician of a row, as shown at `at`."""
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
