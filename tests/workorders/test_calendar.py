"""The calendar: which technician has which work when, what is free, and what is unassigned."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.clock import RecordedClock
from geo_assign.dispatch.commands import progress
from geo_assign.http.routes.calendar import most_on_a_page
from geo_assign.workforce.commands import NewGroup, NewStore, create_group, create_store, set_hours_exception
from geo_assign.workforce.commands.technicians import update_technician
from geo_assign.workforce.domain import HoursException
from geo_assign.workforce.hours import DAYS
from geo_assign.workorders.domain import Kind, NewOrder, State
from geo_assign.workorders.queries.calendar import (
    CalendarQuestion,
    Entry,
    TechnicianRow,
    UnassignedWork,
    list_calendar,
    list_unassigned,
)
from tests.access.api import Api
from tests.conftest import World
from tests.day import NOON, ORIGIN, Day, shifted

MIDNIGHT = NOON.replace(hour=0)
TODAY = (MIDNIGHT, MIDNIGHT + timedelta(days=1))
NINE_TO_SIX = {day: [["09:00", "18:00"]] for day in DAYS}


def asked(day: Day, **more: Any) -> CalendarQuestion:
    return CalendarQuestion(within=TODAY, at=day.clock.now(), **more)


def calendar(day: Day, scope: Scope = EVERYTHING, **more: Any) -> dict[str, TechnicianRow]:
    """The row of each technician by letter."""
    with day.database.transaction(day.org_id) as tx:
        return {row.name: row for row in list_calendar(tx, scope, asked(day, **more)).items}


def unassigned(day: Day, scope: Scope = EVERYTHING, **more: Any) -> UnassignedWork:
    with day.database.transaction(day.org_id) as tx:
        return list_unassigned(tx, scope, asked(day, **more))


def drawn(entry: Entry) -> tuple[str, str, str]:
    """Family, fill, and the hours of a bar."""
    return entry.family.value, entry.fill, f"{entry.start:%H:%M}-{entry.end:%H:%M}"


def hours(spans: Any) -> list[str]:
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in spans]


def take_ticket(day: Day, *, slot: str, assignee: str | None = None) -> UUID:
    """A repair at the desk, without an address."""
    start, end = day.slot(slot)
    new = NewOrder(
        kind=Kind.TICKET,
        store_id=day.store_id,
        customer={"name": "Walk-in"},
        device={"type": "Oven", "issue": "cold"},
        slot_start=start,
        slot_end=end,
        assignee_id=day.people[assignee] if assignee else None,
    )
    return day.dispatch.create(day.boss, new, None)[0].id


# Rows ----------------------------------------------------------------------------------------------------------------


def test_leads_and_tickets_lie_in_the_rows_of_those_who_have_them(day: Day) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A", booked="09:00-10:00")
    day.technician("B")
    take_ticket(day, slot="15:00-16:00", assignee="B")
    rows = calendar(day)
    assert [drawn(entry) for entry in rows["A"].bookings] == [("lead", "soft", "09:00-10:00")]
    (ticket,) = rows["B"].bookings
    assert drawn(ticket) == ("ticket", "soft", "15:00-16:00")
    assert (ticket.title, ticket.customer_name, ticket.has_location) == ("Oven · cold", "Walk-in", False)
    assert ticket.role == "primary"
    assert ticket.pinned


def test_an_offer_holds_time_in_the_row_of_the_technician_asked(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A")
    day.auto_assign("J", slot="13:00-14:00")
    (held,) = calendar(day)["A"].bookings
    assert drawn(held) == ("lead", "dashed", "13:00-14:00")
    assert held.offer_expires_at == day.offer("J").expires_at
    assert unassigned(day).items == []


def test_the_bar_tells_how_far_the_work_is(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A")
    day.auto_assign("J", slot="13:00-14:00")
    day.accept("A", day.offer("J"))
    fills = [calendar(day)["A"].bookings[0].fill]
    for state in (State.TRAVELLING, State.COMPLETED):
        with day.database.transaction(day.org_id) as tx:
            progress.advance(tx, day.as_("A"), day.jobs["J"], state)
        fills.append(calendar(day)["A"].bookings[0].fill)
    assert fills == ["soft", "solid", "faded"]


def test_unassigned_work_is_in_a_row_of_its_own_from_the_start(day: Day) -> None:
    day.map("A . J . K", step_m=500)
    day.lead("J", slot="15:00-16:00")
    day.lead("K", slot="tomorrow 09:00-10:00")
    take_ticket(day, slot="14:00-15:00")
    row = unassigned(day)
    assert [drawn(entry) for entry in row.items] == [
        ("ticket", "hollow", "14:00-15:00"),
        ("lead", "hollow", "15:00-16:00"),
    ]
    assert row.total == 2


def test_what_is_wanted_as_soon_as_possible_stands_at_now_not_in_the_past(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.lead("J")
    day.later("3 h")
    (entry,) = unassigned(day).items
    assert drawn(entry) == ("lead", "hollow", "15:00-16:00")
    day.later("1 d")
    assert unassigned(day).items == []


def test_a_technician_who_left_keeps_the_row_of_booked_work(day: Day) -> None:
    day.map("A . . B", step_m=500)
    day.technician("A", booked="09:00-10:00")
    day.technician("B")
    for letter in ("A", "B"):
        with day.database.transaction(day.org_id) as tx:
            update_technician(tx, day.boss, day.people[letter], changes={"active": False})
    rows = calendar(day)
    assert set(rows) == {"A"}
    assert (rows["A"].active, rows["A"].free) == (False, [])


# Free time -----------------------------------------------------------------------------------------------------------


def test_free_is_what_hours_leave_beside_work_way_and_time_off(day: Day) -> None:
    day.set(travel_buffer_minutes=30)
    day.map("A . J", step_m=500)
    day.technician("A", hours=NINE_TO_SIX, booked="11:00-12:00", time_off="15:00-16:00")
    row = calendar(day)["A"]
    assert hours(row.hours) == ["09:00-18:00"]
    assert hours(row.time_off) == ["15:00-16:00"]
    assert hours(row.free) == ["09:00-10:30", "12:00-15:00", "16:00-18:00"]
    assert row.bookings[0].occupied_from == NOON.replace(hour=10, minute=30)


def test_an_exception_changes_the_hours_of_its_day(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours=NINE_TO_SIX)
    with day.database.transaction(day.org_id) as tx:
        set_hours_exception(tx, day.boss, HoursException(day.people["A"], NOON.date(), [["20:00", "02:00"]], None))
    row = calendar(day)["A"]
    assert hours(row.hours) == hours(row.free) == ["20:00-00:00"]


def test_a_night_shift_is_there_on_both_days(day: Day) -> None:
    day.map("A", step_m=500)
    day.technician("A", hours={name: [["22:00", "06:00"]] for name in DAYS})
    assert hours(calendar(day)["A"].hours) == ["00:00-06:00", "22:00-00:00"]


# Who sees what -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(day: Day) -> Day:
    """Ana works for the groups of two stores, and has work of both."""
    day.map("A . J", step_m=500)
    other_store, other_group = uuid4(), uuid4()
    with day.database.transaction(day.org_id) as tx:
        place = shifted(ORIGIN, east_m=3000)
        create_store(tx, day.boss, NewStore(name="North", timezone="UTC", location=place), store_id=other_store)
        ours = day.group("phones")
        created = create_group(tx, day.boss, NewGroup(name="Ovens", store_id=other_store))
        other_group = created.id
    day.groups["ovens"] = other_group
    day.technician("A", group="phones")
    with day.database.transaction(day.org_id) as tx:
        update_technician(tx, day.boss, day.people["A"], changes={"group_ids": (ours, other_group)})
    day.lead("J", slot="13:00-14:00", group="phones", assignee="A")
    start, end = day.slot("16:00-17:00")
    new = NewOrder(
        kind=Kind.LEAD,
        store_id=other_store,
        group_id=other_group,
        customer={"name": "Theirs"},
        location=ORIGIN,
        slot_start=start,
        slot_end=end,
        assignee_id=day.people["A"],
    )
    day.dispatch.create(day.boss, new, None)
    return day


def test_a_technician_of_two_stores_is_busy_in_both_and_each_sees_its_own_work(shared: Day) -> None:
    for group, seen, hidden in (("phones", "13:00-14:00", "16:00-17:00"), ("ovens", "16:00-17:00", "13:00-14:00")):
        row = calendar(shared, Scope(group_ids=frozenset({shared.groups[group]})))["A"]
        assert [drawn(entry)[2] for entry in row.bookings] == [seen]
        assert hours(row.busy) == [hidden]
        assert hours(row.free) == ["00:00-13:00", "14:00-16:00", "17:00-00:00"]


def test_one_store_s_calendar_has_its_people_and_those_of_its_groups(shared: Day) -> None:
    shared.map("A . J . B", step_m=500)
    shared.technician("B")
    assert set(calendar(shared, store_id=shared.store_id)) == {"A", "B"}
    assert set(calendar(shared, group_id=shared.groups["ovens"])) == {"A"}


def test_pages_neither_skip_nor_repeat(day: Day) -> None:
    day.map("A B C D E", step_m=500)
    for letter in "EDCBA":
        day.technician(letter, last_ping=None)
    seen, cursor = [], None
    while True:
        with day.database.transaction(day.org_id) as tx:
            page = list_calendar(tx, EVERYTHING, asked(day, limit=2, cursor=cursor))
        seen += [row.name for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list("ABCDE")


# Over HTTP -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "length_h"), [(date(2031, 3, 30), 23), (date(2031, 10, 26), 25), (date(2031, 7, 1), 24)]
)
def test_days_are_as_long_as_the_clocks_make_them(api: Api, change: date, length_h: int) -> None:
    path = f"/v1/calendar?from={change}&to={change}&store_id={api.id('stores', 'centre')}"
    answer = api.get(path, by="desk").get_json()
    (shown,) = answer["days"]
    start, end = (datetime.fromisoformat(shown[edge]) for edge in ("start", "end"))
    assert shown["date"] == change.isoformat()
    assert end - start == timedelta(hours=length_h)
    assert answer["timezone"] == "Europe/Lisbon"
    ana = next(row for row in answer["items"] if row["name"] == "Ana")
    assert ana["free"] == [{"start": shown["start"], "end": shown["end"]}]


def test_a_lead_is_on_the_calendar_from_creation(api: Api) -> None:
    slot = {"start": "2031-05-01T10:00:00", "end": "2031-05-01T11:00:00"}
    body = {
        "store_id": api.id("stores", "centre"),
        "group_id": api.id("groups", "phones"),
        "customer": {"name": "Rui"},
        "address": "Nowhere 5",
        "slot": slot,
        "device": {"type": "Phone", "issue": "broken screen"},
    }
    lead = api.post("/v1/leads", by="shop", json=body).get_json()
    answer = api.get("/v1/calendar?from=2031-05-01&to=2031-05-01", by="desk").get_json()
    (entry,) = answer["unassigned"]["items"]
    assert (entry["work_order_id"], entry["number"]) == (lead["id"], lead["number"])
    assert entry["colour"] == {"family": "lead", "fill": "hollow"}
    assert entry["customer"] == {"name": "Rui"}
    assert not entry["has_location"]
    assert not answer["unassigned"]["truncated"]


@pytest.mark.parametrize(
    ("span", "status"),
    [
        ("from=2031-05-01&to=2031-06-11", 200),
        ("from=2031-05-01&to=2031-06-12", 422),
        ("from=2031-05-02&to=2031-05-01", 422),
        ("from=2031-05-01T08:00:00Z&to=2031-05-01T18:00:00%2B02:00", 200),
        ("from=2031-05-01T08:00:00&to=2031-05-01T18:00:00", 422),
        ("from=2031-02-30&to=2031-03-01", 422),
        ("to=2031-03-01", 422),
    ],
)
def test_spans_that_make_no_sense_are_refused(api: Api, span: str, status: int) -> None:
    answer = api.get(f"/v1/calendar?{span}", by="desk")
    assert answer.status_code == status, answer.get_data(as_text=True)


def test_a_store_outside_the_scope_is_not_there(api: Api) -> None:
    north = api.id("stores", "north")
    assert api.get(f"/v1/calendar?from=2031-05-01&to=2031-05-01&store_id={north}", by="desk").status_code == 404
    assert api.get("/v1/calendar?from=2031-05-01&to=2031-05-01", by="ana").status_code == 403


@pytest.fixture
def lisbon(world: World) -> Iterator[Day]:
    """A store on the eve of the day on which its clocks go back."""
    clock = RecordedClock(datetime(2026, 10, 24, 12, tzinfo=UTC))
    database = world.database(clock=clock)
    yield Day(database, clock, uuid4(), timezone="Europe/Lisbon").open()
    database.close()


def test_a_shift_on_a_day_of_25_hours_is_as_long_as_its_wall_times_say(lisbon: Day) -> None:
    lisbon.map("A", step_m=500)
    lisbon.technician("A", hours={"sat": [["22:00", "06:00"]]}, last_ping=None)
    night = (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
    with lisbon.database.transaction(lisbon.org_id) as tx:
        question = CalendarQuestion(within=night, at=lisbon.clock.now())
        (row,) = list_calendar(tx, EVERYTHING, question).items
    ((start, end),) = row.hours
    assert end - start == timedelta(hours=9)


@pytest.mark.parametrize(
    ("limit", "days", "most"),
    [(200, 1, 200), (200, 7, 200), (200, 8, 175), (200, 31, 45), (200, 42, 33), (20, 31, 20), (1, 42, 1)],
)
def test_a_page_of_a_long_span_has_fewer_technicians(limit: int, days: int, most: int) -> None:
    start = datetime(2031, 3, 1, tzinfo=UTC)
    assert most_on_a_page(limit, (start, start + timedelta(days=days))) == most
    # Days of 23 and 25 hours are days, too.
    assert most_on_a_page(limit, (start, start + timedelta(days=days, hours=-1))) == most
