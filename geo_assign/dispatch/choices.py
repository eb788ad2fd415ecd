"""What would come of giving a work order to one technician, perhaps at another time: asked before it is done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.deadlines import Deadline
from geo_assign.core.geo import Point, haversine_m, road_s
from geo_assign.dispatch.commands.assigning import WantedSlot, at_slot
from geo_assign.matching.domain import (
    Candidate,
    Excluded,
    ExclusionCode,
    Provenance,
    Question,
    Reason,
    RoutingNote,
    Slot,
)
from geo_assign.matching.driving import with_drive
from geo_assign.matching.queries import explain_one, rank
from geo_assign.matching.questions import question_for_order
from geo_assign.positions.queries import find_current_position
from geo_assign.routing.choosing import find_router
from geo_assign.routing.domain import Drive, DriveAnswer, DriveCell, RouterChoice
from geo_assign.routing.finder import DriveFinder
from geo_assign.workforce.domain import STRAIGHT_LINE, Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import TERMINAL, Location, LocationSource, WorkOrder, WorkOrderStateError
from geo_assign.workorders.queries import (
    BookingConflict,
    find_booking_after,
    find_booking_before,
    find_booking_conflict,
    find_work_order,
    get_work_order,
    list_work_orders_by_id,
)
from geo_assign.workorders.queries.coarse import coarse_distance_m, coarse_drive_s

NEARER_LIMIT = 3
_NEVER_SOON = timedelta(days=-36_500)
# What says where a technician is, which decides nothing for work without a place.
_OF_PLACE = frozenset({ExclusionCode.OUTSIDE_RADIUS})


@dataclass(frozen=True, slots=True)
class OtherWork:
    """A booking that this one would meet. Id and number are None where its work order is outside the scope."""

    start: datetime
    end: datetime
    work_order_id: UUID | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Roads:
    """What the store's router may tell of a choice: the way from `begins` to the work, and from there on to `ends`.

    None: not known, or there is none. `coarse`: of the way before only a minute may be told. `factors`: what the
    router's seconds are multiplied with, before and after.
    """

    router: RouterChoice
    place: Point
    begins: Point | None
    ends: Point | None
    coarse: bool
    factors: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPreview:
    """One technician for one work order at `slot`, judged at `at`.

    `reasons` are automation's against it; a person may pass over all but taken time (`conflict`) and, for an offer,
    being off duty: `may_assign` and `may_offer` say what would not be refused. `distance_m`, as it may be shown, is
    None where it is not known or not told. `previous` is the work just before, on the same day, `following` what comes
    just after; the way begins at `leaves_at` from there or from a live position, None where it begins at a base.
    `nearer` could go and are nearer.

    `eta_s` is the way to the work, `travel_after_s` that on to `following`. They are estimated over the straight line
    unless a router told the `drive`, and multiplied with `eta_factor`, what the store's drives have taught of the way
    before: None leaves lower bounds. `routing` says how a router was asked.
    """

    technician_id: UUID
    name: str
    at: datetime
    slot: Slot
    reasons: tuple[Reason, ...]
    conflict: OtherWork | None
    previous: OtherWork | None
    provenance: Provenance | None
    distance_m: float | None
    leaves_at: datetime | None
    nearer: tuple[Candidate, ...]
    may_assign: bool
    may_offer: bool
    following: OtherWork | None = None
    eta_s: float | None = None
    travel_after_s: float | None = None
    eta_factor: float | None = None
    drive: Drive | None = None
    drive_after: Drive | None = None
    routing: RoutingNote | None = None
    line_factor: float | None = None
    roads: Roads | None = None

    @property
    def arrives_at(self) -> datetime | None:
        """The earliest arrival."""
        if self.leaves_at is None or self.eta_s is None:
            return None
        return self.leaves_at + timedelta(seconds=self.eta_s)

    @property
    def eta_is_calibrated(self) -> bool:
        return self.eta_factor is not None

    def factor_for(self, one: Candidate) -> float:
        """What the seconds of one who is nearer are multiplied with."""
        factor = self.roads.factors[0] if self.roads is not None and one.drive is not None else self.line_factor
        return factor or 1.0


def get_assignment_preview(
    tx: Tx, scope: Scope, work_order_id: UUID, technician_id: UUID, slot: WantedSlot | None = None
) -> AssignmentPreview:
    """Judge a choice, before it is made; nothing is changed or held.

    Raises WorkOrderNotFoundError, NotFoundError for a technician outside the scope, WorkOrderStateError for work that
    is over, and as `slot_of`.
    """
    order, at = get_work_order(tx, scope, work_order_id), tx.as_of()
    if order.state in TERMINAL:
        raise WorkOrderStateError(f"the work order is {order.state.value}", state=order.state.value)
    technician = get_technician(tx, scope, technician_id)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    wanted = at_slot(order, rules, slot, now=at)
    question = _question(wanted, rules, scope, at=at)
    start, end = wanted.slot_at(at)
    in_the_way = find_booking_conflict(
        tx, technician.id, start - rules.settings.travel_buffer, end, except_for=order.id
    )
    previous = find_booking_before(tx, technician.id, start, since=question.day_start, except_for=order.id)
    following = find_booking_after(tx, technician.id, end, until=question.day_end, except_for=order.id)
    judged = explain_one(tx, question, technician.id)
    found = rank(tx, replace(question, limit=NEARER_LIMIT + 1), explain=False).candidates if order.location else ()
    own = next((one for one in found if one.technician_id == technician.id), None)
    distance_m = _distance_m(judged, own) if order.location else None
    factor = rules.find_eta_factor(STRAIGHT_LINE, max(at, start))
    before, ends = _places(tx, previous, following)
    after_m = None if ends is None or order.location is None else haversine_m(order.location.point, ends)
    after_factor = rules.find_eta_factor(STRAIGHT_LINE, end)
    begins = None if distance_m is None else _begins(tx, question, technician, own, before)
    coarse = own.coarse if own is not None else judged is not None and judged.coarse
    may_assign = technician.active and in_the_way is None
    return AssignmentPreview(
        technician_id=technician.id,
        name=technician.name,
        at=at,
        slot=Slot(start, end),
        reasons=_reasons(judged, order),
        conflict=_seen(tx, scope, in_the_way),
        previous=_seen(tx, scope, previous),
        following=_seen(tx, scope, following),
        provenance=_provenance(question, own, previous),
        distance_m=distance_m,
        leaves_at=_departure(question, previous, technician),
        nearer=_nearer(found, technician.id),
        may_assign=may_assign,
        may_offer=may_assign and (technician.on_duty or technician.at_base),
        eta_s=None if distance_m is None else road_s(distance_m) * (factor or 1.0),
        travel_after_s=None if after_m is None else road_s(after_m) * (after_factor or 1.0),
        eta_factor=factor,
        line_factor=factor,
        roads=_roads(tx, order, rules, (begins, ends), coarse=coarse, hours=(max(at, start), end)),
    )


def tell_drives(choice: AssignmentPreview, finder: DriveFinder) -> AssignmentPreview:
    """The preview with the times of the store's router, where there is one. To be asked with no transaction open.

    Where the router fails, in whatever way, all of the straight line's estimates stay, and `routing` says why.
    """
    roads = choice.roads
    if roads is None:
        return choice
    deadline = Deadline(roads.router.deadline_s)
    starts = [*([] if roads.begins is None else [roads.begins]), *(one.position.point for one in choice.nearer)]
    before = finder.ask_drives(roads.router, starts, roads.place, deadline=deadline)
    onward = [] if roads.ends is None or before.problem is not None else [roads.ends]
    after = finder.ask_drives_from(roads.router, roads.place, onward, deadline=deadline)
    choice = replace(choice, routing=_note(roads.router, before, after))
    if choice.routing is None or choice.routing.problem is not None:
        return choice
    cells, nearer = list(before.drives), choice.nearer
    own = cells.pop(0) if roads.begins is not None else None
    nearer = tuple(with_drive(one, cell) for one, cell in zip(nearer, cells, strict=True))
    return _with_drives(replace(choice, nearer=nearer), roads, own, after.drives[0] if after.drives else None)


def _with_drives(
    choice: AssignmentPreview, roads: Roads, own: DriveCell | None, onward: DriveCell | None
) -> AssignmentPreview:
    factor, after_factor = roads.factors
    if isinstance(own, Drive):
        told = _coarsely(own) if roads.coarse else own
        choice = replace(choice, drive=told, eta_s=told.seconds * (factor or 1.0), eta_factor=factor)
    if isinstance(onward, Drive):
        choice = replace(choice, drive_after=onward, travel_after_s=onward.seconds * (after_factor or 1.0))
    return choice


def _coarsely(drive: Drive) -> Drive:
    return Drive(coarse_drive_s(drive.seconds), coarse_distance_m(drive.metres))


def _note(router: RouterChoice, before: DriveAnswer, after: DriveAnswer) -> RoutingNote | None:
    """How the router was asked; None: of nothing."""
    cells = (*before.drives, *after.drives)
    problem = before.problem or after.problem
    if not cells and problem is None:
        return None
    return RoutingNote(
        router=router.name,
        asked=len(cells),
        requests=before.requests + after.requests,
        kept=before.kept + after.kept,
        without_drive=sum(not isinstance(cell, Drive) for cell in cells),
        problem=problem,
    )


def _question(order: WorkOrder, rules: StoreRules, scope: Scope, *, at: datetime) -> Question:
    """Without a location the store's will do: duty, skills and hours need none, and no phone's position is needed."""
    if order.location is not None:
        return question_for_order(order, rules, at=at, scope=scope, needs_duty=False)
    placed = replace(order, location=Location(rules.store.location, LocationSource.PIN))
    question = question_for_order(placed, rules, at=at, scope=scope, needs_duty=False)
    return replace(question, policy=replace(question.policy, soon=_NEVER_SOON))


def _reasons(judged: Excluded | None, order: WorkOrder) -> tuple[Reason, ...]:
    reasons = judged.reasons if judged is not None else ()
    return reasons if order.location else tuple(one for one in reasons if one.code not in _OF_PLACE)


def _distance_m(judged: Excluded | None, own: Candidate | None) -> float | None:
    distance_m = own.distance_m if own is not None else judged.distance_m if judged is not None else None
    coarse = own.coarse if own is not None else judged is not None and judged.coarse
    return coarse_distance_m(distance_m) if coarse and distance_m is not None else distance_m


def _provenance(question: Question, own: Candidate | None, previous: BookingConflict | None) -> Provenance | None:
    if own is not None:
        return own.position.provenance
    if question.is_soon:
        return Provenance.LIVE
    return Provenance.PREVIOUS_APPOINTMENT if previous is not None else None


def _departure(question: Question, previous: BookingConflict | None, technician: Technician) -> datetime | None:
    if previous is None and not (question.is_soon and technician.on_duty):
        return None
    return question.at if previous is None else max(question.at, previous.ends_at)


def _places(tx: Tx, *bookings: BookingConflict | None) -> list[Point | None]:
    """Where the work of each of these bookings is; None: not known."""
    orders = list_work_orders_by_id(tx, {one.work_order_id for one in bookings if one is not None})
    locations = [None if one is None else orders[one.work_order_id].location for one in bookings]
    return [None if one is None else one.point for one in locations]


def _begins(
    tx: Tx, question: Question, technician: Technician, own: Candidate | None, before: Point | None
) -> Point | None:
    """Where the way begins: at a live position, at the work `before`, or else at the base."""
    if own is not None:
        return own.position.point
    if not question.is_soon or technician.at_base:
        return technician.base if before is None or question.is_soon else before
    position = find_current_position(tx, technician.id)
    return None if position is None else Point(position.lat, position.lon)


def _roads(
    tx: Tx,
    order: WorkOrder,
    rules: StoreRules,
    ends: tuple[Point | None, Point | None],
    *,
    coarse: bool,
    hours: tuple[datetime, datetime],
) -> Roads | None:
    """None where the store has no router, or the work no place."""
    router = find_router(tx.org_id, rules)
    if router is None or order.location is None:
        return None
    before, after = (rules.find_eta_factor(router.name.value, hour) for hour in hours)
    return Roads(router, order.location.point, *ends, coarse, (before, after))


def _nearer(found: tuple[Candidate, ...], technician_id: UUID) -> tuple[Candidate, ...]:
    ids = [one.technician_id for one in found]
    before = ids.index(technician_id) if technician_id in ids else len(ids)
    return found[:before][:NEARER_LIMIT]


def _seen(tx: Tx, scope: Scope, booking: BookingConflict | None) -> OtherWork | None:
    if booking is None:
        return None
    order = find_work_order(tx, scope, booking.work_order_id)
    known = (None, None) if order is None else (order.id, order.number)
    return OtherWork(booking.starts_at, booking.ends_at, *known)
