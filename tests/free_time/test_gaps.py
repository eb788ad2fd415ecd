"""When a technician can begin, from spans and metres alone: without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.spans import Span
from geo_assign.free_time.gaps import (
    GRID,
    Person,
    Stop,
    Wanted,
    Window,
    earliest_common_gap,
    earliest_starts,
    on_grid,
    start_windows,
)
from geo_assign.matching.domain import Provenance

MIDNIGHT = datetime(2026, 5, 18, tzinfo=UTC)
MOMENT = timedelta.resolution
TODAY, TOMORROW = 24 * 60, 48 * 60
ANA, BO, CAI = (UUID(int=number) for number in (1, 2, 3))


def at(minute: float) -> datetime:
    """So many minutes after midnight."""
    return MIDNIGHT + timedelta(minutes=minute)


def span(start: float, end: float) -> Span:
    return at(start), at(end)


def metres(minutes: float) -> float:
    """How far away one is who drives so many minutes."""
    return minutes * 60 * 8.3 / 1.4


def stop(start: float, end: float, drive: float | None, *, occupied: float | None = None, holds: bool = True) -> Stop:
    """An appointment, `drive` minutes from the wanted place; `occupied`: until when, if later than its end."""
    occupies = span(start, end if occupied is None else occupied)
    return Stop(occupies, at(end), None if drive is None else metres(drive), holds)


def person(*free: Span, stops: Sequence[Stop] = (), base: float = 20, live: float | None = 10) -> Person:
    """A technician who drives `base` minutes from where the day starts, and `live` from the present place."""
    return Person(free, stops, metres(base), Provenance.STORE, None if live is None else metres(live))


WANTED = Wanted(
    duration=timedelta(minutes=30),
    after=at(0),
    until=at(10_000),
    at=at(600),
    soon_until=at(720),
    days=[span(0, TODAY)],
    buffer=timedelta(minutes=5),
    radius_m=metres(60),
)
LATER = replace(WANTED, at=at(0), soon_until=at(1))
"""Judged by where the technicians will be."""


def told(windows: Sequence[Window]) -> list[tuple[float, float, float, str]]:
    """First and last start in minutes after midnight, minutes of driving there, how the place is known."""
    minute = timedelta(minutes=1)
    return [
        (
            (one.first - MIDNIGHT) / minute,
            (one.last - MIDNIGHT) / minute,
            round(one.before_s / 60, 6),
            one.provenance.value,
        )
        for one in windows
    ]


# The way there --------------------------------------------------------------------------------------------------------


def test_soon_the_way_from_the_present_place_and_the_buffer_come_first() -> None:
    found = start_windows(person(span(540, 720)), WANTED)
    assert found == [Window(at(615), at(690), metres(10), Provenance.LIVE, None)]
    assert found[0].before_s == pytest.approx(600)


def test_later_the_way_from_where_the_day_starts_comes_first() -> None:
    assert told(start_windows(person(span(10, 90)), LATER)) == [(25, 60, 20, "store")]
    assert told(start_windows(person(span(540, 720)), LATER)) == [(540, 690, 20, "store")]


def test_where_live_positions_end_the_place_changes() -> None:
    wanted = replace(WANTED, soon_until=at(630))
    assert start_windows(person(span(600, 720)), wanted) == [
        Window(at(615), at(630), metres(10), Provenance.LIVE, None),
        Window(at(630) + MOMENT, at(690), metres(20), Provenance.STORE, None),
    ]


def test_the_last_start_that_is_judged_by_the_present_place_is_when_live_positions_end() -> None:
    wanted = replace(WANTED, soon_until=at(600), buffer=timedelta(0))
    assert start_windows(person(span(600, 720), live=0), wanted) == [
        Window(at(600), at(600), 0.0, Provenance.LIVE, None),
        Window(at(620), at(690), metres(20), Provenance.STORE, None),
    ]


def test_the_visit_begins_no_sooner_than_wanted_and_ends_in_time() -> None:
    wanted = replace(LATER, after=at(560), until=at(650))
    assert told(start_windows(person(span(540, 720)), wanted)) == [(560, 620, 20, "store")]


def test_one_single_start_is_enough_and_less_is_none() -> None:
    assert told(start_windows(person(span(540, 570)), LATER)) == [(540, 540, 20, "store")]
    assert start_windows(person((at(540), at(570) - MOMENT)), LATER) == []


def test_without_a_present_place_none_begins_soon() -> None:
    wanted = replace(WANTED, soon_until=at(630))
    found = start_windows(person(span(540, 720), stops=[stop(480, 540, 10)], live=None), wanted)
    assert [one.first for one in found] == [at(630) + MOMENT]


# Appointments before --------------------------------------------------------------------------------------------------


def test_an_appointment_on_the_day_is_where_the_technician_comes_from() -> None:
    one = person(span(540, 720), stops=[stop(480, 540, 12)])
    assert told(start_windows(one, LATER)) == [(557, 690, 12, "previous_appointment")]


def test_soon_an_appointment_that_is_not_over_yet_is_where_the_technician_comes_from() -> None:
    one = person(span(640, 720), stops=[stop(590, 640, 12)])
    assert told(start_windows(one, WANTED)) == [(657, 690, 12, "previous_appointment")]


def test_soon_an_appointment_that_is_over_is_not() -> None:
    for over in (600, 590):
        one = person(span(600, 720), stops=[stop(560, over, 12)])
        assert told(start_windows(one, WANTED)) == [(615, 690, 10, "live")]


def test_an_appointment_of_the_day_before_does_not_change_where_the_day_starts() -> None:
    wanted = replace(LATER, at=at(0), days=[span(500, TODAY)])
    assert told(start_windows(person(span(540, 720), stops=[stop(440, 500, 12)]), wanted)) == [(540, 690, 20, "store")]
    reaches_into = person(span(540, 720), stops=[stop(440, 490, 12, occupied=501)])
    assert told(start_windows(reaches_into, wanted)) == [(540, 690, 12, "previous_appointment")]


def test_of_several_appointments_the_last_that_is_over_counts() -> None:
    stops = [stop(480, 500, 30), stop(500, 530, 12), stop(300, 320, 40), stop(720, 740, 3)]
    assert told(start_windows(person(span(540, 700), stops=stops), LATER)) == [(547, 670, 12, "previous_appointment")]


def test_an_appointment_at_an_unknown_place_does_not_say_where_the_technician_is() -> None:
    stops = [stop(480, 500, 12), stop(500, 540, None)]
    assert told(start_windows(person(span(540, 720), stops=stops), LATER)) == [(557, 690, 12, "previous_appointment")]


def test_what_is_done_holds_no_time_but_is_where_the_technician_was() -> None:
    done = stop(500, 600, 12, holds=False)
    assert told(start_windows(person(span(540, 720), stops=[done]), LATER)) == [
        (540, 600 - MOMENT / timedelta(minutes=1), 20, "store"),
        (600, 690, 12, "previous_appointment"),
    ]
    done = stop(500, 640, 12, holds=False)
    assert told(start_windows(person(span(650, 720), stops=[done]), WANTED)) == [(650, 690, 10, "live")]


def test_the_way_begins_once_the_appointment_before_no_longer_occupies_time() -> None:
    one = person(span(540, 720), stops=[stop(480, 520, 12, occupied=540)])
    assert told(start_windows(one, LATER)) == [(557, 690, 12, "previous_appointment")]
    one = person(span(540, 720), stops=[stop(480, 520, 12)])
    assert told(start_windows(one, LATER)) == [(540, 690, 12, "previous_appointment")]


def test_where_one_is_already_there_is_no_way() -> None:
    (window,) = start_windows(person(span(540, 720), stops=[stop(480, 540, 0)]), LATER)
    assert (window.first, window.distance_m, window.before_s) == (at(545), 0.0, 0.0)


def test_appointments_that_end_together_equally_far_away_are_one_place() -> None:
    twins = [stop(480, 540, 12), stop(500, 540, 12)]
    assert told(start_windows(person(span(540, 720), stops=twins), LATER)) == [(557, 690, 12, "previous_appointment")]


# Ways whose time is known ---------------------------------------------------------------------------------------------


def test_a_known_time_counts_instead_of_the_distances_estimate() -> None:
    one = replace(person(span(540, 720)), base_s=3_000.0, live_s=1_800.0)
    (soon,) = start_windows(one, WANTED)
    assert (soon.first, soon.distance_m, soon.way_s, soon.before_s) == (at(635), metres(10), 1_800.0, 1_800.0)
    (later,) = start_windows(replace(one, free=[span(10, 120)]), LATER)
    assert (later.first, later.distance_m, later.way_s, later.before_s) == (at(55), metres(20), 3_000.0, 3_000.0)


def test_a_known_time_from_and_to_an_appointment_counts() -> None:
    before = replace(stop(480, 540, 12), to_s=1_500.0, from_s=60.0)
    after = replace(stop(720, 780, 12), to_s=60.0, from_s=2_400.0)
    (window,) = start_windows(person(span(540, 720), stops=[before, after]), LATER)
    assert (window.first, window.last) == (at(570), at(650))
    assert (window.way_s, window.before_s, window.after_s) == (1_500.0, 1_500.0, 2_400.0)


# Appointments after ---------------------------------------------------------------------------------------------------


def test_the_way_to_the_next_appointment_is_left_free() -> None:
    one = person(span(540, 720), stops=[stop(800, 860, 40), stop(720, 780, 12)])
    (window,) = start_windows(one, LATER)
    assert (window.first, window.last) == (at(540), at(678))
    assert window.after_s == pytest.approx(720)


def test_an_appointment_long_after_the_free_time_takes_nothing_of_it() -> None:
    (window,) = start_windows(person(span(540, 720), stops=[stop(760, 780, 12)]), LATER)
    assert window.last == at(690)
    assert window.after_s == pytest.approx(720)


def test_no_way_is_left_to_an_appointment_at_an_unknown_place() -> None:
    (window,) = start_windows(person(span(540, 720), stops=[stop(720, 780, None)]), LATER)
    assert (window.last, window.after_s) == (at(690), 0.0)


def test_an_appointment_that_is_done_is_not_gone_on_to() -> None:
    (window,) = start_windows(person(span(540, 720), stops=[stop(720, 780, 12, holds=False)]), LATER)
    assert (window.last, window.after_s) == (at(690), None)


def test_the_way_to_the_next_day_s_first_appointment_is_left_free_but_not_told() -> None:
    one = person(span(1_300, TODAY), stops=[stop(TODAY, TODAY + 60, 12)])
    (window,) = start_windows(one, LATER)
    assert (window.last, window.after_s) == (at(TODAY - 12 - 30), None)


def test_an_appointment_that_begins_on_the_day_follows_although_it_ends_on_the_next() -> None:
    (window,) = start_windows(person(span(1_300, 1_400), stops=[stop(1_400, TODAY + 20, 12)]), LATER)
    assert window.after_s == pytest.approx(720)


# How far --------------------------------------------------------------------------------------------------------------


def test_one_at_the_edge_of_the_radius_can_come_and_one_beyond_it_cannot() -> None:
    near = replace(LATER, radius_m=metres(20))
    assert start_windows(person(span(540, 720)), near)
    assert start_windows(person(span(540, 720), base=20.001), near) == []


def test_soon_the_present_place_has_to_be_near_whatever_lies_between() -> None:
    near = replace(WANTED, radius_m=metres(15))
    free, before = span(640, 720), [stop(590, 640, 12)]
    assert start_windows(person(free, stops=before, live=15), near)
    assert start_windows(person(free, stops=before, live=16), near) == []
    assert start_windows(person(free, stops=[stop(590, 640, 16)], live=15), near)


def test_later_the_appointment_before_has_to_be_near_and_not_the_start_of_the_day() -> None:
    near = replace(LATER, radius_m=metres(15))
    assert start_windows(person(span(540, 720), stops=[stop(480, 540, 15)], base=40), near)
    assert start_windows(person(span(540, 720), stops=[stop(480, 540, 16)], base=4), near) == []


# Days -----------------------------------------------------------------------------------------------------------------


def test_free_time_over_midnight_belongs_to_both_days() -> None:
    days = [span(-TODAY, 0), span(0, TODAY), span(TODAY, TOMORROW), span(TOMORROW, TOMORROW + 10)]
    one = person(span(100, 200), span(TODAY - 60, TODAY + 60), stops=[stop(1_300, TODAY - 60, 12)])
    assert told(start_windows(one, replace(LATER, days=days))) == [
        (100, 170, 20, "store"),
        (TODAY - 43, TODAY - MOMENT / timedelta(minutes=1), 12, "previous_appointment"),
        # On the next day the technician comes from where the day starts.
        (TODAY, TODAY + 30, 20, "store"),
    ]


def test_days_that_free_time_does_not_touch_have_no_windows() -> None:
    one = person(span(540, 720))
    assert start_windows(one, replace(LATER, days=[span(0, 540), span(720, 900)])) == []
    assert told(start_windows(one, replace(LATER, days=[span(600, 660)]))) == [
        (600, 660 - MOMENT / timedelta(minutes=1), 20, "store")
    ]


# The grid -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minute", "first"), [(0, 0), (0.01, 15), (1, 15), (14.99, 15), (15, 15), (16, 30)])
def test_the_grid_is_the_next_quarter_of_an_hour(minute: float, first: float) -> None:
    assert on_grid(at(minute), ZoneInfo("UTC")) == at(first)


def test_the_quarters_are_those_of_the_zone_s_clocks() -> None:
    # Liberia's clocks were 44 minutes and 30 seconds behind.
    noon = datetime(1971, 1, 1, 12, tzinfo=UTC)
    assert on_grid(noon, ZoneInfo("Africa/Monrovia")) == noon + timedelta(minutes=14, seconds=30)


def test_starts_are_on_the_quarters_of_the_zone_s_clocks() -> None:
    noon = datetime(1971, 1, 1, 12, tzinfo=UTC)
    ana = Window(noon, noon + timedelta(minutes=30), 0.0, Provenance.LIVE, None)
    first = noon + timedelta(minutes=14, seconds=30)
    zone = ZoneInfo("Africa/Monrovia")
    assert [start for start, _ in earliest_starts({ANA: [ana]}, zone)] == [first, first + timedelta(minutes=15)]


def window(first: float, last: float, drive: float = 0) -> Window:
    return Window(at(first), at(last), metres(drive), Provenance.LIVE, None)


def starts(windows: Mapping[UUID, Sequence[Window]]) -> list[tuple[float, dict[UUID, Window]]]:
    minute = timedelta(minutes=1)
    return [((start - MIDNIGHT) / minute, who) for start, who in earliest_starts(windows, ZoneInfo("UTC"))]


def test_each_start_on_the_grid_has_all_who_can_begin_then() -> None:
    ana, bo, cai = window(7, 30), window(15, 50), window(100, 106)
    assert starts({CAI: [cai], ANA: [ana], BO: [bo]}) == [
        (15, {ANA: ana, BO: bo}),
        (30, {ANA: ana, BO: bo}),
        (45, {BO: bo}),
        (105, {CAI: cai}),
    ]


def test_a_window_between_two_quarters_has_no_start() -> None:
    short, after = window(1, 14), window(40, 45)
    assert starts({ANA: [short, after]}) == [(45, {ANA: after})]
    assert starts({ANA: [window(1, 14)], BO: [window(16, 29)]}) == []
    assert starts({}) == []


def test_a_technician_begins_in_the_window_that_holds_the_start() -> None:
    early, late = window(0, 10, drive=3), window(14, 40, drive=8)
    assert starts({ANA: [early, late]}) == [(0, {ANA: early}), (15, {ANA: late}), (30, {ANA: late})]


def test_of_two_windows_that_begin_together_the_later_in_order_is_told() -> None:
    one, other = window(0, 0), window(0, 15)
    assert starts({ANA: [one, other]}) == [(0, {ANA: other}), (15, {ANA: other})]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90)), max_size=3),
        max_size=3,
    )
)
def test_the_starts_are_those_that_looking_at_every_quarter_finds(drawn: list[list[tuple[int, int]]]) -> None:
    windows = {UUID(int=n): [window(first, first + length) for first, length in one] for n, one in enumerate(drawn)}
    expected = []
    for minute in range(0, 420, 15):
        who = {person for person, all_ in windows.items() if any(w.first <= at(minute) <= w.last for w in all_)}
        if who:
            expected.append((minute, who))
    assert [(start, set(who)) for start, who in starts(windows)] == expected
    assert timedelta(minutes=15) == GRID


# Common gaps ----------------------------------------------------------------------------------------------------------


def test_the_earliest_common_gap_is_long_enough_and_not_before_it_is_wanted() -> None:
    hour = timedelta(hours=1)
    both = [[span(0, 30), span(60, 120), span(200, 300)], [span(0, 120), span(230, 400)]]
    assert earliest_common_gap(both, hour, at(0)) == span(60, 120)
    assert earliest_common_gap(both, hour, at(60)) == span(60, 120)
    assert earliest_common_gap(both, hour, at(61)) == span(230, 290)
    assert earliest_common_gap(both, hour, at(235)) == span(235, 295)
    assert earliest_common_gap(both, hour, at(241)) is None
    assert earliest_common_gap([], hour, at(0)) is None
