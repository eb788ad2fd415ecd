"""Customer links, what one shows, and why one shows nothing."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.access.domain import Token, TokenKind, new_token, parse_token
from geo_assign.core.errors import ConflictError, GoneError, NotFoundError, UnauthenticatedError
from geo_assign.core.geo import Point
from geo_assign.core.spans import Span
from geo_assign.workorders.domain import TAKEN, UNDER_WAY, Actor, State

# Short enough for a text message, and too long to guess.
_SECRET_BYTES = 16
# As exact as a customer is told the time of an arrival before the technician travels, and how long that time lasts.
_QUARTER = timedelta(minutes=15)
_EXPECTED_FOR = 2 * _QUARTER
_AT_WORK = UNDER_WAY - {State.TRAVELLING}


class Stage(StrEnum):
    """How far the work is, in a customer's words."""

    WAITING = "waiting"
    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"


STAGES: Mapping[State, Stage] = {
    State.NEW: Stage.WAITING,
    State.PENDING: Stage.WAITING,
    State.OFFERED: Stage.WAITING,
    State.ASSIGNED: Stage.PLANNED,
    State.TRAVELLING: Stage.ON_THE_WAY,
    State.ON_SITE: Stage.ARRIVED,
    State.IN_PROGRESS: Stage.ARRIVED,
}
"""The stage of each state that a link shows."""


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A link to one work order, with its token. `opened_at` is when a customer last opened it, to a minute."""

    id: UUID
    work_order_id: UUID
    token: str
    created_at: datetime
    created_by: Actor
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitOfDay:
    """A visit on the technician's day: its slot, and the state of its work order."""

    start: datetime
    end: datetime
    state: State


@dataclass(frozen=True, slots=True)
class Before:
    """What the technician does first: how many visits, and the arrival that they lead to if they last too long."""

    visits: int
    expected: Span | None


def look_before(day: Iterable[VisitOfDay], slot_start: datetime, *, way: timedelta, now: datetime) -> Before:
    """What a technician with these visits does before the one that begins at `slot_start`.

    `way` is the time that is left for the way from one visit to the next.
    """
    first = [one for one in day if one.state in UNDER_WAY or (one.state in TAKEN and one.start < slot_start)]
    free_at = now
    for one in sorted(first, key=lambda one: (one.state not in UNDER_WAY, one.start)):
        leaves = one.end if one.state in _AT_WORK else max(free_at, one.start) + (one.end - one.start)
        free_at = max(free_at, leaves) + way
    is_late = bool(first) and free_at >= slot_start + _QUARTER
    arrival = _next_quarter(free_at)
    return Before(len(first), (arrival, arrival + _EXPECTED_FOR) if is_late else None)


def _next_quarter(at: datetime) -> datetime:
    return at + (datetime(1970, 1, 1, tzinfo=UTC) - at) % _QUARTER


@dataclass(frozen=True, slots=True)
class SeenPosition:
    """Where the technician was at `recorded_at`, `age_s` seconds ago."""

    point: Point
    recorded_at: datetime
    age_s: float
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class Followed:
    """What a customer sees. Names from `planned` on, `position`, `distance_m` and `eta_s` while `on_the_way`.

    `before` is known on the day of the visit, while it is `planned`.
    `technician_id` is whose place was told, None where none was.
    """

    link_id: UUID
    number: str
    stage: Stage
    store_name: str
    timezone: str
    slot_start: datetime
    slot_end: datetime
    technician_name: str | None
    collaborators: tuple[str, ...]
    before: Before | None
    destination: Point | None
    position: SeenPosition | None
    distance_m: float | None
    eta_s: float | None
    technician_id: UUID | None
    seen_at: datetime


class CustomerLinksOffError(ConflictError):
    """This store gives its customers no links.

    Its setting `customer_links` is off.
    """

    code = "customer_links_off"


class CustomerLinkNotFoundError(NotFoundError):
    """There is no such link.

    It was copied in part, or revoked.
    """

    code = "customer_link_not_found"


class CustomerLinkOverError(GoneError):
    """This work is over, and its link with it.

    `state` tells how it ended.
    """

    code = "customer_link_over"


def new_link_token(org_id: UUID) -> tuple[str, bytes]:
    """A token's text, and the hash that it is found by."""
    return new_token(TokenKind.CUSTOMER_LINK, org_id, secret=secrets.token_urlsafe(_SECRET_BYTES))


def parse_link_token(text: str) -> Token:
    """What a token says about itself. Raises CustomerLinkNotFoundError for anything else."""
    try:
        token = parse_token(text.strip())
    except UnauthenticatedError:
        raise CustomerLinkNotFoundError from None
    if token.kind is not TokenKind.CUSTOMER_LINK:
        raise CustomerLinkNotFoundError
    return token


def customer_link_url(public_url: str, token: str) -> str:
    """The address that a customer opens."""
    return f"{public_url}/t/{token}"
