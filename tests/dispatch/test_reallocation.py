"""Work that a technician has, given to another technician."""

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.dispatch.commands import assigning
from geo_assign.dispatch.commands.crews import TechnicianOffDutyError
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workforce.domain import InactiveError
from geo_assign.workorders.domain import (
    OfferState,
    PendingReason,
    SlotTakenError,
    State,
    WorkOrderChangedError,
    WorkOrderStateError,
)
from tests.dispatch.desks import Desks


@pytest.fixture
def taken(desks: Desks) -> Desks:
    """Ana has accepted a job of the whole centre, in the afternoon."""
    desks.day.lead("J", slot="14:00-15:00")
    desks.day.accept("A", desks.day.offer("J"))
    return desks


def test_the_old_one_is_told_and_free_and_the_new_one_has_it(taken: Desks, admin: Connection) -> None:
    order = taken.reallocate("J", "B")
    assert (order.state, order.technician_id, order.pinned) == (State.ASSIGNED, taken.day.people["B"], True)
    assert taken.day.history("J") == ["created", "offered", "assigned", "unassigned", "assigned"]
    told = admin.execute(text("SELECT detail FROM work_order_events WHERE kind = 'unassigned'")).scalar_one()
    assert told["technician_id"] == str(taken.day.people["A"])
    taken.day.places["L"] = taken.day.places["J"]
    assert taken.day.lead("L", slot="14:00-15:00", assignee="A").state is State.ASSIGNED


def test_or_is_asked(taken: Desks) -> None:
    order = taken.reallocate("J", "B", mode="offer")
    assert (order.state, order.technician_id) == (State.OFFERED, None)
    assert taken.day.accept("B", taken.day.offer("J")).state is OfferState.ACCEPTED
    assert taken.day.outcome("J").technician == "B"


def test_when_the_new_one_says_no_automation_goes_on(taken: Desks) -> None:
    taken.reallocate("J", "B", mode="offer")
    taken.day.reject("B", taken.day.offer("J"))
    assert taken.day.outcome("J").technician == "A"


def test_it_is_written_into_the_audit_trail(taken: Desks, admin: Connection) -> None:
    taken.dispatcher("Max", "phones", "ovens")
    taken.reallocate("J", "B", by="Max", reason="Ana is ill")
    row = admin.execute(
        text("SELECT actor_id, subject_id, detail FROM audit_entries WHERE action = 'work_order.reallocated'")
    ).one()
    assert (row.actor_id, row.subject_id) == (taken.callers["Max"].id, taken.day.jobs["J"])
    assert row.detail == {
        "replaced": str(taken.day.people["A"]),
        "replaced_by": str(taken.day.people["B"]),
        "mode": "assign",
        "state": "assigned",
        "reason": "Ana is ill",
        "forced": False,
    }


def test_a_taken_slot_changes_nothing(taken: Desks) -> None:
    before = taken.day.outcome("J").order
    other = taken.day.book("B", "14:30-15:30")
    with pytest.raises(SlotTakenError) as refused:
        taken.reallocate("J", "B")
    assert refused.value.facts["conflict"]["work_order_id"] == str(other)
    assert taken.day.outcome("J").order == before
    taken.day.places["L"] = taken.day.places["J"]
    refused_again = taken.day.lead("L", slot="14:00-15:00", assignee="A").order
    assert refused_again.pending_reason is PendingReason.WANTED_TAKEN


def test_under_way_it_takes_force_with_a_reason_and_the_permission(taken: Desks) -> None:
    taken.dispatcher("Max", "phones", "ovens", permissions=("reallocate", "force_travelling"))
    taken.dispatcher("Uma", "phones", "ovens", permissions=("reallocate",))
    taken.drive("A", "J")
    with pytest.raises(WorkOrderUnderWayError):
        taken.reallocate("J", "B", by="Max", reason="accident")
    with pytest.raises(ForbiddenError):
        taken.reallocate("J", "B", by="Uma", reason="accident", force=True)
    with pytest.raises(InvalidError) as refused:
        taken.reallocate("J", "B", by="Max", force=True)
    assert [problem.pointer for problem in refused.value.errors] == ["/reason"]
    assert taken.day.outcome("J").state is State.TRAVELLING
    order = taken.reallocate("J", "B", by="Max", force=True, reason="accident")
    assert (order.state, order.technician_id) == (State.ASSIGNED, taken.day.people["B"])


def test_unassigned_or_finished_work_is_not_reallocated(taken: Desks) -> None:
    for step in (State.TRAVELLING, State.COMPLETED):
        taken.drive("A", "J", step)
    with pytest.raises(WorkOrderStateError):
        taken.reallocate("J", "B", force=True, reason="why not")
    taken.day.places["L"] = taken.day.places["J"]
    taken.day.auto_assign("L")
    with pytest.raises(WorkOrderStateError):
        taken.reallocate("L", "B")


def test_a_technician_is_not_replaced_by_the_same_an_absent_or_an_unknown_one(taken: Desks, admin: Connection) -> None:
    with pytest.raises(WorkOrderStateError):
        taken.reallocate("J", "A")
    taken.day.off_duty("B")
    with pytest.raises(TechnicianOffDutyError):
        taken.reallocate("J", "B", mode="offer")
    with pytest.raises(NotFoundError):
        taken.reallocate("J", "C", by="Pia")
    admin.execute(text("UPDATE technicians SET active = false WHERE name = 'B'"))
    with pytest.raises(InactiveError):
        taken.reallocate("J", "B")
    assert taken.day.outcome("J").technician == "A"


def test_of_two_who_decide_the_second_is_told(taken: Desks) -> None:
    seen = taken.day.outcome("J").order.version
    taken.reallocate("J", "B", version=seen)
    with pytest.raises(WorkOrderChangedError):
        taken.reallocate("J", "C", version=seen)


def test_those_who_come_along_stay(taken: Desks, admin: Connection) -> None:
    day = taken.day
    with taken.at("centre"):
        day.places["D"] = day.places["A"]
        day.technician("D")
    with day.database.transaction(day.org_id) as tx:
        assigning.unassign(tx, day.boss, day.jobs["J"], version=None)
        assigning.assign(
            tx,
            day.boss,
            day.jobs["J"],
            day.people["A"],
            mode="assign",
            version=None,
            collaborator_ids=[day.people["B"]],
        )
    order = taken.reallocate("J", "D", mode="offer")
    assert [one.name for one in order.collaborators] == ["B"]
    day.accept("D", day.offer("J"))
    outcome = day.outcome("J")
    assert (outcome.state, outcome.technician) == (State.ASSIGNED, "D")
    promoted = taken.reallocate("J", "B")
    assert (promoted.technician_id, promoted.collaborators, promoted.vacancies) == (day.people["B"], (), 0)
