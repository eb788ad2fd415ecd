"""Plane geometry in metres, and the frame that ties the plane to latitude and longitude.

A point of the plane is ``(x, y)``: metres east and north of the frame's origin.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float]
Segment = tuple[Point, Point]
Line = list[Point]

_EQUATOR_M = 6_378_137.0
_ECCENTRICITY_SQUARED = 0.006_694_379_990_14


class LatLon(NamedTuple):
    """A place on the WGS 84 ellipsoid, in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Frame:
    """A flat frame around one place; good to a tenth of a percent within ten kilometres of it."""

    origin: LatLon

    def _metres_per_degree(self) -> Point:
        latitude = math.radians(self.origin.lat)
        bulge = 1 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
        east = _EQUATOR_M * math.cos(latitude) / math.sqrt(bulge)
        north = _EQUATOR_M * (1 - _ECCENTRICITY_SQUARED) / bulge**1.5
        return math.radians(east), math.radians(north)

    def to_earth(self, point: Point) -> LatLon:
        """Turn metres into degrees."""
        east, north = self._metres_per_degree()
        return LatLon(self.origin.lat + point[1] / north, self.origin.lon + point[0] / east)

    def to_plane(self, place: LatLon) -> Point:
        """Turn degrees into metres."""
        east, north = self._metres_per_degree()
        return (place.lon - self.origin.lon) * east, (place.lat - self.origin.lat) * north


def distance(a: Point, b: Point) -> float:
    """Return the metres between two points."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def between(a: Point, b: Point, share: float) -> Point:
    """Return the point that lies ``share`` of the way from ``a`` to ``b``."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def direction(a: Point, b: Point) -> Point:
    """Return the unit vector from ``a`` to ``b``; east where they coincide."""
    length = distance(a, b)
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length else (1.0, 0.0)


def compass_deg(a: Point, b: Point) -> float:
    """Return the heading from ``a`` to ``b`` in degrees clockwise from north."""
    return math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360


def length_of(line: Sequence[Point]) -> float:
    """Return the length of a line in metres."""
    return sum(distance(a, b) for a, b in segments(line))


def segments(line: Sequence[Point]) -> Iterator[Segment]:
    """Yield the straight pieces of a line."""
    return pairwise(line)


def nearest_on_segment(point: Point, a: Point, b: Point) -> Point:
    """Return the point of a segment that is nearest to the given one."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    squared = dx * dx + dy * dy
    if not squared:
        return a
    share = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / squared
    return between(a, b, min(1.0, max(0.0, share)))


def along(line: Sequence[Point], distance_m: float) -> tuple[Point, Point]:
    """Return the point at a distance from the line's start, and the direction of the line there."""
    left = distance_m
    for a, b in segments(line):
        piece = distance(a, b)
        if left <= piece and piece:
            return between(a, b, left / piece), direction(a, b)
        left -= piece
    return line[-1], direction(line[-2], line[-1])
