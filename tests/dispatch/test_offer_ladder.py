"""The ladder tells beforehand who is asked until when, and it comes as it was told."""

from datetime import datetime, timedelta

import pytest

from geo_assign.dispatch.ladder import Ladder
from tests.day import NOON, Day
from tests.snapshots import begun_once


@pytest.fixture
@begun_once
def street(day: Day) -> Day:
    """Four technicians along a street; each has three and a half minutes to answer."""
    day.set(freshness_s=86_400, lead_time_tat_minutes=3.5)
    day.map("J A B C D", step_m=1_000)
    for letter in "ABCD":
        day.technician(letter)
    return day


def shown(ladder: Ladder) -> list[tuple[str, str, str]]:
    """Each rung as: who, from when until when in minutes after noon, what came of it."""
    return [(rung.name, f"{minutes(rung.starts_at)}-{minutes(rung.until)}", rung.outcome) for rung in ladder.rungs]


def minutes(instant: datetime) -> str:
    return f"{(instant - NOON) / timedelta(minutes=1):g}"


def test_before_it_runs_the_ladder_says_by_when_the_dispatcher_is_alarmed(street: Day) -> None:
    street.set(lead_auto_user_assignment="off", offers_before_alarm=4)
    street.lead("J")
    street.set(lead_auto_user_assignment="on")
    ladder = street.ladder("J")
    assert shown(ladder) == [
        ("A", "0-3.5", "planned"),
        ("B", "3.5-7", "planned"),
        ("C", "7-10.5", "planned"),
        ("D", "10.5-14", "planned"),
    ]
    assert [round(rung.distance_m or 0, -2) for rung in ladder.rungs] == [1_000, 2_000, 3_000, 4_000]
    assert ladder.end is not None
    assert (minutes(ladder.end.at), ladder.end.then) == ("14", "alarm")
    assert ladder.sentence == "If you ask for it: four technicians tried by 12:14, then the dispatcher is alarmed."
    assert not ladder.by_itself


def test_while_it_runs_it_tells_what_happened_and_what_is_to_come(street: Day) -> None:
    street.auto_assign("J")
    street.later("1 min")
    street.reject("A", street.offer("J"))
    ladder = street.ladder("J")
    assert shown(ladder) == [
        ("A", "0-1", "rejected"),
        ("B", "1-4.5", "offered"),
        ("C", "4.5-8", "planned"),
        ("D", "8-11.5", "planned"),
    ]
    assert ladder.by_itself
    assert ladder.sentence == "Four technicians tried by 12:11, then none is left."


def test_it_comes_as_it_was_told(street: Day) -> None:
    street.set(offers_before_alarm=3)
    street.auto_assign("J")
    told = street.ladder("J")
    for _ in range(3):
        street.later("3.5 min")
        street.sweep()
    came = street.ladder("J")
    assert [(rung.name, rung.starts_at, rung.until) for rung in came.rungs] == [
        (rung.name, rung.starts_at, rung.until) for rung in told.rungs
    ]
    assert {rung.outcome for rung in came.rungs} == {"expired"}
    assert came.sentence == told.sentence == "Three technicians tried by 12:10, then the dispatcher is alarmed."
    assert street.outcome("J").order.alarm is not None


def test_several_at_once_stand_side_by_side(street: Day) -> None:
    street.set(offer_policy="parallel", parallel_offers=2)
    street.auto_assign("J")
    street.later("1 min")
    street.reject("A", street.offers("J")["A"])
    assert shown(street.ladder("J")) == [
        ("A", "0-1", "rejected"),
        ("B", "0-3.5", "offered"),
        ("C", "1-4.5", "offered"),
        ("D", "3.5-7", "planned"),
    ]


def test_a_widening_search_waits_for_its_rings(street: Day) -> None:
    street.set(offer_policy="widening", widening_radii_m=(1_500, 3_500), widening_every_minutes=5, radius_m=9_000)
    street.auto_assign("J")
    ladder = street.ladder("J")
    assert shown(ladder) == [
        ("A", "0-3.5", "offered"),
        ("B", "5-8.5", "planned"),
        ("C", "8.5-12", "planned"),
        ("D", "12-15.5", "planned"),
    ]
    assert ladder.sentence == "Four technicians tried by 12:15, then none is left."


def test_where_no_technician_is_asked_it_says_why(street: Day) -> None:
    street.lead("J", assignee="B")
    assert street.ladder("J").sentence == "No technician is asked: B has it."
    street.cancel("J")
    assert street.ladder("J").sentence == "No technician is asked: the work order is cancelled."
    street.lead("K", address="Nowhere 5")
    assert street.ladder("K").sentence == "No technician is asked before the work order has a location."
    street.places["L"] = street.places["J"]
    street.places["M"] = street.places["J"]
    street.lead("M")
    street.assign("M", "C", along="D", mode="offer")
    assert street.ladder("M").sentence == "No other technician is asked: a person puts a crew together."
    street.cancel("M")
    street.set(lead_acceptance=False, lead_auto_user_assignment="off")
    street.lead("L")
    ladder = street.ladder("L")
    assert (ladder.rungs, ladder.end) == ((), None)
    assert ladder.sentence == "No technician is asked: the store assigns the nearest who is available at once."


def test_a_ladder_without_technicians_is_said_as_well(day: Day) -> None:
    day.map("J", step_m=500)
    day.lead("J")
    assert day.ladder("J").sentence == "No technician can be asked now."
