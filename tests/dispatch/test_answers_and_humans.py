"""What becomes of offers when people answer, go home, or decide themselves."""

from uuid import uuid4

import pytest

from geo_assign.access.domain import Scope
from geo_assign.dispatch.commands import assigning, crews
from geo_assign.workorders.domain import (
    OfferAnsweredError,
    OfferExpiredError,
    OfferNotFoundError,
    OfferState,
    OfferWithdrawnError,
    PendingReason,
    RejectionDisabledError,
    RejectReason,
    SlotTakenError,
    State,
    WorkOrderCancelledError,
    WorkOrderChangedError,
    WorkOrderStateError,
)
from tests.day import Day

# Answers ------------------------------------------------------------------------------------------------------------


def test_accepting_again_answers_the_same(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    first = pair.accept("A", offer)
    pair.later("1 h")
    assert pair.accept("A", offer) == first
    assert first.state is OfferState.ACCEPTED
    assert pair.history("J") == ["created", "offered", "assigned"]


def test_a_technician_answers_no_offer_of_another(pair: Day) -> None:
    pair.auto_assign("J")
    with pytest.raises(OfferNotFoundError):
        pair.accept("B", pair.offer("J"))
    with pytest.raises(OfferNotFoundError):
        pair.reject("B", pair.offer("J"))


def test_a_late_accept_is_refused_though_no_worker_ran(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    pair.clock.set(offer.expires_at)
    with pytest.raises(OfferExpiredError):
        pair.accept("A", offer)
    with pytest.raises(OfferExpiredError):
        pair.reject("A", offer)
    assert pair.outcome("J").state is State.OFFERED


def test_an_accept_in_the_last_moment_counts(pair: Day) -> None:
    pair.set(lead_time_tat_minutes=0.5)
    pair.auto_assign("J")
    pair.later("29.999 s")
    assert pair.accept("A", pair.offer("J")).state is OfferState.ACCEPTED


def test_what_was_answered_cannot_be_answered_otherwise(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    rejected = pair.reject("A", offer, RejectReason.BUSY)
    assert pair.reject("A", offer, RejectReason.BUSY) == rejected
    with pytest.raises(OfferAnsweredError):
        pair.accept("A", offer)


def test_where_the_store_does_not_allow_it_no_technician_rejects(pair: Day) -> None:
    pair.set(lead_rejection=False)
    pair.auto_assign("J")
    with pytest.raises(RejectionDisabledError):
        pair.reject("A", pair.offer("J"))
    assert pair.accept("A", pair.offer("J")).state is OfferState.ACCEPTED


@pytest.mark.parametrize(
    ("reason", "asked_again"),
    [
        (RejectReason.BUSY, True),
        (RejectReason.BREAK, True),
        (RejectReason.TOO_FAR, False),
        (RejectReason.MISSING_SKILL, False),
        (RejectReason.MISSING_PARTS, False),
        (RejectReason.OTHER, False),
    ],
)
def test_the_reason_decides_whether_a_technician_is_asked_again(
    day: Day, reason: RejectReason, asked_again: bool
) -> None:
    day.map("A . J", step_m=500)
    day.technician("A")
    day.auto_assign("J")
    day.reject("A", day.offer("J"), reason)
    day.later("29 min")
    day.ping("A")
    assert day.evaluate("J").excluded == {"A": "rejected_before"}
    day.later("2 min")
    day.ping("A")
    assert (day.evaluate("J").technician == "A") is asked_again


def test_going_off_duty_withdraws_the_offer_and_counts_as_no_refusal(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    pair.off_duty("A")
    assert pair.outcome("J").technician == "B"
    assert pair.outcome("J").excluded == {"A": "off_duty"}
    assert pair.history("J") == ["created", "offered", "offer_withdrawn", "offered"]
    with pytest.raises(OfferWithdrawnError) as told:
        pair.accept("A", offer)
    assert told.value.facts["withdrawn_because"] == "technician_offline"
    pair.ping("A")
    pair.off_duty("B")
    assert pair.outcome("J").technician == "A"


def test_work_that_is_called_off_cannot_be_accepted_any_more(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    pair.cancel("J")
    for _ in range(2):
        with pytest.raises(WorkOrderCancelledError):
            pair.accept("A", offer)
    assert pair.outcome("J").state is State.CANCELLED
    pair.places["K"] = pair.places["J"]
    assert pair.auto_assign("K").technician == "A"


# People decide ------------------------------------------------------------------------------------------------------


def test_a_choice_by_hand_withdraws_the_open_offer(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    assert pair.assign("J", "B").technician_id == pair.people["B"]
    with pytest.raises(OfferWithdrawnError):
        pair.accept("A", offer)
    assert pair.history("J") == ["created", "offered", "assigned"]
    pair.places["K"] = pair.places["J"]
    assert pair.auto_assign("K").technician == "A"


def test_a_technician_with_the_offer_can_be_assigned_at_once(pair: Day) -> None:
    pair.auto_assign("J")
    assert pair.assign("J", "A").state is State.ASSIGNED


def test_an_offer_by_hand_replaces_the_open_one(pair: Day) -> None:
    pair.auto_assign("J")
    offered = pair.assign("J", "B", mode="offer")
    assert offered.state is State.OFFERED
    assert offered.offer is not None
    assert offered.offer.technician_id == pair.people["B"]
    assert pair.accept("B", pair.offer("J")).state is OfferState.ACCEPTED


@pytest.mark.parametrize("by_automation", [True, False])
def test_an_offer_to_the_technician_who_has_it_changes_nothing(pair: Day, by_automation: bool) -> None:
    """The deadline is not begun anew, nothing is told a second time, and there is nothing to undo."""
    if by_automation:
        pair.auto_assign("J")
    else:
        pair.lead("J")
        pair.assign("J", "A", mode="offer")
    offer, history = pair.offer("J"), pair.history("J")
    before = pair.assign("J", "A", mode="offer")
    for _ in range(3):
        pair.later("1 min")
        assert pair.assign("J", "A", mode="offer", version=before.version) == before
    assert (pair.offer("J"), pair.history("J")) == (offer, history)
    assert pair.accept("A", offer).state is OfferState.ACCEPTED


def test_an_offer_again_with_another_crew_is_another_offer(day: Day) -> None:
    day.map("A B C . J", step_m=200)
    for letter in "ABC":
        day.technician(letter)
    day.lead("J")
    day.assign("J", "A", along="B", mode="offer")
    first = day.offer("J")
    day.later("1 min")
    day.assign("J", "A", along="B", mode="offer")
    assert day.offer("J") == first
    for crew in ("C", "BC", ""):
        before = day.offer("J")
        day.later("1 min")
        changed = day.assign("J", "A", along=crew, mode="offer")
        assert [day.letter(one.id) for one in changed.collaborators] == sorted(crew)
        assert day.offer("J").id != before.id


def test_of_several_asked_the_one_chosen_by_hand_is_asked_alone(day: Day) -> None:
    day.map("A B . J", step_m=200)
    day.set(offer_policy="parallel", parallel_offers=2)
    for letter in "AB":
        day.technician(letter)
    day.auto_assign("J")
    assert set(day.offers("J")) == {"A", "B"}
    day.assign("J", "A", mode="offer")
    assert set(day.offers("J")) == {"A"}


def test_a_technician_off_duty_is_assigned_but_not_asked(day: Day) -> None:
    day.map("A . J", step_m=500)
    day.technician("A", on_duty=False)
    day.auto_assign("J")
    with pytest.raises(crews.TechnicianOffDutyError):
        day.assign("J", "A", mode="offer")
    assert day.assign("J", "A").state is State.ASSIGNED


def test_a_taken_slot_names_the_other_booking_and_changes_nothing(pair: Day) -> None:
    pair.lead("J", slot="14:00-15:00")
    pair.places["K"] = pair.places["J"]
    other = pair.book("B", "14:30-15:30")
    with pytest.raises(SlotTakenError) as refused:
        pair.assign("J", "B")
    conflict = refused.value.facts["conflict"]
    assert conflict["work_order_id"] == str(other)
    assert conflict["number"].startswith("L-")
    assert conflict["start"] == "2026-05-20T14:30:00+00:00"
    assert pair.outcome("J").technician == "A"


def test_a_taken_slot_does_not_name_what_the_caller_may_not_see(pair: Day) -> None:
    pair.lead("J", slot="14:00-15:00", group="south")
    pair.book("B", "14:30-15:30")
    with pair.database.transaction(pair.org_id) as tx:
        tx.conn.exec_driver_sql(
            "INSERT INTO technician_groups (org_id, technician_id, group_id) VALUES (%s, %s, %s)",
            (pair.org_id, pair.people["B"], pair.groups["south"]),
        )
    other_group = pair.group("north")
    with pair.database.transaction(pair.org_id) as tx:
        tx.conn.exec_driver_sql(
            "UPDATE work_orders SET group_id = %s WHERE org_id = %s AND id <> %s",
            (other_group, pair.org_id, pair.jobs["J"]),
        )
    caller = pair.as_("A")
    dispatcher = type(caller)(
        org_id=caller.org_id,
        kind=pair.boss.kind,
        id=uuid4(),
        name="South's",
        scope=Scope(group_ids=frozenset({pair.groups["south"]})),
    )
    with pair.database.transaction(pair.org_id) as tx, pytest.raises(SlotTakenError) as refused:
        assigning.assign(tx, dispatcher, pair.jobs["J"], pair.people["B"], mode="assign", version=None)
    assert set(refused.value.facts["conflict"]) == {"start", "end"}


def test_what_is_taken_back_waits_for_a_person(pair: Day) -> None:
    pair.lead("J", assignee="A")
    with pair.database.transaction(pair.org_id) as tx:
        order = assigning.unassign(tx, pair.boss, pair.jobs["J"], version=None)
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.UNASSIGNED)
    assert order.technician_id is None
    with pair.database.transaction(pair.org_id) as tx, pytest.raises(WorkOrderStateError):
        assigning.unassign(tx, pair.boss, pair.jobs["J"], version=None)
    pair.places["K"] = pair.places["J"]
    assert pair.auto_assign("K").technician == "A"


def test_the_second_of_two_people_is_told_but_automation_is_overruled(pair: Day) -> None:
    lead = pair.auto_assign("J")
    read_before_the_offer = lead.order.version - 1
    pair.assign("J", "B", version=read_before_the_offer)
    with pytest.raises(WorkOrderChangedError) as told:
        pair.assign("J", "A", version=lead.order.version)
    assert told.value.facts["changed_by"]["name"] == "Boss"


def test_a_lead_may_name_its_technician(pair: Day) -> None:
    lead = pair.lead("J", assignee="B", slot="14:00-15:00")
    assert (lead.state, lead.technician) == (State.ASSIGNED, "B")
    pair.places["K"] = pair.places["J"]
    taken = pair.lead("K", assignee="B", slot="14:30-15:30")
    assert (taken.state, taken.order.pending_reason) == (State.PENDING, PendingReason.WANTED_TAKEN)
    assert pair.evaluate("K", forced=True).technician == "A"


def test_a_suggestion_is_taken_up_by_a_person(pair: Day) -> None:
    pair.set(lead_auto_user_assignment="suggest")
    lead = pair.auto_assign("J")
    assert (lead.order.pending_reason, lead.ranked) == (PendingReason.SUGGESTED, ["A", "B"])
    assert lead.order.pending_detail is not None
    assert lead.order.pending_detail["technician_name"] == "A"
    assert pair.assign("J", "A", version=lead.order.version).state is State.ASSIGNED
