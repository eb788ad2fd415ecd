"""Who ends an alarm: a user who acts on the work order, or its end; no other caller, whatever they change."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller, system_caller
from geo_assign.dispatch.commands import orders
from geo_assign.workorders.domain import State
from tests.day import Day, shifted


@pytest.fixture
def alarmed(pair: Day) -> Day:
    """A has the job J, and its address moved far away since: the dispatcher is alarmed."""
    pair.set(radius_m=1_200)
    pair.auto_assign("J")
    pair.accept("A", pair.offer("J"))
    edit(pair, pair.boss, orders.Edit(fields={}, location=shifted(pair.places["J"], east_m=5_000)))
    assert pair.outcome("J").order.alarm is not None, "the change that raises an alarm does not clear it"
    return pair


def edit(day: Day, caller: Caller, change: orders.Edit) -> None:
    day.dispatch.edit(caller, day.jobs["J"], change, None)


def machine(day: Day) -> Caller:
    """A caller with an API key."""
    return Caller(day.org_id, ActorKind.API_KEY, uuid4(), "POS", EVERYTHING)


NOTE = orders.Edit(fields={"notes": "ring twice"})


@pytest.mark.parametrize(
    ("act", "stays"),
    [
        (lambda day: day.step("J", "A", State.TRAVELLING), True),
        (lambda day: day.step("J", "A", State.ON_SITE), True),
        (lambda day: edit(day, machine(day), NOTE), True),
        (lambda day: edit(day, system_caller(day.org_id), NOTE), True),
        (lambda day: edit(day, day.boss, NOTE), False),
        (lambda day: day.cancel("J"), False),
    ],
    ids=[
        "the technician travels",
        "the technician arrives",
        "a machine edits",
        "the service edits",
        "a user edits",
        "the work is cancelled",
    ],
)
def test_who_ends_an_alarm(alarmed: Day, act: Callable[[Day], object], stays: bool) -> None:
    act(alarmed)
    assert (alarmed.outcome("J").order.alarm is not None) is stays


def test_an_alarm_ends_with_the_work(alarmed: Day) -> None:
    for state in (State.TRAVELLING, State.IN_PROGRESS):
        alarmed.step("J", "A", state)
        assert alarmed.outcome("J").order.alarm is not None
    alarmed.step("J", "A", State.COMPLETED)
    assert alarmed.outcome("J").order.alarm is None
