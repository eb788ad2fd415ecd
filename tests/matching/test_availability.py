"""Next free slots: what is proposed can be assigned, nothing earlier was passed over, and ways are thought of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from geo_assign.access.domain import Scope
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point, road_s
from geo_assign.dispatch.commands.orders import NewOrder
from geo_assign.matching.availability import Availability, Search, find_slots
from geo_assign.matching.domain import Question, Slot
from geo_assign.matching.gaps import GRID, earliest_common_gap, on_grid
from geo_assign.matching.queries import explain_one
from geo_assign.matching.questions import get_store_rules, question_for_point
from geo_assign.workforce.commands import add_time_off, set_hours_exception
from geo_assign.workforce.domain import HoursException, TimeOff
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.domain import Kind, State
from geo_assign.workorders.tables import bookings
from tests.access.api import Api, seeded_api
from tests.conftest import World, cloned
from tests.day import NOON, Day

EVERYTHING = Scope(everything=True)
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
        return find_slots(tx, Search(question, after + timedelta(days=days), zone, limit=limit, technician_ids=named))


def first(day: Day, place: str, **more: Any) -> str:
    """The first slot and who can take it: 09:00 AB."""
    slots = search(day, place, **more).slots
    if not slots:
        return "none"
    zone = ZoneInfo(day.timezone)
    people = "".join(day.letter(one.technician_id) for one in slots[0].technicians)
    return f"{slots[0].start.astimezone(zone):%H:%M} {people}"


# What a caller on the phone is told ---------------------------------------------------------------------------------


def test_the_first_slot_is_when_somebody_near_begins_to_work(day: Day) -> None:
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


def test_nobody_free_is_said_with_the_reasons(day: Day) -> None:
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


def test_somebody_unknown_is_not_there(day: Day) -> None:
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


# What is proposed can be done, and nothing was passed over ----------------------------------------------------------

_CLOCKS = [f"{hour:02d}:{minute:02d}" for hour in range(8, 20) for minute in (0, 20, 40)]
_SHIFTS = st.sampled_from([None, [["09:00", "13:00"], ["14:00", "18:00"]], [["12:00", "02:00"]], [["08:10", "11:50"]]])
_SPANS = st.tuples(st.sampled_from(_CLOCKS), st.sampled_from([20, 60, 150]))


@dataclass(frozen=True)
class Drawn:
    """One person of a made-up day."""

    shift: Any
    booked: tuple[tuple[str, int], ...]
    away: tuple[str, int] | None
    exception: Any
    home: bool


_PERSON = st.builds(
    Drawn,
    shift=_SHIFTS,
    booked=st.lists(_SPANS, max_size=3).map(tuple),
    away=st.one_of(st.none(), _SPANS),
    exception=st.one_of(st.none(), st.just([]), st.just([["10:00", "16:00"]])),
    home=st.booleans(),
)
_WORLDS = {
    "people": st.lists(_PERSON, min_size=1, max_size=3),
    "buffer": st.sampled_from([0, 20]),
    "minutes": st.sampled_from([30, 60, 95]),
    "soon": st.booleans(),
}


@pytest.fixture(scope="module")
def town(template: str) -> Iterator[World]:
    with cloned(template) as world:
        yield world


def furnish(town: World, people: Sequence[Drawn], *, buffer: int, soon: bool) -> Day:
    """A day of its own, in its own organization: bookings that do not fit are left out, as the database has it."""
    clock = RecordedClock(NOON)
    day = Day(town.database(clock=clock, pool_size=2), clock, uuid4()).open(
        travel_buffer_minutes=buffer, lead_acceptance=False, lead_auto_user_assignment="off"
    )
    day.map("A . . J . B . . . . C", step_m=1500)
    when = "" if soon else "tomorrow "
    for letter, drawn in zip("ABC", people, strict=False):
        hours = None if drawn.shift is None else dict.fromkeys(DAYS, drawn.shift)
        day.technician(letter, hours=hours, home=drawn.home)
        for clock_text, minutes in drawn.booked:
            start, _ = day.slot(f"{when}{clock_text}-23:59")
            _lead(day, letter, letter, start, start + timedelta(minutes=minutes))
        if drawn.exception is not None:
            with day.database.transaction(day.org_id) as tx:
                date = (NOON if soon else TOMORROW).date()
                set_hours_exception(tx, day.boss, HoursException(day.people[letter], date, drawn.exception, None))
        if drawn.away is not None:
            _away(day, letter, *day.slot(f"{when}{drawn.away[0]}-23:59"), minutes=drawn.away[1])
    return day


def _away(day: Day, letter: str, start: datetime, _end: datetime, *, minutes: int) -> None:
    with day.database.transaction(day.org_id) as tx:
        span = TimeOff(
            uuid4(), day.people[letter], starts_at=start, ends_at=start + timedelta(minutes=minutes), note=None
        )
        add_time_off(tx, day.boss, span)


def _lead(day: Day, place: str, letter: str, start: datetime, end: datetime) -> State:
    new = NewOrder(
        kind=Kind.LEAD,
        store_id=day.store_id,
        customer={"name": "Customer"},
        location=day.places[place],
        slot_start=start,
        slot_end=end,
        assignee_id=day.people[letter],
    )
    return day.dispatcher.create(day.boss, new, None)[0].state


_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=20, **_QUIET)
@given(**_WORLDS)
def test_what_is_proposed_can_be_booked(
    town: World, people: list[Drawn], buffer: int, minutes: int, soon: bool
) -> None:
    day = furnish(town, people, buffer=buffer, soon=soon)
    try:
        after = NOON if soon else TOMORROW
        duration = timedelta(minutes=minutes)
        slots = search(day, "J", after=after, duration=duration, limit=1).slots
        for slot in slots:
            for opening in slot.technicians:
                letter = day.letter(opening.technician_id)
                with day.database.transaction(day.org_id) as tx:
                    assert codes(tx, asked(tx, day, slot.start, slot.end), opening.technician_id) == set()
                assert _lead(day, "J", letter, slot.start, slot.end) is State.ASSIGNED
    finally:
        day.database.close()


@settings(max_examples=10, **_QUIET)
@given(**_WORLDS)
def test_the_search_finds_what_trying_every_quarter_finds(
    town: World, people: list[Drawn], buffer: int, minutes: int, soon: bool
) -> None:
    day = furnish(town, people, buffer=buffer, soon=soon)
    try:
        after = NOON if soon else TOMORROW
        duration = timedelta(minutes=minutes)
        found = {
            slot.start: {day.letter(one.technician_id) for one in slot.technicians}
            for slot in search(day, "J", after=after, duration=duration, limit=500, days=1).slots
        }
        tried = dict(tried_one_by_one(day, after, duration, buffer=timedelta(minutes=buffer)))
        assert found == tried
    finally:
        day.database.close()


def tried_one_by_one(
    day: Day, after: datetime, duration: timedelta, *, buffer: timedelta
) -> Iterator[tuple[datetime, set[str]]]:
    """Every quarter of an hour of a day with those who can come, each looked at by itself."""
    people = {letter: known(day, letter) for letter in day.people}
    start = after
    with day.database.transaction(day.org_id) as tx:
        while start + duration <= after + timedelta(days=1):
            question = asked(tx, day, start, start + duration)
            free = {
                letter
                for letter, person in people.items()
                if ways_fit(person, question, buffer=buffer) and not codes(tx, question, day.people[letter])
            }
            if free:
                yield start, free
            start += GRID


@dataclass(frozen=True)
class Known:
    """What the trying needs of somebody: his appointments are all at his letter."""

    held: list[tuple[datetime, datetime]]
    letter_m: float
    base_m: float


def known(day: Day, letter: str) -> Known:
    b = bookings.c
    with day.database.transaction(day.org_id) as tx:
        held = tx.conn.execute(
            select(b.occupied_from, b.occupied_until).where(
                b.org_id == tx.org_id, b.technician_id == day.people[letter], b.state == "assigned"
            )
        )
        spans = [(row.occupied_from, row.occupied_until) for row in held]
        base = get_technician(tx, EVERYTHING, day.people[letter]).base
        return Known(spans, metres(tx, day.places[letter], day.places["J"]), metres(tx, base, day.places["J"]))


def ways_fit(person: Known, question: Question, *, buffer: timedelta) -> bool:
    """Whether there is time to come from where he is, or will be, and to go on."""
    start, end = question.slot.start, question.slot.end
    before = [until for _, until in person.held if until <= start]
    after = [occupied for occupied, _ in person.held if occupied >= end]
    at_letter = question.is_soon or any(until > question.day_start for until in before)
    way = timedelta(seconds=road_s(person.letter_m if at_letter else person.base_m))
    on = timedelta(seconds=road_s(person.letter_m))
    return max([NOON, *before]) + way + buffer <= start and (not after or end + on <= min(after))


def asked(tx: Tx, day: Day, start: datetime, end: datetime) -> Question:
    rules = get_store_rules(tx, EVERYTHING, day.store_id)
    return question_for_point(
        day.places["J"],
        at=tx.now(),
        scope=EVERYTHING,
        slot=Slot(start, end),
        rules=rules,
        freshness_s=rules.settings.freshness_s,
    )


def codes(tx: Tx, question: Question, technician_id: UUID) -> set[str]:
    """What excludes somebody."""
    found = explain_one(tx, question, technician_id)
    assert found is not None
    return {reason.code.value for reason in found.reasons}


def metres(tx: Tx, here: Point, there: Point) -> float:
    """The geodesic."""
    query = text(
        "SELECT ST_Distance(geography(ST_SetSRID(ST_MakePoint(:a, :b), 4326)), "
        "geography(ST_SetSRID(ST_MakePoint(:c, :d), 4326)))"
    )
    return float(tx.conn.execute(query, {"a": here.lon, "b": here.lat, "c": there.lon, "d": there.lat}).scalar_one())


# Over HTTP -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


def test_a_slot_found_over_http_is_taken_as_it_is(api: Api) -> None:
    body = {"store_id": api.id("stores", "centre"), "point": {"lat": 41.151, "lon": -8.61}, "limit": 3}
    body |= {"from": "2031-05-01T09:10:00", "to": "2031-05-01T18:00:00", "duration_minutes": 45}
    answer = api.post("/v1/availability", by="shop", json=body)
    assert answer.status_code == 200, answer.json
    slots = answer.get_json()["slots"]
    assert slots[0]["start"] == "2031-05-01T08:15:00Z"
    (ana,) = slots[0]["technicians"]
    lead = {
        "store_id": body["store_id"],
        "customer": {"name": "Rui"},
        "location": body["point"],
        "slot": {"start": slots[0]["start"], "end": slots[0]["end"]},
        "assignee_id": ana["id"],
    }
    assert api.post("/v1/leads", by="desk", json=lead).get_json()["state"] == "assigned"
    again = api.post("/v1/availability", by="shop", json=body).get_json()["slots"][0]
    assert again["start"] == slots[0]["end"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"address": "Rua Nova 1"}, 422, "invalid_request"),
        ({"point": None, "address": "Nowhere 5"}, 409, "address_not_found"),
        ({"from": "2031-03-30T01:30:00"}, 422, "wall_time_does_not_exist"),
        ({"from": "2031-05-01T09:00:00Z", "to": "2031-05-01T08:00:00Z"}, 422, "invalid_request"),
        ({"from": "2031-05-01T09:00:00Z", "to": "2031-07-01T08:00:00Z"}, 422, "invalid_request"),
        ({"technician_ids": [str(uuid4())]}, 404, "not_found"),
    ],
)
def test_what_cannot_be_searched_is_said(api: Api, change: dict[str, Any], status: int, code: str) -> None:
    body = {"store_id": api.id("stores", "centre"), "point": {"lat": 41.151, "lon": -8.61}} | change
    answer = api.post("/v1/availability", by="desk", json={k: v for k, v in body.items() if v is not None})
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    if code == "address_not_found":
        assert answer.get_json()["candidates"] == []


def test_another_store_is_not_there(api: Api) -> None:
    body = {"store_id": api.id("stores", "north"), "point": {"lat": 41.151, "lon": -8.61}}
    assert api.post("/v1/availability", by="desk", json=body).status_code == 404
