"""The filters: one named predicate per reason to refuse a ping, and one per flag on a ping that is kept.

Each looks at one ping alone. The speed between two positions, which needs a predecessor, is in `judging`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_assign.positions.domain import (
    LOW_ACCURACY_M,
    MAX_ACCURACY_M,
    DutyInterval,
    Flag,
    MockPolicy,
    Ping,
    PingPolicy,
    PingRefusal,
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a ping is judged by.

    Device times before `oldest` are no longer kept, those after `ahead` are called ahead.
    """

    received_at: datetime
    oldest: datetime
    ahead: datetime
    duty: Sequence[DutyInterval]
    policy: PingPolicy


Predicate = Callable[[Ping, datetime, Circumstances], bool]
"""A ping, its time used, the circumstances."""


def is_out_of_range(ping: Ping, _used_at: datetime, _given: Circumstances) -> bool:
    # Written so that NaN is out of range too.
    return not (-90.0 <= ping.lat <= 90.0 and -180.0 <= ping.lon <= 180.0)


def is_null_island(ping: Ping, _used_at: datetime, _given: Circumstances) -> bool:
    return ping.lat == 0.0 and ping.lon == 0.0


def is_too_old(_ping: Ping, used_at: datetime, given: Circumstances) -> bool:
    return used_at < given.oldest


def is_off_duty(_ping: Ping, used_at: datetime, given: Circumstances) -> bool:
    # A loop by hand: a generator for any() would double what judging a ping costs.
    for started_at, ended_at in given.duty:
        if started_at <= used_at and (ended_at is None or used_at < ended_at):
            return False
    return True


def is_refused_mock(ping: Ping, _used_at: datetime, given: Circumstances) -> bool:
    return ping.mock and given.policy.mock is MockPolicy.REFUSE


def is_too_inaccurate(ping: Ping, _used_at: datetime, _given: Circumstances) -> bool:
    return ping.accuracy_m is not None and not 0.0 <= ping.accuracy_m <= MAX_ACCURACY_M


def is_clock_ahead(ping: Ping, used_at: datetime, given: Circumstances) -> bool:
    # The first comparison spares nearly every ping the second, which crosses time zones.
    return used_at >= given.received_at and ping.recorded_at > given.ahead


def is_flagged_mock(ping: Ping, _used_at: datetime, given: Circumstances) -> bool:
    return ping.mock and given.policy.mock is MockPolicy.FLAG


def is_low_accuracy(ping: Ping, _used_at: datetime, _given: Circumstances) -> bool:
    return ping.accuracy_m is not None and ping.accuracy_m > LOW_ACCURACY_M


# The first that holds is the answer: what is wrong with the ping itself goes before what is wrong about its time.
REFUSALS: tuple[tuple[PingRefusal, Predicate], ...] = (
    (PingRefusal.OUT_OF_RANGE, is_out_of_range),
    (PingRefusal.NULL_ISLAND, is_null_island),
    (PingRefusal.TOO_OLD, is_too_old),
    (PingRefusal.OFF_DUTY, is_off_duty),
    (PingRefusal.MOCK_LOCATION, is_refused_mock),
    (PingRefusal.ACCURACY_TOO_LOW, is_too_inaccurate),
)

FLAGS: tuple[tuple[Flag, Predicate], ...] = (
    (Flag.CLOCK_AHEAD, is_clock_ahead),
    (Flag.MOCK_LOCATION, is_flagged_mock),
    (Flag.LOW_ACCURACY, is_low_accuracy),
)


def find_refusal(ping: Ping, used_at: datetime, given: Circumstances) -> PingRefusal | None:
    """Why the ping is not kept; None when it is."""
    for reason, holds in REFUSALS:
        if holds(ping, used_at, given):
            return reason
    return None


def list_flags(ping: Ping, used_at: datetime, given: Circumstances) -> tuple[Flag, ...]:
    """What is odd about a ping that is kept."""
    return tuple([flag for flag, holds in FLAGS if holds(ping, used_at, given)])
