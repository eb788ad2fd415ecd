"""Presence: three axes that do not depend on one another."""

from dataclasses import replace

import pytest

from geo_assign.positions.domain import Current, Fix, is_trustworthy, next_interval_s, presence
from tests.positions.conftest import NOON, PORTO, seconds


def test_a_phone_that_is_heard_may_know_nothing_new() -> None:
    """A device that uploads old positions is reachable, and its position is stale."""
    seen = presence(on_duty=True, heard_at=NOON, used_at=NOON - seconds(3_600), now=NOON + seconds(1), freshness_s=300)
    assert (seen.on_duty, seen.reachable, seen.fresh) == (True, True, False)
    assert seen.last_seen_at == NOON - seconds(3_600)


@pytest.mark.parametrize(("age_s", "reachable"), [(0, True), (900, True), (900.001, False)])
def test_unreachable_after_a_quarter_of_an_hour(age_s: float, reachable: bool) -> None:
    seen = presence(on_duty=False, heard_at=NOON, used_at=NOON, now=NOON + seconds(age_s), freshness_s=10_000)
    assert seen.reachable is reachable
    assert seen.fresh


@pytest.mark.parametrize(("age_s", "fresh"), [(0, True), (30, True), (30.001, False)])
def test_fresh_up_to_the_store_s_age(age_s: float, fresh: bool) -> None:
    seen = presence(on_duty=True, heard_at=NOON, used_at=NOON, now=NOON + seconds(age_s), freshness_s=30)
    assert seen.fresh is fresh


def test_nothing_known_is_neither_reachable_nor_fresh() -> None:
    seen = presence(on_duty=True, heard_at=None, used_at=None, now=NOON, freshness_s=300)
    assert (seen.on_duty, seen.reachable, seen.fresh, seen.last_seen_at) == (True, False, False, None)


@pytest.mark.parametrize(
    ("changes", "after_s", "trusted"),
    [
        ({}, 0, True),
        ({}, 301, False),
        ({"implausible": True}, 0, False),
        ({"mock": True}, 0, False),
        ({"heard_at": NOON - seconds(901)}, 0, False),
    ],
)
def test_automation_trusts_fresh_plausible_real_positions(
    changes: dict[str, object], after_s: float, trusted: bool
) -> None:
    fix = Fix(NOON, NOON, "phone", 0, PORTO.lat, PORTO.lon)
    current = replace(Current(fix=fix, heard_at=NOON, plausible=fix), **changes)
    assert is_trustworthy(current, NOON + seconds(after_s), 300) is trusted


def test_who_never_sent_a_position_is_not_trusted() -> None:
    assert not is_trustworthy(None, NOON, 300)


@pytest.mark.parametrize(
    ("on_duty", "speed_mps", "freshness_s", "expected"),
    [
        (False, 12.0, 300, 300),
        (True, None, 300, 30),
        (True, 0.4, 300, 30),
        (True, 12.0, 300, 15),
        (True, 12.0, 30, 10),
        (True, None, 0.5, 1),
    ],
)
def test_positions_are_wanted_three_times_per_freshness(
    on_duty: bool, speed_mps: float | None, freshness_s: float, expected: int
) -> None:
    assert next_interval_s(on_duty=on_duty, speed_mps=speed_mps, freshness_s=freshness_s) == expected
