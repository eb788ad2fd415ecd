"""What a customer is told of the visits before the own one: how many, and what comes of it when they last too long."""

from datetime import UTC, datetime, timedelta

import pytest

from geo_assign.core.spans import Span
from geo_assign.following.domain import Before, VisitOfDay, look_before
from geo_assign.workorders.domain import State

MINE = 12.0
ASSIGNED, TRAVELLING, ON_SITE, DONE = State.ASSIGNED, State.TRAVELLING, State.ON_SITE, State.COMPLETED


def at(hour: float) -> datetime:
    return datetime(2031, 3, 3, tzinfo=UTC) + timedelta(hours=hour)


def between(start: float, end: float) -> Span:
    return at(start), at(end)


def before(now: float, *day: tuple[float, float, State], way_minutes: float = 0) -> Before:
    visits = [VisitOfDay(at(start), at(end), state) for start, end, state in (*day, (MINE, MINE + 1, ASSIGNED))]
    return look_before(visits, at(MINE), way=timedelta(minutes=way_minutes), now=at(now))


def test_the_visits_before_are_those_to_be_made_first() -> None:
    morning = [(8.0, 9.0, DONE), (9.0, 10.0, ON_SITE), (10.0, 11.0, ASSIGNED), (14.0, 15.0, ASSIGNED)]
    assert before(9.5, *morning) == Before(2, None)
    assert before(11.5) == Before(0, None)


def test_a_later_visit_that_was_begun_comes_first() -> None:
    assert before(11.0, (14.0, 15.0, TRAVELLING)).visits == 1


def test_an_offer_is_no_visit() -> None:
    assert before(8.0, (9.0, 10.0, State.OFFERED)).visits == 0


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (12.0, None),
        (12.24, None),
        (12.25, between(12.25, 12.75)),
        (12.26, between(12.5, 13.0)),
        (12.9, between(13.0, 13.5)),
    ],
)
def test_a_visit_that_lasts_too_long_is_told_in_quarters_of_an_hour(now: float, expected: Span | None) -> None:
    assert before(now, (11.0, 12.0, ON_SITE)) == Before(1, expected)


def test_each_visit_takes_its_time_and_the_way_to_the_next() -> None:
    two_left = [(9.0, 10.0, ON_SITE), (10.5, 11.5, ASSIGNED)]
    assert before(10.0, *two_left, way_minutes=30) == Before(2, None)
    assert before(10.8, *two_left, way_minutes=30).expected == between(13.0, 13.5)


def test_a_visit_that_was_not_begun_is_made_from_now_on() -> None:
    assert before(11.75, (10.0, 11.0, ASSIGNED)).expected == between(12.75, 13.25)
    assert before(11.75, (10.0, 11.0, TRAVELLING)).expected == between(12.75, 13.25)


def test_without_a_visit_before_nothing_but_the_slot_is_told() -> None:
    assert before(12.9) == Before(0, None)
