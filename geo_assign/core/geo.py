"""Geographic values: WGS 84, degrees, longitude and latitude by name so that they cannot be swapped."""

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the WGS 84 ellipsoid: latitude -90..90, longitude -180..180, degrees. Raises ValueError outside."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            raise ValueError(f"not a place on Earth: lat {self.lat}, lon {self.lon}")

    @property
    def is_unset(self) -> bool:
        """Whether this is (0, 0), which forms, exports and devices write for "not set"."""
        return self.lat == 0.0 and self.lon == 0.0


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """West, south, east, north in degrees; west may exceed east across the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.south <= self.north <= 90.0):
            raise ValueError("south must not exceed north, both within -90..90")
        if not (-180.0 <= self.west <= 180.0 and -180.0 <= self.east <= 180.0):
            raise ValueError("west and east must lie within -180..180")


def haversine_m(a: Point, b: Point) -> float:
    """Great-circle distance in metres on the mean sphere; up to 0.6 % off the geodesic. For speeds, never for ranks."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((phi_b - phi_a) / 2.0)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2.0)
    chord = half_lat * half_lat + math.cos(phi_a) * math.cos(phi_b) * half_lon * half_lon
    return 2.0 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


# Straight line to street, and metres per second in town.
_DETOUR = 1.4
_TOWN_SPEED_MPS = 8.3


def road_s(distance_m: float) -> float:
    """Seconds on the road for a straight line of so many metres: an estimate for people, never a reason to choose."""
    return distance_m * _DETOUR / _TOWN_SPEED_MPS
