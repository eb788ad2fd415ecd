"""A view is read around its middle: what it tells is what the whole scope tells of it, and little is read for it."""

import random
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.access.viewer import scope_values
from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.mapview import kept_counts, queries, windows
from geo_assign.mapview.domain import EVERYONE, MapChoice, Tally, TechnicianStatus
from geo_assign.mapview.kept_counts import KEPT_FROM, KeptCounts, LastCounts, ScopeCounts, Whose
from geo_assign.mapview.queries import get_picture, is_in, view_values
from geo_assign.mapview.statements import LOOKED_AT
from geo_assign.mapview.tallies import cells, people_counts
from geo_assign.mapview.windows import find_window, radius_m
from geo_assign.workforce.domain import WorksFrom
from tests.day import ORIGIN, Day, shifted
from tests.matching.test_plans import MIDDLE, fleet, fleet_template, fleet_world
from tests.plans import explain, index_names, nodes, rows_read

__all__ = ["fleet", "fleet_template", "fleet_world"]

# Everyone, a part that ends among them, one person, none, and views with no middle of their own.
_HALF_STEPS = (4_000.0, 900.0, 450.0, 150.0)


@pytest.fixture
def street(day: Day) -> Day:
    """Nine people, one of them at a provider's base and one shown coarsely less than she is wide."""
    day.map(
        """
        A . B . C
        . D . E .
        F . G . H
        """,
        step_m=300,
    )
    day.provider("Fixers", base="E", works_from=WorksFrom.BASE)
    for letter in "ABCDFG":
        day.technician(letter, **({"last_ping": "20 min ago"} if letter == "D" else {}))
    day.technician("E", provider="Fixers", last_ping=None, on_duty=False)
    day.technician("H", booked="11:30-13:00")
    return day


def views(day: Day) -> Iterator[BoundingBox]:
    chosen = random.Random(11)
    places = [day.places[letter] for letter in "ABCDEFGH"]
    for half_m in _HALF_STEPS:
        for middle in chosen.sample(places, 4):
            north, south = shifted(middle, east_m=0, south_m=-half_m), shifted(middle, east_m=0, south_m=half_m)
            west, east = shifted(middle, east_m=-half_m, south_m=0), shifted(middle, east_m=half_m, south_m=0)
            yield BoundingBox(west=west.lon, south=south.lat, east=east.lon, north=north.lat)
    yield BoundingBox(west=170.0, south=-10.0, east=-170.0, north=10.0)
    yield BoundingBox(west=ORIGIN.lon + 1.0, south=-80.0, east=ORIGIN.lon - 1.0, north=80.0)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("shown", [1, 3, 2_000])
@pytest.mark.parametrize("innermost", [(1, 2, 4, 8, 16), (1, 2), (64,)])
def test_a_view_tells_what_the_whole_map_tells_of_it(
    street: Day, monkeypatch: pytest.MonkeyPatch, innermost: tuple[int, ...], shown: int, coarse: bool
) -> None:
    """However far the walk goes, and whether they are told one by one or as clusters."""
    street.set(coarse_positions=coarse)
    with street.database.transaction(street.org_id) as tx:
        everyone = get_picture(tx, EVERYTHING).technicians
        assert len(everyone) == 8
        monkeypatch.setattr(windows, "_WINDOWS", innermost)
        monkeypatch.setattr(queries, "SHOWN", shown)
        for view in views(street):
            inside = [one for one in everyone if is_in(view, one.point)]
            picture = get_picture(tx, EVERYTHING, view)
            counts = Counter(one.status for one in inside)
            assert picture.in_view.technicians == {status: counts[status] for status in TechnicianStatus}
            assert picture.in_view.providers == sum(one.provider is not None for one in inside)
            assert picture.in_scope.people == len(everyone)
            told = sum(sum(one.technicians.values()) for one in picture.clusters)
            assert told == (len(inside) if len(inside) > shown else 0)
            if not picture.truncated:
                assert {one.id for one in picture.technicians} == {one.id for one in inside}
            assert picture.truncated or len(inside) <= shown


def test_a_window_holds_all_within_the_radius(street: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_WINDOWS", (1, 2, 4, 8, 16))
    with street.database.transaction(street.org_id) as tx:
        at = street.places["G"]
        values = {"org_id": tx.org_id, "lat": at.lat, "lon": at.lon}
        # Seven phones in all, and the nearest is so near that one is not thought to be enough.
        assert [find_window(tx, values, m) for m in (0.0, 10_000.0, float("inf"))] == [16, 16, 16]
        monkeypatch.setattr(windows, "_WINDOWS", (1, 4))
        assert find_window(tx, values, 10_000.0) is None


@pytest.mark.parametrize(
    ("view", "farthest_m"),
    [
        (BoundingBox(-0.5, -0.5, 0.5, 0.5), 78_630),
        (BoundingBox(179.5, -0.5, -179.5, 0.5), 78_630),
        (BoundingBox(10.0, 60.0, 11.0, 61.0), 62_000),
        (BoundingBox(0.0, 0.0, 0.0, 0.0), 0),
        (BoundingBox(-180.0, -90.0, 180.0, 90.0), float("inf")),
        (BoundingBox(-180.0, -1.0, 0.0, 1.0), float("inf")),
    ],
)
def test_how_far_a_view_reaches_from_its_middle(view: BoundingBox, farthest_m: float) -> None:
    box = view_values(view)
    assert radius_m(view, Point(lat=box["lat"], lon=box["lon"])) == pytest.approx(farthest_m, rel=0.01)


# Counts that are kept --------------------------------------------------------------------------------------------


def counted(people: int, off_duty: int = 0) -> ScopeCounts:
    free = dict.fromkeys(TechnicianStatus, 0) | {TechnicianStatus.FREE: people}
    return ScopeCounts(Tally(free, 0, {}), off_duty)


WHOSE = (UUID(int=1), EVERYTHING, EVERYONE)


def scopes() -> LastCounts[Whose, ScopeCounts]:
    return KeptCounts().scopes


@pytest.mark.parametrize("off_duty", [0, 7])
def test_few_people_are_always_counted_and_many_are_kept(monkeypatch: pytest.MonkeyPatch, off_duty: int) -> None:
    clock = [0.0]
    monkeypatch.setattr(kept_counts, "monotonic", lambda: clock[0])
    kept = scopes()
    few, many = KEPT_FROM - off_duty - 1, KEPT_FROM - off_duty
    assert kept.get(WHOSE, lambda: counted(few, off_duty)).on_map.people == few
    assert kept.get(WHOSE, lambda: counted(many, off_duty)).on_map.people == many
    assert kept.get(WHOSE, lambda: counted(many + 5, off_duty)).on_map.people == many
    clock[0] += kept_counts.KEPT_S
    assert kept.get(WHOSE, lambda: counted(many + 5, off_duty)).on_map.people == many + 5
    clock[0] += kept_counts.KEPT_S
    assert kept.get(WHOSE, lambda: counted(3, off_duty)).on_map.people == 3
    assert kept.get(WHOSE, lambda: counted(4, off_duty)).on_map.people == 4


def test_each_organization_scope_and_choice_has_counts_of_its_own() -> None:
    kept, narrow = scopes(), Scope(group_ids=frozenset({UUID(int=9)}))
    others = [(UUID(int=2), EVERYTHING, EVERYONE), (UUID(int=1), narrow, EVERYONE)]
    others += [(UUID(int=1), EVERYTHING, choice) for choice in (MapChoice(skill="a"), MapChoice(group_id=UUID(int=3)))]
    for number, whose in enumerate([WHOSE, *others]):
        assert kept.get(whose, lambda number=number: counted(KEPT_FROM + number)).on_map.people == KEPT_FROM + number
    for number, whose in enumerate([WHOSE, *others]):
        assert kept.get(whose, lambda: counted(1)).on_map.people == KEPT_FROM + number


def test_while_one_counts_anew_others_are_told_what_was_counted_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_counts, "KEPT_S", 0.0)
    kept = scopes()
    kept.get(WHOSE, lambda: counted(KEPT_FROM))
    meanwhile = []

    def count() -> ScopeCounts:
        meanwhile.append(kept.get(WHOSE, lambda: counted(1)).on_map.people)
        return counted(KEPT_FROM + 1)

    assert kept.get(WHOSE, count).on_map.people == KEPT_FROM + 1
    assert meanwhile == [KEPT_FROM]

    def fail() -> ScopeCounts:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        kept.get(WHOSE, fail)
    assert kept.get(WHOSE, lambda: counted(KEPT_FROM + 2)).on_map.people == KEPT_FROM + 2


def test_clusters_of_many_are_kept_and_who_is_told_one_by_one_is_not(
    street: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_WINDOWS", (1, 2))
    kept = KeptCounts()

    def seen() -> tuple[int, int]:
        with street.database.transaction(street.org_id) as tx:
            picture = get_picture(tx, EVERYTHING, kept=kept)
        return picture.in_view.people, picture.in_scope.people

    assert seen() == (8, 8)
    street.off_duty("A")
    assert seen() == (7, 7)
    monkeypatch.setattr(queries, "SHOWN", 3)
    assert seen() == (7, 7)
    street.off_duty("B")
    # The scope is small, so that it is counted; the view, which holds more than are looked at, is not yet.
    assert seen() == (7, 6)
    with street.database.transaction(street.org_id) as tx:
        assert get_picture(tx, EVERYTHING).in_view.people == 6
        narrow = next(views(street))
        assert get_picture(tx, EVERYTHING, narrow, kept=kept).in_view.people == 6


# Plans -----------------------------------------------------------------------------------------------------------


# Away from the middle of the fleet, where all its work is.
ASIDE = Point(MIDDLE.lat + 0.2, MIDDLE.lon + 0.2)


def around(half_degrees: float) -> BoundingBox:
    return BoundingBox(
        ASIDE.lon - half_degrees, ASIDE.lat - half_degrees, ASIDE.lon + half_degrees, ASIDE.lat + half_degrees
    )


def test_a_view_of_a_large_fleet_is_read_around_its_middle(fleet: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand technicians, a thousand of them in view: once they are counted, no one else is read."""
    asked: list[tuple[object, object]] = []
    kept = KeptCounts()
    get_picture(fleet, EVERYTHING, around(0.05), kept=kept)
    fetch = type(fleet.way).fetch
    monkeypatch.setattr(
        type(fleet.way), "fetch", lambda way, said, values: asked.append((said, values)) or fetch(way, said, values)
    )
    picture = get_picture(fleet, EVERYTHING, around(0.05), kept=kept)
    assert len(picture.technicians) == picture.in_view.people > 500
    assert picture.in_scope.people + picture.off_duty == 100_000
    assert len(asked) <= 4
    for said, values in asked:
        plan = explain(fleet, said, values)  # type: ignore[arg-type]
        assert "current_positions_geog_idx" in index_names(plan)
        assert rows_read(plan, "current_positions") <= 4_096
        assert rows_read(plan, "technicians") <= 4_096


def test_a_crowded_view_of_a_large_fleet_is_counted_around_its_middle(fleet: Tx) -> None:
    values = scope_values(fleet, EVERYTHING) | view_values(around(0.1)) | {"at": fleet.now(), "step": 0.01}
    window = find_window(fleet, values, radius_m(around(0.1), ASIDE))
    assert window is not None
    assert 4_000 < window < LOOKED_AT
    for statement in (people_counts(everything=True, window=window), cells(everything=True, window=window)):
        plan = explain(fleet, statement, values)
        assert "current_positions_geog_idx" in index_names(plan)
        assert rows_read(plan, "current_positions") <= window


def test_place_and_status_are_said_once_in_a_count(fleet: Tx) -> None:
    """Said wherever a count asks for them, they were two dozen looks at each technician's store, planned one by one."""
    values = scope_values(fleet, EVERYTHING) | view_values(around(0.05)) | {"at": fleet.now()}
    plan = explain(fleet, people_counts(everything=True), values)
    named = [node for node in nodes(plan) if node.get("Relation Name") == "stores"]
    assert len(named) <= 4


def test_a_chosen_view_counts_those_chosen(street: Day) -> None:
    with street.database.transaction(street.org_id) as tx:
        view = next(views(street))
        assert get_picture(tx, EVERYTHING, view, choice=MapChoice(skill="none of them")).in_view.people == 0
