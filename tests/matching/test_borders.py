"""The edges of the filters: spans are half-open, limits are reached exactly, and one step beyond excludes."""

import math
from datetime import timedelta

import pytest

from geo_assign.workforce.commands import set_hours_exception
from geo_assign.workforce.domain import HoursException
from geo_assign.workorders.domain import OfferExpiredError, OfferState, RejectReason, State
from tests.day import NOON, Day
from tests.matching.asking import asked, ranked, reasons

SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)


@pytest.fixture
def one(day: Day) -> Day:
    """A place J and a technician A beside it, at noon."""
    day.map("J A", step_m=500)
    day.set(offer_limit=9)
    return day


TOUCHING = [
    ("12:00-13:00", True),  # it ends when the other begins
    ("12:00-13:01", False),
    ("13:30-14:30", False),
    ("14:59-15:30", False),
    ("15:00-16:00", True),  # it begins when the other ends
]


@pytest.mark.parametrize(("slot", "free"), TOUCHING)
def test_a_booking_takes_its_slot_and_no_more(one: Day, slot: str, free: bool) -> None:
    one.technician("A", booked="13:00-15:00")
    assert reasons(one, asked(one, "J", slot), "A") == (set() if free else {"slot_taken"})


@pytest.mark.parametrize(("slot", "free"), TOUCHING)
def test_an_open_offer_takes_its_slot_and_no_more(one: Day, slot: str, free: bool) -> None:
    one.technician("A")
    one.places["K"] = one.places["J"]
    assert one.lead("K", slot="13:00-15:00").state is State.OFFERED
    assert reasons(one, asked(one, "J", slot), "A") == (set() if free else {"slot_taken"})


@pytest.mark.parametrize(("slot", "free"), TOUCHING)
def test_time_off_takes_its_span_and_no_more(one: Day, slot: str, free: bool) -> None:
    one.technician("A", time_off="13:00-15:00")
    assert reasons(one, asked(one, "J", slot), "A") == (set() if free else {"time_off"})


@pytest.mark.parametrize(("slot", "gets_it"), TOUCHING)
def test_an_assignment_takes_what_the_ranking_says_is_free(one: Day, slot: str, gets_it: bool) -> None:
    """The exclusion constraint draws the same edges as the filter."""
    one.technician("A", booked="13:00-15:00")
    lead = one.lead("J", slot=slot, assignee="A")
    assert (lead.state is State.ASSIGNED) is gets_it


@pytest.mark.parametrize(
    ("slot", "free"),
    [("12:00-13:30", True), ("12:00-13:31", False), ("15:29-16:00", False), ("15:30-16:00", True)],
)
def test_the_travel_buffer_belongs_to_both_bookings(one: Day, slot: str, free: bool) -> None:
    one.set(travel_buffer_minutes=30)
    one.technician("A", booked="14:00-15:00")
    assert reasons(one, asked(one, "J", slot), "A") == (set() if free else {"slot_taken"})


HOURS = [
    ("12:29-13:29", False),
    ("12:30-13:30", True),
    ("13:30-14:30", True),
    ("13:31-14:31", False),
    ("12:30-14:30", True),
]


@pytest.mark.parametrize(("slot", "works"), HOURS)
def test_the_hours_of_the_week_hold_from_their_first_to_their_last_minute(one: Day, slot: str, works: bool) -> None:
    one.technician("A", hours={"wed": [["12:30", "14:30"]]})
    assert reasons(one, asked(one, "J", slot), "A") == (set() if works else {"outside_hours"})


@pytest.mark.parametrize(("slot", "works"), HOURS)
def test_the_hours_of_one_date_hold_from_their_first_to_their_last_minute(one: Day, slot: str, works: bool) -> None:
    person = one.technician("A")
    with one.database.transaction(one.org_id) as tx:
        set_hours_exception(tx, one.boss, HoursException(person, NOON.date(), [["12:30", "14:30"]], None))
    assert reasons(one, asked(one, "J", slot), "A") == (set() if works else {"outside_hours"})


@pytest.mark.parametrize(
    ("valid", "holds"),
    [
        ({"valid_until": NOON + timedelta(hours=1)}, False),
        ({"valid_until": NOON + timedelta(hours=1) + SECOND}, True),
        ({"valid_from": NOON + timedelta(hours=1)}, True),
        ({"valid_from": NOON + timedelta(hours=1) + SECOND}, False),
    ],
)
def test_an_agreement_holds_from_its_first_instant_until_before_its_last(one: Day, valid, holds: bool) -> None:  # type: ignore[no-untyped-def]
    one.provider("fixers", groups=["north"], **valid)
    one.technician("A", provider="fixers", group="north")
    assert reasons(one, asked(one, "J", "13:00-14:00"), "A") == (set() if holds else {"agreement_expired"})


@pytest.mark.parametrize(("age", "codes"), [("300 s", set()), ("301 s", {"stale_position"})])
def test_a_position_is_fresh_up_to_its_last_second(one: Day, age: str, codes: set[str]) -> None:
    one.technician("A", last_ping=f"{age} ago")
    assert reasons(one, asked(one, "J"), "A") == codes


@pytest.mark.parametrize(("age", "codes"), [("900 s", set()), ("901 s", {"offline"})])
def test_a_phone_is_reachable_up_to_its_last_second(one: Day, age: str, codes: set[str]) -> None:
    one.set(freshness_s=3_600)
    one.technician("A", last_ping=f"{age} ago")
    assert reasons(one, asked(one, "J"), "A") == codes


def test_the_radius_includes_who_is_exactly_on_it(one: Day) -> None:
    one.technician("A")
    distance_m = ranked(one, asked(one, "J"))["A"].distance_m
    one.set(radius_m=distance_m)
    assert reasons(one, asked(one, "J"), "A") == set()
    one.set(radius_m=math.nextafter(distance_m, 0))
    assert reasons(one, asked(one, "J"), "A") == {"outside_radius"}


@pytest.mark.parametrize(("limit", "codes"), [(1, {"offer_limit"}), (2, set())])
def test_the_limit_of_offers_is_reached_by_the_last_one_allowed(one: Day, limit: int, codes: set[str]) -> None:
    one.set(offer_limit=limit)
    one.technician("A")
    one.places["K"] = one.places["J"]
    assert one.lead("K", slot="17:00-18:00").state is State.OFFERED
    assert reasons(one, asked(one, "J"), "A") == codes


@pytest.mark.parametrize(("capacity", "codes"), [(1, {"slot_taken"}), (2, set())])
def test_a_providers_capacity_is_reached_by_the_last_order_allowed(one: Day, capacity: int, codes: set[str]) -> None:
    one.provider("fixers", groups=["north"], capacity=capacity)
    one.technician("A", provider="fixers", group="north", booked="17:00-18:00")
    assert reasons(one, asked(one, "J", "12:30-13:30"), "A") == codes


@pytest.mark.parametrize(("after", "codes"), [("1799 s", {"rejected_before"}), ("1800 s", set())])
def test_a_technician_who_was_busy_may_be_asked_again_when_the_time_is_over(
    one: Day, after: str, codes: set[str]
) -> None:
    one.set(reoffer_after_minutes=30)
    one.technician("A")
    one.lead("J")
    one.reject("A", one.offer("J"), RejectReason.BUSY)
    one.later(after)
    one.ping("A")
    assert reasons(one, asked(one, "J"), "A") == codes


def test_the_last_instant_to_accept_lies_before_the_deadline(one: Day) -> None:
    one.technician("A")
    one.lead("J")
    offer = one.offer("J")
    one.clock.set(offer.expires_at)
    with pytest.raises(OfferExpiredError):
        one.accept("A", offer)
    one.clock.set(offer.expires_at - MICROSECOND)
    assert not one.expire(offer)
    assert one.accept("A", offer).state is OfferState.ACCEPTED


def test_an_offer_expires_at_its_deadline(one: Day) -> None:
    one.technician("A")
    one.lead("J")
    offer = one.offer("J")
    one.clock.set(offer.expires_at)
    assert one.expire(offer)


@pytest.mark.parametrize(
    ("booked", "today"),
    [
        ("12:00-13:00", 1),
        ("23:00-00:00", 1),  # it ends when the next day begins
        ("23:30-00:30", 1),  # it runs over midnight: the work of both days
        ("tomorrow 00:00-01:00", 0),
    ],
)
def test_the_work_of_today_ends_at_midnight(one: Day, booked: str, today: int) -> None:
    one.technician("A", booked=booked)
    assert ranked(one, asked(one, "J", "17:00-18:00"))["A"].workload.today == today


@pytest.mark.parametrize(("booked", "today"), [("23:00-00:00", 0), ("23:30-00:30", 1), ("tomorrow 00:00-01:00", 1)])
def test_the_work_of_tomorrow_begins_at_midnight(one: Day, booked: str, today: int) -> None:
    one.technician("A", booked=booked, home=True)
    assert ranked(one, asked(one, "J", "tomorrow 17:00-18:00"))["A"].workload.today == today


@pytest.mark.parametrize(("at", "overdue"), [("59 min", 0), ("60 min", 1)])
def test_work_is_overdue_from_the_end_of_its_slot(one: Day, at: str, overdue: int) -> None:
    one.technician("A", booked="12:00-13:00")
    one.later(at)
    one.ping("A")
    assert ranked(one, asked(one, "J", "17:00-18:00"))["A"].workload.overdue == overdue
