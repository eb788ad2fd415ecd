"""Work orders: what they are, the states they may be in, and which way they may go."""

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


PUBLISHED = frozenset(EventKind) - {EventKind.PENDING, EventKind.CHANGED, EventKind.OFFER_WITHDRAWN}


def may_go(before: State, after: State) -> bool:
    """Whether a work order may go from `before` to `after`."""
    return after in TRANSITIONS[before]
