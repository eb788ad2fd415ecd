"""Local time: days of 23 and 25 hours, skipped and repeated wall times."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.workforce.local_time import (
    UnknownTimezoneError,
    WallTimeDoesNotExistError,
    as_instant,
    get_zone,
    local_day,
)

LISBON = get_zone("Europe/Lisbon")
zones = st.sampled_from(
    ["Europe/Lisbon", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"]
).map(get_zone)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type, misc]  # noqa: DTZ001


@pytest.mark.parametrize("name", ["", "Lisbon", "Europe", "../etc/passwd", "europe/lisbon", "UTC+1"])
def test_names_that_are_no_zone_are_refused(name: str) -> None:
    with pytest.raises(UnknownTimezoneError):
        get_zone(name)


def test_an_offset_says_the_instant_whatever_the_zone() -> None:
    given_at = datetime.fromisoformat("2026-07-01T12:00:00+05:30")
    assert as_instant(given_at, LISBON) == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)


def test_a_wall_time_is_read_in_the_zone() -> None:
    assert as_instant(wall(2026, 7, 1, 12), LISBON) == datetime(2026, 7, 1, 11, tzinfo=UTC)


def test_a_skipped_wall_time_names_the_next_valid_one() -> None:
    with pytest.raises(WallTimeDoesNotExistError) as refused:
        as_instant(wall(2026, 3, 29, 1, 30), LISBON)
    assert refused.value.facts["next_valid"] == "2026-03-29T02:00:00+01:00"
    assert refused.value.code == "wall_time_does_not_exist"


def test_a_repeated_wall_time_is_the_first() -> None:
    assert as_instant(wall(2026, 10, 25, 1, 30), LISBON) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 1), 24), ((2026, 3, 30), 24)]
)
def test_a_local_day_lasts_until_the_next_local_midnight(day: tuple[int, int, int], hours: int) -> None:
    start, end = local_day(datetime(*day, 12, tzinfo=UTC), LISBON)
    assert end - start == timedelta(hours=hours)


def test_a_day_whose_midnight_is_skipped_starts_at_its_first_instant() -> None:
    start, end = local_day(datetime(2018, 11, 4, 12, tzinfo=UTC), get_zone("America/Sao_Paulo"))
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert end - start == timedelta(hours=23)


def test_a_date_that_a_zone_skipped_belongs_to_no_day() -> None:
    start, end = local_day(datetime(2011, 12, 30, 9, tzinfo=UTC), get_zone("Pacific/Apia"))
    assert (start, end) == (datetime(2011, 12, 29, 10, tzinfo=UTC), datetime(2011, 12, 30, 10, tzinfo=UTC))


@given(instants, zones)
def test_every_instant_lies_in_its_local_day(instant: datetime, zone) -> None:  # type: ignore[no-untyped-def]
    start, end = local_day(instant, zone)
    assert start <= instant < end
    assert start.astimezone(zone).date() == instant.astimezone(zone).date()
    assert local_day(end, zone)[0] == end


@given(instants, zones)
def test_a_wall_time_that_exists_reads_back(instant: datetime, zone) -> None:  # type: ignore[no-untyped-def]
    shown = instant.astimezone(zone).replace(tzinfo=None)
    read = as_instant(shown, zone)
    assert read.astimezone(zone).replace(tzinfo=None) == shown.replace(fold=0)
    assert read <= instant


@given(instants.map(lambda at: at.replace(tzinfo=None)), zones)
def test_a_wall_time_is_read_or_the_next_valid_one_is_named(shown: datetime, zone) -> None:  # type: ignore[no-untyped-def]
    try:
        assert as_instant(shown, zone).astimezone(zone).replace(tzinfo=None) == shown
    except WallTimeDoesNotExistError as refused:
        valid = datetime.fromisoformat(refused.facts["next_valid"])
        assert valid.replace(tzinfo=None) > shown
        assert as_instant(valid.replace(tzinfo=None), zone) == valid
