"""Free slots on made-up days: what is proposed can be done, and nothing that could be done was passed over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.clock import RecordedClock
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, road_s
from geo_assign.free_time.gaps import GRID
from geo_assign.free_time.ways import BY_LINE, Ways
from geo_assign.matching.domain import Question, Slot
from geo_assign.matching.queries import explain_one
from geo_assign.matching.questions import question_for_point
from geo_assign.workforce.commands import add_time_off, set_hours_exception
from geo_assign.workforce.domain import HoursException, TimeOff
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import Kind, NewOrder, State
from geo_assign.workorders.tables import bookings
from tests.conftest import World, cloned
from tests.day import NOON, Day
from tests.free_time.test_availability import TOMORROW, search
from tests.thoroughness import times

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
    return day.dispatch.create(day.boss, new, None)[0].state


_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=times(10, 100), **_QUIET)
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


_MINUTES = st.fixed_dictionaries({letter: st.integers(1, 90) for letter in "ABC"})
_DRIVES = st.none() | st.tuples(_MINUTES, _MINUTES)
"""Minutes of road from the letters to the wanted place and back; None: no router told any."""


@settings(max_examples=times(7, 70), **_QUIET)
@given(**_WORLDS, drives=_DRIVES)
def test_the_search_finds_what_trying_every_quarter_finds(
    town: World, people: list[Drawn], buffer: int, minutes: int, soon: bool, drives: Any
) -> None:
    day = furnish(town, people, buffer=buffer, soon=soon)
    try:
        after = NOON if soon else TOMORROW
        duration = timedelta(minutes=minutes)
        ways = (
            BY_LINE if drives is None else Ways(*({day.places[p]: m * 60.0 for p, m in way.items()} for way in drives))
        )
        found = {
            slot.start: {day.letter(one.technician_id) for one in slot.technicians}
            for slot in search(day, "J", after=after, duration=duration, limit=500, days=1, ways=ways).slots
        }
        tried = dict(tried_one_by_one(day, after, duration, buffer=timedelta(minutes=buffer), ways=ways))
        assert found == tried
    finally:
        day.database.close()


def tried_one_by_one(
    day: Day, after: datetime, duration: timedelta, *, buffer: timedelta, ways: Ways
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
                if ways_fit(person, question, buffer=buffer, ways=ways) and not codes(tx, question, day.people[letter])
            }
            if free:
                yield start, free
            start += GRID


@dataclass(frozen=True)
class Known:
    """What the trial needs of a technician, whose appointments are all at the technician's letter."""

    held: list[tuple[datetime, datetime]]
    letter: Point
    letter_m: float
    base: Point
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
        here = day.places[letter]
        return Known(spans, here, metres(tx, here, day.places["J"]), base, metres(tx, base, day.places["J"]))


def ways_fit(person: Known, question: Question, *, buffer: timedelta, ways: Ways) -> bool:
    """Whether the technician has time to come from the place before, and to go on."""
    start, end = question.slot.start, question.slot.end
    before = [until for _, until in person.held if until <= start]
    after = [occupied for occupied, _ in person.held if occupied >= end]
    at_letter = question.is_soon or any(until > question.day_start for until in before)
    place, line_m = (person.letter, person.letter_m) if at_letter else (person.base, person.base_m)
    way = timedelta(seconds=ways.to.get(place, road_s(line_m)))
    on = timedelta(seconds=ways.back.get(person.letter, road_s(person.letter_m)))
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
    """What excludes a technician."""
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
