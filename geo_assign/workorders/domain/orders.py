"""Work orders and offers as they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.core.geo import Point
from geo_assign.workorders.domain.states import (
    BUCKETS,
    AlarmCode,
    BookingRole,
    BookingState,
    Bucket,
    Kind,
    LocationSource,
    OfferState,
    PendingReason,
    State,
)


def alarm_of(code: AlarmCode, *, at: datetime, **facts: Any) -> dict[str, Any]:
    """An alarm as a work order carries it until a person acts: {"code", "at"} and its own JSON facts."""
    return {"code": code.value, "at": at.isoformat(), **facts}


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer that waits for an answer."""

    id: UUID
    technician_id: UUID
    technician_name: str
    role: BookingRole
    offered_at: datetime
    expires_at: datetime
    distance_m: float | None
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Somebody who comes along with the lead engineer. Until everybody who is asked has answered he is `offered`."""

    id: UUID
    name: str
    state: BookingState


@dataclass(frozen=True, slots=True)
class Location:
    """Where the customer is and how that is known."""

    point: Point
    source: LocationSource
    confidence: str | None = None


def title_of(device: Mapping[str, Any]) -> str:
    """What work on a device is about in a few words; empty when nothing is known of it."""
    parts = (device.get("type") or device.get("brand"), device.get("issue"))
    return " · ".join(str(part).strip() for part in parts if part)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A lead or ticket as everybody sees it. JSON columns keep the shapes of the API."""

    id: UUID
    kind: Kind
    number: str
    store_id: UUID
    group_id: UUID | None
    state: State
    pending_reason: PendingReason | None
    pending_detail: Mapping[str, Any] | None
    customer: Mapping[str, Any]
    address: str | None
    location: Location | None
    location_candidates: Sequence[Mapping[str, Any]]
    slot_start: datetime
    slot_end: datetime
    slot_given: bool
    skills: tuple[str, ...]
    device: Mapping[str, Any]
    referral_source: str | None
    priority: int
    notes: str | None
    external_id: str | None
    technician_id: UUID | None
    technician_name: str | None
    wanted_technician_id: UUID | None
    pinned: bool
    offers: tuple[OpenOffer, ...]
    collaborators: tuple[Collaborator, ...]
    decision_id: UUID | None
    alarm: Mapping[str, Any] | None
    returned_to: UUID | None
    converted_from: UUID | None
    search_started_at: datetime | None
    crew_size: int
    changed_by: Mapping[str, Any]
    version: int
    human_version: int
    created_at: datetime
    updated_at: datetime

    @property
    def offer(self) -> OpenOffer | None:
        """The open offer to lead the work; where several people are asked at once, the one that ends first."""
        return next((offer for offer in self.offers if offer.role is BookingRole.PRIMARY), None)

    @property
    def vacancies(self) -> int:
        """How many of those who are to come along are missing."""
        return max(0, self.crew_size - len(self.collaborators))

    @property
    def title(self) -> str:
        """What it is about in a few words: the device and what is wrong with it."""
        return title_of(self.device) or self.number

    def slot_at(self, at: datetime) -> tuple[datetime, datetime]:
        """The slot as a decision at `at` sees it: one that means as soon as possible begins now, not in the past."""
        if self.slot_given or self.slot_start >= at:
            return self.slot_start, self.slot_end
        return at, at + (self.slot_end - self.slot_start)

    @property
    def bucket(self) -> Bucket:
        """Which list of the dispatcher it belongs to."""
        return BUCKETS[self.state]


@dataclass(frozen=True, slots=True)
class Offer:
    """One technician asked, with a deadline, and what became of it."""

    id: UUID
    work_order_id: UUID
    technician_id: UUID
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


@dataclass(frozen=True, slots=True)
class GroupStay:
    """One group's time with a work order; `left_at` None while it lasts. `sent_by` is who brought it there."""

    group_id: UUID
    group_name: str
    entered_at: datetime
    left_at: datetime | None
    sent_by: Mapping[str, Any]
    note: str | None


def find_sending_stay(stays: list[GroupStay]) -> GroupStay | None:
    """The stay from which the present one was reached; None when the order came from no group.

    Its own `sent_by` is older: who sent the order on is told by the present stay.
    """
    if len(stays) < 2 or stays[-1].left_at is not None:
        return None
    before, present = stays[-2:]
    return before if before.left_at is not None and before.left_at >= present.entered_at else None
