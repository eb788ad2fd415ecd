"""Routes follow the streets and are the quickest; movements stay on them, at the speed of a car."""

import random
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo_assign.simulate.driving import SPEED_MPS, drive, standing
from geo_assign.simulate.geometry import distance, length_of, nearest_on_segment
from geo_assign.simulate.streets import Spot


@pytest.fixture
def trips(city):
    rng = random.Random(5)
    stops = [city.streets.nearest_spot(address.point) for address in rng.sample(city.addresses, 24)]
    return list(zip(stops[::2], stops[1::2], strict=True))


def test_a_route_starts_and_ends_at_the_door_and_has_no_gaps(routes, trips):
    for start, end in trips:
        legs = routes.route(start, end)
        assert legs[0].line[0] == pytest.approx(routes.point_of(start))
        assert legs[-1].line[-1] == pytest.approx(routes.point_of(end))
        for one, following in pairwise(legs):
            assert distance(one.line[-1], following.line[0]) < 0.01


def test_routes_are_the_quickest_ones(city, routes):
    nodes, edges = city.streets.nodes, city.streets.edges
    weights = [edge.length_m / SPEED_MPS[edge.road_class] for edge in edges]
    ends = np.array([(edge.start, edge.end) for edge in edges])
    graph = coo_array((weights, (ends[:, 0], ends[:, 1])), shape=(len(nodes), len(nodes)))
    rng = random.Random(8)
    for _ in range(10):
        first, last = rng.sample(range(len(edges)), 2)
        reference = dijkstra(graph, directed=False, indices=edges[first].start)[edges[last].start]
        legs = routes.route(Spot(first, 0.0), Spot(last, 0.0))
        found = sum(length_of(leg.line) / SPEED_MPS[leg.road_class] for leg in legs)
        assert found == pytest.approx(reference, abs=0.01)


def test_within_one_street_the_route_is_straight_there(city, routes):
    longest = max(range(len(city.streets.edges)), key=lambda number: city.streets.edges[number].length_m)
    there = routes.route(Spot(longest, 10), Spot(longest, 60))
    back = routes.route(Spot(longest, 60), Spot(longest, 10))
    assert there[0].line == back[0].line[::-1]
    assert routes.route(Spot(longest, 10), Spot(longest, 10)) == []


def test_a_movement_stays_on_the_streets_and_under_a_sane_speed(city, routes, trips):
    for start, end in trips[:4]:
        movement = drive(routes.route(start, end), start_s=100, rng=random.Random(1))
        assert movement.at(0).point == movement.points[0]
        assert movement.at(movement.arrival_s + 9).speed_mps == 0
        for second in range(100, int(movement.arrival_s), 7):
            fix = movement.at(second)
            near = [segment for _, _, segment in city.streets.index.around(fix.point, 5)]
            assert min(distance(fix.point, nearest_on_segment(fix.point, *segment)) for segment in near) < 0.5
            assert fix.speed_mps < 15
            assert (fix.heading_deg is None) == (fix.speed_mps == 0)


def test_standing_still_is_a_movement_too():
    here = standing((3, 4), 10)
    assert [here.at(second).point for second in (0, 10, 99)] == [(3, 4)] * 3
    assert here.at(99).heading_deg is None
