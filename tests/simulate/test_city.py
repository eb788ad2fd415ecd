"""The city hangs together: on land, connected, only bridges cross the river, houses stand beside their street."""

import csv
import json
import random
from collections import Counter, defaultdict

import pytest

from geo_assign.simulate import plan
from geo_assign.simulate.basemap import VIEW, basemap, write_basemap
from geo_assign.simulate.city import build_city, write_gazetteer
from geo_assign.simulate.geometry import (
    between,
    distance,
    distance_to_line,
    inside,
    length_of,
    segments,
    signed_area,
)
from geo_assign.simulate.names import people, street_names

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


def test_every_junction_can_be_reached_from_every_other(city):
    assert len(list(components(city.network.nodes, city.network.edges))) == 1


def test_the_city_is_as_large_as_a_city(city):
    assert len(city.network.nodes) > 2000
    assert sum(edge.length_m for edge in city.network.edges) > 400_000
    assert len(city.addresses) > 5000


def test_only_bridges_cross_water_and_only_main_roads_have_them(city):
    crossing_roads = {road.name for road in plan.MAIN_ROADS if road.crosses_water}
    for edge in city.network.edges:
        samples = [between(a, b, share / 4) for a, b in segments(edge.line) for share in range(5)]
        if not all(city.terrain.dry.at(point) for point in samples):
            assert edge.is_bridge
            assert city.street_of(edge) in crossing_roads


def test_without_its_bridges_the_city_falls_into_the_two_banks(city):
    dry = [edge for edge in city.network.edges if not edge.is_bridge]
    banks = [part for part in components(city.network.nodes, dry) if len(part) > 1]
    assert len(banks) == 2
    assert min(len(bank) for bank in banks) > 300
    assert 4 <= sum(edge.is_bridge for edge in city.network.edges) <= 8


def test_edges_run_from_junction_to_junction(city):
    for edge in city.network.edges:
        assert edge.line[0] == city.network.nodes[edge.start]
        assert edge.line[-1] == city.network.nodes[edge.end]
        assert edge.length_m == pytest.approx(length_of(edge.line))


def test_every_house_stands_on_dry_land_outside_parks_beside_its_own_street(city):
    for address in city.addresses:
        edge = city.network.edges[address.stop.edge]
        assert city.terrain.buildable.at(address.point)
        assert city.street_of(edge) == address.street
        assert distance_to_line(address.point, edge.line) <= 16


def test_house_numbers_are_odd_on_one_side_and_even_on_the_other(city):
    def is_left(address):
        line = city.network.edges[address.stop.edge].line
        a, b = min(segments(line), key=lambda s: distance_to_line(address.point, s))
        x, y = address.point
        return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > 0

    sides = Counter((is_left(address), address.housenumber % 2) for address in city.addresses)
    assert sides[True, 1] + sides[False, 0] > 50 * (sides[True, 0] + sides[False, 1])


def test_an_address_is_there_once(city):
    assert max(Counter((a.street, a.housenumber) for a in city.addresses).values()) == 1


def test_the_same_seed_gives_the_same_city_and_another_one_another(city):
    again, other = build_city(1), build_city(2)
    assert again.network.edges == city.network.edges
    assert again.addresses == city.addresses
    assert other.addresses != city.addresses
    assert len(list(components(other.network.nodes, other.network.edges))) == 1


def test_blocks_lie_between_the_streets(city):
    blocks = list(city.blocks())
    assert len(blocks) > 1000
    assert all(signed_area(block) > 0 for block in blocks)
    for block in blocks[::50]:
        assert not any(inside(point, block) for point in city.terrain.river_middle)


def test_the_nearest_spot_is_on_the_nearest_street(city):
    for address in city.addresses[::400]:
        spot = city.network.nearest_spot(address.point)
        own = distance_to_line(address.point, city.network.edges[address.stop.edge].line)
        found = distance_to_line(address.point, city.network.edges[spot.edge].line)
        assert found <= own + 0.001
        assert 0 <= spot.along_m <= city.network.edges[spot.edge].length_m + 0.001


def test_the_basemap_is_small_named_and_closed(city, tmp_path):
    write_basemap(city, tmp_path / "basemap.json")
    assert (tmp_path / "basemap.json").stat().st_size <= 600_000
    written = json.loads((tmp_path / "basemap.json").read_text())
    assert written == basemap(city)
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


def test_the_view_shows_the_built_up_city(city):
    (west, south), (east, north) = VIEW
    seen = sum(west < x < east and south < y < north for x, y in (address.point for address in city.addresses))
    assert seen > 0.95 * len(city.addresses)


def test_the_gazetteer_lists_every_address(city, tmp_path):
    write_gazetteer(city, tmp_path / "gazetteer.csv")
    with (tmp_path / "gazetteer.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["street", "housenumber", "postcode", "city", "lat", "lon"]
    assert len(rows) == len(city.addresses)
    for row, address in list(zip(rows, city.addresses, strict=True))[::500]:
        assert (row["street"], int(row["housenumber"])) == (address.street, address.housenumber)
        there = plan.FRAME.to_plane(
            plan.FRAME.to_earth(address.point)._replace(lat=float(row["lat"]), lon=float(row["lon"]))
        )
        assert distance(there, address.point) < 0.2


def test_hot_spots_are_near_a_street(city):
    for place in plan.HOT_SPOTS.values():
        edge = city.network.edges[city.network.nearest_spot(place).edge]
        assert distance_to_line(place, edge.line) < 150


def test_names_do_not_repeat(city):
    names = list(street_names(random.Random(3)))
    assert len(names) == len(set(names)) > 1000
    folk = people(random.Random(3))
    first = [next(folk) for _ in range(200)]
    assert len(set(first)) == 200
    assert len(set(city.names) - {plan.NORTH_QUAY, plan.SOUTH_QUAY, plan.PROMENADE}) >= len(city.names) - 20
