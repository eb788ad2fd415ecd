"""Automation sends no technician to a slot that is over, nor to one that began longer ago than the store's grace."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.dispatch.commands import moving, orders
from geo_assign.dispatch.commands.optimizing import BatchRequest
from geo_assign.dispatch.searching import slot_has_passed
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import PendingReason, RejectReason, State, WorkOrder, slot_warnings
from tests.day import NOON, Day
from tests.workorders.test_changes import order as any_order

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def is_left_alone(day: Day, job: str = "J") -> bool:
    """Pending, with the reason and the alarm, and no technician's time held."""
    order = day.outcome(job).order
    held = order.offers or order.technician_id
    told = order.alarm is not None and order.alarm["code"] == "slot_passed"
    return (order.state, order.pending_reason) == (State.PENDING, PendingReason.SLOT_PASSED) and told and not held


def reschedule(day: Day, start: datetime, *, caller: Caller | None = None) -> WorkOrder:
    edit = orders.Edit(fields={}, slot=(start, start + HOUR))
    return day.dispatch.edit(caller or day.boss, day.jobs["J"], edit, None)


# Created ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slot", ["09:00-10:00", "10:00-12:00", "11:00-13:00", "11:44-14:00"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lead_acceptance": False},
        {"offer_policy": "parallel"},
        {"offer_policy": "widening"},
        {"lead_auto_user_assignment": "suggest"},
        {"collect_seconds": 5},
    ],
    ids=str,
)
def test_a_lead_for_a_slot_that_passed_waits_for_a_person(pair: Day, settings: dict[str, object], slot: str) -> None:
    pair.set(**settings)
    pair.lead("J", slot=slot)
    assert is_left_alone(pair)
    assert pair.history("J") == ["created", "pending"]


@pytest.mark.parametrize(("grace", "slot", "passed"), [
    (15, "11:45-13:00", False),
    (15, "11:50-12:01", False),
    (15, "11:50-12:00", True),
    (0, "12:00-13:00", False),
    (0, "11:59-13:00", True),
    (60, "11:01-13:00", False),
    (90, "10:29-13:00", True),
    (600, "09:00-12:00", True),
])  # fmt: skip
def test_the_grace_is_the_stores(pair: Day, grace: float, slot: str, passed: bool) -> None:
    pair.set(slot_grace_minutes=grace)
    assert pair.lead("J", slot=slot).state is (State.PENDING if passed else State.OFFERED)
    assert is_left_alone(pair) is passed


def test_a_ticket_is_judged_alike(pair: Day) -> None:
    pair.set(ticket_auto_user_assignment="on")
    pair.ticket("J", slot="09:00-10:00")
    assert is_left_alone(pair)


def test_where_automation_is_off_the_reason_stays_that(pair: Day) -> None:
    pair.set(lead_auto_user_assignment="off")
    assert pair.lead("J", slot="09:00-10:00").order.pending_reason is PendingReason.AUTOMATION_OFF


def test_work_wanted_as_soon_as_possible_has_no_slot_that_could_pass(day: Day) -> None:
    day.map("A J", step_m=500)
    day.lead("J")
    day.later("3 h")
    day.technician("A")
    assert day.evaluate("J").technician == "A"


# On the way ---------------------------------------------------------------------------------------------------------


def test_a_lead_that_waited_too_long_is_given_up(day: Day) -> None:
    day.map("A J", step_m=500)
    assert day.lead("J", slot="12:00-14:00").order.pending_reason is PendingReason.NOBODY_ELIGIBLE
    day.later("16 min")
    day.technician("A")
    assert day.sweep() == ["J"]
    assert is_left_alone(day)


@pytest.mark.parametrize("policy", ["sequential", "parallel", "widening"])
def test_after_a_rejection_no_other_is_asked_for_a_slot_that_passed(pair: Day, policy: str) -> None:
    pair.set(offer_policy=policy, parallel_offers=2, lead_time_tat_minutes=60)
    pair.lead("J", slot="12:00-14:00")
    pair.later("20 min")
    for letter, offer in pair.offers("J").items():
        pair.reject(letter, offer, RejectReason.TOO_FAR)
    assert is_left_alone(pair)


def test_an_offer_beside_others_is_not_added_once_the_slot_passed(day: Day) -> None:
    day.map("A B J C", step_m=500)
    day.set(offer_policy="parallel", parallel_offers=2, lead_time_tat_minutes=60)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J", slot="12:00-14:00")
    before = day.offers("J")
    day.later("20 min")
    first, kept = before
    day.reject(first, before[first], RejectReason.TOO_FAR)
    assert set(day.offers("J")) == {kept}


def test_after_an_expiry_no_other_is_asked_for_a_slot_that_passed(pair: Day) -> None:
    pair.set(lead_time_tat_minutes=20)
    pair.lead("J", slot="12:00-14:00")
    pair.later("20 min")
    pair.sweep()
    pair.sweep()
    assert is_left_alone(pair)


@pytest.mark.parametrize("policy", ["lead_accepts", "all_or_nothing"])
def test_no_collaborator_is_looked_for_once_the_slot_passed(day: Day, policy: str) -> None:
    day.map("A B J C", step_m=500)
    day.set(crew_policy=policy, lead_auto_user_assignment="off", lead_time_tat_minutes=60)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J", slot="12:00-14:00")
    day.assign("J", "A", along="B", mode="offer")
    day.later("20 min")
    day.off_duty("B")
    day.evaluate("J")
    order = day.outcome("J").order
    assert order.alarm is not None
    assert order.alarm["code"] == "collaborator_missing"
    assert day.people["C"] not in {one.id for one in order.collaborators} | {one.technician_id for one in order.offers}


def test_converting_and_transferring_send_no_technician_to_a_slot_that_passed(pair: Day) -> None:
    pair.set(ticket_auto_user_assignment="on", lead_auto_user_assignment="off")
    pair.lead("J", slot="09:00-10:00")
    pair.convert("J", "K")
    assert is_left_alone(pair, "K")


def test_sent_to_a_group_it_waits_there(day: Day) -> None:
    day.map("A J", step_m=500)
    day.technician("A", group="phones")
    day.lead("J", slot="09:00-10:00")
    to = day.group("phones")
    day.dispatch.run_then_reassign(
        day.boss,
        day.jobs["J"],
        lambda tx: moving.reassign_group(tx, day.boss, day.jobs["J"], to, note=None, force=False, version=None),
    )
    order = day.outcome("J").order
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.SLOT_PASSED)


@pytest.mark.parametrize("commit", [True, False])
def test_a_batch_leaves_it(pair: Day, commit: bool) -> None:
    pair.set(lead_auto_user_assignment="off")
    pair.lead("J", slot="09:00-10:00")
    found, _ = pair.dispatch.optimize(pair.boss, BatchRequest(), commit=commit)
    assert [left.code for left in found.left] == ["slot_passed"]
    assert found.pairs == ()


def test_a_batch_that_is_given_out_after_the_slot_passed_loses_the_pair(pair: Day) -> None:
    pair.set(collect_seconds=60, slot_grace_minutes=0)
    pair.lead("J", slot="12:00-13:00")
    pair.later("2 min")
    pair.sweep()
    assert is_left_alone(pair)


def test_the_ladder_says_so(pair: Day) -> None:
    pair.lead("J", slot="09:00-10:00")
    assert pair.ladder("J").sentence == "No other technician is asked: the slot has passed."


# A person may ---------------------------------------------------------------------------------------------------------


def test_even_a_person_cannot_have_automation_choose(pair: Day) -> None:
    pair.lead("J", slot="09:00-10:00")
    pair.evaluate("J", forced=True)
    assert is_left_alone(pair)


@pytest.mark.parametrize("mode", ["assign", "offer"])
def test_a_person_gives_it_all_the_same(pair: Day, mode: str) -> None:
    pair.lead("J", slot="09:00-10:00")
    order = pair.assign("J", "B", mode=mode)  # type: ignore[arg-type]
    assert order.state is (State.OFFERED if mode == "offer" else State.ASSIGNED)
    assert order.alarm is None


def test_a_chosen_assignee_has_it(pair: Day) -> None:
    assert pair.lead("J", slot="09:00-10:00", assignee="B").technician == "B"


def test_what_a_person_offered_and_the_technician_rejects_waits_again(pair: Day) -> None:
    pair.lead("J", slot="09:00-10:00")
    pair.assign("J", "B", mode="offer")
    pair.reject("B", pair.offer("J"))
    assert is_left_alone(pair)


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.API_KEY])
def test_another_slot_ends_the_alarm_and_automation_goes_on(pair: Day, kind: ActorKind) -> None:
    pair.lead("J", slot="09:00-10:00")
    caller = Caller(pair.org_id, kind, uuid4(), "Desk", EVERYTHING)
    order = reschedule(pair, NOON + HOUR, caller=caller)
    assert (order.state, order.alarm) == (State.OFFERED, None)


def test_another_slot_that_passed_as_well_keeps_it_waiting(pair: Day) -> None:
    pair.lead("J", slot="09:00-10:00")
    reschedule(pair, NOON - 2 * HOUR)
    assert is_left_alone(pair)


def test_a_longer_grace_is_heeded_by_the_store_that_sets_it(pair: Day) -> None:
    pair.lead("J", slot="11:30-14:00")
    assert is_left_alone(pair)
    pair.set(slot_grace_minutes=45)
    outcome = pair.evaluate("J")
    assert (outcome.technician, outcome.order.alarm) == ("A", None)


def test_looking_again_tells_it_once(pair: Day) -> None:
    pair.lead("J", slot="09:00-10:00")
    for _ in range(3):
        pair.evaluate("J")
    assert pair.history("J") == ["created", "pending"]


# The rule, and the warnings -------------------------------------------------------------------------------------------


minutes = st.integers(-3_000, 3_000).map(lambda number: number * MINUTE)


@given(start=minutes, length=st.integers(1, 3_000).map(lambda number: number * MINUTE), grace=st.integers(0, 3_000))
def test_it_passed_when_it_is_over_or_began_before_the_grace(start: timedelta, length: timedelta, grace: int) -> None:
    order = replace(any_order(), slot_start=NOON + start, slot_end=NOON + start + length)
    passed = slot_has_passed(order, StoreSettings(slot_grace_minutes=grace), NOON)
    assert passed == (start + length <= timedelta(0) or start < -grace * MINUTE)
    assert not slot_has_passed(replace(order, slot_is_fixed=False), StoreSettings(), NOON)


@pytest.mark.parametrize(
    ("start", "length", "codes"),
    [
        (timedelta(hours=1), timedelta(hours=1), []),
        (-timedelta(hours=2), timedelta(hours=1), ["slot_over"]),
        (-timedelta(hours=1), timedelta(hours=1), ["slot_over"]),
        (-timedelta(hours=1), timedelta(hours=2), []),
        (timedelta(0), timedelta(days=31), []),
        (timedelta(0), timedelta(days=31, seconds=1), ["slot_long"]),
        (timedelta(days=-400), timedelta(days=365), ["slot_over", "slot_long"]),
    ],
)
def test_a_slot_that_is_probably_a_mistake_is_warned_of(start: timedelta, length: timedelta, codes: list[str]) -> None:
    order = replace(any_order(), slot_start=NOON + start, slot_end=NOON + start + length)
    assert [warned.code for warned in slot_warnings(order, NOON)] == codes
    assert slot_warnings(replace(order, slot_is_fixed=False), NOON) == ()


def test_the_step_after_creation_is_what_decides(pair: Day) -> None:
    """A step of the worker that finds the lead only after its slot passed judges as creation does."""
    pair.set(lead_auto_user_assignment="off")
    pair.lead("J", slot="12:00-12:30")
    pair.set(lead_auto_user_assignment="on")
    pair.later("31 min")
    pair.evaluate("J")
    assert is_left_alone(pair)
