"""From address to location: what a geocoder's answer means for a work order, and what happens when it moves."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, haversine_m, road_s
from geo_assign.dispatch.commands.answering import WITHDRAWN_MOVED, take_back
from geo_assign.geocoding.domain import Confidence, GeocodeCandidate, GeocodeProblem, GeocodeResult, ProblemCode, judge
from geo_assign.matching.domain import Excluded
from geo_assign.matching.queries import explain_one
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.coarse import shown_m
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.commands import change, lock, set_deadlines, set_offer_distance, to_pending
from geo_assign.workorders.domain import (
    TAKEN,
    AlarmCode,
    EventKind,
    Location,
    LocationSource,
    OfferState,
    PendingReason,
    State,
    WorkOrder,
    alarm_of,
)
from geo_assign.workorders.queries import list_held
from geo_assign.workorders.tables import work_orders

# Below this a corrected address only refreshes distances.
MOVED_M = 100.0

_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 300.0

_REASONS = {
    ProblemCode.MAP_KEY_MISSING: PendingReason.MAP_KEY_MISSING,
    ProblemCode.MAP_KEY_INVALID: PendingReason.GEOCODER_UNAVAILABLE,
    ProblemCode.GEOCODER_UNAVAILABLE: PendingReason.GEOCODER_UNAVAILABLE,
    ProblemCode.GEOCODER_RATE_LIMITED: PendingReason.GEOCODER_UNAVAILABLE,
    ProblemCode.BUDGET_EXHAUSTED: PendingReason.GEOCODER_UNAVAILABLE,
    ProblemCode.CIRCUIT_OPEN: PendingReason.GEOCODER_UNAVAILABLE,
}


def record_geocoding(
    tx: Tx, caller: Caller, work_order_id: UUID, asked: str, result: GeocodeResult, *, attempts: int = 0
) -> WorkOrder:
    """Write what a geocoder said of the address `asked`.

    Passed over when the address changed meanwhile or somebody set a pin: the human wins. An answer that is not good
    enough leaves its candidates for a human; one that failed is tried again.
    """
    order = lock(tx, work_order_id)
    if order.address != asked or _is_pinned(order) or order.state not in _LOCATABLE:
        set_deadlines(tx, order.id, geocode_due_at=None)
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    judgement = judge(result, Confidence(rules.settings.min_confidence))
    if judgement.accepted is not None:
        _located(tx, caller, order, judgement.accepted)
    else:
        assert judgement.problem is not None
        _not_located(tx, caller, order, judgement.problem, judgement.candidates, attempts=attempts)
    return lock(tx, work_order_id)


def move(tx: Tx, caller: Caller, order: WorkOrder, point: Point, *, at: datetime, **values: Any) -> None:
    """Put a locked work order at `point` and judge what that changes.

    More than 100 m away an open offer is checked again and withdrawn if its technician is no longer eligible; an
    accepted one stays, and the history alarms the dispatcher.
    """
    moved_m = haversine_m(order.location.point, point) if order.location is not None else None
    moved_far = moved_m is not None and moved_m > MOVED_M
    detail: dict[str, Any] = {"moved_m": None if moved_m is None else round(moved_m)}
    location: dict[str, Any] = {"lat": point.lat, "lon": point.lon, "geocode_due_at": None, "location_candidates": []}
    if moved_far and order.state in TAKEN:
        alarming = detail | _new_distance(tx, order, point)
        location |= {"alarm": alarm_of(AlarmCode.ADDRESS_MOVED, at=at, **alarming)}
        detail = alarming | {"alarm": AlarmCode.ADDRESS_MOVED.value}
    kept = _pending_as(order) if order.state is State.PENDING else {}
    change(tx, caller, order, EventKind.LOCATED, at=at, detail=detail, **(location | kept | values))
    if order.state is State.NEW or kept.get("pending_reason") is PendingReason.NOBODY_ELIGIBLE:
        set_deadlines(tx, order.id, evaluate_due_at=at)
    elif order.state is State.OFFERED:
        _check_offers_again(tx, caller, lock(tx, order.id), may_withdraw=moved_far)


def retry_locations(tx: Tx, *, store_id: UUID | None = None) -> None:
    """A map key was set or replaced: geocode again what waits for one, also in the pool."""
    w = work_orders.c
    waiting = (PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE, PendingReason.UNASSIGNED)
    statement = update(work_orders).where(
        w.org_id == tx.org_id,
        w.state == State.PENDING,
        w.pending_reason.in_(waiting),
        w.lat.is_(None),
        w.address.is_not(None),
    )
    if store_id is not None:
        statement = statement.where(w.store_id == store_id)
    tx.conn.execute(statement.values(geocode_due_at=tx.now(), geocode_attempts=0))


_NOWHERE = {"lat": None, "lon": None, "location_source": None, "location_confidence": None}
_LOCATABLE = frozenset({State.NEW, State.PENDING, State.OFFERED}) | TAKEN


def _located(tx: Tx, caller: Caller, order: WorkOrder, found: GeocodeCandidate) -> None:
    move(
        tx,
        caller,
        order,
        found.point,
        at=tx.now(),
        location_source=LocationSource.GEOCODED,
        location_confidence=found.confidence.value,
        geocode_attempts=0,
    )


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
    kept = {} if problem.is_transient else _NOWHERE
    shown = [_candidate(one) for one in candidates]
    if _waits_for_a_place(order):
        reason = _REASONS.get(problem.code, PendingReason.NEEDS_LOCATION)
        told = {"code": problem.code.value, "detail": problem.detail}
        to_pending(tx, caller, order, reason, at=now, detail=told, location_candidates=shown, **kept)
    elif order.state is not State.PENDING:
        change(tx, caller, order, EventKind.CHANGED, at=now, detail={"address_problem": problem.code.value})
    elif not problem.is_transient:
        detail = {"address_problem": problem.code.value}
        change(tx, caller, order, EventKind.CHANGED, at=now, detail=detail, location_candidates=shown, **kept)


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
    """The open offers' distances from the new place; farther away one is taken back from who is no longer eligible."""
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    question = question_for_order(order, rules, at=tx.now())
    for held in list_held(tx, order.id):
        if held.offer_id is None or held.answer is not OfferState.OFFERED:
            continue
        verdict = explain_one(tx, question, held.technician_id)
        if verdict is not None and (not verdict.reasons or not may_withdraw):
            set_offer_distance(tx, held.offer_id, _told_m(verdict))
        elif (present := lock(tx, order.id)).state is State.OFFERED:
            take_back(tx, caller, present, held, WITHDRAWN_MOVED)


def _new_distance(tx: Tx, order: WorkOrder, point: Point) -> dict[str, Any]:
    """What a dispatcher has to know of work that somebody has, and that is elsewhere now."""
    moved = replace(order, location=Location(point, LocationSource.PIN))
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    assert order.technician_id is not None
    verdict = explain_one(tx, question_for_order(moved, rules, at=tx.now()), order.technician_id)
    distance_m = None if verdict is None else _told_m(verdict)
    eta_s = None if distance_m is None else road_s(distance_m)
    return {"distance_m": distance_m, "eta_s": eta_s}


def _pending_as(order: WorkOrder) -> dict[str, Any]:
    """Why a located order goes on being pending: until it is evaluated, or as a person left it."""
    if order.pending_reason in _LEFT_BY_A_PERSON:
        return {"pending_reason": order.pending_reason, "pending_detail": order.pending_detail}
    return {"pending_reason": PendingReason.NOBODY_ELIGIBLE, "pending_detail": {}}


_LEFT_BY_A_PERSON = frozenset({PendingReason.UNASSIGNED, PendingReason.WANTED_TAKEN})


def _is_pinned(order: WorkOrder) -> bool:
    return order.location is not None and order.location.source is LocationSource.PIN


def _candidate(one: GeocodeCandidate) -> dict[str, Any]:
    return {"label": one.label, "lat": one.point.lat, "lon": one.point.lon, "confidence": one.confidence.value}


def _told_m(verdict: Excluded) -> float | None:
    """The distance for offers, history and alarms: as coarse as the technician's place is shown."""
    return None if verdict.distance_m is None else shown_m(verdict.distance_m, coarse=verdict.coarse)
