"""Technicians on duty and free by the hour: against times that are known, and with sums as without."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_assign.core.spans import Span, clip, merge, subtract
from geo_assign.insight.domain import HourOfDuty
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.working_time import midnight
from tests.conftest import World, opened_day
from tests.databases import borrowed
from tests.day import NOON, Day
from tests.insight.history import History
from tests.insight.test_sums import ALWAYS, assert_same
from tests.thoroughness import times

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MIDNIGHT = NOON - 12 * HOUR
"""Of a Wednesday."""


@pytest.fixture
def history(day: Day, world: World) -> History:
    return History(day, world).open()


def hours_of(history: History, within: Span = (MIDNIGHT - 7 * DAY, MIDNIGHT + DAY), **asked: Any) -> dict[int, Any]:
    """On duty and free by the hour of Tuesdays."""
    told = history.told(within, **asked).duty
    return {one.hour: (one.on_duty, one.free) for one in told if one.weekday == 2 and one.on_duty}


def test_who_is_on_duty_is_free_until_there_is_work(history: History) -> None:
    tuesday = MIDNIGHT - DAY
    history.duty(tuesday + 8 * HOUR, tuesday + 12 * HOUR)
    history.duty(tuesday + 9 * HOUR, tuesday + 10.5 * HOUR, person=1)
    order = history.order(tuesday)
    history.booking(order, tuesday + 9.5 * HOUR, minutes=60)
    history.booking(order, tuesday + 11 * HOUR, minutes=30, state="released")
    history.booking(order, tuesday + 11.5 * HOUR, minutes=120, state="assigned")
    expected = {8: (1, 1), 9: (2, 1.5), 10: (1.5, 1), 11: (1, 0.5)}
    for _ in ("live", "summed"):
        assert hours_of(history) == expected
        (store,) = history.told(ALWAYS).by_store
        assert (store.on_duty_s, store.free_s) == (5.5 * 3600, 4 * 3600)
        assert_same(history)
        history.sum()


def test_hours_are_means_of_the_days_of_which_duty_is_known(history: History) -> None:
    history.order(MIDNIGHT - 30 * DAY)
    for weeks in (1, 2, 3):
        history.duty(MIDNIGHT - DAY - weeks * 7 * DAY + 8 * HOUR, MIDNIGHT - DAY - weeks * 7 * DAY + 9 * HOUR)
    within = MIDNIGHT - 35 * DAY, MIDNIGHT + 10 * DAY
    for _ in ("live", "summed"):
        # Of four Tuesdays since the first duty it began with; those before are not known to have had none.
        assert hours_of(history, within) == {8: (0.75, 0.75)}
        told = history.told(within)
        assert told.duty_known == pytest.approx((22 * 24 - 8 + 12) / (35.5 * 24), abs=0.001)
        assert len(told.duty) == 7 * 24
        assert_same(history, within)
        history.sum()


def test_without_any_duty_nothing_is_known(history: History) -> None:
    history.order(NOON - 3 * DAY)
    history.booking(history.order(NOON - 3 * DAY), NOON - 2 * DAY)
    for _ in ("live", "summed"):
        told = history.told(ALWAYS)
        assert (told.duty, told.duty_known) == ([], 0)
        history.sum()


def test_what_has_not_come_is_not_known(history: History) -> None:
    history.order(NOON - 3 * DAY)
    history.duty(NOON - 3 * DAY, NOON - 2 * DAY)
    history.duty(NOON - HOUR, None)
    told = history.told((MIDNIGHT, MIDNIGHT + DAY))
    assert {one.hour for one in told.duty} == set(range(12))
    assert told.duty[-1] == HourOfDuty(weekday=3, hour=11, on_duty=1, free=1)
    assert told.duty_known == 1
    assert history.told((NOON + DAY, NOON + 2 * DAY)).duty == []


def test_stores_are_put_together_and_groups_are_those_in_them(history: History) -> None:
    tuesday = MIDNIGHT - DAY
    history.order(tuesday - DAY)
    history.order(tuesday - DAY, store=1)
    history.run(
        "UPDATE technicians SET store_id = :store WHERE org_id = :org_id AND id = :id",
        store=history.stores[1], id=history.people[1],
    )  # fmt: skip
    history.run(
        "INSERT INTO technician_groups (org_id, technician_id, group_id) VALUES (:org_id, :id, :group_id)",
        id=history.people[1], group_id=history.groups[1],
    )  # fmt: skip
    for person in (0, 1):
        history.duty(tuesday + 8 * HOUR, tuesday + 9 * HOUR, person=person)
    history.booking(history.orders[0], tuesday + 8 * HOUR, person=1, minutes=30)
    for _ in ("live", "summed"):
        assert hours_of(history) == {8: (2, 1.5)}
        assert hours_of(history, store_ids=history.stores[:1]) == {8: (1, 1)}
        assert hours_of(history, store_ids=history.stores[1:]) == {8: (1, 0.5)}
        assert hours_of(history, group_id=history.groups[1]) == {8: (1, 0.5)}
        assert [(one.on_duty_s, one.free_s) for one in history.told(ALWAYS).by_store] == [
            (3600, 3600) if store_id == history.stores[0] else (3600, 1800) for store_id in sorted(history.stores)
        ]
        history.sum()


CHANGES = {
    "duty ends": "duty_intervals SET ended_at = started_at + interval '90 min'",
    "duty begins later": "duty_intervals SET started_at = started_at + interval '30 min'",
    "work is done": "bookings SET state = 'done'",
    "work is done earlier": "bookings SET ends_at = ends_at - interval '20 min', "
    "occupied_until = occupied_until - interval '20 min', state = 'done'",
    "the way there is longer": "bookings SET occupied_from = occupied_from - interval '30 min', state = 'done'",
    "another technician": "bookings SET technician_id = :other, state = 'done'",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_late_change_of_duty_or_work_is_told_at_once(history: History, change: str) -> None:
    tuesday = MIDNIGHT - DAY
    # Created on another day: it is the day of the work that is counted anew.
    order = history.order(MIDNIGHT - 6 * DAY)
    history.duty(tuesday - DAY, tuesday - 23 * HOUR)
    for person in (0, 1):
        history.duty(tuesday + 8 * HOUR, tuesday + (11 + person) * HOUR, person=person)
    history.booking(order, tuesday + 9 * HOUR, state="released")
    history.sum()
    before = hours_of(history)
    other = {"other": history.people[1]} if ":other" in CHANGES[change] else {}
    history.run(f"UPDATE {CHANGES[change]} WHERE org_id = :org_id", **other)
    assert hours_of(history) != before
    assert_same(history)
    assert history.sum() > 0
    assert_same(history)
    if change != "another technician":
        history.run("UPDATE bookings SET state = 'released' WHERE org_id = :org_id")
        assert_same(history)


def test_a_duty_that_lasts_is_told_of_each_day_and_ends_in_its_own(history: History) -> None:
    history.order(MIDNIGHT - 3 * DAY)
    history.duty(MIDNIGHT - 3 * DAY + 12 * HOUR, None)
    history.sum()
    assert set(hours_of(history)) == set(range(24))
    history.day.later("2 h")
    history.run("UPDATE duty_intervals SET ended_at = :at WHERE org_id = :org_id", at=NOON + 2 * HOUR)
    assert history.sum() == 0, "the days before are as they were summed"
    assert_same(history)


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", {1: 1, 3: 1}),
        ("Europe/Berlin", "2026-10-25", {1: 1, 2: 1, 3: 1}),
        ("Asia/Kathmandu", "2026-05-12", {1: 1, 2: 1, 3: 1}),
        ("Australia/Lord_Howe", "2026-04-05", {1: 1, 2: 1, 3: 1}),
        ("Australia/Lord_Howe", "2026-10-04", {1: 1, 2: 1, 3: 1}),
    ],
)
def test_hours_are_those_of_the_store_s_clock(world: World, zone: str, first: str, hours: dict[int, int]) -> None:
    """Also in nights that have an hour more or less: a mean is of what there was of the hour."""
    day_of = date.fromisoformat(first)
    begins_at, ends_at = midnight(day_of, get_zone(zone)), midnight(day_of + DAY, get_zone(zone))
    with opened_day(world) as day:
        day.clock.set(ends_at + DAY)
        history = History(day, world).open()
        history.run("UPDATE stores SET timezone = :zone WHERE org_id = :org_id", zone=zone)
        history.order(begins_at)
        history.duty(begins_at, begins_at + MINUTE)
        local = [
            datetime.combine(day_of, datetime.min.time()).replace(hour=hour, tzinfo=get_zone(zone)) for hour in (1, 4)
        ]
        history.duty(*local, person=1)
        for _ in ("live", "summed"):
            told = {one.hour: one.on_duty for one in history.told((begins_at, ends_at)).duty}
            assert {hour: on_duty for hour, on_duty in told.items() if hour and on_duty} == hours
            assert_same(history, (begins_at, ends_at))
            history.sum()


def test_duty_before_any_work_leaves_nothing_to_sum(history: History) -> None:
    for ago in range(40, 0, -4):
        history.duty(NOON - ago * DAY, NOON - ago * DAY + HOUR)
    history.order(NOON - 2 * DAY)
    history.sum()
    assert history.sum() == 0
    assert_same(history)
    with history.day.database.transaction(history.day.org_id) as tx:
        left = tx.conn.exec_driver_sql("SELECT min(created_at) FROM insight_changes").scalar_one()
    assert left is None or left >= MIDNIGHT


@pytest.fixture(scope="module")
def ground(template: str) -> Iterator[World]:
    """One database for all examples: each has an organization of its own."""
    with borrowed(template) as world:
        yield world


TIMES = st.tuples(st.integers(0, 5 * 24 * 60), st.integers(1, 40 * 60), st.integers(0, 1))


@settings(max_examples=times(4, 40), deadline=None)
@given(
    duties=st.lists(TIMES, min_size=1, max_size=8),
    works=st.lists(TIMES, max_size=8),
    before=st.integers(0, 16),
    within=st.tuples(st.integers(0, 7 * 24 * 60), st.integers(1, 7 * 24 * 60)),
)
def test_seconds_are_those_of_the_spans_of_each_technician(
    ground: World,
    duties: list[tuple[int, int, int]],
    works: list[tuple[int, int, int]],
    before: int,
    within: tuple[int, int],
) -> None:
    """With sums and without: what spans of time say, one technician after the other."""

    def spans(of: list[tuple[int, int, int]], person: int) -> list[Span]:
        begins = [(NOON - minutes * MINUTE, minutes_long) for minutes, minutes_long, one in of if one == person]
        return merge((at, min(at + minutes_long * MINUTE, NOON)) for at, minutes_long in begins)

    asked = NOON - within[0] * MINUTE, NOON - within[0] * MINUTE + within[1] * MINUTE
    with opened_day(ground) as day:
        history = History(day, ground).open()
        history.order(NOON - 6 * DAY)
        order = history.order(asked[0])
        work = [(person, span) for person in (0, 1) for span in spans(works, person)]
        for person, (at, until) in work[:before]:
            history.booking(order, at, minutes=(until - at) / MINUTE, person=person)
        on_duty = [spans(duties, person) for person in (0, 1)]
        for person, times in enumerate(on_duty):
            for span in times:
                history.duty(*span, person=person)
        history.sum()
        for person, (at, until) in work[before:]:
            history.booking(order, at, minutes=(until - at) / MINUTE, person=person)
        assert_same(history, asked)
        history.sum()
        assert_same(history, asked)
        busy = [spans(works, person) for person in (0, 1)]
        seconds = [
            sum((end - start).total_seconds() for times in every for start, end in clip(times, asked))
            for every in (on_duty, [subtract(*both) for both in zip(on_duty, busy, strict=True)])
        ]
        told = history.told(asked)
        if told.by_store:
            assert [told.by_store[0].on_duty_s, told.by_store[0].free_s] == pytest.approx(seconds, abs=2)
