"""The ladder is computed from the store's rules, what happened, and who could be asked: pure, without a database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.dispatch.ladder import End, Ladder, LadderSearch, NextTechnician, Rung, climb, closed_ladder
from geo_assign.dispatch.searching import parallel_limit, ring_at
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import BookingRole, Offer, OfferState
from tests.day import NOON, span

UTC_ZONE = ZoneInfo("UTC")
TEN_MINUTES = StoreSettings(lead_time_tat_minutes=10, radius_m=10_000, offers_before_alarm=None)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def technicians(*distances_m: float) -> list[NextTechnician]:
    """Technicians numbered from 1, in the order in which they would be asked."""
    return [NextTechnician(UUID(int=n), f"T{n}", distance_m) for n, distance_m in enumerate(distances_m, start=1)]


def offer(
    number: int,
    state: OfferState,
    *,
    offered: float,
    expires: float,
    responded: float | None = None,
    automatic: bool = True,
) -> Offer:
    """An offer to the technician of that number; times are minutes after noon."""
    return Offer(
        id=UUID(int=1_000 + number),
        work_order_id=UUID(int=2_000),
        technician_id=UUID(int=number),
        technician_name=f"T{number}",
        booking_id=UUID(int=3_000 + number),
        state=state,
        offered_at=after(offered),
        expires_at=after(expires),
        responded_at=None if responded is None else after(responded),
        reason=None,
        note=None,
        distance_m=100.0 * number,
        eta_s=None,
        automatic=automatic,
        decision_id=None,
        role=BookingRole.PRIMARY,
        server_now=NOON,
    )


def ladder_of(
    settings: StoreSettings,
    *,
    people: Sequence[NextTechnician] = (),
    offers: Sequence[Offer] = (),
    started: float = 0,
    at: float = 0,
    by_itself: bool = True,
    truncated: bool = False,
) -> Ladder:
    search = LadderSearch(settings, after(started), after(at), offers, people)
    return climb(search, zone=UTC_ZONE, by_itself=by_itself, truncated=truncated)


def planned(ladder: Ladder) -> list[tuple[str, float, float]]:
    """Name, start and end of each rung to come, in minutes after noon."""
    minute = timedelta(minutes=1)
    return [
        (rung.name, (rung.starts_at - NOON) / minute, (rung.until - NOON) / minute)
        for rung in ladder.rungs
        if rung.outcome == "planned"
    ]


def test_one_is_asked_when_the_time_of_the_one_before_is_over() -> None:
    ladder = ladder_of(TEN_MINUTES, people=technicians(100, 200))
    assert ladder == Ladder(
        rungs=(
            Rung(UUID(int=1), "T1", 100, after(0), after(10), "planned"),
            Rung(UUID(int=2), "T2", 200, after(10), after(20), "planned"),
        ),
        end=End(after(20), "nobody_left"),
        by_itself=True,
        truncated=False,
        sentence="Two technicians tried by 12:20, then none is left.",
    )


def test_what_happened_stands_at_the_foot_and_an_open_offer_is_waited_for() -> None:
    offers = [
        offer(1, OfferState.REJECTED, offered=0, expires=10, responded=3),
        offer(2, OfferState.EXPIRED, offered=3, expires=13),
        offer(3, OfferState.OFFERED, offered=13, expires=23),
    ]
    ladder = ladder_of(TEN_MINUTES, people=technicians(0, 0, 0, 50)[3:], offers=offers, at=15)
    assert ladder.rungs == (
        Rung(UUID(int=1), "T1", 100, after(0), after(3), "rejected"),
        Rung(UUID(int=2), "T2", 200, after(3), after(13), "expired"),
        Rung(UUID(int=3), "T3", 300, after(13), after(23), "offered"),
        Rung(UUID(int=4), "T4", 50, after(23), after(33), "planned"),
    )
    assert ladder.sentence == "Four technicians tried by 12:33, then none is left."


def test_an_offer_whose_time_is_over_holds_up_no_one() -> None:
    late = offer(1, OfferState.OFFERED, offered=0, expires=10)
    ladder = ladder_of(TEN_MINUTES, people=technicians(0, 50)[1:], offers=[late], at=12)
    assert planned(ladder) == [("T2", 12, 22)]


def test_of_several_open_offers_the_first_to_end_makes_room() -> None:
    parallel = StoreSettings(
        lead_time_tat_minutes=10, offer_policy="parallel", parallel_offers=2, offers_before_alarm=None
    )
    offers = [
        offer(1, OfferState.OFFERED, offered=2, expires=12),
        offer(2, OfferState.OFFERED, offered=0, expires=10),
    ]
    ladder = ladder_of(parallel, people=technicians(0, 0, 70, 80, 90)[2:], offers=offers, at=5)
    assert planned(ladder) == [("T3", 10, 20), ("T4", 12, 22), ("T5", 20, 30)]


@pytest.mark.parametrize(
    ("limit", "asked", "then"),
    [(1, 0, "alarm"), (2, 0, "alarm"), (3, 1, "alarm"), (4, 2, "alarm"), (5, 3, "alarm"), (6, 3, "nobody_left")],
)
def test_the_alarm_counts_who_declined_who_is_asked_and_who_is_to_be(limit: int, asked: int, then: str) -> None:
    settings = StoreSettings(lead_time_tat_minutes=10, offers_before_alarm=limit)
    offers = [
        offer(1, OfferState.REJECTED, offered=0, expires=10, responded=1),
        offer(2, OfferState.OFFERED, offered=1, expires=11),
    ]
    ladder = ladder_of(settings, people=technicians(0, 0, 10, 20, 30)[2:], offers=offers, at=1, truncated=True)
    assert len(planned(ladder)) == asked
    assert ladder.end == End(after(11 + 10 * asked), then)  # type: ignore[arg-type]
    assert ladder.truncated == (then == "nobody_left")


def test_each_technician_who_declined_automation_counts_once() -> None:
    offers = [
        offer(1, OfferState.EXPIRED, offered=0, expires=1),
        offer(1, OfferState.REJECTED, offered=1, expires=2, responded=2),
        offer(2, OfferState.REJECTED, offered=2, expires=3, responded=3, automatic=False),
        offer(3, OfferState.WITHDRAWN, offered=3, expires=4, responded=4),
        offer(4, OfferState.EXPIRED, offered=4, expires=5),
    ]
    assert LadderSearch(TEN_MINUTES, NOON, after(5), offers).declined == 2


def test_a_technician_at_the_edge_of_the_radius_is_asked_and_one_beyond_is_not() -> None:
    settings = StoreSettings(lead_time_tat_minutes=10, radius_m=2_000, offers_before_alarm=None)
    assert planned(ladder_of(settings, people=technicians(2_000, 2_000.1))) == [("T1", 0, 10)]


WIDENING = StoreSettings(
    offer_policy="widening",
    widening_radii_m=(500, 1_000),
    widening_every_minutes=5,
    radius_m=2_000,
    lead_time_tat_minutes=10,
    offers_before_alarm=None,
)


def test_a_search_that_widens_waits_for_the_ring_of_the_next_technician() -> None:
    ladder = ladder_of(WIDENING, people=technicians(900, 1_900), started=-4)
    assert planned(ladder) == [("T1", 1, 11), ("T2", 11, 21)]


def test_a_nearer_technician_is_asked_before_the_rings_reach_a_farther_one() -> None:
    ladder = ladder_of(WIDENING, people=technicians(1_900, 400))
    assert planned(ladder) == [("T2", 0, 10), ("T1", 10, 20)]


def test_none_is_left_only_once_the_search_reaches_as_far_as_it_ever_will() -> None:
    assert ladder_of(WIDENING, started=-2).end == End(after(8), "nobody_left")
    assert ladder_of(WIDENING, people=technicians(100), started=-2).end == End(after(10), "nobody_left")
    assert ladder_of(WIDENING, started=-60).end == End(NOON, "nobody_left")


def test_the_alarm_does_not_wait_for_wider_rings() -> None:
    settings = WIDENING.model_copy(update={"offers_before_alarm": 1, "lead_time_tat_minutes": 3})
    assert ladder_of(settings, people=technicians(100)).end == End(after(3), "alarm")


def test_the_ladder_of_closed_work_tells_what_happened_and_plans_nothing() -> None:
    offers = [
        offer(1, OfferState.EXPIRED, offered=0, expires=10),
        offer(2, OfferState.ACCEPTED, offered=10, expires=20, responded=12),
    ]
    assert closed_ladder(offers, "No technician is asked: T2 has it.") == Ladder(
        rungs=(
            Rung(UUID(int=1), "T1", 100, after(0), after(10), "expired"),
            Rung(UUID(int=2), "T2", 200, after(10), after(12), "accepted"),
        ),
        end=None,
        by_itself=False,
        truncated=False,
        sentence="No technician is asked: T2 has it.",
    )


# The sentence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "No technician can be asked now."),
        (1, "One technician tried by 12:10, then none is left."),
        (2, "Two technicians tried by 12:20, then none is left."),
        (3, "Three technicians tried by 12:30, then none is left."),
        (4, "Four technicians tried by 12:40, then none is left."),
        (5, "Five technicians tried by 12:50, then none is left."),
        (6, "Six technicians tried by 13:00, then none is left."),
        (7, "Seven technicians tried by 13:10, then none is left."),
        (8, "Eight technicians tried by 13:20, then none is left."),
        (9, "Nine technicians tried by 13:30, then none is left."),
        (10, "Ten technicians tried by 13:40, then none is left."),
        (11, "Eleven technicians tried by 13:50, then none is left."),
        (12, "Twelve technicians tried by 14:00, then none is left."),
        (13, "13 technicians tried by 14:10, then none is left."),
    ],
)
def test_the_sentence_counts_the_technicians(number: int, told: str) -> None:
    ladder = ladder_of(TEN_MINUTES, people=technicians(*range(100, 100 + number)))
    assert ladder.sentence == told


def test_the_sentence_says_that_the_dispatcher_is_alarmed() -> None:
    settings = StoreSettings(lead_time_tat_minutes=10, offers_before_alarm=1)
    told = ladder_of(settings, people=technicians(10, 20)).sentence
    assert told == "One technician tried by 12:10, then the dispatcher is alarmed."


def test_where_automation_waits_for_the_dispatcher_the_sentence_says_so() -> None:
    ladder = ladder_of(TEN_MINUTES, people=technicians(10), by_itself=False)
    assert ladder.sentence == "If you ask for it: one technician tried by 12:10, then none is left."
    assert not ladder.by_itself
    asked = offer(1, OfferState.OFFERED, offered=0, expires=10)
    without_more = ladder_of(TEN_MINUTES, offers=[asked], by_itself=False)
    assert without_more.sentence == "One technician tried by 12:10, then none is left."


def test_a_withdrawn_offer_is_no_technician_tried_and_one_asked_twice_is_one() -> None:
    withdrawn = offer(1, OfferState.WITHDRAWN, offered=0, expires=10, responded=1)
    assert ladder_of(TEN_MINUTES, offers=[withdrawn], at=2).sentence == "No technician can be asked now."
    twice = [
        offer(2, OfferState.EXPIRED, offered=0, expires=10),
        offer(2, OfferState.EXPIRED, offered=10, expires=20),
    ]
    assert ladder_of(TEN_MINUTES, offers=twice, at=20).sentence.startswith("One technician tried by 12:20")


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (11 * 60, "23:00"),
        (12 * 60, "00:00 tomorrow"),
        (35 * 60, "23:00 tomorrow"),
        (36 * 60, "00:00 on 2026-05-22"),
    ],
)
def test_the_sentence_names_the_day_unless_it_is_today(minutes: float, told: str) -> None:
    settings = TEN_MINUTES.model_copy(update={"lead_time_tat_minutes": minutes})
    assert f"tried by {told}, then" in ladder_of(settings, people=technicians(10)).sentence


def test_today_is_the_day_in_the_stores_zone() -> None:
    evening = datetime(2026, 5, 20, 23, 30, tzinfo=UTC)
    search = LadderSearch(TEN_MINUTES, evening, evening, people=technicians(10, 20, 30, 40))
    # In Lisbon it is half past midnight already.
    ladder = climb(search, zone=ZoneInfo("Europe/Lisbon"), by_itself=True)
    assert ladder.sentence == "Four technicians tried by 01:10, then none is left."
    assert not ladder.truncated


# Any ladder -----------------------------------------------------------------------------------------------------------

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
