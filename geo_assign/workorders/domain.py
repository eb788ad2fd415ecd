"""Work orders: what they are, the states they may be in, and which way they may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from geo_assign.core.errors import ConflictError, GoneError, NotFoundError, StaleError
from geo_assign.core.geo import Point


class Kind(StrEnum):
    """A lead asks for a visit; a ticket is a repair that was taken in."""

    LEAD = "lead"
    TICKET = "ticket"


class State(StrEnum):
    """Where a work order stands. `docs/states.md` draws the ways between them."""

    NEW = "new"
    PENDING = "pending"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    TRAVELLING = "travelling"
    ON_SITE = "on_site"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CONVERTED = "converted"


_LEAVE = {State.CANCELLED, State.CONVERTED}
_BACK = {State.PENDING, State.OFFERED, State.ASSIGNED}

# The one table of transitions: commands ask it, the database's trigger repeats it, the docs draw it.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.NEW: frozenset({State.PENDING, State.OFFERED, State.ASSIGNED} | _LEAVE),
    State.PENDING: frozenset({State.OFFERED, State.ASSIGNED} | _LEAVE),
    State.OFFERED: frozenset({State.PENDING, State.ASSIGNED} | _LEAVE),
    State.ASSIGNED: frozenset({State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS} | _BACK - {State.ASSIGNED} | _LEAVE),
    State.TRAVELLING: frozenset({State.ON_SITE, State.IN_PROGRESS, State.COMPLETED} | _BACK | _LEAVE),
    State.ON_SITE: frozenset({State.IN_PROGRESS, State.COMPLETED} | _BACK | _LEAVE),
    State.IN_PROGRESS: frozenset({State.COMPLETED} | _BACK | _LEAVE),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.CONVERTED: frozenset(),
}

TERMINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)
TAKEN = frozenset({State.ASSIGNED, State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS})
WAITING = frozenset({State.NEW, State.PENDING})
UNDER_WAY = frozenset({State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS})


class PendingReason(StrEnum):
    """Why nobody has a work order yet."""

    NEEDS_LOCATION = "needs_location"
    MAP_KEY_MISSING = "map_key_missing"
    GEOCODER_UNAVAILABLE = "geocoder_unavailable"
    NOBODY_ELIGIBLE = "nobody_eligible"
    AUTOMATION_OFF = "automation_off"
    SUGGESTED = "suggested"
    UNASSIGNED = "unassigned"
    WANTED_TAKEN = "wanted_taken"
    OFFERS_EXHAUSTED = "offers_exhausted"
    TO_BE_SOLVED = "to_be_solved"


class LocationSource(StrEnum):
    """How a location came to be known. A pin set by hand is never overwritten by the geocoder."""

    GEOCODED = "geocoded"
    PIN = "pin"
    CLIENT = "client"


class BookingState(StrEnum):
    """An offered or assigned booking holds its time; a released or done one holds nothing."""

    OFFERED = "offered"
    ASSIGNED = "assigned"
    RELEASED = "released"
    DONE = "done"


HOLDING = (BookingState.OFFERED, BookingState.ASSIGNED)


class BookingRole(StrEnum):
    """The primary technician leads the work; collaborators come along."""

    PRIMARY = "primary"
    COLLABORATOR = "collaborator"


class OfferState(StrEnum):
    """What became of asking one technician."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class EventKind(StrEnum):
    """The entries of a work order's history; with `work_order.` in front, the outgoing events."""

    CREATED = "created"
    LOCATED = "located"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    REJECTED = "rejected"
    OFFER_EXPIRED = "offer_expired"
    OFFER_WITHDRAWN = "offer_withdrawn"
    UNASSIGNED = "unassigned"
    TRANSFERRED = "transferred"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    STATUS_CHANGED = "status_changed"
    PENDING = "pending"
    CHANGED = "changed"
    RESCHEDULED = "rescheduled"
    GROUP_CHANGED = "group_changed"
    GROUP_REJECTED = "group_rejected"
    CREW_CHANGED = "crew_changed"


# The events that leave the house; the others are for the history alone.
PUBLISHED = frozenset(
    {
        EventKind.CREATED,
        EventKind.LOCATED,
        EventKind.OFFERED,
        EventKind.ASSIGNED,
        EventKind.REJECTED,
        EventKind.OFFER_EXPIRED,
        EventKind.UNASSIGNED,
        EventKind.TRANSFERRED,
        EventKind.CONVERTED,
        EventKind.CANCELLED,
        EventKind.STATUS_CHANGED,
    }
)


class AlarmCode(StrEnum):
    """What a dispatcher has to see at once, whatever state the order is in."""

    ADDRESS_MOVED = "address_moved"
    GROUP_LOOP = "group_loop"
    OFFERS_EXHAUSTED = "offers_exhausted"
    COLLABORATOR_MISSING = "collaborator_missing"


def alarm_of(code: AlarmCode, *, at: datetime, **facts: Any) -> dict[str, Any]:
    """An alarm as a work order carries it until a person acts: {"code", "at"} and its own JSON facts."""
    return {"code": code.value, "at": at.isoformat(), **facts}


def may_go(before: State, after: State) -> bool:
    """Whether a work order may go from `before` to `after`."""
    return after in TRANSITIONS[before]


class Bucket(StrEnum):
    """What a dispatcher asks of an order: what will not solve itself, what runs, what is for another day."""

    NEEDS_YOU = "needs_you"
    BEING_OFFERED = "being_offered"
    LATER = "later"
    TAKEN = "taken"
    CLOSED = "closed"


# Which of them each state belongs to. What automation will take up by itself is not yet the dispatcher's.
BUCKETS: Mapping[State, Bucket] = {
    State.NEW: Bucket.LATER,
    State.PENDING: Bucket.NEEDS_YOU,
    State.OFFERED: Bucket.BEING_OFFERED,
    **dict.fromkeys(TAKEN, Bucket.TAKEN),
    **dict.fromkeys(TERMINAL, Bucket.CLOSED),
}


class RejectReason(StrEnum):
    """Why a technician says no."""

    TOO_FAR = "too_far"
    BUSY = "busy"
    MISSING_SKILL = "missing_skill"
    MISSING_PARTS = "missing_parts"
    BREAK = "break"
    OTHER = "other"


# Whether somebody who gave this reason may be asked again for the same work order, after the store's cool-off.
MAY_ASK_AGAIN: Mapping[RejectReason, bool] = {
    RejectReason.TOO_FAR: False,
    RejectReason.BUSY: True,
    RejectReason.MISSING_SKILL: False,
    RejectReason.MISSING_PARTS: False,
    RejectReason.BREAK: True,
    RejectReason.OTHER: False,
}


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


class WorkOrderNotFoundError(NotFoundError):
    """There is no such work order here."""

    code = "work_order_not_found"


class OfferNotFoundError(NotFoundError):
    """There is no such offer for you."""

    code = "offer_not_found"


class WorkOrderStateError(ConflictError):
    """The work order's state does not allow this."""

    code = "work_order_state"


class WorkOrderChangedError(StaleError):
    """Somebody else changed this work order first."""

    code = "work_order_changed"


class WorkOrderWithoutLocationError(ConflictError):
    """The work order has no location: fix the address, drop a pin, or assign from the list."""

    code = "work_order_has_no_location"


class SlotTakenError(ConflictError):
    """The technician has other work, or an open offer, at that time."""

    code = "slot_taken"


class OfferClosedError(GoneError):
    """This offer is no longer open."""

    code = "offer_closed"


class OfferExpiredError(OfferClosedError):
    """The time to answer this offer is over."""

    code = "offer_expired"


class OfferWithdrawnError(OfferClosedError):
    """This offer was withdrawn."""

    code = "offer_withdrawn"


class WorkOrderCancelledError(OfferClosedError):
    """The work order was cancelled."""

    code = "work_order_cancelled"


class WorkOrderConvertedError(OfferClosedError):
    """The lead became a ticket."""

    code = "work_order_converted"


class OfferAnsweredError(ConflictError):
    """This offer was answered already."""

    code = "offer_answered"


class RejectionDisabledError(ConflictError):
    """This store does not let technicians reject offers."""

    code = "rejection_disabled"


class DuplicateExternalIdError(ConflictError):
    """A work order with this external_id exists in this store."""

    code = "duplicate_external_id"
