"""Geodesic distances of many pairs of places at once: the ellipsoid's, as PostGIS measures geography.

Vincenty, "Direct and Inverse Solutions of Geodesics on the Ellipsoid with application of nested equations", Survey
Review 23, 1975.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# WGS 84
_A_M = 6_378_137.0
_F = 1 / 298.257223563
_B_M = _A_M * (1 - _F)

# The sphere on which PostGIS measures `<->`.
_SPHERE_M = (2 * _A_M + _B_M) / 3
_ROUNDING = 1e-6

_ROUNDS = 20
_CLOSE_ENOUGH = 1e-12  # radians, a hundredth of a millimetre


def geodesic_m(lat: Floats, lon: Floats, other_lat: Floats, other_lon: Floats) -> Floats:
    """Metres between places in degrees, pair by pair, to a millimetre; inf for nearly opposite ends of the Earth."""
    reduced, other = (np.arctan((1 - _F) * np.tan(np.radians(one))) for one in (lat, other_lat))
    # The shorter way round, also across the antimeridian.
    turn = np.radians((other_lon - lon + 180) % 360 - 180)
    longitude, moved = turn, np.full(np.shape(turn), np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_ROUNDS):
            following = turn + _bend(_arc(reduced, other, longitude))
            longitude, moved = following, np.abs(following - longitude)
            if np.all(moved < _CLOSE_ENOUGH):
                break
        return np.where(moved < _CLOSE_ENOUGH, _length_m(_arc(reduced, other, longitude)), np.inf)


def least_share(lat: float, reach_m: float) -> float:
    """A geodesic of at most `reach_m` from a latitude in degrees is at least this share of the way on the sphere.

    The ellipsoid is bent most along the meridians, and there most at the equator: the latitude on the way that is
    nearest to it decides.
    """
    nearest = max(0.0, math.radians(abs(lat)) - reach_m / _meridian_m(0.0))
    return _meridian_m(nearest) / _SPHERE_M - _ROUNDING


def _meridian_m(lat: float) -> float:
    """The radius of the meridian's bend at a latitude in radians."""
    squared = _F * (2 - _F)
    return float(_A_M * (1 - squared) / (1 - squared * math.sin(lat) ** 2) ** 1.5)


class _Arc(NamedTuple):
    """An arc on the auxiliary sphere: its angle, the sine of its azimuth at the equator, cosine of twice its middle."""

    angle: Floats
    sin: Floats
    cos: Floats
    sin_azimuth: Floats
    middle: Floats


def _arc(reduced: Floats, other: Floats, longitude: Floats) -> _Arc:
    sin_1, cos_1, sin_2, cos_2 = np.sin(reduced), np.cos(reduced), np.sin(other), np.cos(other)
    sin_l, cos_l = np.sin(longitude), np.cos(longitude)
    sin = np.hypot(cos_2 * sin_l, cos_1 * sin_2 - sin_1 * cos_2 * cos_l)
    cos = sin_1 * sin_2 + cos_1 * cos_2 * cos_l
    sin_azimuth = np.where(sin > 0, cos_1 * cos_2 * sin_l / sin, 0.0)
    squared = 1 - sin_azimuth**2
    middle = np.where(squared > 0, cos - 2 * sin_1 * sin_2 / squared, 0.0)
    return _Arc(np.arctan2(sin, cos), sin, cos, sin_azimuth, middle)


def _bend(arc: _Arc) -> Floats:
    """By how much the longitude on the sphere is more than that on the ellipsoid, in radians."""
    squared = 1 - arc.sin_azimuth**2
    c = _F / 16 * squared * (4 + _F * (4 - 3 * squared))
    bent = arc.middle + c * arc.cos * (2 * arc.middle**2 - 1)
    return (1 - c) * _F * arc.sin_azimuth * (arc.angle + c * arc.sin * bent)


def _length_m(arc: _Arc) -> Floats:
    u = (1 - arc.sin_azimuth**2) * (_A_M**2 - _B_M**2) / _B_M**2
    a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    third = b / 6 * arc.middle * (4 * arc.sin**2 - 3) * (4 * arc.middle**2 - 3)
    less = b * arc.sin * (arc.middle + b / 4 * (arc.cos * (2 * arc.middle**2 - 1) - third))
    return _B_M * a * (arc.angle - less)
