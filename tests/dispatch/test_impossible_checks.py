"""By the mere passing of time, by rows, and for many orders: when work is judged again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from geo_assign.workforce import commands
from geo_assign.workforce.domain import CheckedKind
from geo_assign.workforce.work_checks import list_checked_technicians
from geo_assign.workorders.domain import Kind, NewOrder
from tests.day import NOON, Day
from tests.dispatch.impossible import (
    CASES,
    HOUR,
    MORNING,
    alarm_of,
    order_of,
    scene,
    update,
    update_provider,
)

# By the mere passing of time, by rows, and for many -------------------------------------------------------------------


def test_an_agreement_that_runs_out_is_told_also_of_work_that_was_given_beyond_it(day: Day) -> None:
    scene(day, CASES["the agreement ends before"])
    update_provider(day, valid_until=NOON + 2 * HOUR)
    day.assign("J", "A")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert order_of(day).alarm is None, "it holds, and the dispatcher knew when it ends"
    day.later("2 h")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert alarm_of(order_of(day)) == {"A": ["agreement_expired"]}
    update_provider(day, valid_until=MORNING + 24 * HOUR)
    assert order_of(day).alarm is None


def test_work_given_over_an_agreement_that_had_ended_is_known(day: Day) -> None:
    scene(day, CASES["the agreement ends before"])
    update_provider(day, valid_until=NOON - HOUR)
    day.assign("J", "A")
    day.dispatch.end_agreement(day.org_id, day.providers["Fix"])
    assert order_of(day).alarm is None


def test_a_store_that_moves_to_another_zone_moves_the_hours_of_its_technicians(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, hours={"thu": [["09:00", "12:00"]]})
    day.assign("J", "A")
    with day.database.transaction(day.org_id) as tx:
        commands.update_store(tx, day.boss, day.store_id, changes={"timezone": "Asia/Tokyo"})
    day.dispatch.judge_work_of(day.org_id, CheckedKind.STORE, day.store_id)
    assert alarm_of(order_of(day)) == {"A": ["outside_hours"]}


def checks(day: Day) -> list[Any]:

    with day.database.transaction(day.org_id) as tx:
        return list(tx.conn.execute(text("SELECT id, due_at FROM work_checks ORDER BY made_at")).all())


def test_the_change_alone_leaves_a_row_by_which_the_worker_judges(day: Day) -> None:
    scene(day, CASES["deactivated"])
    day.assign("J", "A")
    with day.database.transaction(day.org_id) as tx:
        commands.update_technician(tx, day.boss, day.people["A"], changes={"active": False})
    assert order_of(day).alarm is None
    (check,) = checks(day)
    assert check.due_at == day.clock.now()
    day.dispatch.check_work(day.org_id, check.id)
    assert alarm_of(order_of(day)) == {"A": ["inactive"]}


def test_work_that_was_being_given_at_that_moment_is_found_by_the_second_look(day: Day) -> None:
    scene(day, CASES["deactivated"])
    update(day, skills=())
    (check,) = checks(day)
    assert check.due_at > day.clock.now()
    # A transaction that had judged before the change, and committed after the first look.
    day.assign("J", "A")
    forget_what_was_known(day)
    day.dispatch.check_work(day.org_id, check.id)
    assert order_of(day).alarm is None, "not yet due"
    day.later("61 s")
    day.dispatch.check_work(day.org_id, check.id)
    assert alarm_of(order_of(day)) == {"A": ["missing_skill"]}
    assert checks(day) == []


def forget_what_was_known(day: Day) -> None:

    with day.database.transaction(day.org_id) as tx:
        tx.conn.execute(text("UPDATE bookings SET known_reasons = '{}'"))


def test_many_orders_are_judged_a_few_at_a_time_until_all_are(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", home=True)
    days = [NOON + timedelta(days=number) for number in range(1, 26)]
    held = [order_at(day, at) for at in days]
    with day.database.transaction(day.org_id) as tx:
        commands.update_technician(tx, day.boss, day.people["A"], changes={"active": False})
    (check,) = checks(day)
    day.dispatch.check_work(day.org_id, check.id)
    assert 0 < count_alarmed(day, held) < len(held)
    day.dispatch.check_work(day.org_id, check.id)
    assert count_alarmed(day, held) == len(held)


def order_at(day: Day, at: datetime) -> Any:

    new = NewOrder(
        kind=Kind.LEAD,
        store_id=day.store_id,
        customer={"name": "Customer"},
        location=day.places["J"],
        slot_start=at,
        slot_end=at + HOUR,
        assignee_id=day.people["A"],
    )
    return day.dispatch.create(day.boss, new, None)[0].id


def count_alarmed(day: Day, order_ids: list[Any]) -> int:
    return sum(bool(alarm_of(day.dispatch.read(day.boss, order_id))) for order_id in order_ids)


def test_whose_work_a_check_is_about(day: Day) -> None:
    day.map("A B C", step_m=500)
    day.provider("Fix")
    for letter, provider in (("A", "Fix"), ("B", "Fix"), ("C", None)):
        day.technician(letter, provider=provider)
    with day.database.transaction(day.org_id) as tx:

        def of(kind: CheckedKind, subject_id: Any) -> set[str]:
            return {day.letter(one) for one in list_checked_technicians(tx, kind, subject_id)}

        assert of(CheckedKind.TECHNICIAN, day.people["A"]) == {"A"}
        assert of(CheckedKind.PROVIDER, day.providers["Fix"]) == {"A", "B"}
        assert of(CheckedKind.STORE, day.store_id) == {"A", "B", "C"}
        assert of(CheckedKind.STORE, uuid4()) == set()
