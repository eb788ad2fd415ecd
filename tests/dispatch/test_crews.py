"""Several technicians on one work order: held together, asked as the store wants, and replaced one by one."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.dispatch.commands import answering, assigning, duty, progress
from geo_assign.dispatch.commands.crews import TechnicianOffDutyError, change_crew
from geo_assign.dispatch.commands.reallocating import reallocate
from geo_assign.workorders.domain import (
    BookingRole,
    BookingState,
    EventKind,
    OfferState,
    OfferWithdrawnError,
    PendingReason,
    RejectReason,
    SlotTakenError,
    State,
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import get_offer, list_schedule
from tests.day import NOON, Day, span
from tests.snapshots import begun_once


@pytest.fixture
@begun_once
def team(day: Day) -> Day:
    """Five people along a street; automation only acts when it is told to."""
    day.set(freshness_s=86_400, lead_auto_user_assignment="off")
    day.map("J A B C D E", step_m=1_000)
    for letter in "ABCDE":
        day.technician(letter)
    day.lead("J")
    return day


@pytest.fixture
def strict(team: Day) -> Day:
    """The same, where the whole crew is asked and all must accept."""
    team.set(crew_policy="all_or_nothing")
    return team


def crew_of(day: Day, job: str = "J") -> dict[str, BookingState]:
    return {one.name: one.state for one in day.outcome(job).order.collaborators}


def schedule(day: Day, letter: str) -> list[tuple[str, BookingRole]]:
    names = {order_id: job for job, order_id in day.jobs.items()}
    with day.database.transaction(day.org_id) as tx:
        found = list_schedule(tx, day.people[letter], limit=50).items
    return [(names[one.order.id], one.role) for one in found]


def is_free(day: Day, letters: str) -> bool:
    """Whether nothing holds any of their time."""
    people = [day.people[letter] for letter in letters]
    with day.database.transaction(day.org_id) as tx:
        held = text(
            "SELECT count(*) FROM bookings WHERE state IN ('offered', 'assigned') AND technician_id = ANY(:people)"
        )
        return tx.conn.execute(held, {"people": people}).scalar_one() == 0


def closed_as(day: Day, offer_id: Any) -> tuple[OfferState, str | None]:
    with day.database.transaction(day.org_id) as tx:
        offer = get_offer(tx, offer_id)
    return offer.state, offer.reason


# Put together by hand -------------------------------------------------------------------------------------------------


def test_a_lead_engineer_and_who_comes_along_have_the_work_together(team: Day) -> None:
    order = team.assign("J", "B", along="AC")
    assert (order.state, order.technician_name) == (State.ASSIGNED, "B")
    assert crew_of(team) == {"A": BookingState.ASSIGNED, "C": BookingState.ASSIGNED}
    assert schedule(team, "B") == [("J", BookingRole.PRIMARY)]
    assert schedule(team, "A") == [("J", BookingRole.COLLABORATOR)]
    told = team.last_event("J")
    assert [one["name"] for one in told.detail["collaborators"]] == ["A", "C"]


def test_a_crew_names_each_technician_once(team: Day) -> None:
    for along in ("AA", "AB"):
        with pytest.raises(InvalidError) as refused:
            team.assign("J", "B", along=along)
        assert refused.value.errors[0].pointer == "/collaborator_ids"
    team.people["X"] = uuid4()
    with pytest.raises(NotFoundError):
        team.assign("J", "B", along="X")
    assert team.outcome("J").state is State.PENDING


def test_when_a_crew_has_no_time_all_who_have_none_are_named_and_nothing_changes(team: Day) -> None:
    team.lead("J", slot="14:00-15:00")
    team.book("B", "13:30-14:30")
    team.book("C", "14:30-16:00")
    team.book("A", "16:30-17:00")
    with pytest.raises(SlotTakenError, match="B and C have other work") as refused:
        team.assign("J", "A", along="BC")
    facts = refused.value.facts
    assert {one["technician_name"]: one["start"][11:16] for one in facts["conflicts"]} == {"B": "13:30", "C": "14:30"}
    assert all(one["number"].startswith("L-") for one in facts["conflicts"])
    # From 16:00 on C is free again, but A is not before 17:00.
    assert facts["earliest_common_slot"]["start"] == "2026-05-20T17:00:00+00:00"
    assert facts["earliest_common_slot"]["end"] == "2026-05-20T18:00:00+00:00"
    assert team.outcome("J").state is State.PENDING
    team.assign("J", "A")


def test_the_earliest_common_slot_knows_hours_time_off_and_the_way(day: Day) -> None:
    day.set(freshness_s=86_400, lead_auto_user_assignment="off", travel_buffer_minutes=30)
    day.map("J A B", step_m=1_000)
    day.technician("A", hours={"wed": [["08:00", "16:00"]], "thu": [["10:00", "18:00"]]})
    day.technician("B", time_off="tomorrow 10:00-11:00")
    day.lead("J", slot="15:00-16:00")
    day.book("A", "14:45-15:45")
    day.book("B", "tomorrow 11:30-12:30")
    with pytest.raises(SlotTakenError) as refused:
        day.assign("J", "A", along="B")
    # Today A goes home; tomorrow B is away until 11, and after the visit until 12:30 needs half an hour for the way.
    assert refused.value.facts["earliest_common_slot"]["start"] == "2026-05-21T13:00:00+00:00"


# The lead answers for all ---------------------------------------------------------------------------------------------


def test_the_lead_answers_for_the_whole_crew(team: Day) -> None:
    team.assign("J", "B", along="AC", mode="offer")
    assert list(team.offers("J")) == ["B"]
    assert crew_of(team) == {"A": BookingState.OFFERED, "C": BookingState.OFFERED}
    assert schedule(team, "A") == [("J", BookingRole.COLLABORATOR)]
    assert schedule(team, "B") == []
    team.accept("B", team.offer("J"))
    assert team.outcome("J").state is State.ASSIGNED
    assert crew_of(team) == {"A": BookingState.ASSIGNED, "C": BookingState.ASSIGNED}


@pytest.mark.parametrize("policy", ["lead_accepts", "all_or_nothing"])
@pytest.mark.parametrize("refuses", ["rejects", "says nothing", "goes home"])
def test_without_the_lead_the_crew_is_free_and_a_dispatcher_decides(team: Day, policy: str, refuses: str) -> None:
    team.set(crew_policy=policy, lead_auto_user_assignment="on")
    team.assign("J", "B", along="AC", mode="offer")
    lead, others = team.offer("J"), [one for letter, one in team.offers("J").items() if letter != "B"]
    if refuses == "rejects":
        team.reject("B", lead)
    elif refuses == "says nothing":
        team.later("10 min")
        team.expire(lead)
    else:
        team.off_duty("B")
    order = team.outcome("J").order
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.NOBODY_ELIGIBLE)
    assert order.pending_detail is not None
    assert order.pending_detail["crew"] == {"collaborators": 2, "because": "lead_refused"}
    assert is_free(team, "ABC")
    assert {closed_as(team, one.id) for one in others} <= {(OfferState.WITHDRAWN, "lead_refused")}
    # Automation leaves it to people, until one asks for it.
    team.later("1 min")
    team.sweep()
    assert team.outcome("J").state is State.PENDING
    assert team.evaluate("J", forced=True).state is State.OFFERED


def test_who_goes_home_before_the_lead_has_answered_is_replaced(team: Day) -> None:
    team.assign("J", "B", along="A", mode="offer")
    team.off_duty("A")
    assert crew_of(team) == {"C": BookingState.OFFERED}
    assert list(team.offers("J")) == ["B"]
    team.accept("B", team.offer("J"))
    assert crew_of(team) == {"C": BookingState.ASSIGNED}


def test_where_no_collaborator_is_left_the_others_go_on_and_the_dispatcher_is_alarmed(team: Day) -> None:
    team.assign("J", "B", along="AC", mode="offer")
    for letter in "DE":
        team.off_duty(letter)
    team.off_duty("A")
    order = team.outcome("J").order
    assert order.state is State.OFFERED
    assert crew_of(team) == {"C": BookingState.OFFERED}
    assert order.alarm == {"code": "collaborator_missing", "at": NOON.isoformat(), "missing": 1}
    team.accept("B", team.offer("J"))
    assert team.outcome("J").state is State.ASSIGNED
    assert crew_of(team) == {"C": BookingState.ASSIGNED}


def test_who_is_missing_when_the_lead_accepts_is_looked_for_afterwards(team: Day) -> None:
    team.assign("J", "B", along="A", mode="offer")
    offer = team.offer("J")
    with team.database.transaction(team.org_id) as tx:
        duty.go_off_duty(tx, team.as_("A"), team.people["A"])
    team.accept("B", offer)
    assert (team.outcome("J").state, crew_of(team)) == (State.ASSIGNED, {})
    assert team.sweep() == ["J"]
    assert crew_of(team) == {"C": BookingState.ASSIGNED}


def test_of_several_who_are_asked_to_lead_the_first_gets_the_crew(team: Day) -> None:
    team.set(lead_auto_user_assignment="on", offer_policy="parallel", parallel_offers=2)
    team.evaluate("J")
    team.change_crew("J", "D")
    team.reject("A", team.offers("J")["A"])
    assert list(team.offers("J")) == ["B", "C"]
    team.accept("C", team.offers("J")["C"])
    assert team.outcome("J").order.technician_name == "C"
    assert crew_of(team) == {"D": BookingState.ASSIGNED}
    assert is_free(team, "ABE")


# All or nothing -------------------------------------------------------------------------------------------------------


def test_the_whole_crew_is_asked_and_the_last_to_accept_settles_it(strict: Day) -> None:
    strict.assign("J", "B", along="AC", mode="offer")
    offers = strict.offers("J")
    assert {letter: offer.role for letter, offer in offers.items()} == {
        "A": BookingRole.COLLABORATOR,
        "B": BookingRole.PRIMARY,
        "C": BookingRole.COLLABORATOR,
    }
    for letter in "AB":
        strict.accept(letter, offers[letter])
        assert strict.outcome("J").state is State.OFFERED
        assert not is_free(strict, letter)
    assert schedule(strict, "B") == [("J", BookingRole.PRIMARY)]
    strict.accept("C", offers["C"])
    order = strict.outcome("J").order
    assert (order.state, order.technician_name) == (State.ASSIGNED, "B")
    assert crew_of(strict) == {"A": BookingState.ASSIGNED, "C": BookingState.ASSIGNED}
    assert strict.accept("A", offers["A"]).state is OfferState.ACCEPTED


def test_only_who_can_answer_is_asked(strict: Day) -> None:
    strict.off_duty("A")
    with pytest.raises(TechnicianOffDutyError, match="A is off duty"):
        strict.assign("J", "B", along="A", mode="offer")
    assert strict.assign("J", "B", along="A").state is State.ASSIGNED


@pytest.mark.parametrize("refuses", ["rejects", "says nothing", "goes home"])
def test_a_collaborator_who_does_not_come_is_replaced_alone(strict: Day, refuses: str) -> None:
    strict.assign("J", "B", along="AD", mode="offer")
    offers = strict.offers("J")
    strict.accept("B", offers["B"])
    strict.accept("D", offers["D"])
    if refuses == "rejects":
        strict.reject("A", offers["A"], RejectReason.BUSY)
    elif refuses == "says nothing":
        strict.later("10 min")
        strict.expire(offers["A"])
    else:
        strict.off_duty("A")
    assert list(strict.offers("J")) == ["C"]
    assert is_free(strict, "A")
    assert crew_of(strict) == {"C": BookingState.OFFERED, "D": BookingState.OFFERED}
    order = strict.outcome("J").order
    assert (order.slot_start, order.slot_end) == (NOON, NOON + span("1 h"))
    strict.accept("C", strict.offers("J")["C"])
    assert strict.outcome("J").order.technician_name == "B"
    assert strict.outcome("J").state is State.ASSIGNED


def test_who_refused_is_not_asked_again_in_another_ones_place(strict: Day) -> None:
    strict.assign("J", "B", along="AC", mode="offer")
    strict.reject("A", strict.offers("J")["A"])
    strict.reject("C", strict.offers("J")["C"])
    assert sorted(strict.offers("J")) == ["B", "D", "E"]


def test_where_no_collaborator_is_left_all_are_free_and_the_dispatcher_is_alarmed(strict: Day) -> None:
    strict.assign("J", "B", along="A", mode="offer")
    offers = strict.offers("J")
    strict.accept("B", offers["B"])
    for letter in "CDE":
        strict.off_duty(letter)
    strict.reject("A", offers["A"])
    order = strict.outcome("J").order
    assert (order.state, order.pending_reason) == (State.PENDING, PendingReason.NOBODY_ELIGIBLE)
    assert order.alarm == {"code": "collaborator_missing", "at": NOON.isoformat(), "missing": 1}
    assert is_free(strict, "ABCDE")
    assert strict.assign("J", "B").alarm is None


def test_between_a_refusal_and_the_next_question_nothing_is_settled(strict: Day) -> None:
    """The lead accepts in the moment in which a collaborator is missing: the order waits for a successor."""
    strict.assign("J", "B", along="A", mode="offer")
    offers = strict.offers("J")
    with strict.database.transaction(strict.org_id) as tx:
        answering.reject(tx, strict.as_("A"), offers["A"].id, RejectReason.BUSY)
    strict.accept("B", offers["B"])
    assert strict.outcome("J").state is State.OFFERED
    assert strict.sweep() == ["J"]
    strict.accept("C", strict.offers("J")["C"])
    assert strict.outcome("J").state is State.ASSIGNED


# Changing the crew ----------------------------------------------------------------------------------------------------


def test_collaborators_who_stay_keep_their_time_and_new_ones_have_it_at_once(team: Day) -> None:
    team.assign("J", "B", along="AC")
    order = team.change_crew("J", "CD")
    assert {one.name for one in order.collaborators} == {"C", "D"}
    assert crew_of(team) == {"C": BookingState.ASSIGNED, "D": BookingState.ASSIGNED}
    assert is_free(team, "A")
    told = team.last_event("J")
    assert told.kind == EventKind.CREW_CHANGED
    assert ([one["name"] for one in told.detail["joined"]], [one["name"] for one in told.detail["left"]]) == (
        ["D"],
        ["A"],
    )
    version = team.outcome("J").order.version
    assert team.change_crew("J", "DC").version == version


def test_a_busy_technician_does_not_join(team: Day) -> None:
    team.assign("J", "B", along="A")
    team.book("C", "12:30-13:30")
    with pytest.raises(SlotTakenError, match="C has other work"):
        team.change_crew("J", "C")
    assert crew_of(team) == {"A": BookingState.ASSIGNED}


def test_the_lead_does_not_join_and_a_crew_needs_a_lead(team: Day) -> None:
    with pytest.raises(WorkOrderStateError, match="no technician leads"):
        team.change_crew("J", "A")
    team.assign("J", "B")
    with pytest.raises(InvalidError):
        team.change_crew("J", "B")


def test_the_second_of_two_dispatchers_is_told(team: Day) -> None:
    seen = team.assign("J", "B").version
    team.change_crew("J", "A")
    with team.database.transaction(team.org_id) as tx, pytest.raises(WorkOrderChangedError):
        change_crew(tx, team.boss, team.jobs["J"], [team.people["C"]], version=seen)


def test_while_it_is_offered_who_joins_is_held_or_asked(strict: Day) -> None:
    strict.assign("J", "B", along="A", mode="offer")
    offer = strict.offers("J")["A"]
    strict.change_crew("J", "C")
    assert sorted(strict.offers("J")) == ["B", "C"]
    assert closed_as(strict, offer.id) == (OfferState.WITHDRAWN, "crew_changed")
    with pytest.raises(OfferWithdrawnError):
        strict.accept("A", offer)
    strict.set(crew_policy="lead_accepts")
    strict.change_crew("J", "CD")
    assert sorted(strict.offers("J")) == ["B", "C"]


def test_taking_the_last_who_had_not_answered_off_settles_it(strict: Day) -> None:
    strict.assign("J", "B", along="AC", mode="offer")
    for letter in "BC":
        strict.accept(letter, strict.offers("J")[letter])
    strict.change_crew("J", "C")
    assert strict.outcome("J").state is State.ASSIGNED
    assert crew_of(strict) == {"C": BookingState.ASSIGNED}


# What follows a crew --------------------------------------------------------------------------------------------------


def test_the_lead_says_where_the_work_stands_and_the_others_read_it(team: Day) -> None:
    team.assign("J", "B", along="A")
    with team.database.transaction(team.org_id) as tx, pytest.raises(ForbiddenError):
        progress.advance(tx, team.as_("A"), team.jobs["J"], State.TRAVELLING)
    for state in (State.TRAVELLING, State.IN_PROGRESS, State.COMPLETED):
        with team.database.transaction(team.org_id) as tx:
            progress.advance(tx, team.as_("B"), team.jobs["J"], state)
    assert crew_of(team) == {"A": BookingState.DONE}
    assert is_free(team, "AB")
    assert schedule(team, "A") == []


def taken_back(day: Day) -> WorkOrder:
    with day.database.transaction(day.org_id) as tx:
        return assigning.unassign(tx, day.boss, day.jobs["J"], version=None)


def called_off(day: Day) -> WorkOrder:
    return day.cancel("J")


@pytest.mark.parametrize("policy", ["lead_accepts", "all_or_nothing"])
@pytest.mark.parametrize("mode", ["offer", "assign"])
@pytest.mark.parametrize("end", [taken_back, called_off], ids=lambda end: end.__name__)
def test_a_crew_goes_free_together(team: Day, policy: str, mode: Any, end: Any) -> None:
    team.set(crew_policy=policy)
    team.assign("J", "B", along="AC", mode=mode)
    order = end(team)
    assert order.offers == ()
    assert order.collaborators == ()
    assert is_free(team, "ABC")


def test_a_ticket_takes_the_crew_over(team: Day) -> None:
    team.assign("J", "B", along="AC")
    assert team.convert("J", "K").technician == "B"
    assert crew_of(team, "K") == {"A": BookingState.ASSIGNED, "C": BookingState.ASSIGNED}
    assert schedule(team, "A") == [("K", BookingRole.COLLABORATOR)]


def test_a_crew_whose_new_lead_refuses_goes_free(team: Day) -> None:
    team.assign("J", "B", along="A")
    with team.database.transaction(team.org_id) as tx:
        reallocate(
            tx, team.boss, team.jobs["J"], team.people["C"], mode="offer", force=False, reason=None, version=None
        )
    assert not is_free(team, "A")
    team.reject("C", team.offer("J"))
    assert is_free(team, "ABC")
    assert team.outcome("J").state is State.PENDING


def test_going_home_leaves_what_is_settled(team: Day) -> None:
    team.assign("J", "B", along="A")
    team.off_duty("A")
    assert crew_of(team) == {"A": BookingState.ASSIGNED}


def test_a_schedule_comes_in_pages(team: Day) -> None:
    for hour in range(13, 18):
        team.book("A", f"{hour}:00-{hour}:30")
    seen: list[Any] = []
    cursor = None
    with team.database.transaction(team.org_id) as tx:
        while True:
            found = list_schedule(tx, team.people["A"], limit=2, cursor=cursor)
            seen += [one.order.slot_start.hour for one in found.items]
            cursor = found.next_cursor
            if cursor is None:
                break
    assert seen == [13, 14, 15, 16, 17]
