"""Each filter by itself, at its edges."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from geo_assign.positions.domain import DutyInterval, Flag, MockPolicy, Ping, PingPolicy, PingRefusal
from geo_assign.positions.filters import FLAGS, REFUSALS, Circumstances, find_refusal, list_flags
from tests.positions.conftest import NOON, ping, seconds

DAY = timedelta(days=1)
ON_DUTY = Circumstances(
    received_at=NOON,
    oldest=NOON - DAY,
    ahead=NOON + seconds(10),
    duty=(DutyInterval(NOON - timedelta(hours=2), NOON - timedelta(hours=1)), DutyInterval(NOON - seconds(600))),
    policy=PingPolicy(),
)


def refusal(sent: Ping, **given: Any) -> PingRefusal | None:
    return find_refusal(sent, min(sent.recorded_at, NOON), replace(ON_DUTY, **given))


def flags(sent: Ping, **given: Any) -> tuple[Flag, ...]:
    return list_flags(sent, min(sent.recorded_at, NOON), replace(ON_DUTY, **given))


def under(mock: MockPolicy) -> dict[str, Any]:
    return {"policy": PingPolicy(mock=mock)}


def test_every_reason_has_one_filter_and_every_flag_but_the_jump() -> None:
    assert {reason for reason, _ in REFUSALS} == set(PingRefusal) - {PingRefusal.UNREADABLE, PingRefusal.QUOTA_EXCEEDED}
    assert {flag for flag, _ in FLAGS} == set(Flag) - {Flag.IMPLAUSIBLE_JUMP}


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (90.0, 180.0, None),
        (-90.0, -180.0, None),
        (90.000001, 0.5, PingRefusal.OUT_OF_RANGE),
        (95.0, 200.0, PingRefusal.OUT_OF_RANGE),
        (0.5, -180.000001, PingRefusal.OUT_OF_RANGE),
        (float("nan"), 1.0, PingRefusal.OUT_OF_RANGE),
        (1.0, float("inf"), PingRefusal.OUT_OF_RANGE),
        (0.0, 0.0, PingRefusal.NULL_ISLAND),
        (-0.0, 0.0, PingRefusal.NULL_ISLAND),
        (0.0, 0.000001, None),
    ],
)
def test_a_place_must_be_on_earth_and_not_null_island(lat: float, lon: float, expected: PingRefusal | None) -> None:
    assert refusal(ping(lat=lat, lon=lon)) is expected


@pytest.mark.parametrize(
    ("accuracy_m", "expected"),
    [
        (None, None),
        (0.0, None),
        (1_000.0, None),
        (1_000.1, PingRefusal.ACCURACY_TOO_LOW),
        (-1.0, PingRefusal.ACCURACY_TOO_LOW),
    ],
)
def test_accuracy_must_be_valid_and_within_a_kilometre(accuracy_m: float, expected: PingRefusal | None) -> None:
    assert refusal(ping(accuracy_m=accuracy_m)) is expected


def test_older_than_the_track_is_too_old() -> None:
    always = {"duty": (DutyInterval(NOON - 9 * DAY),)}
    assert refusal(ping(-DAY.total_seconds()), **always) is None
    assert refusal(ping(-DAY.total_seconds() - 0.001), **always) is PingRefusal.TOO_OLD


@pytest.mark.parametrize(
    ("at_s", "on_duty"),
    [(-7201, False), (-7200, True), (-3601, True), (-3600, False), (-601, False), (-600, True), (0, True), (60, True)],
)
def test_duty_is_judged_at_the_time_used_from_start_to_just_before_the_end(at_s: float, on_duty: bool) -> None:
    assert refusal(ping(at_s)) is (None if on_duty else PingRefusal.OFF_DUTY)


def test_a_future_time_does_not_reach_over_the_end_of_duty() -> None:
    """The time used is the receive time, and by then the technician was off duty."""
    assert refusal(ping(60), duty=(DutyInterval(NOON - DAY, NOON),)) is PingRefusal.OFF_DUTY


@pytest.mark.parametrize(
    ("policy", "reason", "flagged"),
    [
        (MockPolicy.REFUSE, PingRefusal.MOCK_LOCATION, ()),
        (MockPolicy.FLAG, None, (Flag.MOCK_LOCATION,)),
        (MockPolicy.ALLOW, None, ()),
    ],
)
def test_the_store_decides_about_mock_locations(
    policy: MockPolicy, reason: PingRefusal | None, flagged: tuple[Flag, ...]
) -> None:
    assert refusal(ping(mock=True), **under(policy)) is reason
    assert flags(ping(mock=True), **under(policy)) == flagged
    assert refusal(ping(), **under(policy)) is None


def test_a_clock_is_ahead_beyond_ten_seconds() -> None:
    assert flags(ping(10)) == ()
    assert flags(ping(10.001)) == (Flag.CLOCK_AHEAD,)


def test_low_accuracy_is_flagged_beyond_a_hundred_metres() -> None:
    assert flags(ping(accuracy_m=100.0)) == ()
    assert flags(ping(accuracy_m=100.5)) == (Flag.LOW_ACCURACY,)


def test_what_is_wrong_with_the_place_goes_before_what_is_wrong_with_the_time() -> None:
    assert refusal(ping(-90_000, lat=95.0, mock=True), **under(MockPolicy.REFUSE)) is PingRefusal.OUT_OF_RANGE
