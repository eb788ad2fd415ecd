"""A technician's way on one day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point
from geo_assign.mapview import tracks
from geo_assign.mapview.tracks import DayTrack, get_day_track
from tests.day import Day, shifted
from tests.snapshots import begun_once


def track(day: Day, letter: str, on: date | None = None, scope: Scope = EVERYTHING) -> DayTrack:
    with day.database.transaction(day.org_id) as tx:
        return get_day_track(tx, scope, day.people[letter], on)


@pytest.fixture
@begun_once
def driving(day: Day) -> Day:
    """A, B; A drives 100 m to the east every minute, five times."""
    day.map("A . B", step_m=500)
    for letter in "AB":
        day.technician(letter)
    for minute in range(1, 6):
        day.later("1 min")
        day.ping("A", shifted(day.places["A"], east_m=100 * minute))
    return day


def test_a_day_is_told_from_the_first_place_to_the_last_with_times(driving: Day) -> None:
    found = track(driving, "A")
    assert [one.at for one in found.points] == sorted(one.at for one in found.points)
    wanted = [shifted(driving.places["A"], east_m=100 * step) for step in range(6)]
    told = [one.point for one in found.points]
    assert [(round(one.lat, 6), round(one.lon, 6)) for one in told] == [
        (round(one.lat, 6), round(one.lon, 6)) for one in wanted
    ]
    assert (found.recorded, found.coarse, found.technician.name) == (6, False, "A")
    assert len(track(driving, "B").points) == 1


def test_another_day_is_empty_and_days_are_those_of_the_store(driving: Day) -> None:
    today = driving.clock.now().date()
    assert track(driving, "A", today).recorded == 6
    for other in (today - timedelta(days=1), today + timedelta(days=1)):
        assert track(driving, "A", other).points == []
    assert track(driving, "A", date(2026, 3, 29)).since == datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.parametrize("shown", [1, 2, 3, 4, 6, 100])
def test_a_long_track_is_thinned_evenly(driving: Day, monkeypatch: pytest.MonkeyPatch, shown: int) -> None:
    monkeypatch.setattr(tracks, "SHOWN", shown)
    found = track(driving, "A")
    assert 1 <= len(found.points) <= shown
    assert found.recorded == 6
    assert found.points[0].at == min(one.at for one in track(driving, "A").points)


def test_a_coarse_technician_is_coarse_here_too(driving: Day) -> None:
    exact = track(driving, "A").points
    driving.set(coarse_positions=True)
    found = track(driving, "A")
    assert found.coarse
    assert {one.point for one in found.points} == {
        Point(round(one.point.lat, 2), round(one.point.lon, 2)) for one in exact
    }
    assert all(one.accuracy_m is not None and one.accuracy_m >= 700 for one in found.points)


def test_a_technician_outside_the_scope_does_not_exist(driving: Day) -> None:
    with pytest.raises(NotFoundError):
        track(driving, "A", scope=Scope(group_ids=frozenset({driving.group("elsewhere")})))
