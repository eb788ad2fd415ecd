"""Tickets: taken in at a desk, given out by hand or by a trigger, or made of a lead."""

import json

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING
from geo_assign.dispatch.commands import assigning, orders, progress
from geo_assign.dispatch.domain import NotALeadError
from geo_assign.geocoding.domain import GeocodeProblem, GeocodeResult, ProblemCode
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workorders.domain import (
    AlarmCode,
    DuplicateExternalIdError,
    Kind,
    OfferState,
    PendingReason,
    State,
    WorkOrderConvertedError,
    WorkOrderStateError,
    WorkOrderWithoutLocationError,
)
from tests.day import Day, shifted

# Tickets ------------------------------------------------------------------------------------------------------------


def test_a_ticket_with_a_name_on_it_is_that_technicians_at_once(pair: Day) -> None:
    ticket = pair.ticket("J", assignee="B")
    assert (ticket.state, ticket.technician) == (State.ASSIGNED, "B")
    assert (ticket.order.kind, ticket.order.number) == (Kind.TICKET, "T-0001")
    assert pair.history("J") == ["created", "assigned"]


def test_a_ticket_with_a_name_on_it_waits_for_a_person_when_that_one_is_busy(pair: Day) -> None:
    pair.book("B", "14:00-15:00")
    ticket = pair.ticket("J", assignee="B", slot="14:30-15:30")
    assert (ticket.state, ticket.order.pending_reason) == (State.PENDING, PendingReason.WANTED_TAKEN)


def test_a_ticket_without_a_name_is_in_the_pool_at_once_though_leads_are_given_out(pair: Day) -> None:
    ticket = pair.ticket("J")
    assert (ticket.state, ticket.order.pending_reason) == (State.PENDING, PendingReason.UNASSIGNED)
    pair.places["K"] = pair.places["J"]
    assert pair.lead("K").technician == "A"


def test_without_an_address_it_is_in_the_pool_too_and_the_map_says_why_not(pair: Day) -> None:
    del pair.places["J"]
    ticket = pair.ticket("J").order
    assert (ticket.state, ticket.pending_reason) == (State.PENDING, PendingReason.UNASSIGNED)
    with pair.database.transaction(pair.org_id) as tx, pytest.raises(WorkOrderWithoutLocationError):
        question_for_order(ticket, get_store_rules(tx, EVERYTHING, pair.store_id), at=tx.now())
    assert pair.assign("J", "B").state is State.ASSIGNED


def test_an_address_that_turns_out_to_be_unknown_leaves_it_in_the_pool(pair: Day) -> None:
    pair.addresses["Rua Nova 1"] = GeocodeResult(problem=GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, "down"))
    ticket = pair.ticket("J", address="Rua Nova 1").order
    assert ticket.pending_reason is PendingReason.UNASSIGNED
    before = pair.history("J")
    pair.later("1 min")
    pair.dispatch.locate(pair.org_id, ticket.id)
    assert pair.history("J") == before
    del pair.addresses["Rua Nova 1"]
    pair.dispatch.locate(pair.org_id, ticket.id)
    assert pair.last_event("J").detail == {"address_problem": "not_found"}
    assert pair.outcome("J").order.pending_reason is PendingReason.UNASSIGNED


@pytest.mark.parametrize(("trigger", "state"), [("on", State.OFFERED), ("suggest", State.PENDING)])
def test_the_trigger_of_tickets_is_their_own(pair: Day, trigger: str, state: State) -> None:
    pair.set(lead_auto_user_assignment="off", ticket_auto_user_assignment=trigger)
    ticket = pair.ticket("J")
    assert ticket.state is state
    assert ticket.ranked == ["A", "B"]
    pair.places["K"] = pair.places["J"]
    assert pair.lead("K").order.pending_reason is PendingReason.AUTOMATION_OFF


def test_a_person_may_ask_automation_for_a_ticket_in_the_pool(pair: Day) -> None:
    pair.ticket("J")
    assert pair.evaluate("J", forced=True).technician == "A"


# Lead to ticket -----------------------------------------------------------------------------------------------------


def test_who_has_the_lead_has_the_ticket(pair: Day) -> None:
    lead = pair.lead("J", slot="14:00-15:00", assignee="B", group="phones", skills=("screen",), notes="Ring twice")
    ticket = pair.convert("J", "T")
    assert (ticket.state, ticket.technician) == (State.ASSIGNED, "B")
    for name in ("store_id", "group_id", "customer", "location", "slot_start", "slot_end", "skills", "notes", "pinned"):
        assert getattr(ticket.order, name) == getattr(lead.order, name), name
    assert ticket.order.converted_from == lead.order.id
    assert pair.outcome("J").state is State.CONVERTED
    assert (pair.history("J")[-1], pair.history("T")) == ("converted", ["created"])
    assert pair.last_event("J").detail == {"ticket_id": str(ticket.order.id)}


def test_the_booked_time_goes_over_and_stays_taken(pair: Day, admin: Connection) -> None:
    pair.lead("J", slot="14:00-15:00", assignee="B")
    ticket = pair.convert("J", "T").order
    held = admin.execute(text("SELECT work_order_id, state FROM bookings")).all()
    assert [tuple(row) for row in held] == [(ticket.id, "assigned")]
    pair.places["K"] = pair.places["J"]
    refused = pair.lead("K", slot="14:30-15:30", assignee="B")
    assert refused.order.pending_reason is PendingReason.WANTED_TAKEN
    with pair.database.transaction(pair.org_id) as tx:
        assigning.unassign(tx, pair.boss, ticket.id, version=None)
    assert pair.assign("K", "B").state is State.ASSIGNED


def test_a_technician_on_the_way_goes_on_with_the_ticket(pair: Day) -> None:
    pair.lead("J", assignee="A")
    with pair.database.transaction(pair.org_id) as tx:
        progress.advance(tx, pair.as_("A"), pair.jobs["J"], State.TRAVELLING)
    assert pair.convert("J", "T").state is State.TRAVELLING
    with pair.database.transaction(pair.org_id) as tx:
        assert progress.advance(tx, pair.as_("A"), pair.jobs["T"], State.ON_SITE).state is State.ON_SITE


def test_an_open_offer_closes_and_a_late_accept_is_told_of_the_ticket(pair: Day) -> None:
    pair.auto_assign("J")
    offer = pair.offer("J")
    ticket = pair.convert("J", "T")
    assert (ticket.state, ticket.order.pending_reason) == (State.PENDING, PendingReason.UNASSIGNED)
    for answer in (pair.accept, pair.reject):
        with pytest.raises(WorkOrderConvertedError) as told:
            answer("A", offer)
        assert str(told.value.facts["ticket_id"]) == str(ticket.order.id)
    pair.places["K"] = pair.places["J"]
    assert pair.auto_assign("K").technician == "A"


def test_an_unassigned_ticket_is_given_out_by_its_own_trigger(pair: Day) -> None:
    pair.set(ticket_auto_user_assignment="on")
    pair.auto_assign("J")
    ticket = pair.convert("J", "T")
    assert (ticket.state, ticket.technician) == (State.OFFERED, "A")
    assert pair.accept("A", pair.offer("T")).state is OfferState.ACCEPTED


def test_converting_again_answers_the_same_ticket(pair: Day) -> None:
    pair.lead("J", assignee="A")
    first = pair.convert("J", "T")
    assert pair.convert("J", "U").order == first.order
    assert pair.history("T") == ["created"]


def test_the_external_id_goes_to_the_ticket(pair: Day) -> None:
    pair.lead("J", external_id="shop-7")
    assert pair.convert("J", "T").order.external_id == "shop-7"
    assert pair.outcome("J").order.external_id is None
    with pytest.raises(DuplicateExternalIdError):
        pair.lead("J", external_id="shop-7")


def test_an_address_that_is_still_looked_for_is_looked_for_as_the_tickets(pair: Day) -> None:
    pair.set(ticket_auto_user_assignment="on")
    pair.addresses["Rua Nova 1"] = GeocodeResult(problem=GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, "down"))
    pair.lead("J", address="Rua Nova 1")
    ticket = pair.convert("J", "T")
    assert ticket.order.pending_reason is PendingReason.GEOCODER_UNAVAILABLE
    assert ticket.order.pending_detail == {"code": "geocoder_unavailable", "detail": "down"}


def test_what_is_over_or_a_ticket_already_is_not_converted(pair: Day) -> None:
    pair.lead("J")
    pair.cancel("J")
    with pytest.raises(WorkOrderStateError):
        pair.convert("J", "T")
    pair.ticket("J")
    with pytest.raises(NotALeadError):
        pair.convert("J", "T")


# Alarms -------------------------------------------------------------------------------------------------------------


def test_an_alarm_stays_until_a_dispatcher_acts(pair: Day) -> None:
    pair.lead("J", assignee="A")
    move(pair, east_m=5_000)
    alarm = pair.outcome("J").order.alarm
    assert alarm is not None
    assert (alarm["code"], alarm["moved_m"]) == (AlarmCode.ADDRESS_MOVED, 5_000)
    assert alarm["at"] == pair.clock.now().isoformat()
    with pair.database.transaction(pair.org_id) as tx:
        progress.advance(tx, pair.as_("A"), pair.jobs["J"], State.TRAVELLING)
    assert pair.outcome("J").order.alarm == alarm
    move(pair, east_m=5_050)
    assert pair.outcome("J").order.alarm is None


def test_an_alarm_stays_when_an_administrator_ends_a_technicians_duty(pair: Day, admin: Connection) -> None:
    """That is done to the technician: no dispatcher has seen the order."""
    pair.set(lead_acceptance=True)
    pair.off_duty("B")
    pair.lead("J")
    alarm = {"code": "group_loop", "at": pair.clock.now().isoformat()}
    raised = text("UPDATE work_orders SET alarm = CAST(:alarm AS jsonb) WHERE id = :job")
    admin.execute(raised, {"alarm": json.dumps(alarm), "job": pair.jobs["J"]})
    pair.dispatch.go_off_duty(pair.boss, pair.people["A"])
    assert "offer_withdrawn" in pair.history("J")
    assert pair.outcome("J").order.alarm == alarm


def test_finished_work_raises_no_alarm(pair: Day) -> None:
    pair.lead("J", assignee="A")
    move(pair, east_m=5_000)
    with pair.database.transaction(pair.org_id) as tx:
        for step in (State.TRAVELLING, State.COMPLETED):
            progress.advance(tx, pair.as_("A"), pair.jobs["J"], step)
    assert pair.outcome("J").order.alarm is None


def move(day: Day, *, east_m: float) -> None:
    """A dispatcher drops a pin on job J, so far from where it was drawn."""
    pin = orders.Edit(fields={}, location=shifted(day.places["J"], east_m=east_m))
    day.dispatch.edit(day.boss, day.jobs["J"], pin, None)
