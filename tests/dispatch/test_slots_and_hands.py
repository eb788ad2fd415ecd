"""Work that is wanted as soon as possible, and work that a technician has already."""

import pytest

from geo_assign.dispatch.commands import progress
from geo_assign.workorders.domain import State, WorkOrderStateError
from tests.day import NOON, Day, span


def test_what_waits_as_soon_as_possible_is_judged_by_now(day: Day) -> None:
    day.map("A . J . B", step_m=500)
    day.technician("A", on_duty=False)
    assert day.lead("J").state is State.PENDING
    day.later("2 h")
    day.ping("A")
    day.book("A", "13:55-14:55")
    lead = day.evaluate("J")
    assert lead.state is State.PENDING
    assert lead.excluded == {"A": "slot_taken"}


def test_its_slot_begins_when_a_technician_is_asked(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", on_duty=False)
    day.lead("J")
    day.later("2 h")
    day.ping("A")
    order = day.evaluate("J").order
    assert order.state is State.OFFERED
    assert (order.slot_start, order.slot_end) == (NOON + span("2 h"), NOON + span("3 h"))


def test_a_slot_that_was_given_stays_where_it_is(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", on_duty=False)
    day.lead("J", slot="12:30-13:30")
    day.later("2 h")
    day.ping("A")
    assert day.evaluate("J").order.slot_start == NOON + span("30 min")


@pytest.mark.parametrize("mode", ["offer", "assign"])
@pytest.mark.parametrize("under_way", [False, True])
def test_assigned_work_is_not_given_to_another(day: Day, mode: str, under_way: bool) -> None:
    day.map("A . J . . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.auto_assign("J")
    day.accept("A", day.offer("J"))
    if under_way:
        with day.database.transaction(day.org_id) as tx:
            progress.advance(tx, day.as_("A"), day.jobs["J"], State.TRAVELLING)
    with pytest.raises(WorkOrderStateError, match="A has this work"):
        day.assign("J", "B", mode=mode)  # type: ignore[arg-type]
    assert day.outcome("J").technician == "A"
