"""What would come of giving a work order to one technician, perhaps at another time: asked before it is done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.core.geo import road_s
from geo_assign.dispatch.commands.assigning import WantedSlot, at_slot
from geo_assign.matching.domain import Candidate, Excluded, ExclusionCode, Provenance, Question, Reason, Slot
from geo_assign.matching.queries import explain_one, rank
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.domain import STRAIGHT_LINE, Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import TERMINAL, Location, LocationSource, WorkOrder, WorkOrderStateError
from geo_assign.workorders.queries import (
    BookingConflict,
    find_booking_before,
    find_booking_conflict,
    find_work_order,
    get_work_order,
)
from geo_assign.workorders.queries.coarse import coarse_distance_m

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPreview:
    """One technician for one work order at `slot`, judged at `at`.

    `reasons` are automation's against it; a person may pass over all but taken time (`conflict`) and, for an offer,
    being off duty: `may_assign` and `may_offer` say what would not be refused. `distance_m`, as it may be shown, is
    None where it is not known or not told. `previous` is the work just before, on the same day; `arrives_at` is the
    earliest arrival from there or from a live position, None where the way begins at a base. `nearer` could go and are
    nearer. `eta_s` is a lower bound unless it is calibrated by the store's drives.
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
    arrives_at: datetime | None
    nearer: tuple[Candidate, ...]
    may_assign: bool
    may_offer: bool
    eta_s: float | None = None
    eta_is_calibrated: bool = False


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
    judged = explain_one(tx, question, technician.id)
    found = rank(tx, replace(question, limit=NEARER_LIMIT + 1), explain=False).candidates if order.location else ()
    own = next((one for one in found if one.technician_id == technician.id), None)
    distance_m = _distance_m(judged, own) if order.location else None
    factor = rules.find_eta_factor(STRAIGHT_LINE, max(at, start))
    eta_s = None if distance_m is None else road_s(distance_m) * (factor or 1.0)
    may_assign = technician.active and in_the_way is None
    return AssignmentPreview(
        technician_id=technician.id,
        name=technician.name,
        at=at,
        slot=Slot(start, end),
        reasons=_reasons(judged, order),
        conflict=_seen(tx, scope, in_the_way),
        previous=_seen(tx, scope, previous),
        provenance=_provenance(question, own, previous),
        distance_m=distance_m,
        arrives_at=_arrival(question, eta_s, previous, technician),
        nearer=_nearer(found, technician.id),
        may_assign=may_assign,
        may_offer=may_assign and (technician.on_duty or technician.at_base),
        eta_s=eta_s,
        eta_is_calibrated=factor is not None,
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


def _arrival(
    question: Question, eta_s: float | None, previous: BookingConflict | None, technician: Technician
) -> datetime | None:
    if eta_s is None or (previous is None and not (question.is_soon and technician.on_duty)):
        return None
    leaves_at = question.at if previous is None else max(question.at, previous.ends_at)
    return leaves_at + timedelta(seconds=eta_s)


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
