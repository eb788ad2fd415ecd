"""Work orders and offers as values: as they are given in, and as they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NotRequired, TypedDict
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.geo import Point
from geo_assign.workorders.domain.alarms import AlarmDetail
from geo_assign.workorders.domain.pending import PendingDetail
from geo_assign.workorders.domain.states import (
    BUCKETS,
    NEEDING_YOU,
    TERMINAL,
    BookingRole,
    BookingState,
    Bucket,
    Kind,
    LocationSource,
    OfferState,
    PendingReason,
    State,
)


class Customer(TypedDict):
    """Who asks for the visit, as it is stored and shown.

    `phone` and `email` are what was typed; the forms beside them are what `contacts` reads of it, None where a
    text says nothing.
    """

    name: str
    phone: NotRequired[str | None]
    phone_e164: NotRequired[str | None]
    phone_extension: NotRequired[str | None]
    email: NotRequired[str | None]
    email_normalized: NotRequired[str | None]


class Device(TypedDict, total=False):
    """What is to be repaired, as it is stored and shown."""

    type: str | None
    brand: str | None
    model: str | None
    issue: str | None


class LocationCandidate(TypedDict):
    """A place that a geocoder found and that was not good enough to be accepted."""

    label: str
    lat: float
    lon: float
    confidence: str


class LearnedPlace(TypedDict):
    """The learned pin that a location comes from, as it is stored and shown.

    `visits` agreed on it then; it was `confirmed_by` a `person`, or by `arrivals` that agree.
    """

    pin_id: str
    visits: int
    confirmed_by: str


class Actor(TypedDict):
    """Who did something, as it is stored beside it and shown."""

    kind: str
    id: str
    name: str


def actor_of(caller: Caller) -> Actor:
    """The caller as an actor."""
    return {"kind": caller.kind.value, "id": str(caller.id), "name": caller.name}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A lead or ticket as it is posted.

    `slot_start` and `slot_end` are instants, or wall times of the store's zone without an offset. Without a start the
    work is wanted as soon as possible.
    """

    kind: Kind
    store_id: UUID
    customer: Customer
    address: str | None = None
    location: Point | None = None
    location_source: LocationSource = LocationSource.CLIENT
    slot_start: datetime | None = None
    slot_end: datetime | None = None
    group_id: UUID | None = None
    skills: tuple[str, ...] = ()
    device: Device | None = None
    referral_source: str | None = None
    priority: int = 0
    notes: str | None = None
    external_id: str | None = None
    assignee_id: UUID | None = None
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer that waits for an answer. `server_now` is when it was read: what `expires_at` is to be compared with."""

    id: UUID
    technician_id: UUID
    technician_name: str
    role: BookingRole
    offered_at: datetime
    expires_at: datetime
    distance_m: float | None
    eta_s: float | None
    server_now: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class Collaborator:
    """A technician who comes along with the lead technician: `offered` until all who are asked have answered."""

    id: UUID
    name: str
    state: BookingState


@dataclass(frozen=True, slots=True)
class Location:
    """Where the customer is and how that is known. `learned`: by visits, in the stead of the geocoder."""

    point: Point
    source: LocationSource
    confidence: str | None = None
    learned: LearnedPlace | None = None


def title_of(device: Device) -> str:
    """What work on a device is about in a few words; empty when nothing is known of it."""
    parts = (device.get("type") or device.get("brand"), device.get("issue"))
    return " · ".join(str(part).strip() for part in parts if part)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A lead or ticket in its present state."""

    id: UUID
    kind: Kind
    number: str
    store_id: UUID
    group_id: UUID | None
    state: State
    pending_reason: PendingReason | None
    pending_detail: PendingDetail | None
    customer: Customer
    address: str | None
    location: Location | None
    location_candidates: Sequence[LocationCandidate]
    slot_start: datetime
    slot_end: datetime
    slot_is_fixed: bool
    skills: tuple[str, ...]
    device: Device
    referral_source: str | None
    priority: int
    notes: str | None
    external_id: str | None
    metadata: Mapping[str, str]
    technician_id: UUID | None
    technician_name: str | None
    wanted_technician_id: UUID | None
    pinned: bool
    offers: tuple[OpenOffer, ...]
    collaborators: tuple[Collaborator, ...]
    decision_id: UUID | None
    alarm: AlarmDetail | None
    returned_to: UUID | None
    converted_from: UUID | None
    search_started_at: datetime | None
    crew_size: int
    changed_by: Actor
    version: int
    human_version: int
    created_at: datetime
    updated_at: datetime

    @property
    def offer(self) -> OpenOffer | None:
        """The open offer to lead the work; where several technicians are asked at once, the one that ends first."""
        return next((offer for offer in self.offers if offer.role is BookingRole.PRIMARY), None)

    @property
    def vacancies(self) -> int:
        """How many collaborators are missing."""
        return max(0, self.crew_size - len(self.collaborators))

    @property
    def is_pinned(self) -> bool:
        """Whether a person set the location: no geocoder moves it."""
        return self.location is not None and self.location.source is LocationSource.PIN

    @property
    def waits_for_a_crew(self) -> bool:
        """Whether a crew did not come about, so that a person has to put another one together."""
        return "crew" in (self.pending_detail or {})

    @property
    def title(self) -> str:
        """What it is about in a few words: the device and what is wrong with it."""
        return title_of(self.device) or self.number

    def slot_at(self, at: datetime) -> tuple[datetime, datetime]:
        """The slot as a decision at `at` sees it: one that means as soon as possible begins now, not in the past."""
        if self.slot_is_fixed or self.slot_start >= at:
            return self.slot_start, self.slot_end
        return at, at + (self.slot_end - self.slot_start)

    @property
    def bucket(self) -> Bucket:
        """Which list of the dispatcher it belongs to."""
        needs_you = self.alarm is not None and self.alarm["code"] in NEEDING_YOU and self.state not in TERMINAL
        return Bucket.NEEDS_YOU if needs_you else BUCKETS[self.state]


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to one technician, with its deadline, and what became of it. `server_now` is when it was read."""

    id: UUID
    work_order_id: UUID
    technician_id: UUID
    technician_name: str
    booking_id: UUID
    state: OfferState
    offered_at: datetime
    expires_at: datetime
    responded_at: datetime | None
    reason: str | None
    note: str | None
    distance_m: float | None
    eta_s: float | None
    automatic: bool
    decision_id: UUID | None
    role: BookingRole
    server_now: datetime = field(compare=False)

    @property
    def was_declined(self) -> bool:
        """Whether the technician said no, or did not answer in time."""
        return self.state in (OfferState.REJECTED, OfferState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Booking:
    """A technician's time, held for a work order, and what became of the offer behind it.

    `offer_id` and `answer` are None where the technician was never asked. `distance_m` (metres), `decision_id` and
    `automatic` are the offer's. `known_reasons`: codes of what stood against the technician when a person chose.
    """

    id: UUID
    technician_id: UUID
    technician_name: str
    role: BookingRole
    state: BookingState
    offer_id: UUID | None
    answer: OfferState | None
    distance_m: float | None
    decision_id: UUID | None
    automatic: bool
    known_reasons: tuple[str, ...] = ()

    @property
    def is_accepted_lead(self) -> bool:
        """Whether it is for the technician who leads the work and has accepted."""
        return self.role is BookingRole.PRIMARY and self.answer is OfferState.ACCEPTED


@dataclass(frozen=True, slots=True)
class GroupStay:
    """One group's time with a work order; `left_at` None while it lasts. `sent_by` is who brought it there."""

    group_id: UUID
    group_name: str
    entered_at: datetime
    left_at: datetime | None
    sent_by: Actor
    note: str | None


def find_sending_stay(stays: list[GroupStay]) -> GroupStay | None:
    """The stay from which the present one was reached; None when the order came from no group.

    Its own `sent_by` is older: who sent the order on is told by the present stay.
    """
    if len(stays) < 2 or stays[-1].left_at is not None:
        return None
    before, present = stays[-2:]
    return before if before.left_at is not None and before.left_at >= present.entered_at else None
