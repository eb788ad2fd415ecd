"""The states of work orders, bookings and offers, the ways between them, and the codes that say why."""

from collections.abc import Mapping
from enum import StrEnum


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
    """Why no technician has a work order yet."""

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
    SLOT_PASSED = "slot_passed"


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
BOOKED = (*HOLDING, BookingState.DONE)
"""What a technician has, or had, to do: held or done."""


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


class WithdrawnBecause(StrEnum):
    """Why the service took an offer back, or freed a technician who had the work."""

    TECHNICIAN_OFFLINE = "technician_offline"
    WORK_ORDER_CANCELLED = "work_order_cancelled"
    ASSIGNED_BY_HAND = "assigned_by_hand"
    ADDRESS_MOVED = "address_moved"
    CONVERTED = "converted"
    TRANSFERRED = "transferred"
    GROUP_CHANGED = "group_changed"
    RESCHEDULED = "rescheduled"
    TAKEN_BY_ANOTHER = "taken_by_another"
    LEAD_REFUSED = "lead_refused"
    CREW_CHANGED = "crew_changed"
    COLLABORATOR_MISSING = "collaborator_missing"
    TECHNICIAN_UNABLE = "technician_unable"


class AlarmCode(StrEnum):
    """What a dispatcher has to see at once, whatever state the order is in."""

    ADDRESS_MOVED = "address_moved"
    GROUP_LOOP = "group_loop"
    OFFERS_EXHAUSTED = "offers_exhausted"
    COLLABORATOR_MISSING = "collaborator_missing"
    SLOT_PASSED = "slot_passed"
    WORK_IMPOSSIBLE = "work_impossible"


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


# The bucket of each state. What automation takes up by itself is not yet the dispatcher's.
BUCKETS: Mapping[State, Bucket] = {
    State.NEW: Bucket.LATER,
    State.PENDING: Bucket.NEEDS_YOU,
    State.OFFERED: Bucket.BEING_OFFERED,
    **dict.fromkeys(TAKEN, Bucket.TAKEN),
    **dict.fromkeys(TERMINAL, Bucket.CLOSED),
}
NEEDING_YOU = frozenset({AlarmCode.WORK_IMPOSSIBLE})
"""The alarms with which an order needs a dispatcher, whatever its state, until it is over."""


class RejectReason(StrEnum):
    """Why a technician says no."""

    TOO_FAR = "too_far"
    BUSY = "busy"
    MISSING_SKILL = "missing_skill"
    MISSING_PARTS = "missing_parts"
    BREAK = "break"
    OTHER = "other"


# Whether a technician who gave this reason may be asked again for the same work order, after the store's cool-off.
MAY_ASK_AGAIN: Mapping[RejectReason, bool] = {
    RejectReason.TOO_FAR: False,
    RejectReason.BUSY: True,
    RejectReason.MISSING_SKILL: False,
    RejectReason.MISSING_PARTS: False,
    RejectReason.BREAK: True,
    RejectReason.OTHER: False,
}
