"""Work that a technician cannot do any more stays, with an alarm that says why."""

from collections.abc import Callable

import pytest

from geo_assign.workforce.domain import CheckedKind
from geo_assign.workorders.domain import Bucket, State
from tests.day import Day
from tests.dispatch.impossible import (
    CASES,
    HOUR,
    MORNING,
    NAMES,
    SLOT,
    alarm_of,
    away,
    no_more_away,
    order_of,
    scene,
    single_date,
    update,
)

# What a technician has ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_taken_work_that_became_impossible_stays_with_an_alarm(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    day.assign("J", "A")
    before = order_of(day)
    assert before.bucket is Bucket.TAKEN
    case.make(day)
    order = order_of(day)
    assert alarm_of(order) == {"A": [case.reason]}
    assert (order.state, order.technician_id, order.pinned) == (State.ASSIGNED, day.people["A"], True)
    assert order.bucket is Bucket.NEEDS_YOU
    assert order.human_version == before.human_version, "the service did it: no dispatcher is held up"
    assert day.last_event("J").kind == "alarm_raised"
    day.dispatch.judge_work_of(day.org_id, CheckedKind.TECHNICIAN, day.people["A"])
    assert day.history("J").count("alarm_raised") == 1, "it is told once"


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].undo])
def test_taking_the_change_back_clears_the_alarm(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    day.assign("J", "A")
    case.make(day)
    assert case.undo is not None
    case.undo(day)
    order = order_of(day)
    assert (order.alarm, order.bucket) == (None, Bucket.TAKEN)
    assert day.last_event("J").kind == "alarm_cleared"


@pytest.mark.parametrize("name", NAMES)
def test_work_that_automation_assigned_stays_as_well(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case, automation="on", lead_acceptance=False)
    assert day.outcome("J").technician == "A"
    case.make(day)
    order = order_of(day)
    assert (order.technician_id, alarm_of(order)) == (day.people["A"], {"A": [case.reason]})


@pytest.mark.parametrize("state", [State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS])
def test_work_under_way_is_told_too(day: Day, state: State) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.step("J", "A", state)
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


def test_a_running_slot_is_told(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.later("22 h")
    day.later("30 min")
    away(day, day.clock.now(), day.clock.now() + HOUR)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_hours_of_another_week_do_not_undo_a_slot_that_is_over_but_leaving_does(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    day.later("3 d")
    update(day, hours={"tue": [["09:00", "10:00"]]})
    assert order_of(day).alarm is None
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_work_that_is_over_is_left_alone(day: Day, end: str) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    if end == "cancel":
        day.cancel("J")
    else:
        for state in (State.TRAVELLING, State.COMPLETED):
            day.step("J", "A", state)
    update(day, active=False)
    assert (order_of(day).alarm, "alarm_raised" in day.history("J")) == (None, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda day: away(day, MORNING + 11 * HOUR, MORNING + 12 * HOUR),
        lambda day: away(day, MORNING + 9 * HOUR, MORNING + 10 * HOUR),
        lambda day: update(day, hours={"thu": [["10:00", "11:00"]]}),
        lambda day: update(day, skills=("glass",)),
        lambda day: update(day, name="Ana"),
        lambda day: single_date(day, [["09:00", "10:30"], ["10:30", "12:00"]]),
    ],
    ids=["time off after it", "time off before it", "hours that fit", "same skills", "another name", "two spans"],
)
def test_what_leaves_the_work_possible_is_not_told(day: Day, make: Callable[[Day], object]) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    make(day)
    assert order_of(day).alarm is None


def test_several_reasons_are_told_together_and_go_one_by_one(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    away(day, MORNING, MORNING + 24 * HOUR)
    update(day, skills=())
    assert alarm_of(order_of(day)) == {"A": ["missing_skill", "time_off"]}
    no_more_away(day)
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}


def test_each_order_of_the_technician_is_judged_by_its_own_slot(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    second = day.book("A", "tomorrow 12:00-13:00")
    away(day, MORNING + 12 * HOUR, MORNING + 24 * HOUR)
    assert order_of(day).alarm is None
    assert alarm_of(day.dispatch.read(day.boss, second)) == {"A": ["time_off"]}


# What was known -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "deactivated"])  # who left cannot be chosen
def test_what_the_dispatcher_knew_raises_no_alarm_whatever_changes_later(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case)
    case.make(day)
    day.assign("J", "A")
    kept = ("oven",) if case.reason == "missing_skill" else ("glass",)
    update(day, skills=(*kept, "lathe"))
    assert order_of(day).alarm is None
    update(day, active=False)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}, "only what is new is told"


def test_a_named_assignee_is_a_choice(day: Day) -> None:
    scene(day, CASES["deactivated"])
    away(day, MORNING, MORNING + 24 * HOUR)
    day.lead("J", slot=SLOT, assignee="A")
    update(day, skills=("lathe",))
    assert order_of(day).alarm is None
