"""The earliest time that all technicians have, against looking at every minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_assign.core.spans import Span
from geo_assign.free_time.common_time import LOOKS_AHEAD, Diary, earliest_common_slot
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.working_time import WorkingTime
from tests.thoroughness import times
from tests.workforce.weeks import covers, week_span

MONDAY = datetime(2026, 5, 18, tzinfo=UTC)
STEP = timedelta(minutes=30)
ZONES = [ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Lisbon")]

CLOCKS = st.sampled_from(["00:00", "06:00", "09:30", "12:00", "17:00", "22:30", "24:00"])
SHIFTS = st.tuples(CLOCKS.filter(lambda clock: clock != "24:00"), CLOCKS)
HOURS = st.none() | st.dictionaries(st.sampled_from(DAYS), st.lists(SHIFTS, max_size=2))
SPANS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 20)).map(
        lambda span: (MONDAY + span[0] * STEP, MONDAY + (span[0] + span[1]) * STEP)
    ),
    max_size=4,
)
DIARIES = st.builds(
    Diary,
    st.builds(WorkingTime, HOURS, st.sampled_from(ZONES)),
    occupied=SPANS,
    away=SPANS,
)


def is_free(diary: Diary, slot: Span, travel_buffer: timedelta) -> bool:
    """As the database judges: nothing else in the slot or on the way to it, all of it in working hours."""
    start, end = slot
    minute, length = week_span(start, end, diary.working.zone)
    works = covers(diary.working.hours, start=minute, length=length)
    is_booked = any(until > start - travel_buffer and since < end for since, until in diary.occupied)
    is_away = any(until > start and since < end for since, until in diary.away)
    return works and not is_booked and not is_away


def look_at_every(
    diaries: Sequence[Diary], duration: timedelta, after: datetime, travel_buffer: timedelta
) -> Span | None:
    """All times lie on half hours, so it is enough to look at those."""
    start = after
    while start <= after + LOOKS_AHEAD:
        slot = (start, start + duration)
        if all(is_free(diary, slot, travel_buffer) for diary in diaries):
            return slot
        start += STEP
    return None


@settings(max_examples=times(60, 500), deadline=None)
@given(
    st.lists(DIARIES, min_size=1, max_size=3),
    st.sampled_from([STEP, 2 * STEP, 7 * STEP]),
    st.integers(0, 100),
    st.sampled_from([timedelta(0), STEP]),
)
def test_the_earliest_common_slot_is_the_one_that_looking_at_every_time_finds(
    diaries: list[Diary], duration: timedelta, later: int, travel_buffer: timedelta
) -> None:
    after = MONDAY + later * STEP
    found = earliest_common_slot(diaries, duration, after=after, travel_buffer=travel_buffer)
    assert found == look_at_every(diaries, duration, after, travel_buffer)


def test_it_begins_on_a_full_minute() -> None:
    always = WorkingTime(None, ZoneInfo("UTC"))
    busy = Diary(always, occupied=[(MONDAY, MONDAY + timedelta(minutes=7, seconds=20))])
    after = MONDAY + timedelta(seconds=5)
    found = earliest_common_slot([busy, Diary(always)], STEP, after=after, travel_buffer=timedelta(0))
    assert found == (MONDAY + timedelta(minutes=8), MONDAY + timedelta(minutes=38))


def test_a_part_of_a_second_is_rounded_up_to_the_next_minute() -> None:
    always = WorkingTime(None, ZoneInfo("UTC"))
    after = MONDAY + timedelta(microseconds=5)
    found = earliest_common_slot([Diary(always)], STEP, after=after, travel_buffer=timedelta(0))
    assert found == (MONDAY + timedelta(minutes=1), MONDAY + timedelta(minutes=31))


def test_a_slot_may_begin_two_weeks_ahead_and_no_later() -> None:
    always = WorkingTime(None, ZoneInfo("UTC"))

    def after_time_off(length: timedelta) -> Span | None:
        away = Diary(always, away=[(MONDAY, MONDAY + length)])
        return earliest_common_slot([away], STEP, after=MONDAY, travel_buffer=timedelta(0))

    begins = MONDAY + timedelta(days=14)
    assert after_time_off(LOOKS_AHEAD) == (begins, begins + STEP)
    assert after_time_off(LOOKS_AHEAD + timedelta(minutes=1)) is None
