"""What ends the alarm of impossible work, and where a dispatcher finds it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.dispatch.commands import moving, orders, reallocating
from geo_assign.workforce import commands
from geo_assign.workorders.domain import Bucket
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders
from tests.day import Day
from tests.dispatch.impossible import (
    CASES,
    HOUR,
    MORNING,
    alarm_of,
    away,
    crew,
    order_of,
    run,
    scene,
    update,
)

# What ends the alarm --------------------------------------------------------------------------------------------------


def alarmed(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    away(day, MORNING, MORNING + 24 * HOUR)
    assert alarm_of(order_of(day))


def edit(day: Day, change: orders.Edit, kind: ActorKind = ActorKind.USER) -> None:
    caller = Caller(day.org_id, kind, uuid4(), "Desk", EVERYTHING)
    day.dispatch.edit(caller, day.jobs["J"], change, None)


def moved_to(start: datetime) -> orders.Edit:
    return orders.Edit(fields={}, slot=(start, start + HOUR))


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.API_KEY])
def test_a_slot_that_suits_ends_it(day: Day, kind: ActorKind) -> None:
    alarmed(day)
    edit(day, moved_to(MORNING + 34 * HOUR), kind)
    order = order_of(day)
    assert (order.alarm, order.technician_id) == (None, day.people["A"])


def test_a_machine_that_moves_it_into_the_time_off_is_told_of_and_a_dispatcher_knows(day: Day) -> None:
    alarmed(day)
    edit(day, moved_to(MORNING + 14 * HOUR), ActorKind.API_KEY)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}
    edit(day, moved_to(MORNING + 15 * HOUR))
    assert order_of(day).alarm is None
    update(day, skills=("glass", "lathe"))
    assert order_of(day).alarm is None


def test_a_machine_that_moves_work_keeps_what_was_known(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, skills=())
    day.assign("J", "A")
    edit(day, moved_to(MORNING + 34 * HOUR), ActorKind.API_KEY)
    assert order_of(day).alarm is None


def test_a_note_does_not_end_it(day: Day) -> None:
    alarmed(day)
    edit(day, orders.Edit(fields={"notes": "ring twice"}))
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_another_technician_ends_it(day: Day) -> None:
    alarmed(day)
    with day.database.transaction(day.org_id) as tx:
        reallocating.reallocate(
            tx,
            day.boss,
            day.jobs["J"],
            day.people["B"],
            mode="assign",
            force=False,
            reason=None,
            version=None,
        )
    assert order_of(day).alarm is None


def test_another_technician_does_not_end_that_of_a_collaborator(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    with day.database.transaction(day.org_id) as tx:
        reallocating.reallocate(
            tx, day.boss, day.jobs["J"], day.people["C"], mode="assign", force=False, reason=None, version=None
        )
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}


def test_the_ticket_of_a_lead_keeps_it(day: Day) -> None:
    alarmed(day)
    day.convert("J", "K")
    assert alarm_of(order_of(day, "K")) == {"A": ["time_off"]}


def test_a_group_that_takes_it_over_with_its_technician_keeps_it(day: Day) -> None:
    alarmed(day)
    to = day.group("phones")
    day.dispatch.run_then_reassign(
        day.boss,
        day.jobs["J"],
        lambda tx: moving.reassign_group(tx, day.boss, day.jobs["J"], to, note=None, force=False, version=None),
    )
    order = order_of(day)
    assert (order.technician_id, alarm_of(order)) == (day.people["A"], {"A": ["time_off"]})


def test_a_skill_that_is_added_to_the_work_is_judged_at_once(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    edit(day, orders.Edit(fields={"skills": ("glass", "gas")}))
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}
    edit(day, orders.Edit(fields={"skills": ()}))
    assert order_of(day).alarm is None


def test_a_skill_that_is_added_to_offered_work_goes_to_one_who_has_it(day: Day) -> None:
    scene(day, CASES["deactivated"], automation="on")
    skills = {"skills": ("glass", "gas")}
    run(day, lambda tx: commands.update_technician(tx, day.boss, day.people["B"], changes=skills), letter="B")
    edit(day, orders.Edit(fields={"skills": ("glass", "gas")}))
    assert day.outcome("J").technician == "B"


# What needs a dispatcher ----------------------------------------------------------------------------------------------


def test_it_is_in_the_list_of_what_needs_a_dispatcher_and_counted(day: Day) -> None:
    alarmed(day)
    day.book("B", "tomorrow 12:00-13:00")

    def listed(*buckets: Bucket) -> tuple[list[Any], int | None]:
        with day.database.transaction(day.org_id) as tx:
            page = list_work_orders(tx, EVERYTHING, WorkOrderFilter(buckets=buckets), limit=50, counted=True)
        assert all(order.bucket in buckets for order in page.items)
        return [order.id for order in page.items], page.count

    assert listed(Bucket.NEEDS_YOU) == ([day.jobs["J"]], 1)
    assert day.jobs["J"] not in listed(Bucket.TAKEN)[0]
    assert listed(Bucket.TAKEN, Bucket.NEEDS_YOU)[1] == 2
    assert listed(*Bucket)[1] == 2
    day.cancel("J")
    assert listed(Bucket.NEEDS_YOU) == ([], 0)
    assert day.jobs["J"] in listed(Bucket.CLOSED)[0]
