import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.simulate.geometry import Frame, LatLon, along, compass_deg, distance

FRAME = Frame(LatLon(41.0, -30.0))
metres = st.floats(-8000, 8000)


@given(st.tuples(metres, metres), st.tuples(metres, metres))
def test_distances_in_the_frame_are_the_earths_to_a_fifth_of_a_percent(a, b):
    real_m = geodesic(FRAME.to_earth(a), FRAME.to_earth(b)).m
    assert distance(a, b) == pytest.approx(real_m, rel=0.002, abs=0.5)


@given(st.tuples(metres, metres))
def test_the_frame_leads_there_and_back(point):
    assert FRAME.to_plane(FRAME.to_earth(point)) == pytest.approx(point, abs=1e-5)


def test_headings_are_clockwise_from_north():
    headings = [compass_deg((0, 0), point) for point in ((0, 5), (5, 0), (0, -5), (-5, 0))]
    assert headings == [0, 90, 180, 270]


def test_along_walks_a_line_and_stops_at_its_end():
    line = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]
    assert along(line, 15) == ((10, 5), (0, 1))
    assert along(line, 99) == ((10, 10), (0, 1))
