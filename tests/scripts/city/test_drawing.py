"""The drawn city hangs together: on land, connected, only bridges cross the river, houses stand beside their street."""

import json
import random
from collections import Counter, defaultdict

import pytest

from geo_assign.simulate.geometry import between, length_of, segments
from geo_assign.simulate.places import HOT_SPOTS
from scripts.city import plan
from scripts.city.basemap import VIEW, basemap
from scripts.city.names import street_names
from scripts.city.shapes import distance_to_line, inside, signed_area

LAYERS = {"land", "water", "park", "block", "road", "main", "label"}


def components(nodes, edges):
    reached = defaultdict(set)
    for edge in edges:
        reached[edge.start].add(edge.end)
        reached[edge.end].add(edge.start)
    left = set(range(len(nodes)))
    while left:
        part, stack = set(), [left.pop()]
        while stack:
            node = stack.pop()
            part.add(node)
            stack += reached[node] - part
        left -= part
        yield part


def test_every_junction_can_be_reached_from_every_other(drawn):
    assert len(list(components(drawn.network.nodes, drawn.network.edges))) == 1


def test_the_city_is_as_large_as_a_city(drawn):
    assert len(drawn.network.nodes) > 2000
    assert sum(edge.length_m for edge in drawn.network.edges) > 400_000
    assert len(drawn.houses) > 5000


def test_only_bridges_cross_water_and_only_main_roads_have_them(drawn):
    crossing_roads = {road.name for road in plan.MAIN_ROADS if road.crosses_water}
    for edge in drawn.network.edges:
        samples = [between(a, b, share / 4) for a, b in segments(edge.line) for share in range(5)]
        if not all(drawn.terrain.dry.at(point) for point in samples):
            assert edge.is_bridge
            assert drawn.street_of(edge) in crossing_roads


def test_without_its_bridges_the_city_falls_into_the_two_banks(drawn):
    dry = [edge for edge in drawn.network.edges if not edge.is_bridge]
    banks = [part for part in components(drawn.network.nodes, dry) if len(part) > 1]
    assert len(banks) == 2
    assert min(len(bank) for bank in banks) > 300
    assert 4 <= sum(edge.is_bridge for edge in drawn.network.edges) <= 8


def test_edges_run_from_junction_to_junction(drawn):
    for edge in drawn.network.edges:
        assert edge.line[0] == drawn.network.nodes[edge.start]
        assert edge.line[-1] == drawn.network.nodes[edge.end]
        assert edge.length_m == pytest.approx(length_of(edge.line))


def test_every_house_stands_on_dry_land_outside_parks_beside_its_own_street(drawn):
    for house in drawn.houses:
        edge = drawn.network.edges[house.edge]
        assert drawn.terrain.buildable.at(house.point)
        assert drawn.street_of(edge) == house.street
        assert distance_to_line(house.point, edge.line) <= 16


def test_house_numbers_are_odd_on_one_side_and_even_on_the_other(drawn):
    def is_left(house):
        line = drawn.network.edges[house.edge].line
        a, b = min(segments(line), key=lambda s: distance_to_line(house.point, s))
        x, y = house.point
        return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0

    sides = Counter((is_left(house), house.housenumber % 2) for house in drawn.houses)
    assert sides[True, 1] + sides[False, 0] > 50 * (sides[True, 0] + sides[False, 1])


def test_an_address_is_there_once(drawn):
    assert max(Counter((a.street, a.housenumber) for a in drawn.houses).values()) == 1


def test_blocks_lie_between_the_streets(drawn):
    blocks = list(drawn.blocks())
    assert len(blocks) > 1000
    assert all(signed_area(block) > 0 for block in blocks)
    for block in blocks[::50]:
        assert not any(inside(point, block) for point in drawn.terrain.river_middle)


def test_the_basemap_is_small_named_and_closed(drawn):
    written = basemap(drawn)
    assert len(json.dumps(written, separators=(",", ":"))) <= 600_000
    assert written["attribution"]
    west, south, east, north = written["bbox"]
    assert west < east
    assert south < north
    assert {feature["properties"]["layer"] for feature in written["features"]} == LAYERS
    for feature in written["features"]:
        geometry, properties = feature["geometry"], feature["properties"]
        if properties["layer"] in {"road", "main", "label"}:
            assert properties["name"]
        if geometry["type"] == "Polygon":
            assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in geometry["coordinates"])


def test_the_view_shows_the_built_up_city(drawn):
    (west, south), (east, north) = VIEW
    seen = sum(west < x < east and south < y < north for x, y in (house.point for house in drawn.houses))
    assert seen > 0.95 * len(drawn.houses)


def test_well_known_places_are_on_dry_land(drawn):
    assert all(drawn.terrain.dry.at(place) for place in HOT_SPOTS.values())


def test_names_of_streets_do_not_repeat(drawn):
    names = list(street_names(random.Random(3)))
    assert len(names) == len(set(names)) > 1000
    assert len(set(drawn.names) - {plan.NORTH_QUAY, plan.SOUTH_QUAY, plan.PROMENADE}) >= len(drawn.names) - 20
