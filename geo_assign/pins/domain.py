"""When arrivals say that an address is elsewhere, which place they agree on, and what is done about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.core.errors import ConflictError, NotFoundError, StaleError
from geo_assign.core.geo import Point, haversine_m
from geo_assign.positions.domain import CurrentPosition, Flag, is_fresh

FAR_M = 80.0
"""An arrival farther than this from the place that is known says that the address is elsewhere."""
AGREE_M = 40.0
"""Arrivals agree with a place as near as this; of each other they are at most twice as far."""
ENOUGH = 3
"""So many visits that agree confirm a place by themselves."""
FARTHEST_M = 5_000.0
"""Farther away than this the technician was somewhere else, not at another door of the address."""
MOST_EVIDENCE = 50
"""The newest evidence of an address that counts."""
KEPT_FOR = timedelta(days=365)
"""Evidence of an address without a confirmed pin is kept so long."""

_FRESH_S = 120.0
_ACCURATE_M = 50.0
_STANDING_MPS = 5.0
_DOUBTFUL = frozenset({Flag.MOCK_LOCATION, Flag.IMPLAUSIBLE_JUMP, Flag.CLOCK_AHEAD})


class PinState(StrEnum):
    """What has become of a learned pin."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class EvidenceKind(StrEnum):
    """What a place of an address was learned from."""

    ARRIVAL = "arrival"
    HAND = "hand"


class ConfirmedBy(StrEnum):
    """Who says that a learned pin is right: a person, or arrivals that agree."""

    PERSON = "person"
    ARRIVALS = "arrivals"


class PinNotFoundError(NotFoundError):
    """There is no such learned pin."""

    code = "pin_not_found"


class PinChangedError(StaleError):
    """The learned pin was decided, or its place moved by another arrival, after you read it.

    `current` is how it is now.
    """

    code = "pin_changed"


class PinDecidedError(ConflictError):
    """What is asked does not fit the state of this learned pin.

    A proposed one is confirmed or rejected, a confirmed one withdrawn; `state` is what it is now.
    """

    code = "pin_decided"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one visit found an address.

    A lead and the ticket it became are one visit. `geocoded` is where the geocoder had put the address, None where
    it had not found it, or was not asked.
    """

    work_order_id: UUID
    visit_id: UUID
    kind: EvidenceKind
    point: Point
    geocoded: Point | None
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownPin:
    """The confirmed pin of an address."""

    id: UUID
    point: Point
    confirmed_by: ConfirmedBy


@dataclass(frozen=True, slots=True)
class BetterPlace:
    """The place that most visits agree on.

    `against`: visits that found the address where it is known to be. `moved_m`: how far it is from there, None where
    no place is known.
    """

    point: Point
    visits: int
    against: int
    moved_m: float | None
    work_order_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class PinVisit:
    """One visit behind a learned pin. `off_m`: from the place known until then; `agrees`: with the learned one."""

    work_order_id: UUID
    number: str
    technician_id: UUID | None
    technician_name: str | None
    kind: EvidenceKind
    at: datetime
    off_m: float | None
    agrees: bool


@dataclass(frozen=True, slots=True)
class LearnedPin:
    """A better place for an address of a store: proposed, confirmed, or no longer either.

    `visits` agree on it, `against` found the address where it was known to be. `decided_by` and `decided_at` are of
    the last decision; arrivals that decide are no one, so `decided_by` is None then.
    """

    id: UUID
    store_id: UUID
    address: str
    point: Point
    state: PinState
    visits: int
    against: int
    moved_m: float | None
    confirmed_by: ConfirmedBy | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


def is_at_the_door(position: CurrentPosition, at: datetime) -> bool:
    """Whether a position tells where a technician is who says to be on site.

    It is at most two minutes old, known to 50 m, neither simulated nor implausible nor of a clock that is ahead, and
    of a technician who is not driving.
    """
    return (
        is_fresh(position.used_at, at, _FRESH_S)
        and position.accuracy_m is not None
        and position.accuracy_m <= _ACCURATE_M
        and not position.mock
        and not position.implausible
        and _DOUBTFUL.isdisjoint(position.flags)
        and (position.speed_mps is None or position.speed_mps <= _STANDING_MPS)
    )


def find_better_place(evidence: Sequence[Evidence], *, known: Point | None) -> BetterPlace | None:
    """The place on which most visits agree that is not the known one; None where each visit fits what is known.

    What is known is `known`, the confirmed pin, or else for each visit where the geocoder had put it. The place is one
    of the visits' own (the one nearest to those that agree with it). The order of the evidence does not matter.
    """
    far = [one for one in evidence if _is_elsewhere(one, known)]
    if not far:
        return None
    best = max(far, key=lambda one: _rank(one, far))
    agreeing = [one for one in far if _agrees(one, best.point)]
    visits = {one.visit_id for one in agreeing}
    against = {one.visit_id for one in evidence} - {one.visit_id for one in far}
    reference = known or _newest_geocoded(agreeing)
    return BetterPlace(
        point=best.point,
        visits=len(visits),
        against=len(against),
        moved_m=None if reference is None else haversine_m(best.point, reference),
        work_order_ids=frozenset(one.work_order_id for one in agreeing),
    )


def judge(
    place: BetterPlace | None, *, present: KnownPin | None, refused: Iterable[Point], has_house: bool
) -> PinState | None:
    """What is to be done about a better place: propose it, confirm it, or neither (None).

    One visit is enough to propose a place, unless more visits speak against it, a person refused a place there before
    or the address names no house. What a person has decided, only a person decides anew: arrivals confirm neither a
    place that was refused nor one in the stead of a pin that a person confirmed.
    """
    if place is None:
        return None
    agreed = place.visits >= ENOUGH
    was_refused = any(haversine_m(one, place.point) <= FAR_M for one in refused)
    if not agreed and (was_refused or not has_house or place.against > place.visits):
        return None
    of_a_person = was_refused or (present is not None and present.confirmed_by is ConfirmedBy.PERSON)
    if agreed and not of_a_person and place.visits > place.against:
        return PinState.CONFIRMED
    return PinState.PROPOSED


def off_m(evidence: Evidence, known: Point | None) -> float | None:
    """How far a visit was from where the address was known to be; None where no place was known."""
    reference = known or evidence.geocoded
    return None if reference is None else haversine_m(evidence.point, reference)


def _is_elsewhere(one: Evidence, known: Point | None) -> bool:
    distance_m = off_m(one, known)
    return distance_m is None or distance_m > FAR_M


def _agrees(one: Evidence, point: Point) -> bool:
    return haversine_m(one.point, point) <= AGREE_M


def _rank(one: Evidence, far: Sequence[Evidence]) -> tuple[object, ...]:
    """Most visits first, then the least far from them; then the newest. The ids only make an order of equals."""
    agreeing = [other for other in far if _agrees(other, one.point)]
    visits = len({other.visit_id for other in agreeing})
    spread_m = max(haversine_m(other.point, one.point) for other in agreeing)
    mean_m = sum(sorted(haversine_m(other.point, one.point) for other in agreeing)) / len(agreeing)
    return visits, -mean_m, -spread_m, one.at, one.work_order_id, one.kind


def _newest_geocoded(agreeing: Sequence[Evidence]) -> Point | None:
    known = [one for one in agreeing if one.geocoded is not None]
    if not known:
        return None
    return max(known, key=lambda one: (one.at, one.work_order_id, one.kind)).geocoded
