"""Working hours as minutes of two weeks in a row."""

from datetime import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.errors import InvalidError
from geo_assign.workforce.hours import DAY_MINUTES, DAYS, WEEK_MINUTES, two_weeks, week_minutes
from tests.workforce.weeks import covers

clocks = st.times().map(lambda at: time(at.hour, at.minute).strftime("%H:%M"))
weeks = st.dictionaries(st.sampled_from(DAYS), st.lists(st.tuples(clocks, clocks), max_size=3))


def at(day: str, clock: str) -> int:
    hour, minute = clock.split(":")
    return DAYS.index(day) * DAY_MINUTES + int(hour) * 60 + int(minute)


def test_always_is_no_range_and_never_is_an_empty_one() -> None:
    assert week_minutes(None) is None
    assert week_minutes({}) == "{}"
    assert covers(None, start=0, length=WEEK_MINUTES)
    assert not covers({}, start=0, length=1)


def test_a_day_stands_in_both_weeks() -> None:
    assert week_minutes({"mon": [["09:00", "18:00"]]}) == "{[540,1080),[10620,11160)}"


def test_touching_and_overlapping_spans_are_one() -> None:
    hours = {"tue": [["12:00", "18:00"], ["09:00", "12:00"], ["17:00", "19:00"]]}
    assert two_weeks(hours)[0] == (at("tue", "09:00"), at("tue", "19:00"))


def test_a_night_shift_crosses_midnight() -> None:
    hours = {"fri": [["22:00", "06:00"]]}
    assert covers(hours, start=at("fri", "23:00"), length=180)
    assert covers(hours, start=at("sat", "05:00"), length=60)
    assert not covers(hours, start=at("sat", "05:30"), length=60)


def test_a_sunday_night_reaches_the_first_monday_morning() -> None:
    hours = {"sun": [["22:00", "06:00"]]}
    assert covers(hours, start=at("sun", "23:00"), length=240)
    assert covers(hours, start=at("mon", "01:00"), length=120)


def test_midnight_may_be_written_as_24() -> None:
    assert covers({"mon": [["18:00", "24:00"]], "tue": [["00:00", "02:00"]]}, start=at("mon", "23:00"), length=120)
    assert two_weeks({"mon": [["00:00", "00:00"]]})[0] == (0, DAY_MINUTES)


def test_a_whole_week_covers_a_whole_week_from_anywhere() -> None:
    hours = {day: [["00:00", "24:00"]] for day in DAYS}
    assert covers(hours, start=at("wed", "13:07"), length=WEEK_MINUTES)


@pytest.mark.parametrize(
    ("hours", "pointer"),
    [
        ({"monday": [["09:00", "18:00"]]}, "/hours/monday"),
        ({"mon": [["9:00", "18:00"]]}, "/hours/mon/0"),
        ({"mon": [["09:00", "18:00"], ["24:00", "02:00"]]}, "/hours/mon/1"),
        ({"mon": [["09:00"]]}, "/hours/mon/0"),
        ({"mon": [["09:00", "18:00", "19:00"]]}, "/hours/mon/0"),
        ({"mon": [["09:00", "25:00"]]}, "/hours/mon/0"),
    ],
)
def test_hours_that_mean_nothing_are_refused(hours: dict[str, list[list[str]]], pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        week_minutes(hours)
    assert refused.value.errors[0].pointer == pointer


@given(weeks)
def test_spans_are_sorted_apart_and_inside_two_weeks(hours: dict[str, list[tuple[str, str]]]) -> None:
    spans = two_weeks(hours)
    assert all(0 <= start < end <= 2 * WEEK_MINUTES for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(weeks, st.integers(0, WEEK_MINUTES - 1))
def test_a_minute_is_covered_exactly_when_some_written_span_holds_it(
    hours: dict[str, list[tuple[str, str]]], minute: int
) -> None:
    def holds(day: str, span: tuple[str, str]) -> bool:
        start, end = at(day, span[0]), at(day, span[1])
        length = end - start if end > start else end - start + DAY_MINUTES
        return (minute - start) % WEEK_MINUTES < length

    expected = any(holds(day, span) for day, spans in hours.items() for span in spans)
    assert covers(hours, start=minute, length=1) is expected
