"""From address to location: what a geocoder's answer means for a work order, and what happens when it moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, haversine_m
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.withdrawing import withdraw_booking
from geo_assign.geocoding.domain import (
    Confidence,
    GeocodeCandidate,
    GeocodeProblem,
    GeocodeResult,
    LearnedFrom,
    ProblemCode,
    judge,
)
from geo_assign.matching.domain import Excluded
from geo_assign.matching.queries import explain_one
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.coarse import shown_m
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import (
    apply_change,
    geocode_pending,
    lock,
    set_deadlines,
    set_offer_distance,
    set_pending,
)
from geo_assign.workorders.domain import (
    TAKEN,
    AddressMovedAlarm,
    Change,
    ChangedEvent,
    Columns,
    GeocoderUnavailable,
    LearnedPlace,
    LocatedEvent,
    Location,
    LocationCandidate,
    LocationSource,
    MapKeyMissing,
    NeedsLocation,
    NobodyEligible,
    OfferState,
    Pending,
    PendingReason,
    SameCause,
    SameState,
    State,
    StateAfter,
    WithdrawnBecause,
    WorkOrder,
)
from geo_assign.workorders.queries import list_bookings

# Below this a corrected address only refreshes distances.
MOVED_M = 100.0

_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 300.0

_CAUSES: Mapping[ProblemCode, type[MapKeyMissing | GeocoderUnavailable]] = {
    ProblemCode.MAP_KEY_MISSING: MapKeyMissing,
    ProblemCode.MAP_KEY_INVALID: GeocoderUnavailable,
    ProblemCode.GEOCODER_UNAVAILABLE: GeocoderUnavailable,
    ProblemCode.GEOCODER_RATE_LIMITED: GeocoderUnavailable,
    ProblemCode.BUDGET_EXHAUSTED: GeocoderUnavailable,
    ProblemCode.CIRCUIT_OPEN: GeocoderUnavailable,
}


@dataclass(frozen=True, slots=True)
class LocatedPlace:
    """Where a work order is now, and how that is known. `confidence` is the geocoder's, `learned` tells of a pin."""

    point: Point
    source: LocationSource
    confidence: str | None = None
    learned: LearnedPlace | None = None

    @property
    def columns(self) -> Columns:
        """The place as it is written; what was to be looked up no longer is."""
        return {
            "lat": self.point.lat,
            "lon": self.point.lon,
            "location_source": self.source,
            "location_confidence": self.confidence,
            "location_learned": self.learned,
            "location_candidates": [],
            "geocode_due_at": None,
        }


def record_geocoding(
    tx: Tx, caller: Caller, work_order_id: UUID, asked: str, result: GeocodeResult, *, attempts: int = 0
) -> WorkOrder:
    """Write what a geocoder said of the address `asked`.

    Passed over when the address changed meanwhile or a person set a pin: the human wins. An answer that is not good
    enough leaves its candidates for a human; one that failed is tried again.
    """
    order = lock(tx, work_order_id)
    if order.address != asked or order.is_pinned or order.state not in _LOCATABLE:
        set_deadlines(tx, order.id, geocode_due_at=None)
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    judgement = judge(result, Confidence(rules.settings.min_confidence))
    if judgement.accepted is not None:
        _located(tx, caller, order, judgement.accepted, result.learned)
    else:
        assert judgement.problem is not None
        _not_located(tx, caller, order, judgement.problem, judgement.candidates, attempts=attempts)
    return lock(tx, work_order_id)


def move(tx: Tx, caller: Caller, order: WorkOrder, place: LocatedPlace, *, at: datetime) -> None:
    """Put a locked work order at `place` and judge what that changes.

    More than 100 m away an open offer is checked again and withdrawn if its technician is no longer eligible; an
    accepted one stays, and the history alarms the dispatcher.
    """
    moved_m = haversine_m(order.location.point, place.point) if order.location is not None else None
    alarm = None
    if moved_m is not None and moved_m > MOVED_M and order.state in TAKEN:
        alarm = _address_moved(tx, order, place, moved_m)
    event = LocatedEvent(
        moved_m=None if moved_m is None else round(moved_m),
        distance_m=None if alarm is None else alarm.distance_m,
        eta_s=None if alarm is None else alarm.eta_s,
        alarm=None if alarm is None else alarm.code,
    )
    sets = place.columns
    if place.source is LocationSource.GEOCODED:
        sets["geocode_attempts"] = 0
    if order.state is State.NEW:
        sets["evaluate_due_at"] = at
    change = Change(by=caller, at=at, event=event, after=_located_as(order, at=at), sets=sets, raises=alarm)
    apply_change(tx, order, change)
    if order.state is State.OFFERED:
        _check_offers_again(tx, caller, lock(tx, order.id), may_withdraw=(moved_m or 0.0) > MOVED_M)


def retry_locations(tx: Tx, *, store_id: UUID | None = None) -> None:
    """A map key was set or replaced: geocode again what waits for one, also in the pool."""
    waiting = (PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE, PendingReason.UNASSIGNED)
    geocode_pending(tx, at=tx.now(), reasons=waiting, store_id=store_id)


_NOWHERE: Columns = {
    "lat": None,
    "lon": None,
    "location_source": None,
    "location_confidence": None,
    "location_learned": None,
}
_LOCATABLE = frozenset({State.NEW, State.PENDING, State.OFFERED}) | TAKEN


def _located(tx: Tx, caller: Caller, order: WorkOrder, found: GeocodeCandidate, learned: LearnedFrom | None) -> None:
    place = LocatedPlace(found.point, LocationSource.GEOCODED, found.confidence.value, _learned(learned))
    move(tx, caller, order, place, at=tx.now())


def _not_located(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    problem: GeocodeProblem,
    candidates: tuple[GeocodeCandidate, ...],
    *,
    attempts: int,
) -> None:
    now = tx.now()
    retry_at = _retry_at(problem, attempts, now)
    set_deadlines(tx, order.id, geocode_due_at=retry_at, geocode_attempts=attempts + 1)
    told: Columns = {"location_candidates": [_candidate(one) for one in candidates]}
    if not problem.is_transient:
        told |= _NOWHERE
    if _waits_for_a_place(order):
        set_pending(tx, caller, order, Pending(_cause(problem)), at=now, sets=told)
    elif order.state is not State.PENDING or not problem.is_transient:
        event = ChangedEvent(address_problem=problem.code.value)
        sets = told if order.state is State.PENDING else Columns()
        apply_change(tx, order, Change(by=caller, at=now, event=event, after=SameState(order.state), sets=sets))


def _cause(problem: GeocodeProblem) -> NeedsLocation | MapKeyMissing | GeocoderUnavailable:
    cause = _CAUSES.get(problem.code, NeedsLocation)
    return cause(code=problem.code.value, detail=FreeText(problem.detail))


def _waits_for_a_place(order: WorkOrder) -> bool:
    """Whether a missing place is what keeps an order waiting; what waits for a person anyway goes on doing so."""
    return order.state is State.NEW or (order.state is State.PENDING and order.pending_reason not in _LEFT_BY_A_PERSON)


def _retry_at(problem: GeocodeProblem, attempts: int, now: datetime) -> datetime | None:
    """When to ask again: never before the provider allows, doubling from five seconds; None when only a human helps."""
    if not problem.is_transient:
        return None
    backoff_s = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(attempts, 10))
    return now + timedelta(seconds=max(backoff_s, problem.retry_after_s or 0.0))


def _check_offers_again(tx: Tx, caller: Caller, order: WorkOrder, *, may_withdraw: bool) -> None:
    """Measure open offers from the new place; farther away withdraw those whose technician is no longer eligible."""
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    question = question_for_order(order, rules, at=tx.now())
    for booking in list_bookings(tx, order.id):
        if booking.offer_id is None or booking.answer is not OfferState.OFFERED:
            continue
        verdict = explain_one(tx, question, booking.technician_id)
        if verdict is not None and (not verdict.reasons or not may_withdraw):
            set_offer_distance(tx, booking.offer_id, _told_m(verdict))
        elif (present := lock(tx, order.id)).state is State.OFFERED:
            withdraw_booking(tx, caller, present, booking, WithdrawnBecause.ADDRESS_MOVED)


def _address_moved(tx: Tx, order: WorkOrder, place: LocatedPlace, moved_m: float) -> AddressMovedAlarm:
    """What a dispatcher has to know of work that a technician has, and that is elsewhere now."""
    moved = replace(order, location=Location(place.point, LocationSource.PIN))
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    assert order.technician_id is not None
    verdict = explain_one(tx, question_for_order(moved, rules, at=tx.now()), order.technician_id)
    distance_m = None if verdict is None else _told_m(verdict)
    eta_s = None if distance_m is None else rules.estimate_drive_s(distance_m, tx.now())
    return AddressMovedAlarm(moved_m=round(moved_m), distance_m=distance_m, eta_s=eta_s)


def _located_as(order: WorkOrder, *, at: datetime) -> StateAfter:
    """The state of a located order: what was pending is due for evaluation, unless a person left it so."""
    if order.state is not State.PENDING:
        return SameState(order.state)
    if order.pending_reason in _LEFT_BY_A_PERSON:
        return Pending(SameCause(order.pending_reason, order.pending_detail))
    return Pending(NobodyEligible(), evaluate_due_at=at)


_LEFT_BY_A_PERSON = frozenset({PendingReason.UNASSIGNED, PendingReason.WANTED_TAKEN})


def _learned(learned: LearnedFrom | None) -> LearnedPlace | None:
    if learned is None:
        return None
    return {"pin_id": str(learned.pin_id), "visits": learned.visits, "confirmed_by": learned.confirmed_by}


def _candidate(one: GeocodeCandidate) -> LocationCandidate:
    return {"label": one.label, "lat": one.point.lat, "lon": one.point.lon, "confidence": one.confidence.value}


def _told_m(verdict: Excluded) -> float | None:
    """The distance for offers, history and alarms: as coarse as the technician's place is shown."""
    return None if verdict.distance_m is None else shown_m(verdict.distance_m, coarse=verdict.coarse)
