"""What is told of a period's work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from geo_assign.core.spans import Span
from geo_assign.workorders.domain import Kind, PendingReason

BOUNDS_M = (2_000, 5_000)
BOUNDS_S = (300, 600)


@dataclass(frozen=True, slots=True)
class InsightQuestion:
    """Work orders created within a span, of some stores or one group, or all that the caller sees."""

    within: Span
    at: datetime
    store_ids: Sequence[UUID] = ()
    group_id: UUID | None = None


class Acceptance(NamedTuple):
    """Offers by what became of them, and the seconds until half of those accepted were."""

    accepted: int
    rejected: int
    expired: int
    withdrawn: int
    open: int
    median_s: float | None


class AcceptedAfter(NamedTuple):
    """How many offers were accepted within this minute after they were made; the last stands for it and later."""

    minute: int
    offers: int


class AssignedAfter(NamedTuple):
    """Of one day's orders of a kind those that a technician got, and the seconds until half of them had one."""

    day: date
    kind: Kind
    orders: int
    median_s: float


class Waiting(NamedTuple):
    """What is pending now for one reason."""

    reason: PendingReason
    kind: Kind
    orders: int
    oldest_at: datetime


class HourOfDemand(NamedTuple):
    """Orders whose slot begins in one hour of the week; `unserved` never had a technician and are over or cancelled."""

    weekday: int
    """1 is Monday."""
    hour: int
    orders: int
    unserved: int


class HourOfDuty(NamedTuple):
    """How many technicians were on duty in one hour of the week, and how many of them without work: means of its days.

    Only of hours of which it is known who was on duty.
    """

    weekday: int
    """1 is Monday."""
    hour: int
    on_duty: float
    free: float


class Load(NamedTuple):
    """What one technician has, or had, to do."""

    technician_id: UUID
    name: str
    orders: int
    seconds: float


class PlaceCount(NamedTuple):
    """Orders by where their place comes from, and how exact it is; both null without a place.

    `learned` of them have it from a learned pin.
    """

    source: str | None
    confidence: str | None
    orders: int
    learned: int


class DriveError(NamedTuple):
    """Drives that began in one hour of the day, by what estimated them: medians of seconds.

    `took_s`: what they took; `estimated_off_s` and `told_off_s`: how far off they were as estimated, and as told with
    what the store had learned by then.
    """

    provider: str
    hour: int
    drives: int
    took_s: float
    estimated_off_s: float
    told_off_s: float


class Farther(NamedTuple):
    """By one measure: how often the nearest went, and how much farther the others were.

    `bands`: those up to the first bound farther, up to the second, and beyond it (`BOUNDS_M`, `BOUNDS_S`). `mean` is
    that of those farther; None for none.
    """

    nearest: int
    bands: Sequence[int]
    mean: float | None


class ChosenAgainstNearest(NamedTuple):
    """Who was sent by automation, or by hand, against the nearest who could go; `outside`: who could not, by rules."""

    mode: str
    orders: int
    outside: int
    farther_m: Farther
    farther_s: Farther


class OfStore(NamedTuple):
    """One store's figures, to be seen beside the others'."""

    store_id: UUID
    orders: int
    unserved: int
    accepted: int
    answered: int
    median_accept_s: float | None
    median_assign_s: float | None
    nearest: int
    chosen: int
    on_duty_s: int
    free_s: int


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything that is told of a period."""

    acceptance: Acceptance
    accepted_after: Sequence[AcceptedAfter]
    assigned_after: Sequence[AssignedAfter]
    waiting: Sequence[Waiting]
    demand: Sequence[HourOfDemand]
    duty: Sequence[HourOfDuty]
    duty_known: float
    """The share of the period's hours so far of which it is known who was on duty."""
    load: Sequence[Load]
    places: Sequence[PlaceCount]
    drives: Sequence[DriveError]
    chosen: Sequence[ChosenAgainstNearest]
    by_store: Sequence[OfStore]
