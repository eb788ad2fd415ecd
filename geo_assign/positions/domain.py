"""Positions as values: pings, what became of them, the last known place, and presence on its three axes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from geo_assign.core.errors import NotFoundError, UnavailableError

UNREACHABLE_AFTER = timedelta(minutes=15)
AHEAD_TOLERANCE = timedelta(seconds=10)
SAME_MOMENT = timedelta(milliseconds=100)
"""Within it clocks of devices tell no order worth speaking of: a ping is not late by so little."""
TOP_SPEED_MPS = 70.0
LOW_ACCURACY_M = 100.0
MAX_ACCURACY_M = 1_000.0
# What a measurement may be; anything else means that the phone does not know, as -1 does on many.
SANE_ACCURACY_M = (0.0, MAX_ACCURACY_M)
SANE_SPEED_MPS = (0.0, 1_000.0)
SANE_HEADING_DEG = (0.0, 360.0)
SANE_BATTERY = (0.0, 1.0)
MAX_BATCH = 500


class Verdict(StrEnum):
    """What became of a ping."""

    ACCEPTED = "accepted"  # kept in the track, and of the newest moment when its turn came
    DUPLICATE = "duplicate"  # the same device has sent this device time before
    LATE = "late"  # kept in the track, older than what was known
    REJECTED = "rejected"  # not kept; the reason says why


class PingRefusal(StrEnum):
    """Why a ping is not kept."""

    OUT_OF_RANGE = "out_of_range"  # no such latitude or longitude
    NULL_ISLAND = "null_island"  # exactly (0, 0): a device without a fix
    QUOTA_EXCEEDED = "quota_exceeded"  # the organization has sent as many as it may today
    TOO_OLD = "too_old"  # older than the track's retention
    OFF_DUTY = "off_duty"  # not on duty at the time used
    MOCK_LOCATION = "mock_location"  # simulated, and the store refuses such
    ACCURACY_TOO_LOW = "accuracy_too_low"  # negative (the device calls it invalid), or worse than 1 km
    UNREADABLE = "unreadable"  # no position, or one without a place or time that can be read


class Flag(StrEnum):
    """What is odd about a ping that was kept."""

    CLOCK_AHEAD = "clock_ahead"  # the device's time lies in the future
    MOCK_LOCATION = "mock_location"  # simulated; not used for automatic assignment
    LOW_ACCURACY = "low_accuracy"  # worse than 100 m
    IMPLAUSIBLE_JUMP = "implausible_jump"  # more than 70 m/s from the last plausible position


class SilenceEnd(StrEnum):
    """What ended a silence."""

    HEARD = "heard"
    OFF_DUTY = "off_duty"


class MockPolicy(StrEnum):
    """What a store does with positions that the phone says are simulated."""

    ALLOW = "allow"
    FLAG = "flag"
    REFUSE = "refuse"


class UnknownTechnicianError(NotFoundError):
    """There is no such technician."""

    code = "technician_not_found"


class RecordingTimeoutError(UnavailableError):
    """The positions could not be written in time; send them again."""

    code = "positions_not_written"


@dataclass(frozen=True, slots=True)
class Ping:
    """One position as a device sent it.

    `recorded_at` is the device's time. `accuracy_m` is a radius; `battery` a share of 1, or of 100 if any of
    its batch is greater than 1. A measurement outside its sane range means "unknown", as phones mean it by -1.
    """

    recorded_at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None
    battery: float | None = None
    mock: bool = False
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one device of one technician sends at once."""

    technician_id: UUID
    device: str
    pings: Sequence[Ping]


@dataclass(frozen=True, slots=True)
class PingResult:
    """The answer to one ping; its index is its place in the sequence."""

    verdict: Verdict
    reason: PingRefusal | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The answers to a batch, in its order, and the time after which the next one is wanted."""

    results: Sequence[PingResult]
    next_interval_s: int


UNREADABLE = PingResult(Verdict.REJECTED, PingRefusal.UNREADABLE)
NOTHING_RECORDED = BatchResult((), 30)
"""Of a batch of which nothing can be read: the device is to go on sending as if it stood still."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did, at `received_at`.

    `returned`: technicians on duty whom a fresh, trustworthy position makes available again.
    """

    batches: Sequence[BatchResult]
    returned: Sequence[UUID]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PingPolicy:
    """What a store and the installation decide about pings."""

    mock: MockPolicy = MockPolicy.FLAG
    freshness_s: float = 300.0
    retention: timedelta = timedelta(days=30)


class DutyInterval(NamedTuple):
    """On duty from `started_at` to just before `ended_at`; None while it lasts."""

    started_at: datetime
    ended_at: datetime | None = None


MOVING_FROM_MPS = 2.0
"""From this speed on a technician counts as moving."""
READ_BACK = sys.maxsize


class Fix(NamedTuple):
    """A place at a time used. Fixes compare as newer and older: time used, then device time, then device.

    `used_at` is the device's time, but never later than the receive time. `ordinal` is the ping's place in its
    request, READ_BACK for one from the database: so that the same ping, sent again, is not the newer one.
    """

    used_at: datetime
    recorded_at: datetime
    device: str
    ordinal: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Current:
    """Where a technician is taken to be.

    `plausible` is the last fix that made sense, the same as `fix` unless `implausible`. `ahead_until` is the latest
    device time that was cut to its receive time: only up to it can a ping be known under another time used.
    """

    fix: Fix
    heard_at: datetime
    plausible: Fix
    implausible: bool = False
    mock: bool = False
    ahead_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownState:
    """What is known of a technician before new pings are judged. `duty` holds the intervals that may matter."""

    technician_id: UUID
    on_duty: bool
    duty: Sequence[DutyInterval]
    policy: PingPolicy
    current: Current | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """The three axes: on duty, device heard from lately, position fresh. `last_seen_at` is the time of the position."""

    on_duty: bool
    reachable: bool
    fresh: bool
    last_seen_at: datetime | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CurrentPosition:
    """The newest position as readers see it."""

    technician_id: UUID
    device: str
    lat: float
    lon: float
    recorded_at: datetime
    used_at: datetime
    received_at: datetime
    heard_at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    heading_deg: float | None
    battery: float | None
    flags: tuple[str, ...]
    mock: bool
    implausible: bool


def is_reachable(heard_at: datetime | None, now: datetime) -> bool:
    """Whether the device was heard from in the last 15 minutes."""
    return heard_at is not None and now - heard_at <= UNREACHABLE_AFTER


def is_fresh(used_at: datetime | None, now: datetime, freshness_s: float) -> bool:
    """Whether a position is at most `freshness_s` seconds old. An unknown age is not fresh."""
    return used_at is not None and (now - used_at).total_seconds() <= freshness_s


def presence(
    *, on_duty: bool, heard_at: datetime | None, used_at: datetime | None, now: datetime, freshness_s: float
) -> Presence:
    """Presence at `now`. The axes are independent: a phone may be heard from with nothing but old positions."""
    return Presence(
        on_duty=on_duty,
        reachable=is_reachable(heard_at, now),
        fresh=is_fresh(used_at, now, freshness_s),
        last_seen_at=used_at,
        heard_at=heard_at,
    )


def is_trustworthy(current: Current | None, now: datetime, freshness_s: float) -> bool:
    """Whether automation may use the current position: fresh, reachable, neither implausible nor simulated."""
    return (
        current is not None
        and not current.implausible
        and not current.mock
        and is_fresh(current.fix.used_at, now, freshness_s)
        and is_reachable(current.heard_at, now)
    )


def next_interval_s(*, on_duty: bool, speed_mps: float | None, freshness_s: float) -> int:
    """When the next positions are wanted: rarely off duty, often while moving, three times per freshness at least."""
    if not on_duty:
        return 300
    wanted = 15 if speed_mps is not None and speed_mps >= MOVING_FROM_MPS else 30
    return max(1, min(wanted, int(freshness_s / 3)))
