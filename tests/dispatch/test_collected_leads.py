"""Leads that arrive within a few seconds are given out together, so that the sum of the ways is shortest."""

from datetime import timedelta

from geo_assign.access.domain import EVERYTHING
from geo_assign.dispatch.commands.collecting import take_collected
from geo_assign.receipts.queries import get_decision
from geo_assign.workorders.domain import PendingReason, State
from tests.day import Day


def crossing(day: Day, **settings: float) -> None:
    """One by one, J takes A, who is nearest, and K is left with B far away; K belongs to A just as well."""
    day.map("B . . . . J A K", step_m=500)
    day.technician("A")
    day.technician("B")
    day.set(**settings)


def test_one_by_one_the_second_lead_pays_for_the_first(day: Day) -> None:
    crossing(day)
    assert day.lead("J").technician == "A"
    assert day.lead("K").technician == "B"


def test_together_no_ways_cross(day: Day) -> None:
    crossing(day, collect_seconds=5)
    assert day.lead("J").order.pending_reason is PendingReason.TO_BE_SOLVED
    day.later("2 s")
    day.lead("K")
    day.later("3 s")
    # The worker finds the first one due; both are solved then.
    assert day.evaluate("J").technician == "B"
    lead = day.outcome("K")
    assert lead.technician == "A"
    assert lead.state is State.OFFERED
    assert day.history("K") == ["created", "pending", "offered"]


def test_the_window_of_a_store_opens_with_the_first_lead(day: Day) -> None:
    crossing(day, collect_seconds=10)
    first = day.lead("J").order
    day.later("6 s")
    second = day.lead("K").order
    assert (
        first.pending_detail == second.pending_detail == {"until": (day.clock.now() + timedelta(seconds=4)).isoformat()}
    )
    assert day.evaluate("J").state is State.PENDING
    day.later("4 s")
    day.evaluate("K")
    assert {day.outcome("J").state, day.outcome("K").state} == {State.OFFERED}


def test_without_acceptance_they_are_assigned(day: Day) -> None:
    crossing(day, collect_seconds=5, lead_acceptance=False)
    day.lead("J")
    day.lead("K")
    day.later("5 s")
    day.evaluate("J")
    assert [day.outcome(job).state for job in "JK"] == [State.ASSIGNED, State.ASSIGNED]
    assert [day.outcome(job).order.pinned for job in "JK"] == [False, False]


def test_a_lead_without_a_technician_says_so_and_does_not_wait_again(day: Day) -> None:
    day.map("J A K", step_m=500)
    day.technician("A")
    day.set(collect_seconds=5)
    day.lead("J")
    day.lead("K")
    day.later("5 s")
    day.evaluate("J")
    states = {job: day.outcome(job) for job in "JK"}
    assert sorted(one.state for one in states.values()) == [State.OFFERED, State.PENDING]
    waiting = next(one for one in states.values() if one.state is State.PENDING)
    assert waiting.order.pending_reason is PendingReason.NOBODY_ELIGIBLE
    assert waiting.excluded == {"A": {"slot_taken", "offer_limit"}}


def test_a_rejection_is_followed_at_once(day: Day) -> None:
    crossing(day, collect_seconds=5)
    day.lead("K")
    day.later("5 s")
    assert day.evaluate("K").technician == "A"
    day.reject("A", day.offer("K"))
    assert day.outcome("K").technician == "B"


def test_a_person_need_not_wait_for_the_window(day: Day) -> None:
    crossing(day, collect_seconds=5)
    day.lead("J")
    day.assign("J", "B")
    day.lead("K")
    assert day.evaluate("K", forced=True).technician == "A"
    day.later("5 s")
    assert day.evaluate("J").technician == "B"


def test_what_one_process_took_and_died_with_another_solves(day: Day) -> None:
    crossing(day, collect_seconds=5)
    day.lead("J")
    day.lead("K")
    day.later("5 s")
    with day.database.transaction(day.org_id) as tx:
        assert len(take_collected(tx, day.store_id)) == 2
    # It holds them for a minute.
    assert day.evaluate("J").state is State.PENDING
    day.later("60 s")
    for letter in "AB":
        day.ping(letter)
    assert day.evaluate("J").technician == "B"
    assert day.outcome("K").technician == "A"


def test_the_receipt_compares_with_one_by_one(day: Day) -> None:
    crossing(day, collect_seconds=5)
    day.lead("J")
    day.lead("K")
    day.later("5 s")
    day.evaluate("J")
    with day.database.transaction(day.org_id) as tx:
        order = day.outcome("J").order
        assert order.decision_id is not None
        decision = get_decision(tx, EVERYTHING, order.decision_id)
    assert decision.batch is not None
    assert decision.mode == "automatic"
    assert decision.batch["greedy"]["technician_id"] == str(day.people["A"])
    assert decision.batch["orders"] == decision.batch["assigned"] == 2
    assert decision.batch["optimal_m"] < decision.batch["greedy_m"]
