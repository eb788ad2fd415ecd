"""A user takes the last act back, as long as it stands alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from geo_assign.access.domain import Caller
from geo_assign.core.db import Database
from geo_assign.dispatch.commands import moving, orders, reallocating
from geo_assign.dispatch.commands.assigning import assign, unassign
from geo_assign.undo.commands import find_undoable, get_undoable_order, undo
from geo_assign.undo.domain import NothingToUndoError, Undoable, UndoAction, UndoRefusal, UndoRefusedError, action_of
from geo_assign.workorders.commands import lock
from geo_assign.workorders.commands.undo_steps import sweep_undo_steps
from geo_assign.workorders.domain import EventKind, PendingReason, RejectReason, SlotTakenError, State, WorkOrder
from tests.access.api import Api, seeded_api
from tests.conftest import World
from tests.day import Day
from tests.snapshots import begun_once

PLACE = {"lat": 41.15, "lon": -8.61}
TEN, ELEVEN = "14:00-15:00", "16:00-17:00"


@pytest.fixture
@begun_once
def desk(day: Day) -> Day:
    """Automation is off: what happens is what users do."""
    day.set(lead_auto_user_assignment="off")
    day.map("A B C . J K", step_m=400)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J", slot=TEN)
    return day


def run(day: Day, act: Callable[..., Any], *given: Any, by: Caller | None = None, **named: Any) -> Any:
    with day.database.transaction(day.org_id) as tx:
        return act(tx, by or day.boss, *given, **named)


def look(day: Day, by: Caller | None = None) -> Undoable | None:
    found: Undoable | None = run(day, find_undoable, by=by)
    return found


def take_back(day: Day, by: Caller | None = None) -> WorkOrder:
    with day.database.transaction(day.org_id) as tx:
        order_id = get_undoable_order(tx, by or day.boss)
        undo(tx, by or day.boss, order_id)
        return lock(tx, order_id)


def refused(day: Day, by: Caller | None = None) -> UndoRefusal:
    """Why it cannot be undone; asking says the same, and nothing is changed."""
    seen = look(day, by)
    assert seen is not None
    before = {letter: day.outcome(letter).order for letter in day.jobs}
    with pytest.raises(UndoRefusedError) as error:
        take_back(day, by)
    assert {letter: day.outcome(letter).order for letter in day.jobs} == before
    assert error.value.facts["reason"] == seen.refusal
    assert error.value.detail == seen.detail
    return UndoRefusal(error.value.facts["reason"])


def give(day: Day, letter: str, mode: str = "assign", job: str = "J", **more: Any) -> None:
    run(day, assign, day.jobs[job], day.people[letter], mode=mode, version=None, **more)


def test_who_has_done_nothing_can_undo_nothing(desk: Day) -> None:
    assert look(desk) is None
    with pytest.raises(NothingToUndoError):
        take_back(desk)


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_an_assignment_and_an_offer_are_taken_back(desk: Day, mode: str) -> None:
    give(desk, "A", mode)
    seen = look(desk)
    assert seen is not None
    assert (seen.action, seen.refusal) == (UndoAction.ASSIGN if mode == "assign" else UndoAction.OFFER, None)
    order = take_back(desk)
    assert (order.state, order.technician_id, order.offers) == (State.PENDING, None, ())
    assert order.pending_reason is PendingReason.UNASSIGNED
    assert desk.history("J")[-1] == "unassigned"
    give(desk, "A")  # the time is free again


def test_what_is_undone_is_undone_once(desk: Day) -> None:
    give(desk, "A")
    take_back(desk)
    assert look(desk) is None
    with pytest.raises(NothingToUndoError):
        take_back(desk)


def test_an_unassignment_is_taken_back_with_the_crew(desk: Day) -> None:
    give(desk, "A", collaborator_ids=[desk.people["B"]])
    run(desk, unassign, desk.jobs["J"], version=None)
    order = take_back(desk)
    assert (order.state, order.technician_id) == (State.ASSIGNED, desk.people["A"])
    assert [one.id for one in order.collaborators] == [desk.people["B"]]


def test_an_unassignment_whose_time_went_to_other_work_stays(desk: Day) -> None:
    give(desk, "A")
    run(desk, unassign, desk.jobs["J"], version=None)
    other = desk.boss
    desk.lead("K", slot=TEN)
    colleague = replace(other, id=desk.people["C"], name="Cem")
    run(desk, assign, desk.jobs["K"], desk.people["A"], mode="assign", version=None, by=colleague)
    with pytest.raises(SlotTakenError):
        take_back(desk)
    assert desk.outcome("J").state is State.PENDING


def test_a_reallocation_is_taken_back(desk: Day) -> None:
    give(desk, "A")
    run(desk, reallocating.reallocate, desk.jobs["J"], desk.people["B"], mode="assign", force=False, reason=None,
        version=None)  # fmt: skip
    seen = look(desk)
    assert seen is not None
    assert seen.action is UndoAction.REALLOCATE
    assert take_back(desk).technician_id == desk.people["A"]


def test_a_rescheduling_is_taken_back_with_the_time_that_is_held(desk: Day) -> None:
    give(desk, "A")
    before = desk.outcome("J").order
    run(desk, orders.edit, desk.jobs["J"], orders.Edit(fields={}, slot=desk.slot(ELEVEN)), version=None)
    order = take_back(desk)
    assert (order.slot_start, order.slot_end, order.technician_id) == (
        before.slot_start, before.slot_end, desk.people["A"],
    )  # fmt: skip
    desk.lead("K", slot=ELEVEN)
    give(desk, "A", job="K")


@pytest.mark.parametrize(
    "fields",
    [{"priority": 7}, {"notes": "ring twice"}, {"notes": None}, {"skills": ["oven"]}, {"referral_source": "flyer"},
     {"priority": -3, "notes": "x", "referral_source": None}],
    ids=str,
)  # fmt: skip
def test_corrections_are_taken_back(desk: Day, fields: dict[str, Any]) -> None:
    run(desk, orders.edit, desk.jobs["J"], orders.Edit(fields={"notes": "first", "priority": 1}), version=None)  # type: ignore[typeddict-item]
    before = desk.outcome("J").order
    run(desk, orders.edit, desk.jobs["J"], orders.Edit(fields=fields), version=None)  # type: ignore[arg-type]
    order = take_back(desk)
    for name in ("priority", "notes", "skills", "referral_source"):
        assert getattr(order, name) == getattr(before, name)
    assert order.version > before.version + 1


def test_an_edit_of_slot_and_members_is_one_act(desk: Day) -> None:
    before = desk.outcome("J").order
    edit = orders.Edit(fields={"priority": 9}, slot=desk.slot(ELEVEN))
    run(desk, orders.edit, desk.jobs["J"], edit, version=None)
    order = take_back(desk)
    assert (order.priority, order.slot_start) == (before.priority, before.slot_start)


def test_a_move_to_another_group_is_taken_back_with_its_technician(desk: Day) -> None:
    phones, ovens = desk.group("phones"), desk.group("ovens")
    run(desk, moving.reassign_group, desk.jobs["J"], phones, note=None, force=False, version=None)
    give(desk, "A")
    run(desk, moving.reassign_group, desk.jobs["J"], ovens, note=None, force=False, version=None)
    assert desk.outcome("J").technician is None
    seen = look(desk)
    assert seen is not None
    assert seen.action is UndoAction.GROUP_MOVE
    order = take_back(desk)
    assert (order.group_id, order.technician_id) == (phones, desk.people["A"])


@pytest.mark.parametrize(("after", "possible"), [("59 s", True), ("60 s", True), ("61 s", False), ("1 h", False)])
def test_a_minute_is_the_time_for_it(desk: Day, after: str, possible: bool) -> None:
    give(desk, "A")
    desk.later(after)
    if possible:
        assert take_back(desk).technician_id is None
    else:
        assert refused(desk) is UndoRefusal.TOO_LATE


def test_a_technician_who_has_answered_stands(desk: Day) -> None:
    give(desk, "A", "offer")
    desk.accept("A", desk.offer("J"))
    assert refused(desk) is UndoRefusal.ANSWERED
    seen = look(desk)
    assert seen is not None
    assert "has answered" in seen.detail


def test_a_technician_who_rejected_stands(desk: Day) -> None:
    give(desk, "A", "offer")
    desk.reject("A", desk.offer("J"), RejectReason.BUSY)
    assert refused(desk) in {UndoRefusal.ANSWERED, UndoRefusal.AUTOMATION_WENT_ON}


def test_a_technician_who_set_out_stands(desk: Day) -> None:
    give(desk, "A")
    desk.step("J", "A", State.TRAVELLING)
    assert refused(desk) is UndoRefusal.ANSWERED


def test_another_user_stands(desk: Day) -> None:
    give(desk, "A")
    boss = desk.boss
    other = Caller(
        org_id=boss.org_id, kind=boss.kind, id=desk.people["C"], name="Cem", scope=boss.scope, role=boss.role
    )
    run(desk, orders.edit, desk.jobs["J"], orders.Edit(fields={"priority": 3}), version=None, by=other)
    assert refused(desk) is UndoRefusal.CHANGED_BY_ANOTHER
    seen = look(desk)
    assert seen is not None
    assert "Cem" in seen.detail
    assert look(desk, other) is not None


def test_automation_that_asked_the_next_stands(day: Day) -> None:
    day.map("A . J", step_m=400)
    day.technician("A")
    day.lead("J", slot=TEN)
    run(day, orders.edit, day.jobs["J"], orders.Edit(fields={}, slot=day.slot(ELEVEN)), version=None)
    day.evaluate("J")
    assert refused(day) in {UndoRefusal.AUTOMATION_WENT_ON, UndoRefusal.NOT_UNDOABLE}


def test_automation_that_only_looked_takes_nothing(desk: Day) -> None:
    before = desk.outcome("J").order
    run(desk, orders.edit, desk.jobs["J"], orders.Edit(fields={}, slot=desk.slot(ELEVEN)), version=None)
    desk.evaluate("J", forced=False)
    assert take_back(desk).slot_start == before.slot_start


def test_what_cannot_be_made_again_says_so(desk: Day) -> None:
    desk.cancel("J")
    assert refused(desk) is UndoRefusal.NOT_UNDOABLE
    give_offer_then_unassign(desk)
    assert refused(desk) is UndoRefusal.NOT_UNDOABLE


def give_offer_then_unassign(day: Day) -> None:
    day.lead("K", slot=TEN)
    give(day, "A", "offer", job="K")
    run(day, unassign, day.jobs["K"], version=None)


def test_only_the_last_act_is_taken_back(desk: Day) -> None:
    desk.lead("K", slot=TEN)
    give(desk, "A")
    give(desk, "B", job="K")
    assert take_back(desk).id == desk.jobs["K"]
    assert desk.outcome("J").technician == "A"


def test_old_acts_are_forgotten(desk: Day, world: World) -> None:
    give(desk, "A")
    of_worker = Database(world.worker_url, clock=desk.clock, pool_size=1)
    try:
        assert sweep_undo_steps(of_worker) == 0
        desk.later("11 min")
        assert sweep_undo_steps(of_worker) == 1
    finally:
        of_worker.close()
    assert look(desk) is None


@pytest.mark.parametrize("kind", EventKind)
def test_every_act_has_a_name(kind: EventKind) -> None:
    for was_taken in (True, False):
        assert isinstance(action_of([kind], was_taken=was_taken), UndoAction)


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    with seeded_api(world) as api:
        yield api


def test_the_answer_says_what_would_be_and_what_is(api: Api) -> None:
    assert api.get("/v1/undo", by="desk").get_json() == {
        "possible": False, "action": None, "work_order_id": None, "number": None, "done_at": None, "until": None,
        "reason": None, "detail": None,
    }  # fmt: skip
    nothing = api.post("/v1/undo", by="desk", json={})
    assert (nothing.status_code, nothing.get_json()["code"]) == (409, "nothing_to_undo")
    body = {
        "store_id": api.id("stores", "centre"),
        "customer": {"name": "Eva"},
        "location": {"lat": 41.15, "lon": -8.61},
    }
    order = api.post("/v1/tickets", by="desk", json=body).get_json()
    path = f"/v1/work-orders/{order['id']}"
    version = api.get(path, by="desk").get_json()["version"]
    edited = api.patch(path, by="desk", version=version, json={"priority": 5, "notes": "loud"})
    assert edited.status_code == 200
    seen = api.get("/v1/undo", by="desk").get_json()
    assert (seen["possible"], seen["action"], seen["work_order_id"]) == (True, "edit", order["id"])
    undone = api.post("/v1/undo", by="desk", json={})
    assert undone.status_code == 200
    assert (undone.get_json()["priority"], undone.get_json()["notes"]) == (0, None)
    assert undone.headers["ETag"] == f'"{undone.get_json()["version"]}"'
    told = api.get(f"/v1/audit?subject_id={order['id']}", by="root").get_json()["items"]
    assert "work_order.undone" in [one["action"] for one in told]
    api.patch(path, by="desk", version=undone.get_json()["version"], json={"priority": 6})
    api.patch(path, by="root", version=undone.get_json()["version"] + 1, json={"priority": 7})
    late = api.post("/v1/undo", by="desk", json={}).get_json()
    assert (late["code"], late["reason"]) == ("undo_refused", "changed_by_another")
    assert UUID(api.get("/v1/undo", by="root").get_json()["work_order_id"]) == UUID(order["id"])
    for who in ("ana", "shop"):
        assert api.get("/v1/undo", by=who).status_code == 403
