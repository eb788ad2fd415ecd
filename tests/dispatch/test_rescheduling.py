"""A new time for work that waits, is offered, or is assigned."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.errors import InvalidError
from geo_assign.dispatch.commands import assigning, orders
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import OfferWithdrawnError, PendingReason, SlotTakenError, State, WorkOrderStateError
from tests.day import Day
from tests.dispatch.desks import Desks


def test_the_assigned_technician_comes_at_the_new_time(pair: Day, admin: Connection) -> None:
    pair.lead("J", slot="14:00-15:00", assignee="A")
    moved = reschedule(pair, "16:00-17:30")
    assert (moved.state, moved.technician) == (State.ASSIGNED, "A")
    assert (moved.order.slot_start, moved.order.slot_end) == pair.slot("16:00-17:30")
    assert held(admin) == [pair.slot("16:00-17:30")]
    assert pair.last_event("J").detail == {
        "from": {"start": "2026-05-20T14:00:00+00:00", "end": "2026-05-20T15:00:00+00:00"},
        "to": {"start": "2026-05-20T16:00:00+00:00", "end": "2026-05-20T17:30:00+00:00"},
    }
    pair.places["K"] = pair.places["J"]
    assert pair.lead("K", slot="14:00-15:00", assignee="A").state is State.ASSIGNED


def test_it_may_overlap_the_time_it_had(pair: Day, admin: Connection) -> None:
    pair.lead("J", slot="14:00-15:00", assignee="A")
    reschedule(pair, "14:30-15:30")
    assert held(admin) == [pair.slot("14:30-15:30")]


def test_other_work_at_that_time_is_named_and_nothing_changes(pair: Day, admin: Connection) -> None:
    lead = pair.lead("J", slot="14:00-15:00", assignee="A")
    other = pair.book("A", "16:00-17:00")
    with pytest.raises(SlotTakenError) as refused:
        reschedule(pair, "16:30-17:30")
    assert refused.value.facts["conflict"]["work_order_id"] == str(other)
    assert pair.outcome("J").order == lead.order
    assert held(admin) == [pair.slot("14:00-15:00"), pair.slot("16:00-17:00")]


def test_the_whole_crew_moves_or_none_of_it(pair: Day, admin: Connection) -> None:
    pair.lead("J", slot="14:00-15:00")
    crew(pair, "J", "A", "B")
    reschedule(pair, "15:00-16:00")
    assert held(admin) == [pair.slot("15:00-16:00")] * 2
    pair.book("B", "17:00-18:00")
    with pytest.raises(SlotTakenError):
        reschedule(pair, "17:30-18:30")
    assert held(admin)[:2] == [pair.slot("15:00-16:00")] * 2


def test_an_open_offer_is_made_anew(pair: Day) -> None:
    pair.lead("J", slot="14:00-15:00")
    offer = pair.offer("J")
    pair.book("A", "16:00-17:00")
    moved = reschedule(pair, "16:00-17:00")
    assert (moved.state, moved.technician) == (State.OFFERED, "B")
    with pytest.raises(OfferWithdrawnError) as told:
        pair.accept("A", offer)
    assert told.value.facts["withdrawn_because"] == "rescheduled"
    assert pair.history("J") == ["created", "offered", "rescheduled", "offered"]


def test_pending_work_is_looked_at_again(pair: Day) -> None:
    for letter in "AB":
        pair.book(letter, "14:00-15:00")
    assert pair.lead("J", slot="14:00-15:00").order.pending_reason is PendingReason.NOBODY_ELIGIBLE
    assert reschedule(pair, "15:00-16:00").technician == "A"


def test_what_waits_for_a_person_goes_on_waiting(pair: Day) -> None:
    pair.set(lead_auto_user_assignment="off")
    pair.lead("J")
    moved = reschedule(pair, "15:00-16:00").order
    assert (moved.pending_reason, moved.slot_is_fixed) == (PendingReason.AUTOMATION_OFF, True)


def test_a_person_may_choose_a_time_outside_the_working_hours(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", hours={"wed": [["09:00", "18:00"]]})
    day.lead("J", slot="14:00-15:00", assignee="A")
    assert reschedule(day, "20:00-21:00").technician == "A"


@pytest.mark.parametrize("state", [State.TRAVELLING, State.IN_PROGRESS])
def test_under_way_the_time_stays(desks: Desks, state: State) -> None:
    desks.day.lead("J", slot="14:00-15:00", assignee="A")
    desks.drive("A", "J", state)
    with pytest.raises(WorkOrderUnderWayError):
        reschedule(desks.day, "16:00-17:00")


def test_what_is_over_has_no_other_time(pair: Day) -> None:
    pair.lead("J")
    pair.cancel("J")
    with pytest.raises(WorkOrderStateError):
        reschedule(pair, "16:00-17:00")


def test_the_same_time_changes_nothing(pair: Day) -> None:
    lead = pair.lead("J", slot="14:00-15:00")
    assert reschedule(pair, "14:00-15:00").order == lead.order


def test_wall_times_are_the_stores(lisbon: Day) -> None:
    lisbon.map("A . J", step_m=500)
    lisbon.technician("A", last_ping=None)
    lisbon.lead("J", assignee="A")
    with pytest.raises(WallTimeDoesNotExistError):
        edit(lisbon, wall("2026-03-29T01:30"))
    order = edit(lisbon, wall("2026-10-25T01:30"))
    assert order.slot_start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert order.slot_end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    with pytest.raises(InvalidError):
        edit(lisbon, wall("2026-10-25T01:30", "2026-10-25T01:00"))


def reschedule(day: Day, slot: str) -> Any:
    """A dispatcher moves job J."""
    edit(day, day.slot(slot))
    return day.outcome("J")


def edit(day: Day, slot: tuple[datetime, datetime | None]) -> Any:
    return day.dispatch.edit(day.boss, day.jobs["J"], orders.Edit(fields={}, slot=slot), None)


def wall(start: str, end: str | None = None) -> tuple[datetime, datetime | None]:
    """A slot in the store's wall time."""
    return datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None


def held(admin: Connection) -> list[tuple[datetime, datetime]]:
    """All time that bookings hold."""
    rows = admin.execute(text("SELECT starts_at, ends_at FROM bookings WHERE state = 'assigned' ORDER BY starts_at"))
    return [tuple(row) for row in rows]


def crew(day: Day, job: str, lead: str, *others: str) -> None:
    """Several people have a job."""
    with day.database.transaction(day.org_id) as tx:
        assigning.assign(
            tx,
            day.boss,
            day.jobs[job],
            day.people[lead],
            mode="assign",
            version=None,
            collaborator_ids=[day.people[letter] for letter in others],
        )
