"""Next free slots: hours, ways and other work are thought of, for any technician or for several together."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.clock import RecordedClock
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import road_s
from geo_assign.free_time.availability import Availability, Search, search_free_slots
from geo_assign.free_time.gaps import GRID, earliest_common_gap, on_grid
from geo_assign.free_time.ways import BY_LINE, Ways
from geo_assign.matching.domain import Slot
from geo_assign.matching.questions import question_for_point
from geo_assign.workforce.commands import set_hours_exception
from geo_assign.workforce.domain import HoursException
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.store_rules import get_store_rules
from tests.conftest import World
from tests.day import NOON, Day

HOUR = timedelta(hours=1)
TOMORROW = NOON.replace(hour=0) + timedelta(days=1)
NINE_TO_SIX = {day: [["09:00", "18:00"]] for day in DAYS}


def search(
    day: Day,
    place: str,
    *,
    after: datetime = TOMORROW,
    days: float = 1.0,
    together: Sequence[str] = (),
    limit: int = 10,
    duration: timedelta = HOUR,
    skills: tuple[str, ...] = (),
    ways: Ways = BY_LINE,
) -> Availability:
    """The next slots near a letter of the map."""
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        question = question_for_point(
            day.places[place],
            at=tx.now(),
            scope=EVERYTHING,
            slot=Slot(after, after + duration),
            rules=rules,
            skills=skills,
            freshness_s=rules.settings.freshness_s,
        )
        named = tuple(day.people[letter] for letter in together)
        zone = ZoneInfo(day.timezone)
        return search_free_slots(
            tx, Search(question, after + timedelta(days=days), zone, limit=limit, technician_ids=named), ways
        )


def first(day: Day, place: str, **more: Any) -> str:
    """The first slot and who can take it: 09:00 AB."""
    slots = search(day, place, **more).slots
    if not slots:
        return "none"
    zone = ZoneInfo(day.timezone)
    people = "".join(day.letter(one.technician_id) for one in slots[0].technicians)
    return f"{slots[0].start.astimezone(zone):%H:%M} {people}"


# What a caller on the phone is told ---------------------------------------------------------------------------------


def test_the_first_slot_is_when_a_near_technician_begins_to_work(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.technician("A", hours={name: [["10:00", "18:00"]] for name in DAYS})
    day.technician("B", hours=NINE_TO_SIX)
    assert first(day, "J") == "09:00 B"


def test_both_can_and_the_one_with_less_travel_is_named_first(day: Day) -> None:
    day.map("A . . . . J . B", step_m=500)
    for letter in ("A", "B"):
        day.technician(letter, hours=NINE_TO_SIX, home=True)
    assert first(day, "J") == "09:00 BA"


def test_the_way_from_the_appointment_before_is_left_free(day: Day) -> None:
    # 8 km as the crow flies are about 22 minutes on the road.
    day.map("A . . . . . . . J", step_m=1000)
    day.technician("A", hours=NINE_TO_SIX, booked="tomorrow 09:00-10:00")
    found = search(day, "J").slots[0]
    assert found.start == TOMORROW + timedelta(hours=10, minutes=30)
    (opening,) = found.technicians
    assert 20 * 60 < opening.travel_before_s < 24 * 60
    assert opening.provenance == "previous_appointment"


def test_so_is_the_way_to_the_one_after(day: Day) -> None:
    day.map("A . . . . . . . J", step_m=1000)
    day.technician("A", hours=NINE_TO_SIX, booked="tomorrow 10:15-18:00")
    assert first(day, "J") == "none"
    assert first(day, "J", duration=timedelta(minutes=45)) == "09:00 A"
    (opening,) = search(day, "J", duration=timedelta(minutes=45)).slots[0].technicians
    assert opening.travel_after_s == pytest.approx(road_s(8000), rel=0.01)


def test_the_store_s_buffer_comes_on_top(day: Day) -> None:
    day.set(travel_buffer_minutes=20)
    day.map("A J", step_m=100)
    day.technician("A", hours=NINE_TO_SIX, booked="tomorrow 09:00-10:00")
    assert first(day, "J") == "10:30 A"


def test_an_open_offer_and_time_off_are_no_gaps(day: Day) -> None:
    day.set(soon_minutes=0)
    day.map("A . J K", step_m=100)
    day.technician("A", hours=NINE_TO_SIX, time_off="tomorrow 10:00-12:00")
    day.set(offer_limit=5)
    day.lead("K", slot="tomorrow 09:00-10:00")
    assert first(day, "J") == "12:00 A"


def test_an_exception_from_the_hours_is_honoured(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", hours=NINE_TO_SIX)
    with day.database.transaction(day.org_id) as tx:
        exception = HoursException(day.people["A"], TOMORROW.date(), [["13:00", "15:00"]], None)
        set_hours_exception(tx, day.boss, exception)
    assert [f"{slot.start:%H:%M}" for slot in search(day, "J").slots] == ["13:00", "13:15", "13:30", "13:45", "14:00"]


def test_only_those_with_the_skill_and_within_the_radius_count(day: Day) -> None:
    day.set(radius_m=3000)
    day.map("A . J . . . . . . . B", step_m=1000)
    day.technician("A", hours=NINE_TO_SIX, home=True)
    day.technician("B", hours=NINE_TO_SIX, home=True, skills=["weld"])
    assert first(day, "J") == "09:00 A"
    assert first(day, "J", skills=("weld",)) == "none"


def test_in_the_next_two_hours_only_people_on_duty_count_from_where_they_are(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.technician("A", on_duty=False)
    day.technician("B")
    assert first(day, "J", after=NOON) == "12:15 B"
    assert search(day, "J", after=NOON).slots[0].technicians[0].provenance == "live"
    later = search(day, "J", after=NOON + timedelta(hours=2, minutes=15)).slots[0]
    assert {day.letter(one.technician_id) for one in later.technicians} == {"A", "B"}


def test_no_free_technician_is_said_with_the_reasons(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", hours={"mon": [["09:00", "18:00"]]})
    found = search(day, "J")
    assert found.slots == []
    assert [[reason.code.value for reason in person.reasons] for person in found.excluded] == [["outside_hours"]]


# All of them together ------------------------------------------------------------------------------------------------


def test_several_people_come_at_their_earliest_common_time(day: Day) -> None:
    day.map("A . J . B . C", step_m=100)
    day.technician("A", hours=NINE_TO_SIX, booked="tomorrow 09:00-11:00")
    day.technician("B", hours=NINE_TO_SIX, booked="tomorrow 12:00-13:00")
    day.technician("C", hours=NINE_TO_SIX)
    assert first(day, "J", together="ABC") == "13:15 ABC"
    assert first(day, "J", together="AC") == "11:15 AC"


def test_one_who_never_can_leaves_no_common_time(day: Day) -> None:
    day.map("A . J . B", step_m=100)
    day.technician("A", hours=NINE_TO_SIX)
    day.technician("B", hours={})
    found = search(day, "J", together="AB")
    assert found.slots == []
    assert [person.name for person in found.excluded] == ["A", "B"]


def test_an_unknown_technician_is_not_found(day: Day) -> None:
    day.map("A . J", step_m=100)
    day.technician("A")
    day.people["Z"] = uuid4()
    with pytest.raises(NotFoundError):
        search(day, "J", together="AZ")


def test_gaps_of_several_people() -> None:
    morning, noon = (NOON - 3 * HOUR, NOON), (NOON, NOON + 2 * HOUR)
    late = (NOON - HOUR, NOON + HOUR)
    assert earliest_common_gap([[morning, noon], [late]], HOUR, NOON - 5 * HOUR) == (NOON - HOUR, NOON)
    assert earliest_common_gap([[morning], [noon]], HOUR, NOON - 5 * HOUR) is None
    assert earliest_common_gap([[morning]], HOUR, NOON - timedelta(minutes=59)) is None
    assert earliest_common_gap([], HOUR, NOON) is None


# Clocks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_slots_begin_on_the_quarters_of_the_zone_s_clocks(zone: str) -> None:
    for minutes in (0, 1, 14, 15, 59):
        start = on_grid(NOON + timedelta(minutes=minutes), ZoneInfo(zone))
        assert start.astimezone(ZoneInfo(zone)).minute % 15 == 0
        assert timedelta(0) <= start - NOON - timedelta(minutes=minutes) < GRID


def test_the_hour_that_the_clocks_skip_is_not_offered_twice(world: World) -> None:
    clock = RecordedClock(datetime(2026, 3, 28, 12, tzinfo=UTC))
    database = world.database(clock=clock)
    day = Day(database, clock, uuid4(), timezone="Europe/Lisbon").open()
    day.map("A . J", step_m=100)
    day.technician("A", hours={"sat": [["22:00", "03:00"]]}, last_ping=None)
    found = search(day, "J", after=datetime(2026, 3, 28, 16, tzinfo=UTC), limit=50)
    database.close()
    wall = [f"{slot.start.astimezone(ZoneInfo('Europe/Lisbon')):%H:%M}" for slot in found.slots]
    assert wall[:3] == ["22:00", "22:15", "22:30"]
    assert wall[-4:] == ["00:15", "00:30", "00:45", "02:00"]
