"""A fleet that is too large to draw one by one: counts are complete, and everyone is in a cluster."""

import math
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.mapview import live, queries
from geo_assign.mapview.domain import EVERYONE, Changes, MapChoice, MapPicture, TechnicianStatus
from geo_assign.mapview.live import Channel
from geo_assign.mapview.queries import WORLD, get_picture, list_changes
from geo_assign.mapview.tallies import CellRow, PeopleRow, cell_size, clusters_of
from geo_assign.mapview.viewing import PartInView
from geo_assign.workforce.domain import WorksFrom
from geo_assign.workorders.domain import Kind
from tests.day import ORIGIN, Day, shifted

_FREE, _OFFERED, _BUSY, _SILENT = TechnicianStatus


def picture(day: Day, view: BoundingBox = WORLD, scope: Scope = EVERYTHING, choice: MapChoice = EVERYONE) -> MapPicture:
    with day.database.transaction(day.org_id) as tx:
        return get_picture(tx, scope, view, choice=choice)


@pytest.fixture
def crowd(day: Day) -> Day:
    """A is free, B asked, C at work, D silent, E at the base of a provider and F off duty; leads and a ticket."""
    day.map(
        """
        A . B . C . J
        . . . . . . .
        D . E . F . K
        """,
        step_m=400,
    )
    day.provider("Fixers", base="E", works_from=WorksFrom.BASE)
    day.technician("A", hours=None)
    day.technician("B")
    day.technician("C", booked="11:30-13:00")
    day.technician("D", last_ping="20 min ago")
    day.technician("E", provider="Fixers", last_ping=None, on_duty=False)
    day.technician("F", on_duty=False)
    day.lead("J", slot="tomorrow 09:00-10:00")
    day.lead("K", slot="tomorrow 11:00-12:00")
    day.ticket("L", slot="tomorrow 13:00-14:00")
    day.assign("J", "B", mode="offer")
    return day


def test_counts_are_those_of_the_people_told_one_by_one(crowd: Day) -> None:
    shown = picture(crowd)
    told = Counter(one.status for one in shown.technicians)
    assert dict(told) == {status: n for status, n in shown.in_view.technicians.items() if n}
    assert shown.in_view.providers == sum(one.provider is not None for one in shown.technicians)
    assert shown.in_view == shown.in_scope
    assert (told[_OFFERED], told[_BUSY], told[_SILENT], shown.off_duty) == (1, 1, 1, 1)
    # The ticket has no place.
    assert shown.in_view.work_orders == {Kind.LEAD: 3, Kind.TICKET: 0}
    assert (shown.clusters, shown.truncated) == ([], False)


def test_what_is_outside_the_view_is_counted_in_the_scope_alone(crowd: Day) -> None:
    at = crowd.places["A"]
    around = BoundingBox(at.lon - 0.001, at.lat - 0.001, at.lon + 0.001, at.lat + 0.001)
    shown = picture(crowd, around)
    assert [one.name for one in shown.technicians] == ["A"]
    assert (shown.in_view.people, shown.in_scope.people) == (1, picture(crowd).in_scope.people)
    assert (shown.in_view.work_orders[Kind.LEAD], shown.in_scope.work_orders[Kind.LEAD]) == (0, 3)
    beyond = BoundingBox(at.lon + 1, at.lat + 1, at.lon + 2, at.lat + 2)
    assert picture(crowd, beyond).in_view.people == 0


def test_more_than_are_drawn_become_clusters_that_hold_everyone(crowd: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = picture(crowd)
    monkeypatch.setattr(queries, "SHOWN", 3)
    shown = picture(crowd)
    assert (shown.technicians, shown.truncated) == ([], True)
    assert shown.in_view == one_by_one.in_view
    for status in TechnicianStatus:
        assert sum(one.technicians[status] for one in shown.clusters) == shown.in_view.technicians[status]
    assert sum(one.providers for one in shown.clusters) == shown.in_view.providers
    for person in one_by_one.technicians:
        (around,) = [one for one in shown.clusters if holds(one.cell, person.point)]
        assert around.technicians[person.status] >= 1
        assert holds(around.cell, around.middle)
    # The pins stay pins.
    assert len(shown.work_orders) == 3


def test_work_elsewhere_leaves_room_for_the_work_in_view(crowd: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "SHOWN", 1)
    last = crowd.places["K"]
    around = BoundingBox(last.lon - 0.001, last.lat - 0.001, last.lon + 0.001, last.lat + 0.001)
    shown = picture(crowd, around)
    assert ([one.id for one in shown.work_orders], shown.truncated) == ([crowd.outcome("K").order.id], False)
    assert picture(crowd).truncated
    # The other way round the Earth there is all the work but that of these degrees.
    beyond = BoundingBox(around.east, -90.0, around.west, 90.0)
    monkeypatch.setattr(queries, "SHOWN", 9)
    every = [one for one in picture(crowd).work_orders if one.location is not None]
    others = {one.id for one in every if one.location and not around.west <= one.location.point.lon <= around.east}
    assert {one.id for one in picture(crowd, beyond).work_orders} == others
    assert 0 < len(others) < len(every) == 3


def test_clusters_tell_no_more_of_a_place_than_the_store_allows(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    day.map("A . . B", step_m=300)
    day.set(coarse_positions=True)
    for letter in "AB":
        day.technician(letter)
    corners = {one.point for one in picture(day).technicians}
    monkeypatch.setattr(queries, "SHOWN", 1)
    shown = picture(day)
    assert {(round(one.middle.lat, 6), round(one.middle.lon, 6)) for one in shown.clusters} == {
        (corner.lat, corner.lon) for corner in corners
    }
    place = day.places["A"]
    tight = BoundingBox(place.lon - 0.0002, place.lat - 0.0002, place.lon + 0.0002, place.lat + 0.0002)
    assert picture(day, tight).in_view.people == sum(holds(tight, corner) for corner in corners)


degrees = st.tuples(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))


@given(st.lists(st.tuples(degrees, st.sampled_from(TechnicianStatus), st.booleans()), min_size=1, max_size=60))
def test_a_view_is_cut_into_few_cells_and_no_one_is_lost(
    people: list[tuple[tuple[float, float], TechnicianStatus, bool]],
) -> None:
    lats, lons = [lat for (lat, _), _, _ in people], [lon for (_, lon), _, _ in people]
    counted = [PeopleRow("free", False, len(people), len(people), min(lons), min(lats), max(lons), max(lats))]
    step = cell_size(counted)
    assert math.log2(360 / step).is_integer()
    rows = [
        CellRow(math.floor(lon / step), math.floor(lat / step), status, own, 1, lat, lon)
        for (lat, lon), status, own in people
    ]
    clusters = clusters_of(rows, step)
    assert sum(sum(one.technicians.values()) for one in clusters) == len(people)
    assert sum(one.providers for one in clusters) == sum(own for _, _, own in people)
    assert len({one.cell for one in clusters}) == len(clusters)
    assert len({one.cell.west for one in clusters}) <= 26
    assert len({one.cell.south for one in clusters}) <= 26


def holds(box: BoundingBox, point: Point) -> bool:
    return box.south <= point.lat <= box.north and box.west <= point.lon <= box.east


# The live stream of a large fleet -----------------------------------------------------------------------------------


class Listening:
    """A channel whose ticks are asked for one after the other, without waiting."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._channel = Channel(day.org_id, EVERYTHING)
        self.tick()

    def tick(self) -> Changes:
        self._channel.asked_at = float("-inf")
        ticks = self._channel.listen(self._day.database, 0, self._channel.number)
        assert ticks is not None
        return ticks[-1].changes

    def names(self) -> list[str]:
        return sorted(one.name for one in self.tick().technicians)


LETTERS = "ABCDEFG"


@pytest.fixture
def moving(day: Day) -> Day:
    day.map(" ".join(LETTERS), step_m=100)
    for letter in LETTERS:
        day.technician(letter)
    day.later("1 min")
    return day


def test_a_tick_tells_who_moved_since_the_last_and_none_twice(moving: Day) -> None:
    heard = Listening(moving)
    for movers in ("AB", "B", "", LETTERS):
        moving.later("1 s")
        for letter in movers:
            moving.ping(letter)
        assert heard.names() == sorted(movers)
        assert heard.names() == []


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 50])
def test_who_cannot_be_told_at_once_is_told_with_the_next_ticks_in_turn(
    moving: Day, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """However many move, the stream goes on telling, and everyone comes to turn before anyone comes again."""
    monkeypatch.setattr(live, "TOLD_AT_ONCE", at_once)
    heard = Listening(moving)
    while heard.names():
        pass
    told: Counter[str] = Counter()
    for _ in range(math.ceil(len(LETTERS) / at_once)):
        moving.later("1 s")
        for letter in LETTERS:
            moving.ping(letter)
        before = moving.clock.now()
        changes = heard.tick()
        assert len(changes.technicians) <= at_once
        told.update(one.name for one in changes.technicians)
        assert changes.until <= before
    assert set(told) == set(LETTERS)
    assert max(told.values()) <= 2


def test_a_stream_that_resumes_hears_all_that_happened_meanwhile(moving: Day) -> None:
    since = moving.clock.now()
    moving.later("30 s")
    for letter in "BCD":
        moving.ping(letter)
    moving.off_duty("E")
    moving.places["J"] = shifted(ORIGIN, east_m=60_000, south_m=0)
    moving.lead("J", slot="tomorrow 09:00-10:00")
    with moving.database.transaction(moving.org_id) as tx:
        changes = list_changes(tx, EVERYTHING, since)
        nothing = list_changes(tx, EVERYTHING, since, positions_since=moving.clock.now() + live.LATE_POSITIONS)
    assert sorted(one.name for one in changes.technicians) == ["B", "C", "D"]
    assert (changes.gone, [one.id for one in changes.work_orders]) == ([moving.people["E"]], [moving.jobs["J"]])
    assert [one.name for one in nothing.technicians] == []


def test_two_of_ten_scopes_hear_their_own(moving: Day) -> None:
    """A dispatcher of a group hears of that group, from the same marks."""
    day = moving
    day.map(" ".join(LETTERS + "HI"), step_m=100)
    day.technician("H", group="ovens")
    day.technician("I", group="phones")
    heard = {name: Channel(day.org_id, Scope(group_ids=frozenset({day.groups[name]}))) for name in ("ovens", "phones")}
    for channel in heard.values():
        channel.listen(day.database, 0, 0)
    day.later("1 s")
    for letter in "AHI":
        day.ping(letter)
    for (name, channel), who in zip(heard.items(), "HI", strict=True):
        channel.asked_at = float("-inf")
        ticks = channel.listen(day.database, 0, channel.number)
        assert ticks is not None
        assert [one.name for one in ticks[-1].changes.technicians] == [who], name


def test_a_part_of_the_map_hears_its_moves_and_once_of_those_who_are_not_in_it(moving: Day) -> None:
    """A to C are in view; D walks in and out again; E, who was never in view, is told gone once and no more."""
    day, heard = moving, Listening(moving)
    while heard.names():
        pass
    places = [day.places[letter] for letter in "AC"]
    view = BoundingBox(places[0].lon - 1e-4, places[0].lat - 1e-3, places[1].lon + 1e-4, places[0].lat + 1e-3)
    part, names = PartInView(view), {person: letter for letter, person in day.people.items()}

    def told(*movers: str, at: Point | None = None) -> tuple[str, str]:
        day.later("1 s")
        for letter in movers:
            day.ping(letter, at)
        changes = part.narrow(heard.tick())
        inside = "".join(sorted(one.name for one in changes.technicians))
        return inside, "".join(sorted(names[one] for one in changes.gone))

    assert told("A", "B", "E") == ("AB", "E")
    assert told("E") == ("", "")
    assert told("D") == ("", "D")
    assert told("D", at=day.places["B"]) == ("D", "")
    assert told("D") == ("", "D")
    assert told("D", "E", "C") == ("C", "")
    day.later("1 s")
    day.off_duty("C")
    assert told() == ("", "C")


def test_the_grid_is_the_same_for_every_view() -> None:
    wide, high = 0.31, 0.07
    for west, south in product((-179.5, -8.7, 0.0, 151.2), (-33.9, 0.0, 41.1)):
        counted = [PeopleRow("free", False, 2, 2, west, south, west + wide, south + high)]
        assert cell_size(counted) == cell_size([counted[0]._replace(west=0.0, east=wide, south=0.0, north=high)])
