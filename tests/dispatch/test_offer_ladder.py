"""The ladder tells beforehand who is asked until when, and it comes as it was told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.dispatch.ladder import Ladder, LadderSearch, NextTechnician, climb
from geo_assign.dispatch.searching import parallel_limit, ring_at
from geo_assign.workforce.store_settings import StoreSettings
from tests.day import NOON, Day, span


@pytest.fixture
def street(day: Day) -> Day:
    """Four people along a street; everybody has three and a half minutes to answer."""
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


def test_where_nobody_is_asked_it_says_why(street: Day) -> None:
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


def test_nobody_there_is_said_as_well(day: Day) -> None:
    day.map("J", step_m=500)
    day.lead("J")
    assert day.ladder("J").sentence == "No technician can be asked now."


# The computation by itself --------------------------------------------------------------------------------------------

SETTINGS = st.builds(
    StoreSettings,
    offer_policy=st.sampled_from(["sequential", "parallel", "widening"]),
    parallel_offers=st.integers(2, 5),
    offers_before_alarm=st.none() | st.integers(1, 8),
    lead_time_tat_minutes=st.sampled_from([1.0, 4.0, 10.0]),
    widening_radii_m=st.sampled_from([(500.0,), (1_000.0, 3_000.0)]),
    widening_every_minutes=st.sampled_from([2.0, 5.0]),
    radius_m=st.sampled_from([2_000.0, 10_000.0]),
)


@given(SETTINGS, st.lists(st.floats(1, 10_000), max_size=12))
def test_every_ladder_keeps_the_stores_rules(settings: StoreSettings, distances: list[float]) -> None:
    people = [
        NextTechnician(UUID(int=number), str(number), distance_m)
        for number, distance_m in enumerate(sorted(distances))
        if distance_m <= settings.radius_m
    ]
    search = LadderSearch(settings, NOON, NOON, people=people)
    ladder = climb(search, zone=ZoneInfo("UTC"), by_itself=True)
    limit = settings.offers_before_alarm
    assert len(ladder.rungs) == (len(people) if limit is None else min(len(people), limit))
    assert ladder.end is not None
    assert ladder.end.then == ("alarm" if limit is not None and len(people) >= limit else "nobody_left")
    for rung in ladder.rungs:
        assert rung.until - rung.starts_at == settings.tat
        assert (rung.distance_m or 0) <= ring_at(settings, NOON, rung.starts_at).radius_m
        side_by_side = [one for one in ladder.rungs if one.starts_at <= rung.starts_at < one.until]
        assert len(side_by_side) <= parallel_limit(settings)
    starts = [rung.starts_at for rung in ladder.rungs]
    assert starts == sorted(starts)


def test_the_sentence_is_in_the_stores_time() -> None:
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    people = [NextTechnician(UUID(int=number), str(number), 100.0) for number in range(2)]
    search = LadderSearch(StoreSettings(lead_time_tat_minutes=13 * 60), noon, noon, people=people)
    # The clocks go forward in that night: 26 hours after noon it is three.
    ladder = climb(search, zone=ZoneInfo("Europe/Lisbon"), by_itself=True)
    assert ladder.sentence == "Two technicians tried by 15:00 tomorrow, then none is left."


def test_rings_count_from_the_beginning_of_the_search() -> None:
    settings = StoreSettings(
        offer_policy="widening", widening_radii_m=(500, 90_000), widening_every_minutes=5, radius_m=50_000
    )
    assert ring_at(settings, NOON, NOON).next_radius_m == 50_000
    assert ring_at(settings, NOON, NOON + span("299 s")).radius_m == 500
    assert ring_at(settings, NOON, NOON + span("5 min")).radius_m == 50_000
    assert ring_at(settings, NOON, NOON + span("5 min")).widens_at is None
