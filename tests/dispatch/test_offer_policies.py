"""Who is asked, how many at once and how far away, until when, and what happens when no technician wants it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from geo_assign.dispatch.commands import assigning, progress
from geo_assign.dispatch.commands.automation import settings_changed
from geo_assign.workorders.domain import (
    OfferState,
    OfferWithdrawnError,
    PendingReason,
    RejectReason,
    State,
    WorkOrderCancelledError,
)
from geo_assign.workorders.queries import get_offer
from geo_assign.workorders.queries.due import list_due_evaluations
from tests.conftest import World
from tests.day import NOON, Day, span
from tests.snapshots import begun_once


@pytest.fixture
@begun_once
def street(day: Day) -> Day:
    """Five people along a street, the nearer the earlier in the alphabet; positions stay good for hours."""
    day.set(freshness_s=86_400)
    day.map("J A B C D E", step_m=1_000)
    for letter in "ABCDE":
        day.technician(letter)
    return day


def state_of(day: Day, offer_id: object) -> tuple[OfferState, str | None]:
    with day.database.transaction(day.org_id) as tx:
        offer = get_offer(tx, offer_id)  # type: ignore[arg-type]
    return offer.state, offer.reason


def heard_from(day: Day, letters: str) -> None:
    """Their phones report, as phones do."""
    for letter in letters:
        day.ping(letter)


# One after the other --------------------------------------------------------------------------------------------------


def test_at_the_offer_limit_no_other_is_asked_and_the_dispatcher_is_alarmed(street: Day) -> None:
    street.set(offers_before_alarm=2)
    street.auto_assign("J")
    street.reject("A", street.offer("J"))
    street.later("10 min")
    street.expire(street.offer("J"))
    order = street.outcome("J").order
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.OFFERS_EXHAUSTED)
    assert order.alarm == {"code": "offers_exhausted", "at": street.clock.now().isoformat(), "asked": 2}
    assert street.evaluate("J").order == order
    street.later("1 h")
    street.ping("C")
    assert street.sweep() == []


def test_who_asks_for_it_begins_a_new_search(street: Day) -> None:
    street.set(offers_before_alarm=1)
    street.auto_assign("J")
    street.reject("A", street.offer("J"))
    street.later("1 min")
    lead = street.evaluate("J", forced=True)
    assert (lead.technician, lead.order.alarm) == ("B", None)
    assert lead.order.search_started_at == NOON + span("1 min")
    street.reject("B", street.offer("J"))
    assert street.outcome("J").order.pending_reason is PendingReason.OFFERS_EXHAUSTED


def test_a_person_may_go_on_where_automation_has_given_up(street: Day) -> None:
    street.set(offers_before_alarm=1)
    street.auto_assign("J")
    street.reject("A", street.offer("J"))
    order = street.assign("J", "D")
    assert (order.state, order.alarm, order.search_started_at) == (State.ASSIGNED, None, None)


def test_what_a_person_offered_does_not_count(street: Day) -> None:
    street.set(offers_before_alarm=1)
    street.lead("J")
    street.assign("J", "C", mode="offer")
    street.reject("C", street.offer("J"))
    assert street.outcome("J").technician == "A"


# Several at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(street: Day) -> Day:
    """The same street, where three are asked at once."""
    street.set(offer_policy="parallel", parallel_offers=3)
    return street


def test_several_are_asked_at_once(many: Day) -> None:
    lead = many.auto_assign("J")
    assert lead.state is State.OFFERED
    assert list(many.offers("J")) == ["A", "B", "C"]
    assert [many.letter(offer.technician_id) for offer in lead.order.offers] == ["A", "B", "C"]
    assert lead.technician == "A"
    many.places["K"] = many.places["J"]
    many.auto_assign("K")
    assert list(many.offers("K")) == ["D", "E"]


def test_the_first_to_accept_has_it_and_the_others_are_told(many: Day) -> None:
    many.auto_assign("J")
    offers = many.offers("J")
    many.accept("B", offers["B"])
    assert (many.outcome("J").state, many.outcome("J").technician) == (State.ASSIGNED, "B")
    assert state_of(many, offers["A"].id) == (OfferState.WITHDRAWN, "taken_by_another")
    for late in "AC":
        with pytest.raises(OfferWithdrawnError, match="Another technician was quicker") as told:
            many.accept(late, offers[late])
        assert told.value.facts["withdrawn_because"] == "taken_by_another"
    assert many.accept("B", offers["B"]).state is OfferState.ACCEPTED
    many.places["K"] = many.places["J"]
    many.auto_assign("K")
    assert list(many.offers("K")) == ["A", "C", "D"]


def test_a_refusal_among_several_asks_one_more(many: Day) -> None:
    many.auto_assign("J")
    many.reject("B", many.offers("J")["B"])
    assert many.outcome("J").state is State.OFFERED
    assert list(many.offers("J")) == ["A", "C", "D"]
    assert many.history("J") == ["created", "offered", "offered", "offered", "rejected", "offered"]


def test_an_offer_that_expires_among_several_asks_one_more(many: Day) -> None:
    many.auto_assign("J")
    many.later("1 min")
    many.reject("A", many.offers("J")["A"])
    many.later("9 min")
    many.sweep()
    offers = many.offers("J")
    assert list(offers) == ["D", "E"]
    assert many.accept("D", offers["D"]).state is OfferState.ACCEPTED


def test_when_none_is_left_the_next_evaluation_asks_again(many: Day) -> None:
    many.auto_assign("J")
    for letter in "ABCDE":
        many.reject(letter, many.offers("J")[letter], RejectReason.BUSY)
    lead = many.outcome("J")
    assert (lead.state, lead.order.pending_reason) == (State.PENDING, PendingReason.NOBODY_ELIGIBLE)
    many.later("31 min")
    heard_from(many, "ABC")
    assert many.sweep() == ["J"]
    assert list(many.offers("J")) == ["A", "B", "C"]


def test_later_offers_are_for_the_same_time(many: Day) -> None:
    many.auto_assign("J")
    many.later("5 min")
    many.reject("A", many.offers("J")["A"])
    many.accept("D", many.offers("J")["D"])
    order = many.outcome("J").order
    assert (order.slot_start, order.slot_end) == (NOON, NOON + span("1 h"))


def test_several_at_once_are_no_more_than_may_be_asked_in_vain(many: Day) -> None:
    many.set(offers_before_alarm=4)
    many.auto_assign("J")
    many.reject("A", many.offers("J")["A"])
    many.reject("B", many.offers("J")["B"])
    assert list(many.offers("J")) == ["C", "D"]
    many.later("10 min")
    many.sweep()
    order = many.outcome("J").order
    assert (order.pending_reason, order.pending_detail) == (PendingReason.OFFERS_EXHAUSTED, {"asked": 4})


@pytest.mark.parametrize(("reason", "asked_again"), [(RejectReason.BUSY, True), (RejectReason.TOO_FAR, False)])
def test_the_reason_decides_also_among_several(many: Day, reason: RejectReason, asked_again: bool) -> None:
    many.auto_assign("J")
    many.reject("A", many.offers("J")["A"], reason)
    many.later("31 min")
    heard_from(many, "ABCDE")
    many.sweep()
    assert ("A" in many.offers("J")) is asked_again


def test_who_goes_home_is_replaced_among_several(many: Day) -> None:
    many.auto_assign("J")
    offer = many.offers("J")["B"]
    many.off_duty("B")
    assert list(many.offers("J")) == ["A", "C", "D"]
    assert state_of(many, offer.id) == (OfferState.WITHDRAWN, "technician_offline")


def test_a_call_off_closes_all_of_them(many: Day) -> None:
    many.auto_assign("J")
    offers = many.offers("J")
    many.cancel("J")
    for letter in "ABC":
        with pytest.raises(WorkOrderCancelledError):
            many.accept(letter, offers[letter])


def test_a_choice_by_hand_withdraws_all_of_them(many: Day) -> None:
    many.auto_assign("J")
    offers = many.offers("J")
    assert many.assign("J", "B").state is State.ASSIGNED
    assert {state_of(many, offer.id) for offer in offers.values()} == {(OfferState.WITHDRAWN, "assigned_by_hand")}


def test_turning_the_trigger_off_makes_no_more_offers(many: Day) -> None:
    many.auto_assign("J")
    many.set(lead_auto_user_assignment="off")
    many.reject("A", many.offers("J")["A"])
    assert list(many.offers("J")) == ["B", "C"]


def test_whom_a_person_asked_is_asked_alone(many: Day) -> None:
    many.set(lead_auto_user_assignment="off")
    many.lead("J")
    many.set(lead_auto_user_assignment="on")
    many.assign("J", "C", mode="offer")
    many.evaluate("J")
    assert list(many.offers("J")) == ["C"]


# Farther and farther --------------------------------------------------------------------------------------------------


@pytest.fixture
@begun_once
def wide(day: Day) -> Day:
    """A is in the first ring, B in the second, C only within the radius."""
    day.set(
        freshness_s=86_400,
        offer_policy="widening",
        widening_radii_m=(2_000, 5_000),
        widening_every_minutes=5,
        lead_time_tat_minutes=3,
        radius_m=20_000,
    )
    day.map("J A . . B . . . . C", step_m=1_000)
    for letter in "ABC":
        day.technician(letter)
    return day


def test_the_search_widens_step_by_step(wide: Day) -> None:
    assert wide.auto_assign("J").technician == "A"
    wide.reject("A", wide.offer("J"))
    waiting = wide.outcome("J").order
    assert waiting.pending_detail is not None
    assert waiting.pending_detail["ring"] == {
        "radius_m": 2_000,
        "widens_at": (NOON + span("5 min")).isoformat(),
        "next_radius_m": 5_000,
    }
    wide.later("299 s")
    wide.sweep()
    assert wide.outcome("J").technician is None
    wide.later("1 s")
    assert wide.sweep() == ["J"]
    assert wide.outcome("J").technician == "B"
    wide.later("3 min")
    wide.sweep()
    assert wide.outcome("J").technician is None
    wide.later("2 min")
    assert wide.sweep() == ["J"]
    assert wide.outcome("J").technician == "C"


def test_the_worker_wakes_it_exactly_when_the_ring_widens(wide: Day) -> None:
    wide.set(widening_every_minutes=0.25)
    wide.off_duty("A")
    wide.auto_assign("J")
    with wide.database.transaction(wide.org_id) as tx:
        due = tx.conn.execute(text("SELECT evaluate_due_at FROM work_orders")).scalar_one()
    assert due == NOON + timedelta(seconds=15)


def test_an_open_offer_runs_on_when_the_ring_widens(wide: Day) -> None:
    wide.set(lead_time_tat_minutes=30)
    wide.auto_assign("J")
    wide.later("12 min")
    wide.sweep()
    assert list(wide.offers("J")) == ["A"]
    assert wide.accept("A", wide.offer("J")).state is OfferState.ACCEPTED


def test_who_asks_for_it_begins_in_the_first_ring_again(wide: Day) -> None:
    wide.auto_assign("J")
    wide.reject("A", wide.offer("J"))
    wide.later("6 min")
    wide.evaluate("J", forced=True)
    detail = wide.outcome("J").order.pending_detail
    assert detail is not None
    assert detail["ring"]["radius_m"] == 2_000


def test_beyond_the_last_ring_no_technician_is_promised(wide: Day) -> None:
    wide.auto_assign("J")
    for letter, wait in (("A", "5 min"), ("B", "5 min"), ("C", "1 min")):
        wide.reject(letter, wide.offer("J"))
        wide.later(wait)
        wide.sweep()
    detail = wide.outcome("J").order.pending_detail
    assert detail is not None
    assert "ring" not in detail
    assert detail["counts"] == {"rejected_before": 3}


# Limits ---------------------------------------------------------------------------------------------------------------


def test_no_technician_has_more_open_offers_than_the_store_allows(street: Day) -> None:
    street.set(offer_limit=2)
    for job, slot in (("K", "13:00-14:00"), ("L", "15:00-16:00"), ("M", "17:00-18:00")):
        street.places[job] = street.places["J"]
        street.lead(job, slot=slot)
    assert [street.outcome(job).technician for job in "KLM"] == ["A", "A", "B"]
    assert street.outcome("M").excluded["A"] == "offer_limit"


def test_what_a_person_assigned_is_left_alone_by_automation(many: Day) -> None:
    many.lead("J")
    many.assign("J", "E")
    many.evaluate("J", forced=True)
    many.sweep()
    order = many.outcome("J").order
    assert (order.state, order.technician_name, order.pinned) == (State.ASSIGNED, "E", True)
    assert order.offers == ()


def test_what_a_person_took_back_waits_for_a_person(street: Day) -> None:
    street.lead("J", assignee="A")
    with street.database.transaction(street.org_id) as tx:
        assigning.unassign(tx, street.boss, street.jobs["J"], version=None)
    street.evaluate("J")
    assert street.outcome("J").order.pending_reason is PendingReason.UNASSIGNED
    assert street.evaluate("J", forced=True).technician == "A"


# Looking again --------------------------------------------------------------------------------------------------------


@pytest.fixture
@begun_once
def busy(day: Day) -> Day:
    """Only A could go, and is asked for J; K and L wait for A, in this order. Then C comes on duty."""
    day.set(freshness_s=86_400)
    day.map("A J K L C", step_m=500)
    day.technician("A")
    day.technician("C", on_duty=False)
    for job in "JKL":
        day.lead(job)
        day.later("1 s")
    assert [day.outcome(job).state for job in "JKL"] == [State.OFFERED, State.PENDING, State.PENDING]
    day.evaluate("K")
    day.evaluate("L")
    assert day.sweep() == []
    return day


def refuse(day: Day) -> None:
    day.reject("A", day.offer("J"))


def complete(day: Day) -> None:
    day.accept("A", day.offer("J"))
    for state in (State.TRAVELLING, State.IN_PROGRESS, State.COMPLETED):
        with day.database.transaction(day.org_id) as tx:
            progress.advance(tx, day.as_("A"), day.jobs["J"], state)


def call_off(day: Day) -> None:
    day.cancel("J")


def take_back(day: Day) -> None:
    day.assign("J", "A")
    with day.database.transaction(day.org_id) as tx:
        assigning.unassign(tx, day.boss, day.jobs["J"], version=None)


def come_on_duty(day: Day) -> None:
    day.on_duty("C")


def ping_again(day: Day) -> None:
    day.later("20 min")
    day.clock.advance(-span("1 s"))
    day.on_duty("A")
    day.ping("A")


def change_settings(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        settings_changed(tx, day.store_id)


EVENTS = [refuse, complete, call_off, take_back, come_on_duty, ping_again, change_settings]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_waiting_work_is_looked_at_again_oldest_first(world: World, busy: Day, event: object) -> None:
    event(busy)  # type: ignore[operator]
    worker = type(busy.database)(world.worker_url)
    try:
        due = [row_id for _, row_id in list_due_evaluations(worker)]
    finally:
        worker.close()
    waiting = [order_id for order_id in due if order_id in (busy.jobs["K"], busy.jobs["L"])]
    assert waiting == [busy.jobs["K"], busy.jobs["L"]]
    assert [job for job in busy.sweep() if job in "KL"] == ["K", "L"]


def test_the_more_urgent_is_looked_at_first(busy: Day) -> None:
    busy.places["M"] = busy.places["L"]
    busy.lead("M", priority=5)
    refuse(busy)
    assert busy.sweep()[0] == "M"


def test_when_working_hours_begin_waiting_work_is_offered(day: Day) -> None:
    day.set(freshness_s=86_400)
    day.map("A . J", step_m=500)
    day.technician("A", hours={"wed": [["12:30", "20:00"]]})
    assert day.auto_assign("J").excluded == {"A": "outside_hours"}
    day.later("29 min")
    heard_from(day, "A")
    day.sweep()
    assert day.outcome("J").state is State.PENDING
    day.later("1 min")
    assert day.sweep() == ["J"]
    assert day.outcome("J").technician == "A"
