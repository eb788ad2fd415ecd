import math

import pytest

from geo_assign.simulate.geometry import length_of
from scripts.city.shapes import centroid, crossing, inset, inside, offset, signed_area, simplify, smooth

SQUARE = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]


def test_a_smooth_curve_goes_through_its_controls():
    controls = [(0.0, 0.0), (300.0, 80.0), (500.0, -40.0)]
    assert set(controls) <= set(smooth(controls))


def test_simplifying_keeps_the_ends_and_stays_within_the_tolerance():
    wave = [(x * 5.0, 20 * math.sin(x / 6)) for x in range(100)]
    simple = simplify(wave, 1.0)
    assert (simple[0], simple[-1]) == (wave[0], wave[-1])
    assert len(simple) < 30
    assert length_of(simple) == pytest.approx(length_of(wave), rel=0.02)


def test_segments_cross_touch_or_miss():
    assert crossing(((0, 0), (10, 0)), ((4, -2), (4, 2))) == (0.4, 0.5)
    assert crossing(((0, 0), (10, 0)), ((10, 0), (10, 5))) == (1.0, 0.0)
    assert crossing(((0, 0), (10, 0)), ((4, 1), (4, 2))) is None
    assert crossing(((0, 0), (10, 0)), ((0, 1), (10, 1))) is None


def test_a_ring_is_shrunk_by_the_same_distance_on_every_side():
    shrunk = inset(SQUARE, 10)
    assert signed_area(shrunk) == pytest.approx(6400)
    assert centroid(shrunk) == pytest.approx((50, 50))
    assert all(inside(corner, SQUARE) for corner in shrunk)


def test_left_of_an_eastbound_line_is_north():
    assert offset([(0, 0), (10, 0)], 3) == [(0, 3), (10, 3)]
