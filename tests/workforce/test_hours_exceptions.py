"""Exceptions from the weekly hours: what replaces them on one local date, and what a ranking makes of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.clock import RecordedClock
from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.free_time.days import get_days
from geo_assign.matching.domain import ExclusionCode, Question, Slot
from geo_assign.matching.queries import explain_one
from geo_assign.matching.questions import question_for_point
from geo_assign.workforce.commands import (
    remove_hours_exception,
    set_hours_exception,
    update_store,
    update_technician,
)
from geo_assign.workforce.domain import HoursException
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.hours_exceptions import list_hours_exceptions, list_working_times
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.tables import hours_exceptions
from geo_assign.workforce.working_time import WorkingTime, working_spans
from tests.access.api import Api
from tests.conftest import World, cloned
from tests.day import NOON, ORIGIN, Day
from tests.thoroughness import times
from tests.workforce.conftest import House

TODAY = NOON.date()
NINE_TO_SIX = {day: [["09:00", "18:00"]] for day in DAYS}
NIGHTS = {day: [["22:00", "06:00"]] for day in DAYS}
LISBON = ZoneInfo("Europe/Lisbon")


def except_for(day: Day, letter: str, spans: Sequence[Sequence[str]], *, on: date = TODAY) -> None:
    """Write down the hours that a technician works on one date."""
    with day.database.transaction(day.org_id) as tx:
        set_hours_exception(tx, day.boss, HoursException(day.people[letter], on, spans, None))


def question(day: Day, start: datetime, end: datetime) -> Question:
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        slot = Slot(start, end)
        return question_for_point(ORIGIN, at=tx.now(), scope=EVERYTHING, slot=slot, rules=rules, freshness_s=300.0)


def works(day: Day, letter: str, start: datetime, end: datetime) -> bool:
    """Whether the filter of working hours lets this slot pass."""
    asked = question(day, start, end)
    with day.database.transaction(day.org_id) as tx:
        found = explain_one(tx, asked, day.people[letter])
    assert found is not None
    return ExclusionCode.OUTSIDE_HOURS not in {reason.code for reason in found.reasons}


def works_at(day: Day, letter: str, slot: str) -> bool:
    return works(day, letter, *day.slot(slot))


# What a ranking makes of it ------------------------------------------------------------------------------------------


def test_on_a_short_day_the_afternoon_goes_to_another_technician(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    for letter in ("A", "B"):
        day.technician(letter, hours=NINE_TO_SIX)
    except_for(day, "A", [["10:00", "14:00"]])
    lead = day.auto_assign("J", slot="14:30-15:30")
    assert (lead.technician, lead.excluded) == ("B", {"A": "outside_hours"})


def test_an_exception_may_also_add_time(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", hours={"mon": [["09:00", "18:00"]]})
    assert day.lead("J", slot="14:30-15:30").excluded == {"A": "outside_hours"}
    except_for(day, "A", [["14:00", "16:00"]])
    assert day.evaluate("J").technician == "A"


def test_a_technician_without_hours_can_have_a_day_off(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A")
    except_for(day, "A", [])
    assert not works_at(day, "A", "13:00-14:00")
    assert works_at(day, "A", "tomorrow 13:00-14:00")
    assert not works(day, "A", NOON + timedelta(hours=11, minutes=30), NOON + timedelta(hours=12, minutes=30))


def test_the_night_before_a_free_day_is_worked_to_its_end(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours=NIGHTS)
    except_for(day, "A", [])
    assert works_at(day, "A", "05:00-06:00")
    assert not works_at(day, "A", "22:00-23:00")
    assert not works_at(day, "A", "tomorrow 05:00-06:00")
    assert works_at(day, "A", "tomorrow 22:00-23:00")


def test_a_night_shift_for_once_crosses_midnight(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours=NINE_TO_SIX)
    except_for(day, "A", [["20:00", "02:00"]])
    evening = NOON + timedelta(hours=11, minutes=30)
    assert works(day, "A", evening, evening + timedelta(hours=2))
    assert not works(day, "A", evening, evening + timedelta(hours=3))
    assert not works_at(day, "A", "13:00-14:00")
    assert works_at(day, "A", "tomorrow 13:00-14:00")


def test_it_ends_with_the_exception(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours=NINE_TO_SIX)
    except_for(day, "A", [])
    with day.database.transaction(day.org_id) as tx:
        remove_hours_exception(tx, day.boss, day.people["A"], local_date=TODAY)
    assert works_at(day, "A", "13:00-14:00")


def test_a_store_that_moves_to_another_zone_takes_exceptions_along(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours=NINE_TO_SIX)
    except_for(day, "A", [["10:00", "14:00"]])
    at_ten = NOON.replace(hour=10)
    assert works(day, "A", at_ten, at_ten + timedelta(hours=1))
    with day.database.transaction(day.org_id) as tx:
        update_store(tx, day.boss, day.store_id, changes={"timezone": "Asia/Tokyo"})
    assert not works(day, "A", at_ten, at_ten + timedelta(hours=1))
    in_tokyo = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert works(day, "A", in_tokyo, in_tokyo + timedelta(hours=1))


def test_the_day_strip_shows_the_exception(day: Day) -> None:
    day.map("A", step_m=500)
    person = day.technician("A", hours=NINE_TO_SIX)
    except_for(day, "A", [["20:00", "02:00"]])
    asked = question(day, *day.slot("21:00-22:00"))
    with day.database.transaction(day.org_id) as tx:
        hours = get_days(tx, asked, [person])[person].hours
    assert hours == [{"start": NOON.replace(hour=20), "end": NOON.replace(hour=2) + timedelta(days=1)}]


# Clocks that change --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day_of_change", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_whole_day_is_as_long_as_the_clocks_make_it(day_of_change: date, hours: int) -> None:
    off = {day_of_change - timedelta(days=1): [], day_of_change + timedelta(days=1): []}
    noon = datetime(day_of_change.year, day_of_change.month, day_of_change.day, 12, tzinfo=UTC)
    within = (noon - timedelta(hours=20), noon + timedelta(hours=20))
    ((start, end),) = working_spans(WorkingTime(None, LISBON, off), within)
    assert end - start == timedelta(hours=hours)


def test_a_night_shift_through_the_change_is_an_hour_shorter(world: World) -> None:
    clock = RecordedClock(datetime(2026, 3, 28, 12, tzinfo=UTC))
    database = world.database(clock=clock)
    day = Day(database, clock, uuid4(), timezone="Europe/Lisbon").open()
    day.map("A", step_m=500)
    person = day.technician("A", hours=NINE_TO_SIX, last_ping=None)
    except_for(day, "A", [["22:00", "06:00"]], on=date(2026, 3, 28))
    begins, ends = datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)
    with database.transaction(day.org_id) as tx:
        working = list_working_times(tx, [person], (begins, ends))[person]
    assert working_spans(working, (begins, ends)) == [(begins, ends)]
    assert works(day, "A", begins, ends)
    assert not works(day, "A", begins, ends + timedelta(minutes=1))
    database.close()


# The filter's SQL and the arithmetic say the same -------------------------------------------------------------------

_CLOCK = st.sampled_from(["00:00", "06:00", "09:00", "13:30", "18:00", "22:00"])
_SPANS = st.lists(st.tuples(_CLOCK, st.one_of(_CLOCK, st.just("24:00"))), max_size=2)
_HOURS = st.one_of(st.none(), st.dictionaries(st.sampled_from(DAYS), _SPANS))
# Around the night in which Lisbon's clocks go forward. In the hour that happens twice wall time is ambiguous.
_EXCEPTIONS = st.dictionaries(st.integers(0, 3).map(lambda n: date(2026, 3, 27) + timedelta(days=n)), _SPANS)
_START = st.integers(0, 4 * 96).map(lambda n: datetime(2026, 3, 27, tzinfo=UTC) + timedelta(minutes=15 * n))


@pytest.fixture(scope="module")
def property_day(template: str) -> Iterator[Day]:
    with cloned(template) as world:
        clock = RecordedClock(datetime(2026, 3, 26, 12, tzinfo=UTC))
        database = world.database(clock=clock)
        day = Day(database, clock, uuid4(), timezone="Europe/Lisbon").open()
        day.map("A", step_m=500)
        day.technician("A", last_ping=None)
        yield day
        database.close()


@settings(max_examples=times(30, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=_HOURS, exceptions=_EXCEPTIONS, start=_START, quarters=st.integers(1, 60))
def test_the_filter_agrees_with_the_arithmetic(
    property_day: Day, hours: Any, exceptions: Any, start: datetime, quarters: int
) -> None:
    day, person, end = property_day, property_day.people["A"], start + timedelta(minutes=15 * quarters)
    with day.database.transaction(day.org_id) as tx:
        tx.conn.execute(hours_exceptions.delete().where(hours_exceptions.c.org_id == tx.org_id))
        update_technician(tx, day.boss, person, changes={"hours": hours})
        for local_date, spans in exceptions.items():
            set_hours_exception(tx, day.boss, HoursException(person, local_date, spans, None))
        working = list_working_times(tx, [person], (start, end))[person]
    expected = any(first <= start and end <= last for first, last in working_spans(working, (start, end)))
    assert works(day, "A", start, end) == expected


# Who may, and what is refused ---------------------------------------------------------------------------------------


def test_only_managers_of_the_store_may_change_it(house: House) -> None:
    ours, theirs = house.store("ours"), house.store("theirs")
    ana = house.technician("ana", ours)
    exception = HoursException(ana.id, TODAY, [["10:00", "14:00"]], None)
    with pytest.raises(NotFoundError), house.database.transaction(house.org_id) as tx:
        set_hours_exception(tx, house.store_administrator(theirs), exception)
    group = house.group("phones", ours)
    member = house.technician("bo", ours, group_ids=(group.id,))
    with pytest.raises(ForbiddenError), house.database.transaction(house.org_id) as tx:
        set_hours_exception(tx, house.dispatcher(group), HoursException(member.id, TODAY, [], None))
    with house.database.transaction(house.org_id) as tx:
        set_hours_exception(tx, house.store_administrator(ours), exception)
        assert list_hours_exceptions(tx, ana.id, first=TODAY, last=TODAY) == [exception]


def test_spans_are_wall_times(house: House) -> None:
    ana = house.technician("ana", house.store("ours"))
    with pytest.raises(InvalidError) as refused, house.database.transaction(house.org_id) as tx:
        set_hours_exception(tx, house.system, HoursException(ana.id, TODAY, [["9", "14:00"]], None))
    assert refused.value.errors[0].pointer == "/spans/0"


def test_over_http_a_date_is_set_read_listed_and_taken_back(api: Api) -> None:
    path = f"/v1/technicians/{api.id('technicians', 'ana')}/hours-exceptions"
    short = {"spans": [["10:00", "14:00"]], "note": "dentist"}
    assert api.put(f"{path}/2031-05-02", by="centre", json=short).status_code == 200
    assert api.put(f"{path}/2031-05-01", by="root", json={"spans": []}).status_code == 200
    listed = api.get(f"{path}?from=2031-05-01&to=2031-05-31", by="centre").get_json()["items"]
    assert listed == [
        {"date": "2031-05-01", "spans": [], "note": None},
        {"date": "2031-05-02", **short},
    ]
    assert api.get(f"{path}/2031-05-02", by="centre").get_json()["note"] == "dentist"
    assert api.delete(f"{path}/2031-05-02", by="centre").status_code == 204
    assert api.get(f"{path}/2031-05-02", by="centre").status_code == 404


@pytest.mark.parametrize(
    ("ending", "status"),
    [("?from=2031-05-02&to=2031-05-01", 422), ("?from=2031-05-01&to=2032-06-01", 422), ("/2031-02-30", 404)],
)
def test_dates_that_make_no_sense_are_refused(api: Api, ending: str, status: int) -> None:
    path = f"/v1/technicians/{api.id('technicians', 'ana')}/hours-exceptions"
    assert api.get(path + ending, by="centre").status_code == status
