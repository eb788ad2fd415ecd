"""The city as the demo reads it: streets that join, addresses near them, places where technicians wait."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest

from geo_assign.simulate.city import BASEMAP, GAZETTEER, city_file
from geo_assign.simulate.geometry import distance, length_of, nearest_on_segment
from geo_assign.simulate.names import people
from geo_assign.simulate.places import HOT_SPOTS


def distance_to_line(point, line):
    return min(distance(point, nearest_on_segment(point, a, b)) for a, b in pairwise(line))


def test_edges_run_from_junction_to_junction(city):
    assert len(city.streets.edges) > 4000
    for edge in city.streets.edges:
        assert edge.line[0] == city.streets.nodes[edge.start]
        assert edge.line[-1] == city.streets.nodes[edge.end]
        assert edge.length_m == pytest.approx(length_of(edge.line))


def test_every_house_stands_beside_a_street(city):
    assert len(city.addresses) > 5000
    for address in city.addresses[::10]:
        spot = city.streets.nearest_spot(address.point)
        assert distance_to_line(address.point, city.streets.edges[spot.edge].line) <= 16.2


def test_the_nearest_spot_is_on_the_nearest_street(city):
    for address in city.addresses[::400]:
        spot = city.streets.nearest_spot(address.point)
        found = distance_to_line(address.point, city.streets.edges[spot.edge].line)
        nearest = min(distance_to_line(address.point, edge.line) for edge in city.streets.edges)
        assert found == pytest.approx(nearest, abs=0.001)
        assert 0 <= spot.along_m <= city.streets.edges[spot.edge].length_m + 0.001


def test_an_address_is_there_once(city):
    assert max(Counter(address.text for address in city.addresses).values()) == 1


def test_the_gazetteer_has_the_columns_of_the_geocoder(city):
    lines = city_file(GAZETTEER).decode().splitlines()
    assert lines[0] == "street,housenumber,postcode,city,lat,lon"
    assert len(lines) == 1 + len(city.addresses)


def test_the_basemap_is_geojson_with_a_view_to_open_with():
    basemap = json.loads(city_file(BASEMAP))
    assert basemap["type"] == "FeatureCollection"
    west, south, east, north = basemap["bbox"]
    assert -31 < west < east < -29
    assert 40 < south < north < 42


def test_hot_spots_are_near_a_street(city):
    for place in HOT_SPOTS.values():
        edge = city.streets.edges[city.streets.nearest_spot(place).edge]
        assert distance_to_line(place, edge.line) < 150


def test_names_of_people_do_not_repeat():
    names = people(random.Random(3))
    first = [next(names) for _ in range(200)]
    assert len(set(first)) == 200
