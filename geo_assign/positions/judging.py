"""The judgement of pings: pure, from what is known of a technician and what the devices sent to verdicts and rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from geo_assign.core.geo import Point, haversine_m
from geo_assign.positions.domain import (
    AHEAD_TOLERANCE,
    SAME_MOMENT,
    TOP_SPEED_MPS,
    Current,
    Fix,
    Flag,
    KnownState,
    Ping,
    PingRefusal,
    PingResult,
    Verdict,
    is_trustworthy,
)
from geo_assign.positions.filters import Circumstances, find_refusal, list_flags

# A degree of either coordinate is never more than this: a move of few degrees needs no trigonometry, and one of
# less than a second's reach not even the time.
_METRES_PER_DEGREE_AT_MOST = 111_400.0
_DEGREES_IN_A_SECOND = TOP_SPEED_MPS / _METRES_PER_DEGREE_AT_MOST

_SECOND = timedelta(seconds=1)

PingKey = tuple[datetime, str]
"""The device's time and the device: what makes a ping the same as another of its technician."""


class Arrival(NamedTuple):
    """One ping with the device that sent it."""

    device: str
    ping: Ping


class Kept(NamedTuple):
    """A ping that goes into the track."""

    fix: Fix
    ping: Ping
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome for one technician.

    `results` follow the arrivals; `kept` is in time order. `current` is what holds now, by a new position if `moved`.
    `returned`: the technician became available again. A late item may still turn out to be a duplicate when it is
    written: the track knows.
    """

    results: list[PingResult]
    kept: list[Kept]
    current: Current | None
    moved: bool
    returned: bool


def judge(
    standing: KnownState,
    arrivals: Sequence[Arrival],
    *,
    received_at: datetime,
    known: Collection[PingKey] = (),
) -> Judged:
    """Judge what arrived for one technician: in time order, answered in the order given.

    `known` are keys found in the track under another time used.
    """
    given = Circumstances(
        received_at=received_at,
        oldest=received_at - standing.policy.retention,
        ahead=received_at + AHEAD_TOLERANCE,
        duty=standing.duty,
        policy=standing.policy,
    )
    results, fixes = _admit(arrivals, given, known)
    marker = _Marker(standing.current)
    kept: list[Kept] = []
    previous: Fix | None = None
    for fix in sorted(fixes):
        ordinal = fix.ordinal
        if previous is not None and previous.recorded_at == fix.recorded_at and previous.device == fix.device:
            results[ordinal] = _DUPLICATE
            continue
        previous = fix
        ping = arrivals[ordinal].ping
        flags = list_flags(ping, fix.used_at, given)
        if marker.fix is None or fix > marker.fix:
            flags = flags if marker.move_to(fix) else (*flags, Flag.IMPLAUSIBLE_JUMP)
            if flags:
                results[ordinal] = _result(Verdict.ACCEPTED, flags)
        else:
            late = marker.fix.used_at - fix.used_at > SAME_MOMENT
            results[ordinal] = _result(Verdict.LATE if late else Verdict.ACCEPTED, flags)
        kept.append(Kept(fix, ping, flags))
    current = _after(standing, marker, kept, received_at=received_at)
    return Judged(
        results=results,
        kept=kept,
        current=current,
        moved=marker.moved,
        returned=standing.on_duty
        and is_trustworthy(current, received_at, standing.policy.freshness_s)
        and not is_trustworthy(standing.current, received_at, standing.policy.freshness_s),
    )


def _admit(
    arrivals: Sequence[Arrival], given: Circumstances, known: Collection[PingKey]
) -> tuple[list[PingResult], list[Fix]]:
    """The results as far as no order is needed, and the fixes of the pings whose order still decides."""
    results: list[PingResult] = []
    fixes: list[Fix] = []
    received_at = given.received_at
    for ordinal, (device, ping) in enumerate(arrivals):
        recorded_at = ping.recorded_at.astimezone(UTC)
        used_at = min(recorded_at, received_at)
        if known and (recorded_at, device) in known:
            results.append(_DUPLICATE)
            continue
        reason = find_refusal(ping, used_at, given)
        if reason is PingRefusal.OFF_DUTY and (begun_at := _begun_within(recorded_at, given)) is not None:
            used_at = begun_at
            reason = find_refusal(ping, used_at, given)
        if reason is not None:
            results.append(_refused(reason))
        else:
            results.append(_ACCEPTED)
            fixes.append(Fix(used_at, recorded_at, device, ordinal, ping.lat, ping.lon))
    return results, fixes


def _begun_within(recorded_at: datetime, given: Circumstances) -> datetime | None:
    """When duty began in the second of a device time without fractions: such a time means the whole second."""
    if recorded_at.microsecond:
        return None
    until = min(recorded_at + _SECOND, given.received_at)
    return next((duty.started_at for duty in given.duty if recorded_at < duty.started_at < until), None)


class _Marker:
    """Where the technician is while the pings are gone through in order."""

    __slots__ = ("fix", "implausible", "moved", "plausible")

    def __init__(self, current: Current | None) -> None:
        self.fix = current.fix if current is not None else None
        self.plausible = current.plausible if current is not None else None
        self.implausible = current is not None and current.implausible
        self.moved = False

    def move_to(self, fix: Fix) -> bool:
        """Move; returns whether that was plausible. A second position that agrees with a jump makes it so."""
        plausible = (
            self.fix is None
            or self.plausible is None
            or within_reach(self.plausible, fix)
            or (self.implausible and within_reach(self.fix, fix))
        )
        self.fix = fix
        self.implausible = not plausible
        self.moved = True
        if plausible:
            self.plausible = fix
        return plausible


def _after(standing: KnownState, marker: _Marker, kept: Sequence[Kept], *, received_at: datetime) -> Current | None:
    """What holds when every ping is judged."""
    before = standing.current
    if marker.fix is None or marker.plausible is None:
        return None
    # Off duty a device is not heard: what it sends then tells nothing but what it did before.
    heard = standing.on_duty or marker.moved or before is None
    return Current(
        fix=marker.fix,
        heard_at=received_at if heard or before is None else before.heard_at,
        plausible=marker.plausible,
        implausible=marker.implausible,
        mock=Flag.MOCK_LOCATION in kept[-1].flags if marker.moved or before is None else before.mock,
        ahead_until=_ahead_until(before, kept),
    )


def within_reach(earlier: Fix, later: Fix) -> bool:
    """Whether 70 m/s are enough to get from one fix to the other. Less than a second counts as one."""
    degrees = abs(later.lat - earlier.lat) + abs(later.lon - earlier.lon)
    if degrees <= _DEGREES_IN_A_SECOND:
        return True
    reach_m = TOP_SPEED_MPS * max(1.0, _elapsed_s(earlier, later))
    if degrees * _METRES_PER_DEGREE_AT_MOST <= reach_m:
        return True
    return haversine_m(Point(earlier.lat, earlier.lon), Point(later.lat, later.lon)) <= reach_m


def _elapsed_s(earlier: Fix, later: Fix) -> float:
    # Two times cut to one receive time say nothing about the time between; there the device's own clock does.
    cut = earlier.recorded_at > earlier.used_at and later.recorded_at > later.used_at
    if cut and earlier.device == later.device:
        return abs((later.recorded_at - earlier.recorded_at).total_seconds())
    return (later.used_at - earlier.used_at).total_seconds()


def _ahead_until(before: Current | None, kept: Sequence[Kept]) -> datetime | None:
    """The latest device time that was cut to its receive time, now and before."""
    cut = [item.fix.recorded_at for item in kept if item.fix.recorded_at > item.fix.used_at]
    if before is not None and before.ahead_until is not None:
        cut.append(before.ahead_until)
    return max(cut, default=None)


@cache
def _refused(reason: PingRefusal) -> PingResult:
    return PingResult(Verdict.REJECTED, reason)


@cache
def _result(verdict: Verdict, flags: tuple[Flag, ...]) -> PingResult:
    return PingResult(verdict, None, flags)


_DUPLICATE = PingResult(Verdict.DUPLICATE)
_ACCEPTED = PingResult(Verdict.ACCEPTED)
