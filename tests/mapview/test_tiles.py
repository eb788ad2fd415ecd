"""Tiles of the map: no one is lost or told twice, whatever the zoom, and each scope has its own."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.geo import Point, haversine_m
from geo_assign.mapview import tiles, windows
from geo_assign.mapview.domain import TechnicianStatus
from geo_assign.mapview.queries import get_picture
from geo_assign.mapview.tiles import TileStore
from geo_assign.mapview.tiling import (
    CELL_BITS,
    EXTENT,
    GRID_BITS,
    MAX_ZOOM,
    SINGLE_ZOOM,
    Tile,
    cell_on_tile,
    middle_of_cell,
    place_on_grid,
)
from tests.day import Day
from tests.mapview.vector_tiles import Layer, layers_of
from tests.snapshots import begun_once

places = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(places, st.integers(0, MAX_ZOOM))
def test_a_place_is_on_one_tile_of_each_zoom_and_within_its_bounds(place: Point, zoom: int) -> None:
    tile = Tile(zoom, *place_on_grid(place, zoom))
    assert tile.holds(place)
    box = tile.bounds
    rounding = 1e-9
    assert box.west - rounding <= place.lon <= box.east + rounding
    assert box.south - rounding <= place.lat <= box.north + rounding
    x, y = tile.steps_to(place)
    assert 0 <= x <= EXTENT
    assert 0 <= y <= EXTENT


@given(places, st.integers(0, SINGLE_ZOOM - 1))
def test_the_finest_square_lies_in_one_cell_of_the_tile_that_holds_it(place: Point, zoom: int) -> None:
    square = place_on_grid(place, GRID_BITS)
    tile = Tile(zoom, *place_on_grid(place, zoom))
    cell = cell_on_tile(*square, tile)
    assert cell is not None
    assert place_on_grid(place, zoom + CELL_BITS) == (tile.x * 8 + cell[0], tile.y * 8 + cell[1])
    assert all(0 < step < EXTENT for step in middle_of_cell(*cell))
    other = Tile(zoom, (tile.x + 1) % (1 << zoom), tile.y)
    assert other == tile or cell_on_tile(*square, other) is None


@given(places, st.integers(6, MAX_ZOOM))
def test_no_place_of_a_tile_is_farther_than_its_radius(place: Point, zoom: int) -> None:
    place = Point(max(-85.0, min(85.0, place.lat)), place.lon)
    tile = Tile(zoom, *place_on_grid(place, zoom))
    assert haversine_m(tile.middle, place) <= tile.radius_m * 1.000001


@pytest.mark.parametrize("tile", [(-1, 0, 0), (0, 1, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (MAX_ZOOM + 1, 0, 0)])
def test_what_is_no_tile_is_none(tile: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="there is no tile"):
        Tile(*tile)


@pytest.fixture
@begun_once
def crowd(day: Day) -> Day:
    """Nine technicians of all statuses over some twenty kilometres, two of them of the group `ovens`."""
    day.map(" ".join("ABCDEFGHI"), step_m=2_500)
    day.provider("Fixers", groups=("ovens",))
    for letter in "ABCDEFG":
        day.technician(letter)
    day.technician("H", group="ovens", last_ping="20 min ago")
    day.technician("I", group="ovens", provider="Fixers")
    day.places["J"] = day.places["A"]
    day.lead("J", slot="tomorrow 09:00-10:00")
    day.assign("J", "B", mode="offer")
    day.book("C", "11:30-13:00")
    return day


@pytest.fixture
def store(crowd: Day) -> TileStore:
    return TileStore(crowd.database)


def around(day: Day, zoom: int) -> Iterator[Tile]:
    """All tiles of a zoom that show one of the day's places."""
    yield from sorted({Tile(zoom, *place_on_grid(place, zoom)) for place in day.places.values()}, key=str)


def told(day: Day, store: TileStore, zoom: int, name: str, scope: Scope = EVERYTHING) -> list[tuple[Tile, Layer]]:
    found = [(tile, layers_of(store.get(day.org_id, scope, tile).body)) for tile in around(day, zoom)]
    assert {layer for _, layers in found for layer in layers} <= {name}
    return [(tile, layers[name]) for tile, layers in found if name in layers]


@pytest.mark.parametrize("zoom", [0, 5, 9, 11])
def test_from_afar_everyone_is_in_one_cluster_by_status(crowd: Day, store: TileStore, zoom: int) -> None:
    with crowd.database.transaction(crowd.org_id) as tx:
        counted = get_picture(tx, EVERYTHING).in_scope
    features = [one for _, layer in told(crowd, store, zoom, "clusters") for one in layer.features]
    for status in TechnicianStatus:
        assert sum(one[status.value] for one in features) == counted.technicians[status]
    assert sum(one["total"] for one in features) == counted.people == 9
    assert sum(one["provider"] for one in features) == counted.providers == 1
    # Snapped to the middle of a cell: nothing wanders.
    assert all(one["x"] % 512 == one["y"] % 512 == 256 for one in features)


@pytest.mark.parametrize("zoom", [12, 14, 18])
def test_from_near_everyone_is_told_once_at_the_place(crowd: Day, store: TileStore, zoom: int) -> None:
    with crowd.database.transaction(crowd.org_id) as tx:
        shown = {str(one.id): one for one in get_picture(tx, EVERYTHING).technicians}
    seen: Counter[str] = Counter()
    for tile, layer in told(crowd, store, zoom, "technicians"):
        assert layer.extent == EXTENT
        for one in layer.features:
            person = shown[one["id"]]
            seen[one["id"]] += 1
            assert (one["x"], one["y"]) == tile.steps_to(person.point)
            assert (one["name"], one["status"], one["provider"]) == (
                person.name,
                person.status.value,
                person.provider is not None,
            )
            assert person.recorded_at is not None
            assert one["heard"] == person.recorded_at.timestamp()
    assert seen == Counter(shown.keys())


def test_a_tile_with_too_many_tells_clusters(crowd: Day, store: TileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "SHOWN", 2)
    clustered = one_by_one = 0
    for tile in around(crowd, 12):
        layers = layers_of(store.get(crowd.org_id, EVERYTHING, tile).body)
        if "clusters" in layers:
            clustered += sum(one["total"] for one in layers["clusters"].features)
        if "technicians" in layers:
            one_by_one += len(layers["technicians"].features)
    assert clustered > 2
    assert clustered + one_by_one == 9


def test_coarse_places_are_where_the_map_shows_them(crowd: Day, store: TileStore) -> None:
    crowd.set(coarse_positions=True)
    with crowd.database.transaction(crowd.org_id) as tx:
        shown = get_picture(tx, EVERYTHING).technicians
    found = {}
    for one in shown:
        tile = Tile(15, *place_on_grid(one.point, 15))
        layer = layers_of(store.get(crowd.org_id, EVERYTHING, tile).body)["technicians"]
        found |= {each["id"]: (each["x"], each["y"], each["coarse"]) for each in layer.features}
        assert found[str(one.id)] == (*tile.steps_to(one.point), one.coarse)
    assert len(found) == 9


def test_each_scope_has_tiles_of_its_own(crowd: Day, store: TileStore) -> None:
    ovens = Scope(group_ids=frozenset({crowd.groups["ovens"]}))
    whole, part = (store.get(crowd.org_id, scope, Tile(0, 0, 0)) for scope in (EVERYTHING, ovens))
    (of_part,) = layers_of(part.body)["clusters"].features
    assert of_part["total"] == 2
    assert whole.tag != part.tag
    near = told(crowd, store, 13, "technicians", ovens)
    assert sorted(one["name"] for _, layer in near for one in layer.features) == ["H", "I"]
    # Empty tiles of two scopes are alike, and yet not the same to a cache.
    empty = [store.get(crowd.org_id, scope, Tile(12, 0, 0)) for scope in (EVERYTHING, ovens)]
    assert [one.body for one in empty] == [b"", b""]
    assert empty[0].tag != empty[1].tag


def test_a_tile_is_shared_for_some_seconds_and_then_made_anew(
    crowd: Day, store: TileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [100.0]
    monkeypatch.setattr(tiles, "monotonic", lambda: at[0])
    tile = Tile(14, *place_on_grid(crowd.places["A"], 14))
    first = store.get(crowd.org_id, EVERYTHING, tile)
    assert first.technician_ids == (crowd.people["A"],)
    crowd.clock.advance(timedelta(seconds=1))
    crowd.off_duty("A")
    assert store.get(crowd.org_id, EVERYTHING, tile) is first
    at[0] += tiles.KEPT_S
    assert store.get(crowd.org_id, EVERYTHING, tile).technician_ids == ()


def test_a_step_beyond_the_edge_is_on_the_next_tile(day: Day) -> None:
    edge = Tile(14, 6_000, 6_000).bounds
    day.places |= {"A": Point(edge.north - 0.001, edge.east - 1e-7), "B": Point(edge.north - 0.001, edge.east + 1e-7)}
    for letter in "AB":
        day.technician(letter)
    store = TileStore(day.database)
    for tile, letter in ((Tile(14, 6_000, 6_000), "A"), (Tile(14, 6_001, 6_000), "B")):
        assert store.get(day.org_id, EVERYTHING, tile).technician_ids == (day.people[letter],)


def test_a_walk_widens_until_it_holds_the_tile(crowd: Day, store: TileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_WINDOWS", (1, 2, 4, 8, 16))
    near = told(crowd, store, 12, "technicians")
    assert sum(len(layer.features) for _, layer in near) == 9
