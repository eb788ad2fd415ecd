"""What a preview of a batch showed is given out as it was shown, and it is told what changed meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, Caller, Role, Scope
from geo_assign.core.db import Database, Tx
from geo_assign.core.geo import Point
from geo_assign.core.idempotency import Attempt, KeyReusedError
from geo_assign.dispatch import batches
from geo_assign.dispatch.commands import orders
from geo_assign.dispatch.commands.optimizing import BatchRequest, Chosen, Lost
from geo_assign.dispatch.domain import PreviewNotFoundError
from geo_assign.dispatch.solved import Optimized
from geo_assign.dispatch.tasks import sweep_old_previews
from geo_assign.receipts.queries import get_decision
from geo_assign.workforce.commands.technicians import update_technician
from geo_assign.workforce.commands.time_off import add_time_off
from geo_assign.workforce.domain import TimeOff
from geo_assign.workorders.domain import State
from tests.conftest import World
from tests.day import Day
from tests.dispatch.test_optimize import plan, unassigned, waiting
from tests.snapshots import begun_once


@pytest.fixture
@begun_once
def town(day: Day) -> Day:
    """J and K both lie beside A, L beside C; J goes to B at the other end."""
    day.map("B . . . . J A K . . C L", step_m=500)
    for letter in "ABC":
        day.technician(letter)
    waiting(day, "JKL")
    return day


def shown(day: Day, caller: Caller | None = None, **wanted: object) -> Optimized:
    found, again = day.dispatch.optimize(caller or day.boss, BatchRequest(**wanted), commit=False)  # type: ignore[arg-type]
    assert not again
    return found


def give_out(day: Day, preview: Optimized, caller: Caller | None = None) -> Optimized:
    found, again = day.dispatch.give_out_preview(caller or day.boss, preview.id)
    assert not again
    return found


def lost(day: Day, found: Optimized) -> dict[str, tuple[str, str]]:
    return {
        day.job(pair.chosen.order.id): (pair.lost.code, pair.lost.detail)
        for pair in found.pairs
        if pair.lost is not None
    }


def test_what_was_shown_is_given_although_another_plan_would_be_better_now(town: Day) -> None:
    preview = shown(town, mode="assign")
    assert plan(town, preview) == {"J": "B", "K": "A", "L": "C"}
    assert not preview.committed
    assert preview.expires_at == preview.at + timedelta(hours=1)
    town.later("2 min")
    town.ping("C", town.places["J"])
    assert plan(town, shown(town, mode="assign")) != plan(town, preview)
    given = give_out(town, preview)
    assert given.committed
    assert (plan(town, given), lost(town, given)) == (plan(town, preview), {})
    assert (given.id, given.totals) == (preview.id, preview.totals)
    assert [town.outcome(job).technician for job in "JKL"] == ["B", "A", "C"]
    # C has come nearer to J and is farther from L: that distance is true now, and its receipt tells the same.
    way_m = next(pair.chosen.distance_m for pair in given.pairs if town.job(pair.chosen.order.id) == "L")
    assert way_m == pytest.approx(3_000, rel=0.01)
    with town.database.transaction(town.org_id) as tx:
        decision_id = town.outcome("L").order.decision_id
        assert decision_id is not None
        receipt = get_decision(tx, EVERYTHING, decision_id)
    assert receipt.batch is not None
    assert (receipt.batch["id"], receipt.batch["chosen"]["distance_m"]) == (str(preview.id), way_m)
    assert receipt.batch["optimal_m"] == preview.totals.optimal_m


def test_offers_are_made_where_offers_were_shown(town: Day) -> None:
    preview = shown(town)
    town.set(lead_acceptance=False)
    give_out(town, preview)
    assert {town.outcome(job).state for job in "JKL"} == {State.OFFERED}


def test_what_was_left_is_told_again(day: Day) -> None:
    day.map("J A K . L", step_m=500)
    day.technician("A", skills=["tv"])
    waiting(day, "JK")
    waiting(day, "L", skills=("oven",))
    preview = shown(day)
    given = give_out(day, preview)
    assert unassigned(day, given) == unassigned(day, preview)
    assert [(one.detail, one.counts) for one in given.left] == [(one.detail, one.counts) for one in preview.left]


# What changes meanwhile, with the code that the order J is lost under and a part of the sentence ----------------------


def taken_by_a_colleague(day: Day) -> None:
    day.assign("J", "C")


def offered_by_a_colleague(day: Day) -> None:
    day.assign("J", "C", mode="offer")


def cancelled(day: Day) -> None:
    day.cancel("J")


def off_duty(day: Day) -> None:
    day.off_duty("B")


def busy(day: Day) -> None:
    day.book("B", "12:00-13:00")


def asked_elsewhere(day: Day) -> None:
    day.places["Z"] = day.places["B"]
    day.lead("Z", slot="tomorrow 09:00-10:00")
    day.assign("Z", "B", mode="offer")


def on_leave(day: Day) -> None:
    start, end = day.slot("12:00-18:00")
    with day.database.transaction(day.org_id) as tx:
        off = TimeOff(uuid4(), day.people["B"], starts_at=start, ends_at=end, note=None)
        add_time_off(tx, day.boss, off)


def deactivated(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        update_technician(tx, day.boss, day.people["B"], changes={"active": False})


def moved_far_away(day: Day) -> None:
    day.later("4 min")
    for letter in "AC":
        day.ping(letter)
    day.set(radius_m=9_000)
    day.ping("B", Point(41.1, -30.0))


def other_place(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        orders.edit(tx, day.boss, day.jobs["J"], orders.Edit({}, location=Point(41.0, -29.97)), version=None)


def other_time(day: Day) -> None:
    start, end = day.slot("tomorrow 12:00-13:00")
    with day.database.transaction(day.org_id) as tx:
        orders.edit(tx, day.boss, day.jobs["J"], orders.Edit({}, slot=(start, end)), version=None)


def other_skills(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        orders.edit(tx, day.boss, day.jobs["J"], orders.Edit({"skills": ("tv",)}), version=None)


CHANGES = [
    (taken_by_a_colleague, "not_waiting", "C has it, changed by Boss"),
    (offered_by_a_colleague, "not_waiting", "C is asked already, changed by Boss"),
    (cancelled, "not_waiting", "it is cancelled, changed by Boss"),
    (off_duty, "off_duty", "off duty"),
    (busy, "slot_taken", "other work"),
    (asked_elsewhere, "offer_limit", "offers"),
    (on_leave, "time_off", "time off"),
    (deactivated, "inactive", "no longer works here"),
    (moved_far_away, "outside_radius", "km"),
    (other_place, "work_order_changed", "it is at another place, changed by Boss"),
    (other_time, "work_order_changed", "it is at another time, changed by Boss"),
    (other_skills, "work_order_changed", "it needs other skills, changed by Boss"),
]


@pytest.mark.parametrize(("change", "code", "words"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_what_changed_meanwhile_is_told_and_the_others_are_given(
    town: Day, change: Callable[[Day], None], code: str, words: str
) -> None:
    preview = shown(town, mode="offer" if code == "offer_limit" else "assign", work_order_ids=tuple(town.jobs.values()))
    change(town)
    given = give_out(town, preview)
    assert lost(town, given).keys() >= {"J"}
    found_code, detail = lost(town, given)["J"]
    assert found_code == code
    assert words in detail
    assert plan(town, given) == plan(town, preview)
    assert town.outcome("K").technician == "A"


def test_who_has_it_now_is_named(town: Day) -> None:
    preview = shown(town, mode="assign", work_order_ids=(town.jobs["J"],))
    town.assign("J", "C")
    (pair,) = give_out(town, preview).pairs
    assert pair.lost is not None
    assert pair.lost.technician_id == town.people["C"]


def test_another_callers_preview_and_one_that_is_over_are_not_there(town: Day) -> None:
    preview = shown(town)
    colleague = replace(town.boss, id=uuid4())
    with pytest.raises(PreviewNotFoundError):
        town.dispatch.give_out_preview(colleague, preview.id)
    with pytest.raises(PreviewNotFoundError):
        town.dispatch.give_out_preview(town.boss, uuid4())
    town.later("61 min")
    with pytest.raises(PreviewNotFoundError):
        town.dispatch.give_out_preview(town.boss, preview.id)
    assert {town.outcome(job).state for job in "JKL"} == {State.PENDING}


def test_scope_holds_again_when_it_is_given_out(day: Day) -> None:
    day.map("A J . K B", step_m=500)
    day.technician("A", group="north")
    day.technician("B", group="south")
    waiting(day, "J", group="north")
    waiting(day, "K", group="south")
    both = Scope(group_ids=frozenset({day.group("north"), day.group("south")}))
    desk = replace(day.boss, role=Role.DISPATCHER, scope=both)
    preview = shown(day, desk)
    assert plan(day, preview) == {"J": "A", "K": "B"}
    one = replace(desk, scope=Scope(group_ids=frozenset({day.group("north")})))
    given = give_out(day, preview, one)
    assert lost(day, given).keys() == {"K"}
    assert lost(day, given)["K"][0] == "work_order_not_found"
    assert (day.outcome("J").state, day.outcome("K").state) == (State.OFFERED, State.PENDING)


def test_a_commit_that_was_cut_off_is_gone_on_with(town: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = shown(town, mode="assign")
    real = batches.give_chosen

    def cut_off(tx: Tx, caller: Caller, chosen: Chosen) -> Chosen | Lost:
        if chosen.order.id == town.jobs["L"]:
            raise ConnectionError
        return real(tx, caller, chosen)

    with monkeypatch.context() as patch:
        patch.setattr(batches, "give_chosen", cut_off)
        with pytest.raises(ConnectionError):
            give_out(town, preview)
    assert town.outcome("L").state is State.PENDING
    again = give_out(town, preview)
    assert lost(town, again) == {}
    assert [town.outcome(job).technician for job in "JKL"] == ["B", "A", "C"]
    assert [town.history(job).count("assigned") for job in "JKL"] == [1, 1, 1]
    assert [pair.chosen.distance_m for pair in again.pairs] == [pair.chosen.distance_m for pair in preview.pairs]


def test_a_retry_answers_what_was_given(town: Day) -> None:
    preview = shown(town)
    attempt = Attempt(town.boss.id, "optimize", "once", b"same")
    first, again = town.dispatch.give_out_preview(town.boss, preview.id, attempt=attempt)
    assert not again
    retried, again = town.dispatch.give_out_preview(town.boss, preview.id, attempt=attempt)
    assert again
    assert (retried.id, plan(town, retried), retried.totals) == (first.id, plan(town, first), first.totals)
    with pytest.raises(KeyReusedError):
        town.dispatch.give_out_preview(
            town.boss, preview.id, attempt=Attempt(town.boss.id, "optimize", "once", b"other")
        )


def test_distances_of_technicians_who_are_shown_coarsely_stay_rounded(day: Day) -> None:
    day.set(coarse_positions=True)
    day.map("B . . . . J A K", step_m=433)
    day.technician("A")
    day.technician("B")
    waiting(day, "JK")
    preview = shown(day)
    given = give_out(day, preview)
    for found in (preview, given):
        assert [pair.chosen.distance_m for pair in found.pairs] == [2_200.0, 400.0]
        assert [pair.greedy and pair.greedy.distance_m for pair in found.pairs] == [400.0, 3_000.0]
        assert (found.totals.optimal_m, found.totals.bound_m, found.totals.greedy_m) == (2_600.0, 2_600.0, 3_500.0)
    assert given.technicians == preview.technicians == set(day.people.values())


def test_no_name_customer_or_place_is_kept_and_old_previews_are_deleted(
    world: World, town: Day, admin: Connection
) -> None:
    preview = shown(town)
    kept = admin.execute(text("SELECT plan::text FROM batch_previews")).scalar_one()
    assert str(town.jobs["J"]) in kept
    for told in ("Customer", "name", "lat", "-30.", "-29."):
        assert told not in kept
    worker = Database(world.worker_url)
    try:
        admin.execute(text("UPDATE batch_previews SET expires_at = now() + interval '1 hour'"))
        assert sweep_old_previews(worker) == 0
        admin.execute(text("UPDATE batch_previews SET expires_at = now()"))
        assert sweep_old_previews(worker) == 1
    finally:
        worker.close()
    with pytest.raises(PreviewNotFoundError):
        town.dispatch.give_out_preview(town.boss, preview.id)
