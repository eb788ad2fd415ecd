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
    MapChoice,
    MapPicture,
    Marks,
    PeopleInView,
    Tally,
    TechnicianOnMap,
    TechnicianStatus,
)
from geo_assign.mapview.kept_counts import KeptCounts, ScopeCounts
from geo_assign.mapview.statements import (
    LOOKED_AT,
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
    numbers_by_kind,
    numbers_by_status,
    order_counts,
    people_counts,
)
from geo_assign.mapview.windows import find_window, radius_m
from geo_assign.matching.domain import Provenance, Provider
from geo_assign.positions.domain import is_reachable
from geo_assign.workorders.domain import TERMINAL, Kind, State
from geo_assign.workorders.queries import list_changed_versions, list_work_orders_by_id
from geo_assign.workorders.queries.coarse import coarse_accuracy_m, coarse_point
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders

WORLD = BoundingBox(west=-180.0, south=-90.0, east=180.0, north=90.0)
_OPEN_STATES = tuple(state for state in State if state not in TERMINAL)


def get_picture(
    tx: Tx,
    scope: Scope,
    view: BoundingBox = WORLD,
    *,
    choice: MapChoice = EVERYONE,
    kept: KeptCounts | None = None,
) -> MapPicture:
    """Technicians on duty, or at the provider's base, within the view, and the scope's open work orders there.

    `choice` leaves others out, of the counts, too; its skill is one of technicians, and leaves no work out.
    `kept` may hold the counts of a large scope, and of views of many; without it all are counted.

    Where more technicians are in view than are drawn one by one, all of them are told as clusters.
    """
    look = _Look(tx, scope, view, choice)
    orders = list_work_orders(
        tx, scope, WorkOrderFilter(states=_OPEN_STATES, group_id=choice.group_id, within=view), limit=SHOWN
    )
    shown_orders = [one for one in orders.items if choice.has_store(one.store_id)]
    whose, kept = (tx.org_id, scope, choice), kept or KeptCounts()
    people = look.people_around()
    if people is None:
        # Clusters of so many tell no places; who is told one by one is told as of now.
        people = kept.views.get((whose, view), look.people_anywhere)
    of_scope = kept.scopes.get(whose, look.scope_counts)
    more_orders = orders.next_cursor is not None
    return MapPicture(
        at=look.at,
        technicians=people.told,
        clusters=people.clusters,
        work_orders=shown_orders,
        in_view=Tally(
            people.by_status,
            people.providers,
            look.orders_in_view() if more_orders else numbers_by_kind((one.kind, 1) for one in shown_orders),
        ),
        in_scope=of_scope.on_map,
        off_duty=of_scope.off_duty,
        truncated=people.more or more_orders,
    )


def list_groups_on_map(tx: Tx, scope: Scope) -> list[GroupRow]:
    """The groups of the technicians on the map that the caller sees, with how many each has."""
    return _fetch(tx, groups_on_map(everything=scope.everything), scope)


def list_skills_on_map(tx: Tx, scope: Scope) -> list[SkillRow]:
    """The skills of the technicians on the map that the caller sees, with how many have each."""
    return _fetch(tx, skills_on_map(everything=scope.everything), scope)


class _Look:
    """One look at a part of the map.

    Who is in a view is found among the innermost positions around its middle where those hold everyone in it, and
    else among all positions of the organization.
    """

    def __init__(self, tx: Tx, scope: Scope, view: BoundingBox, choice: MapChoice) -> None:
        self.at = tx.now()
        self._tx, self._scope, self._view = tx, scope, view
        self._kinds = {"everything": scope.everything, "chosen": choice != EVERYONE}
        box = view_values(view)
        self._middle = Point(lat=box["lat"], lon=box["lon"])
        self._values = scope_values(tx, scope) | box | {"at": self.at} | _choice(choice)
        self._counted: list[PeopleRow] | None = None

    def people_anywhere(self) -> PeopleInView:
        """Those in view, from all positions of the organization."""
        return self._picked(self._everyone(), LOOKED_AT, may_be_more=True)

    def people_around(self) -> PeopleInView | None:
        """The same from the innermost positions; None where those do not hold all of them."""
        window = find_window(self._tx, self._values, radius_m(self._view, self._middle))
        if window is None:
            return None
        told, more = self._list(window)
        if not more:
            by_status = numbers_by_status((one.status, 1) for one in told)
            providers = sum(one.provider is not None for one in told)
            return PeopleInView(told, [], by_status, providers, more=False)
        return self._picked(self._fetch(people_counts(**self._kinds, window=window)), window, may_be_more=False)

    def scope_counts(self) -> ScopeCounts:
        people, orders = self._everyone(), self._fetch(order_counts(**self._kinds))
        tally = Tally(
            numbers_by_status((row.status, row.everywhere) for row in people),
            sum(row.everywhere for row in people if row.provider),
            numbers_by_kind((row.kind, row.everywhere) for row in orders),
        )
        return ScopeCounts(tally, self._fetch(off_duty(**self._kinds))[0].number)

    def orders_in_view(self) -> Mapping[Kind, int]:
        return numbers_by_kind((row.kind, row.shown) for row in self._fetch(order_counts(**self._kinds)))

    def _picked(self, counted: Sequence[PeopleRow], window: int, *, may_be_more: bool) -> PeopleInView:
        """With the numbers of those counted; `window`: of how many positions they are, where there are not more."""
        by_status = numbers_by_status((row.status, row.shown) for row in counted)
        providers = sum(row.shown for row in counted if row.provider)
        if sum(by_status.values()) <= SHOWN:
            told, more = self._list(window)
            more = more or (may_be_more and bool(self._tx.fetch(edge(), self._values)))
            return PeopleInView(told, [], by_status, providers, more)
        step = cell_size(counted)
        of_window = None if may_be_more else window
        rows = self._tx.fetch(cells(**self._kinds, window=of_window), {**self._values, "step": step})
        return PeopleInView([], clusters_of(rows, step), by_status, providers, more=True)

    def _list(self, window: int) -> tuple[list[TechnicianOnMap], bool]:
        """Those in view of the innermost positions, and whether there are more of them than are told."""
        rows = self._fetch(in_view(**self._kinds, window=window))
        people = [technician_of(row, self.at) for row in rows[:SHOWN]]
        return [person for person in people if is_in(self._view, person.point)], len(rows) > SHOWN

    def _everyone(self) -> list[PeopleRow]:
        """Counted once for one look."""
        if self._counted is None:
            self._counted = self._fetch(people_counts(**self._kinds))
        return self._counted

    def _fetch(self, statement: Statement[R]) -> list[R]:
        return self._tx.fetch(statement, self._values)


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
