"""Assigning from a list: all technicians with presence, place on duty and work, also for orders without a location."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.clock import RecordedClock
from geo_assign.matching.domain import Provenance
from geo_assign.matching.roster import RosterLine, RosterQuestion, RosterSort, list_roster
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import Kind, NewOrder, State, WorkOrderWithoutLocationError
from geo_assign.workorders.queries import get_work_order
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.day import NOON, Day


def roster(day: Day, *, job: str | None = None, scope: Scope = EVERYTHING, **more: Any) -> dict[str, RosterLine]:
    """The line of each technician by letter, in the order of the list."""
    with day.database.transaction(day.org_id) as tx:
        rules = get_store_rules(tx, EVERYTHING, day.store_id)
        order = get_work_order(tx, EVERYTHING, day.jobs[job]) if job else None
        question = RosterQuestion(at=tx.now(), timezone=day.timezone, order=order, rules=rules, **more)
        return {line.name: line for line in list_roster(tx, scope, question).items}


def take_ticket(day: Day, letter: str, *, slot: str) -> None:
    """A repair at the desk, without an address."""
    start, end = day.slot(slot)
    new = NewOrder(
        kind=Kind.TICKET, store_id=day.store_id, customer={"name": "Walk-in"}, slot_start=start, slot_end=end
    )
    day.jobs[letter] = day.dispatch.create(day.boss, new, None)[0].id


def reasons(line: RosterLine) -> set[str]:
    assert line.eligibility is not None
    return {reason.code.value for reason in line.eligibility.reasons}


# Without a location --------------------------------------------------------------------------------------------------


def test_work_without_a_location_is_assigned_from_the_list(day: Day) -> None:
    day.map("A . . B", step_m=500)
    day.technician("A", booked="13:00-14:00")
    day.technician("B", last_ping="40 min ago")
    take_ticket(day, "T", slot="13:00-14:00")
    lines = roster(day, job="T")
    assert {letter: reasons(line) for letter, line in lines.items()} == {"A": {"slot_taken"}, "B": {"offline"}}
    assert [line.eligibility and line.eligibility.distance_m for line in lines.values()] == [None, None]
    assert day.assign("T", "B").state is State.ASSIGNED


def test_what_hangs_on_a_place_is_left_out_where_there_is_none(day: Day) -> None:
    day.set(radius_m=100)
    day.map("A . . . . B", step_m=500)
    day.technician("A", last_ping=None)
    day.technician("B", last_ping="8 min ago")
    take_ticket(day, "T", slot="13:00-14:00")
    assert {letter: reasons(line) for letter, line in roster(day, job="T").items()} == {"A": set(), "B": set()}


def test_the_map_says_why_it_cannot_and_the_list_can(world: World) -> None:
    with seeded_api(world) as api:
        ticket = _ticket_over_http(api)
        refused = api.post("/v1/technicians/nearest", by="desk", json={"work_order_id": ticket["id"]})
        assert (refused.status_code, refused.get_json()["code"]) == (409, WorkOrderWithoutLocationError.code)
        path = f"/v1/technicians/roster?work_order_id={ticket['id']}"
        answer = api.get(path, by="desk").get_json()
        assert answer["has_location"] is False
        (ana,) = answer["items"]
        assert (ana["name"], ana["eligible"], ana["distance_m"]) == ("Ana", True, None)
        body = {"technician_id": ana["id"], "mode": "assign"}
        assigned = api.post(f"/v1/work-orders/{ticket['id']}/assign", by="desk", json=body, version=ticket["version"])
        assert assigned.get_json()["assignee"]["name"] == "Ana"


def _ticket_over_http(api: Api) -> Any:
    slot = {"start": "2031-05-01T10:00:00", "end": "2031-05-01T11:00:00"}
    store, group = api.id("stores", "centre"), api.id("groups", "phones")
    body = {"store_id": store, "group_id": group, "customer": {"name": "Walk-in"}, "slot": slot}
    return api.post("/v1/tickets", by="desk", json=body).get_json()


# Lines ---------------------------------------------------------------------------------------------------------------


def test_presence_has_three_axes_and_a_place_only_on_duty(day: Day) -> None:
    day.map("A . B . C . D", step_m=500)
    day.technician("A", last_ping="10 s ago")
    day.technician("B", last_ping="8 min ago")
    day.technician("C", last_ping="40 min ago")
    day.technician("D", last_ping="10 s ago", on_duty=False)
    lines = roster(day)
    axes = {
        letter: (line.presence.on_duty, line.presence.reachable, line.presence.fresh) for letter, line in lines.items()
    }
    assert axes == {
        "A": (True, True, True),
        "B": (True, True, False),
        "C": (True, False, False),
        "D": (False, True, True),
    }
    assert lines["D"].position is None
    assert lines["D"].presence.heard_at == NOON - timedelta(seconds=10)
    place = lines["B"].position
    assert place is not None
    assert (place.provenance, place.age_s) == (Provenance.LIVE, 480.0)
    assert place.point == day.places["B"]


def test_the_work_of_today_what_is_overdue_and_open_offers_are_counted(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.technician("A", booked="09:00-10:00")
    day.book("A", "15:00-16:00")
    day.book("A", "tomorrow 09:00-10:00")
    day.technician("B")
    day.lead("J", slot="13:00-14:00")
    load = {letter: line.workload for letter, line in roster(day).items()}
    assert (load["A"].today, load["A"].overdue) == (3, 1)
    assert (load["B"].today, load["B"].overdue, load["B"].open_offers) == (0, 0, 0)
    assert load["A"].open_offers == 1


def test_today_is_the_store_s_day(world: World) -> None:
    clock = RecordedClock(datetime(2026, 5, 20, 20, 0, tzinfo=UTC))
    database = world.database(clock=clock)
    day = Day(database, clock, uuid4(), timezone="Asia/Tokyo").open()
    day.map("A", step_m=500)
    day.technician("A")
    # In Tokyo it is five in the morning of the 21st.
    day.book("A", "23:00-23:30")
    day.book("A", "tomorrow 01:00-02:00")
    assert roster(day)["A"].workload.today == 1
    database.close()


def test_with_a_location_each_line_says_how_far_and_why_not(day: Day) -> None:
    day.map("A . J . . B . C . D", step_m=500)
    day.technician("A")
    day.technician("B", hours={name: [["18:00", "20:00"]] for name in DAYS})
    day.technician("C", on_duty=False)
    day.technician("D", last_ping=None)
    day.set(lead_auto_user_assignment="off")
    day.lead("J", slot="13:00-14:00")
    lines = roster(day, job="J")
    assert {letter: reasons(line) for letter, line in lines.items()} == {
        "A": set(),
        "B": {"outside_hours"},
        "C": {"off_duty"},
        "D": {"no_position"},
    }
    assert lines["A"].eligibility is not None
    assert lines["A"].eligibility.distance_m == pytest.approx(1000, rel=0.01)
    assert lines["C"].eligibility is not None
    assert lines["C"].eligibility.distance_m is None


# Order and scope -----------------------------------------------------------------------------------------------------


def test_the_list_is_sorted_by_name_by_workload_or_by_who_was_seen_last(day: Day) -> None:
    day.map("A . B . C", step_m=500)
    day.technician("A", last_ping="3 min ago", booked="15:00-16:00")
    day.technician("B", last_ping=None)
    day.technician("C", last_ping="1 min ago")
    assert "".join(roster(day)) == "ABC"
    assert "".join(roster(day, sort=RosterSort.WORKLOAD)) == "BCA"
    assert "".join(roster(day, sort=RosterSort.SEEN)) == "CAB"


@pytest.mark.parametrize("sort", list(RosterSort))
def test_pages_neither_skip_nor_repeat(day: Day, sort: RosterSort) -> None:
    day.map("A B C D E", step_m=500)
    for letter in "CADBE":
        day.technician(letter, last_ping=None if letter in "AE" else "1 min ago")
    whole = list(roster(day, sort=sort))
    seen, cursor = [], None
    while True:
        with day.database.transaction(day.org_id) as tx:
            question = RosterQuestion(at=tx.now(), sort=sort, limit=2, cursor=cursor)
            page = list_roster(tx, EVERYTHING, question)
        seen += [line.name for line in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole


def test_a_dispatcher_lists_the_technicians_of_own_groups_only(day: Day) -> None:
    day.map("A . B", step_m=500)
    day.technician("A", group="phones")
    day.technician("B", group="ovens")
    scope = Scope(group_ids=frozenset({day.groups["phones"]}))
    assert set(roster(day, scope=scope)) == {"A"}
    assert set(roster(day, group_id=day.groups["ovens"])) == {"B"}
    assert set(roster(day, store_id=day.store_id)) == {"A", "B"}


def test_what_lies_outside_the_scope_is_not_there(world: World) -> None:
    with seeded_api(world) as api:
        north, ovens = api.id("stores", "north"), api.id("groups", "ovens")
        for outside in (f"store_id={north}", f"group_id={ovens}", f"work_order_id={uuid4()}"):
            assert api.get(f"/v1/technicians/roster?{outside}", by="desk").status_code == 404
        assert api.get("/v1/technicians/roster", by="ana").status_code == 403
        assert [line["name"] for line in api.get("/v1/technicians/roster", by="desk").get_json()["items"]] == ["Ana"]
        assert [line["name"] for line in api.get("/v1/technicians/roster", by="root").get_json()["items"]] == [
            "Ana",
            "Bo",
        ]
