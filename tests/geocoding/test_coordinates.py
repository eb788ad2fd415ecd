"""Coordinates that were typed as an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.geo import Point
from geo_assign.geocoding.coordinates import find_typed_point

PLACE = Point(41.5503, -8.4201)


@pytest.mark.parametrize(
    "text",
    [
        "41.5503, -8.4201",
        " 41.5503 -8.4201 ",
        "41.5503;-8.4201",
        "41,5503; -8,4201",
        "41,5503, -8,4201",
        "(41.5503, -8.4201)",
        "+41.5503, −8.4201",
        "41.5503° N, 8.4201° W",
        "41.5503N 8.4201W",
        "N 41.5503 W 8.4201",
        "41.5503 N, 8.4201 O",
        "geo:41.5503,-8.4201",
        "lat: 41.5503, lon: -8.4201",
        "Latitude 41.5503 Longitude -8.4201",
        "GPS 41.5503, -8.4201",
        "https://maps.example/?q=41.5503,-8.4201",
        "https://maps.example/maps/@41.5503,-8.4201,17z",
        "４１.５５０３, -８.４２０１",
    ],
)
def test_coordinates_are_read_as_they_are_typed(text: str) -> None:
    assert find_typed_point(text) == PLACE


@pytest.mark.parametrize("text", ["41°33'01\"N 8°25'12\"W", "41°33′01″N, 8°25′12″W", "41° 33' 01\" N 8° 25' 12\" O"])
def test_degrees_minutes_and_seconds_are_read(text: str) -> None:
    found = find_typed_point(text)
    assert found is not None
    assert (found.lat, found.lon) == (pytest.approx(41.55028, abs=1e-5), pytest.approx(-8.42, abs=1e-5))


@pytest.mark.parametrize(
    "text",
    [
        "", "0, 0", "0.00, 0.00", "0.0000 -0.0000", "12, 14", "12.5, 14.5", "41.5503", "91.5503, 8.4201",
        "41.55, 190.42",
        "Rua do Moinho 14, Braga", "14.50, 8.42 Braga", "4700-123", "12.05.2024", "10 20", "41.5503, -8.4201, 12.10",
        "1.234.567,89", "910 123 456", "999.99, 999.99",
    ],
)  # fmt: skip
def test_anything_else_is_an_address(text: str) -> None:
    assert find_typed_point(text) is None


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_every_place_can_be_typed(lat: float, lon: float) -> None:
    found = find_typed_point(f"{lat:.5f}, {lon:.5f}")
    place = Point(float(f"{lat:.5f}"), float(f"{lon:.5f}"))
    assert found == (None if place.is_unset else place)


@given(st.text(max_size=60))
def test_any_text_can_be_asked(text: str) -> None:
    assert find_typed_point(text) is None or any(character.isdecimal() for character in text)
