"""A technician, perhaps at another time, looked at before the work is given; then given at that time in one step."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.dispatch.choices import AssignmentPreview, get_assignment_preview
from geo_assign.dispatch.commands import assigning, reallocating
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.matching.domain import Provenance
from geo_assign.undo.commands import find_undoable, undo
from geo_assign.undo.domain import UndoAction
from geo_assign.workorders.domain import BookingRole, SlotTakenError, State, WorkOrder, WorkOrderStateError
from tests.day import Day
from tests.dispatch.desks import Desks
from tests.snapshots import begun_once

THREE, FIVE = "15:00-16:00", "17:00-18:30"


@pytest.fixture
@begun_once
def street(day: Day) -> Day:
    """Automation is off. Ana is the nearest, then Bo, then Cid; the job is at three."""
    day.set(lead_auto_user_assignment="off")
    day.map("C . B . A J", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J", slot=THREE)
    return day


def run(day: Day, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with day.database.transaction(day.org_id) as tx:
        return act(tx, *given, **named)


def choose(day: Day, letter: str, slot: str | None = None, job: str = "J") -> AssignmentPreview:
    found: AssignmentPreview = run(
        day, get_assignment_preview, day.boss.scope, day.jobs[job], day.people[letter], day.slot(slot) if slot else None
    )
    return found


def assign(day: Day, letter: str, slot: str | None, mode: str = "assign", **more: Any) -> WorkOrder:
    order: WorkOrder = run(
        day, assigning.assign, day.boss, day.jobs["J"], day.people[letter],
        mode=mode, version=None, slot=day.slot(slot) if slot else None, **more,
    )  # fmt: skip
    return order


def reallocate(day: Day, letter: str, slot: str, **more: Any) -> WorkOrder:
    given = {"mode": "assign", "force": False, "reason": None, "version": None} | more
    order: WorkOrder = run(
        day, reallocating.reallocate, day.boss, day.jobs["J"], day.people[letter], slot=day.slot(slot), **given
    )
    return order


def codes(choice: AssignmentPreview) -> list[str]:
    return [reason.code.value for reason in choice.reasons]


def test_a_free_technician_can_go_and_those_who_are_nearer_are_named(street: Day) -> None:
    choice = choose(street, "C")
    assert (codes(choice), choice.may_assign, choice.may_offer, choice.conflict) == ([], True, True, None)
    assert (choice.slot.start, choice.slot.end) == street.slot(THREE)
    assert [street.letter(one.technician_id) for one in choice.nearer] == ["A", "B"]
    assert choose(street, "A").nearer == ()
    assert choice.distance_m == pytest.approx(5_000, rel=0.01)


def test_nothing_is_changed_by_asking(street: Day) -> None:
    before = street.outcome("J").order
    for letter in "ABC":
        choose(street, letter, FIVE)
    assert street.outcome("J").order == before


def test_the_way_begins_where_the_work_before_ends(street: Day) -> None:
    street.places["K"] = street.places["B"]
    street.book("B", "13:00-14:10")
    choice = choose(street, "B")
    assert choice.previous is not None
    assert (choice.previous.start, choice.previous.end) == street.slot("13:00-14:10")
    assert choice.previous.number is not None
    assert choice.arrives_at is not None
    way_s = (choice.arrives_at - choice.previous.end).total_seconds()
    assert 60 < way_s < 15 * 60
    assert choice.provenance is Provenance.PREVIOUS_APPOINTMENT


def test_a_live_position_is_where_the_way_to_work_that_starts_soon_begins(street: Day) -> None:
    choice = choose(street, "A", "12:30-13:30")
    assert (choice.provenance, choice.previous) == (Provenance.LIVE, None)
    assert choice.arrives_at is not None
    assert choice.arrives_at > street.clock.now()


@pytest.mark.parametrize(
    ("booked", "slot", "taken"),
    [
        ("14:30-15:30", None, True),
        ("16:00-17:00", None, False),
        ("14:00-15:00", None, False),
        ("17:30-18:00", FIVE, True),
        ("15:15-15:45", FIVE, False),
    ],
)
def test_taken_time_is_told_with_the_other_booking(street: Day, booked: str, slot: str | None, taken: bool) -> None:
    other = street.book("A", booked)
    choice = choose(street, "A", slot)
    assert choice.may_assign is not taken
    if not taken:
        assert choice.conflict is None
        return
    assert choice.conflict is not None
    assert (choice.conflict.work_order_id, (choice.conflict.start, choice.conflict.end)) == (other, street.slot(booked))
    assert "slot_taken" in codes(choice)
    with pytest.raises(SlotTakenError):
        assign(street, "A", slot)


def test_the_travel_buffer_counts_as_it_does_when_the_work_is_given(street: Day) -> None:
    street.set(lead_auto_user_assignment="off", travel_buffer_minutes=30)
    street.book("A", "14:00-14:45")
    assert choose(street, "A").may_assign is False
    assert choose(street, "A", "15:15-16:00").may_assign is True


def test_its_own_time_is_not_in_its_way(street: Day) -> None:
    assign(street, "A", None)
    choice = choose(street, "A", "15:30-16:30")
    assert (choice.may_assign, choice.conflict, choice.previous) == (True, None, None)


def test_what_a_person_may_pass_over_is_told_and_stands_in_no_way(street: Day) -> None:
    street.places["D"] = street.places["C"]
    street.technician("D", time_off=FIVE)
    choice = choose(street, "D", FIVE)
    assert (codes(choice), choice.may_assign) == (["time_off"], True)
    assert assign(street, "D", FIVE).state is State.ASSIGNED


def test_off_duty_there_is_no_offer_and_no_distance_that_a_phone_tells(street: Day) -> None:
    street.off_duty("A")
    soon = choose(street, "A", "12:30-13:30")
    assert (soon.may_assign, soon.may_offer) == (True, False)
    assert (soon.distance_m, soon.arrives_at) == (None, None)
    assert "off_duty" in codes(soon)
    assert [street.letter(one.technician_id) for one in soon.nearer] == ["B", "C"]


def test_work_without_a_place_is_judged_without_one(street: Day) -> None:
    street.ticket("K", slot=THREE)
    street.places.pop("K", None)
    street.book("A", THREE)
    choice = choose(street, "A", job="K")
    assert (choice.distance_m, choice.arrives_at, choice.nearer) == (None, None, ())
    assert (codes(choice), choice.may_assign) == (["slot_taken"], False)
    assert choose(street, "B", job="K").may_offer is True


def test_finished_work_and_absent_people_are_refused(desks: Desks) -> None:
    day = desks.day
    day.lead("J", slot=THREE)
    pia = desks.callers["Pia"].scope
    with pytest.raises(NotFoundError):
        run(day, get_assignment_preview, pia, day.jobs["J"], day.people["C"])
    backwards = tuple(reversed(day.slot(THREE)))
    with pytest.raises(InvalidError):
        run(day, get_assignment_preview, day.boss.scope, day.jobs["J"], day.people["A"], backwards)
    day.cancel("J")
    with pytest.raises(WorkOrderStateError):
        choose(day, "A")


def test_other_work_outside_the_scope_is_told_without_its_number(desks: Desks) -> None:
    day = desks.day
    day.set(lead_auto_user_assignment="off")
    day.lead("J", slot=THREE, group="phones")
    day.lead("K", slot="15:30-16:30", group="ovens")
    with day.database.transaction(day.org_id) as tx:
        assigning.assign(tx, day.boss, day.jobs["K"], day.people["A"], mode="assign", version=None)
    found = run(day, get_assignment_preview, desks.callers["Pia"].scope, day.jobs["J"], day.people["A"])
    assert found.conflict is not None
    assert (found.conflict.work_order_id, found.conflict.number) == (None, None)
    assert (found.conflict.start, found.conflict.end) == day.slot("15:30-16:30")


# Given at another time, in one step ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_work_is_given_at_another_time_in_one_step(street: Day, mode: str, admin: Connection) -> None:
    order = assign(street, "B", FIVE, mode)
    assert order.state is (State.ASSIGNED if mode == "assign" else State.OFFERED)
    assert ((order.slot_start, order.slot_end), order.slot_is_fixed) == (street.slot(FIVE), True)
    assert held(admin) == {"B": street.slot(FIVE)}
    assert street.history("J")[-2:] == ["rescheduled", "assigned" if mode == "assign" else "offered"]


def test_the_same_time_is_no_rescheduling(street: Day) -> None:
    assign(street, "B", THREE)
    assert "rescheduled" not in street.history("J")


def test_taken_time_changes_neither_slot_nor_technician(street: Day, admin: Connection) -> None:
    street.book("B", "17:30-19:00")
    before = street.outcome("J").order
    with pytest.raises(SlotTakenError):
        assign(street, "B", FIVE)
    assert street.outcome("J").order == before
    assert held(admin) == {"B": street.slot("17:30-19:00")}


def test_an_offer_goes_to_another_technician_at_another_time(street: Day, admin: Connection) -> None:
    assign(street, "A", None, "offer")
    order = assign(street, "B", FIVE, "offer")
    assert [street.letter(one.technician_id) for one in order.offers] == ["B"]
    assert held(admin) == {"B": street.slot(FIVE)}


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_taken_work_goes_to_another_technician_at_another_time(street: Day, mode: str, admin: Connection) -> None:
    assign(street, "A", None)
    order = reallocate(street, "B", FIVE, mode=mode)
    assert (order.slot_start, order.slot_end) == street.slot(FIVE)
    assert held(admin) == {"B": street.slot(FIVE)}


def test_those_who_come_along_come_at_the_other_time(street: Day, admin: Connection) -> None:
    assign(street, "A", None, collaborator_ids=[street.people["C"]])
    order = reallocate(street, "B", FIVE)
    assert [one.id for one in order.collaborators] == [street.people["C"]]
    assert held(admin) == {"B": street.slot(FIVE), "C": street.slot(FIVE)}
    roles = admin.execute(text("SELECT role FROM bookings WHERE state = 'assigned' ORDER BY role")).scalars().all()
    assert roles == [BookingRole.COLLABORATOR, BookingRole.PRIMARY]


def test_a_collaborator_without_time_then_stands_in_the_way_of_all(street: Day, admin: Connection) -> None:
    assign(street, "A", None, collaborator_ids=[street.people["C"]])
    street.book("C", "18:00-19:00")
    before = street.outcome("J").order
    with pytest.raises(SlotTakenError):
        reallocate(street, "B", FIVE)
    assert street.outcome("J").order == before


def test_work_under_way_keeps_its_time(street: Day) -> None:
    assign(street, "A", None)
    street.step("J", "A", State.TRAVELLING)
    with pytest.raises(WorkOrderUnderWayError):
        reallocate(street, "B", FIVE, force=True, reason="accident")


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_it_is_taken_back_to_the_time_it_had(street: Day, mode: str) -> None:
    before = street.outcome("J").order
    assign(street, "B", FIVE, mode)
    order = take_back(street, UndoAction.ASSIGN if mode == "assign" else UndoAction.OFFER)
    assert (order.state, order.technician_id) == (State.PENDING, None)
    assert (order.slot_start, order.slot_end, order.slot_is_fixed) == (before.slot_start, before.slot_end, True)


def test_what_was_wanted_as_soon_as_possible_is_again(street: Day) -> None:
    street.places["K"] = street.places["J"]
    street.lead("K")
    street.jobs["J"] = street.jobs["K"]
    assign(street, "B", FIVE)
    assert take_back(street, UndoAction.ASSIGN).slot_is_fixed is False


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_the_technician_who_had_it_has_it_again_at_the_time_it_had(street: Day, mode: str, admin: Connection) -> None:
    assign(street, "A", None, collaborator_ids=[street.people["C"]])
    reallocate(street, "B", FIVE, mode=mode)
    order = take_back(street, UndoAction.REALLOCATE)
    assert (order.state, order.technician_id) == (State.ASSIGNED, street.people["A"])
    assert held(admin) == {"A": street.slot(THREE), "C": street.slot(THREE)}


def take_back(day: Day, action: UndoAction) -> WorkOrder:
    seen = run(day, find_undoable, day.boss)
    assert (seen.action, seen.refusal) == (action, None)
    run(day, undo, day.boss, day.jobs["J"])
    return day.outcome("J").order


def held(admin: Connection) -> dict[str, tuple[datetime, datetime]]:
    """The time that is held, by the technician's letter."""
    rows = admin.execute(
        text(
            "SELECT t.name, b.starts_at, b.ends_at FROM bookings b JOIN technicians t ON t.id = b.technician_id"
            " WHERE b.state IN ('offered', 'assigned')"
        )
    )
    return {row.name: (row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC)) for row in rows}
