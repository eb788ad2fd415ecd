"""Why a technician was not chosen, and what would have sufficed, also for technicians missing from the receipt."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point
from geo_assign.positions.commands import record
from geo_assign.positions.domain import Batch, Ping
from geo_assign.receipts.domain import Decision
from geo_assign.receipts.queries import get_decision
from geo_assign.receipts.verdicts import Why
from geo_assign.receipts.why import explain
from geo_assign.workorders.domain import RejectReason
from tests.day import NOON, RETENTION, Day


def receipt(day: Day, job: str) -> Decision:
    decision_id = day.outcome(job).order.decision_id
    assert decision_id is not None
    return decision_of(day, decision_id)


def decision_of(day: Day, decision_id: UUID) -> Decision:
    with day.database.transaction(day.org_id) as tx:
        return get_decision(tx, EVERYTHING, decision_id)


def why(day: Day, decision: Decision, letter: str, *, scope: Scope = EVERYTHING) -> Why:
    with day.database.transaction(day.org_id) as tx:
        return explain(tx, scope, decision, day.people[letter])


def forgotten(decision: Decision) -> Decision:
    """The receipt as if it named no technician: all have to be judged anew, as things stood then."""
    return replace(decision, candidates=(), excluded=())


def needed(found: Why) -> dict[str, Mapping[str, Any]]:
    return {reason["code"]: reason["needed"] for reason in found.reasons}


def test_technicians_are_judged_as_they_stood_then_whatever_happened_since(day: Day) -> None:
    day.map("J A B C D E F G H", step_m=500)
    day.technician("A", on_duty=False, skills=["tv"])
    day.technician("B", last_ping="6 min ago", skills=["tv"])
    day.technician("C", last_ping="20 min ago", skills=["tv"])
    day.technician("D", skills=["phone"])
    day.technician("E", hours={"wed": [["06:00", "11:00"]]}, skills=["tv"])
    day.technician("F", skills=["tv"])
    day.jobs["K"] = day.book("F", "12:30-14:00")
    day.technician("G", last_ping=None, skills=["tv"])
    day.technician("H", skills=["tv"], time_off="12:00-15:00")
    day.later("1 min")
    day.lead("J", slot="12:45-13:45", skills=("tv",))
    decision = receipt(day, "J")
    recorded = {letter: why(day, decision, letter) for letter in day.people}
    # Then the day goes on.
    day.later("30 min")
    for letter in "ABCG":
        day.ping(letter, at=day.places["J"])
    for letter in "DEF":
        day.off_duty(letter)
    day.cancel("K")
    for letter, told in recorded.items():
        again = why(day, forgotten(decision), letter)
        assert again.reconstructed
        assert [reason["code"] for reason in again.reasons] == [reason["code"] for reason in told.reasons], letter
        assert [reason["detail"] for reason in again.reasons] == [reason["detail"] for reason in told.reasons]
        assert again.distance_m == told.distance_m


def test_a_candidate_missing_from_the_receipt_is_told_the_rank(day: Day) -> None:
    day.map("J A B C D E F G H I", step_m=500)
    for letter in "ABCDEFGHI":
        day.technician(letter)
    day.lead("J")
    decision = receipt(day, "J")
    assert len(decision.candidates) == 8
    day.later("1 h")
    day.off_duty("I")
    found = why(day, decision, "I")
    assert (found.verdict, found.rank, found.reconstructed) == ("candidate", 9, True)
    assert found.gap_m == pytest.approx(4_000, rel=0.01)
    assert "m farther than the first: number 9 or later" in found.sentence


def test_the_chosen_one_comes_from_the_receipt(day: Day) -> None:
    day.map("A J . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.lead("J")
    assert why(day, receipt(day, "J"), "A").verdict == "chosen"
    second = why(day, receipt(day, "J"), "B")
    assert (second.verdict, second.rank, second.reconstructed) == ("candidate", 2, False)


def test_a_taken_slot_names_the_work_and_when_the_technician_is_free(day: Day) -> None:
    day.set(travel_buffer_minutes=15)
    day.map("J A", step_m=500)
    day.technician("A", booked="12:30-13:30")
    day.book("A", "14:00-15:00")
    day.later("1 min")
    day.lead("J", slot="13:00-14:00")
    assert needed(why(day, receipt(day, "J"), "A"))["slot_taken"] == {
        "conflict": {"start": "2026-05-20T12:30:00+00:00", "end": "2026-05-20T13:30:00+00:00"},
        # Between the two there is too little time for an hour with its way.
        "free_from": "2026-05-20T15:15:00+00:00",
    }


def test_hours_say_the_nearest_span_that_is_long_enough(day: Day) -> None:
    day.map("J A", step_m=500)
    day.technician("A", hours={"wed": [["08:00", "11:30"], ["14:30", "15:00"]], "thu": [["08:00", "12:00"]]})
    day.later("1 min")
    day.lead("J", slot="13:00-14:00")
    # This morning's is nearer, and over.
    span = {"start": "2026-05-21T08:00:00+00:00", "end": "2026-05-21T12:00:00+00:00"}
    assert needed(why(day, receipt(day, "J"), "A"))["outside_hours"] == {"hours": span}


def test_time_off_says_when_it_ends_and_a_limit_how_high_it_would_have_to_be(day: Day) -> None:
    day.set(offer_limit=1)
    day.map("J K A . B", step_m=500)
    day.technician("A")
    day.technician("B", time_off="12:00-15:00")
    day.lead("K", slot="17:00-18:00")
    day.later("1 min")
    day.lead("J", slot="12:30-13:30")
    decision = receipt(day, "J")
    assert needed(why(day, decision, "A")) == {"offer_limit": {"offer_limit": 2}}
    assert needed(why(day, decision, "B")) == {"time_off": {"time_off_until": "2026-05-20T15:00:00+00:00"}}


def test_a_refusal_says_when_the_technician_may_be_asked_again(day: Day) -> None:
    day.set(reoffer_after_minutes=30)
    day.map("J A . B", step_m=500)
    day.technician("A")
    day.technician("B")
    day.lead("J")
    day.reject("A", day.offer("J"), RejectReason.BUSY)
    decision = receipt(day, "J")
    again_at = (NOON + timedelta(minutes=30)).isoformat()
    assert needed(why(day, decision, "A")) == {"rejected_before": {"cooled_off_at": again_at}}
    day.reject("B", day.offer("J"), RejectReason.TOO_FAR)
    assert needed(why(day, receipt(day, "J"), "B")) == {"rejected_before": {"cooled_off_at": None}}


def test_an_agreement_tells_until_when_it_holds(day: Day) -> None:
    day.map("J A", step_m=500)
    day.provider("fixers", groups=["north"], valid_until=NOON + timedelta(minutes=10))
    day.technician("A", provider="fixers", group="north")
    day.lead("J", slot="12:30-13:30", group="north")
    found = needed(why(day, receipt(day, "J"), "A"))["agreement_expired"]
    assert found["valid_at"] == "2026-05-20T12:30:00+00:00"
    assert found["agreement"]["valid_until"] == "2026-05-20T12:10:00+00:00"


def test_distance_age_skill_and_team_say_what_they_wanted(day: Day) -> None:
    day.set(radius_m=1_000)
    day.map("J A . . B C D E", step_m=500)
    day.technician("A", last_ping="7 min ago", group="north")
    day.technician("B", group="north")
    day.technician("C", on_duty=False, group="north")
    day.technician("D", last_ping=None, group="north")
    day.technician("E")
    day.later("1 s")
    day.lead("J", skills=("tv",), group="north")
    decision = receipt(day, "J")
    told = {letter: needed(why(day, decision, letter)) for letter in "ABCDE"}
    assert told["A"] == {"stale_position": {"freshness_s": 421}, "missing_skill": {"skills": ["tv"]}}
    assert told["B"]["outside_radius"]["radius_m"] == pytest.approx(2_000, rel=0.01)
    assert told["C"]["off_duty"] == {"on_duty": True}
    assert told["D"]["no_position"] == {"position_since": (day.clock.now() - timedelta(minutes=5)).isoformat()}
    assert told["E"]["wrong_group"] == {"group_id": str(day.group("north"))}


def late_ping(day: Day, letter: str, *, recorded_at: datetime, at: Point) -> None:
    """A position that the phone measured then and sends only now."""
    with day.database.transaction(day.org_id) as tx:
        sent = Batch(day.people[letter], "phone", [Ping(recorded_at=recorded_at, lat=at.lat, lon=at.lon)])
        record(tx, [sent], retention=RETENTION)


def test_a_position_that_arrived_later_does_not_count_for_the_past(day: Day) -> None:
    """The decision knew the old position alone: a late upload must not make another of it."""
    day.map("J A . . B", step_m=500)
    day.technician("A", last_ping="2 min ago")
    day.technician("B", last_ping="20 min ago")
    day.lead("J")
    decision = receipt(day, "J")
    told = {letter: why(day, decision, letter) for letter in "AB"}
    day.later("10 min")
    for letter in "AB":
        late_ping(day, letter, recorded_at=NOON - timedelta(minutes=1), at=day.places["J"])
    for letter in "AB":
        again = why(day, forgotten(decision), letter)
        assert again.distance_m == told[letter].distance_m
        assert [reason["detail"] for reason in again.reasons] == [reason["detail"] for reason in told[letter].reasons]
    assert [reason["code"] for reason in why(day, forgotten(decision), "B").reasons] == ["offline", "stale_position"]


def test_work_offers_and_duty_that_came_later_do_not_count_for_the_past(day: Day) -> None:
    day.set(offer_limit=1)
    day.map("J A B C K", step_m=500)
    for letter in "AB":
        day.technician(letter)
    day.technician("C", on_duty=False)
    day.lead("J", slot="12:30-13:30")
    decision = receipt(day, "J")
    day.later("10 s")
    day.book("B", "12:30-13:30")
    day.ping("C", at=day.places["J"])
    day.lead("K", slot="16:00-17:00")
    assert day.outcome("K").technician == "B"
    assert why(day, forgotten(decision), "B").verdict == "candidate"
    assert [reason["code"] for reason in why(day, forgotten(decision), "C").reasons] == ["off_duty"]
    assert why(day, forgotten(decision), "C").distance_m is None


def test_who_came_later_did_not_work_here_yet(day: Day) -> None:
    day.map("J A B", step_m=500)
    day.technician("A")
    day.lead("J")
    day.later("1 h")
    day.technician("B")
    assert why(day, receipt(day, "J"), "B").sentence == "B did not work here yet."


def test_a_track_that_is_gone_is_said_and_nothing_is_made_up(day: Day, admin: Connection) -> None:
    day.map("J A . B", step_m=500)
    day.technician("A", booked="13:00-14:00")
    day.technician("B")
    day.later("1 min")
    day.lead("J", slot="12:30-13:30")
    decision = forgotten(receipt(day, "J"))
    assert why(day, decision, "B").verdict == "candidate"
    admin.execute(text("DROP TABLE position_track_20260520"))
    gone = why(day, decision, "B")
    assert (gone.verdict, gone.track_expired, gone.distance_m) == ("unknown", True, None)
    # What does not depend on the position is known as before.
    assert list(needed(why(day, decision, "A"))) == ["slot_taken"]


def test_people_outside_the_scope_do_not_exist(day: Day) -> None:
    day.map("J A B", step_m=500)
    day.technician("A", group="north")
    day.technician("B", group="south")
    day.lead("J", group="north")
    desk = Scope(group_ids=frozenset({day.group("north")}))
    decision = receipt(day, "J")
    assert why(day, decision, "A", scope=desk).verdict == "chosen"
    with pytest.raises(NotFoundError):
        why(day, decision, "B", scope=desk)
