"""What was only offered to a technician who cannot do it any more goes to the next; crews are told by name."""

import pytest

from geo_assign.workforce import commands
from geo_assign.workorders.domain import Bucket, OfferState, OfferWithdrawnError, State
from geo_assign.workorders.queries import get_offer
from tests.day import Day
from tests.dispatch.impossible import (
    CASES,
    HOUR,
    MORNING,
    NAMES,
    alarm_of,
    away,
    crew,
    order_of,
    run,
    scene,
    update,
)

# Offers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_open_offer_is_withdrawn_and_the_next_is_asked(day: Day, name: str) -> None:
    case = CASES[name]
    scene(day, case, automation="on")
    offer = day.offer("J")
    assert offer.technician_id == day.people["A"]
    case.make(day)
    with day.database.transaction(day.org_id) as tx:
        closed = get_offer(tx, offer.id)
    assert (closed.state, closed.reason) == (OfferState.WITHDRAWN, "technician_unable")
    assert day.outcome("J").technician == "B"
    order = order_of(day)
    assert alarm_of(order) == {"A": [case.reason]}
    assert order.bucket is Bucket.NEEDS_YOU
    day.accept("B", day.offer("J"))
    assert order_of(day).alarm is None, "another technician has it"


@pytest.mark.parametrize("policy", ["parallel", "widening"])
def test_other_ways_of_asking_withdraw_as_well(day: Day, policy: str) -> None:
    scene(day, CASES["loses the skill"], automation="on", offer_policy=policy, parallel_offers=2)
    update(day, skills=())
    assert "A" not in day.offers("J")
    assert "B" in day.offers("J")


def test_an_offer_by_hand_is_withdrawn_too(day: Day) -> None:
    scene(day, CASES["loses the skill"])
    day.assign("J", "A", mode="offer")
    update(day, skills=())
    order = order_of(day)
    assert (order.state, alarm_of(order)) == (State.PENDING, {"A": ["missing_skill"]})
    update(day, skills=("glass",))
    assert order_of(day).alarm is None


def test_an_offer_over_time_off_that_the_dispatcher_knew_of_stays(day: Day) -> None:
    scene(day, CASES["deactivated"])
    away(day, MORNING, MORNING + 24 * HOUR)
    day.assign("J", "A", mode="offer")
    update(day, skills=("glass", "lathe"))
    order = order_of(day)
    assert (order.state, order.alarm) == (State.OFFERED, None)


def test_the_technician_is_told_why_an_answer_comes_too_late(day: Day) -> None:

    scene(day, CASES["loses the skill"], automation="on")
    offer = day.offer("J")
    update(day, skills=())
    with pytest.raises(OfferWithdrawnError, match="What you may do"):
        day.accept("A", offer)


# Crews ----------------------------------------------------------------------------------------------------------------


def test_a_collaborator_who_cannot_come_is_named(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    order = order_of(day)
    assert (alarm_of(order), order.technician_id) == ({"A": ["time_off"]}, day.people["B"])
    assert [one.name for one in order.collaborators] == ["A"]


def test_another_collaborator_ends_the_alarm_and_the_lead_keeps_the_own_one(day: Day) -> None:
    crew(day)
    day.assign("J", "B", along="A")
    away(day, MORNING, MORNING + 24 * HOUR)
    run(day, lambda tx: commands.update_technician(tx, day.boss, day.people["B"], changes={"skills": ()}), letter="B")
    assert alarm_of(order_of(day)) == {"A": ["time_off"], "B": ["missing_skill"]}
    day.change_crew("J", "C")
    assert alarm_of(order_of(day)) == {"B": ["missing_skill"]}


@pytest.mark.parametrize("policy", ["lead_accepts", "all_or_nothing"])
def test_a_collaborator_who_was_only_asked_is_replaced(day: Day, policy: str) -> None:
    crew(day, crew_policy=policy)
    day.assign("J", "B", along="A", mode="offer")
    away(day, MORNING, MORNING + 24 * HOUR)
    order = order_of(day)
    assert order.state is State.OFFERED
    assert [one.name for one in order.collaborators] == ["C"]


def test_a_lead_who_was_only_asked_frees_the_crew(day: Day) -> None:
    crew(day)
    day.assign("J", "A", along="BC", mode="offer")
    update(day, active=False)
    order = order_of(day)
    assert (order.state, order.collaborators, alarm_of(order)) == (State.PENDING, (), {"A": ["inactive"]})


def test_a_lead_who_has_accepted_for_a_crew_that_has_not_is_told(day: Day) -> None:
    crew(day, crew_policy="all_or_nothing")
    day.assign("J", "A", along="B", mode="offer")
    day.accept("A", day.offers("J")["A"])
    away(day, MORNING, MORNING + 24 * HOUR)
    assert alarm_of(order_of(day)) == {"A": ["time_off"]}
    day.accept("B", day.offers("J")["B"])
    order = order_of(day)
    assert (order.state, alarm_of(order)) == (State.ASSIGNED, {"A": ["time_off"]})
