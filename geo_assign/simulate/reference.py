"""A brute-force reference for replays: the rules once more, written as plainly as possible.

It checks every vehicle for every lead, with geopy's geodesic. It shares no SQL, no index and no code for positions or
matching with the service, so the same mistake cannot hide in both.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from geopy.distance import geodesic

from geo_assign.core.geo import Point
from geo_assign.simulate.recording import RecordedPing

_TOP_SPEED_MPS = 70.0


@dataclass
class Vehicle:
    """What the rules need to know of one vehicle. `flagged`: its last position is implausible."""

    id: UUID
    on_duty: bool = False
    last: tuple[datetime, Point] | None = None
    plausible: tuple[datetime, Point] | None = None
    flagged: bool = False
    busy: list[tuple[datetime, datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExpectedChoice:
    """The vehicle that should go, its distance in metres, and the time of its position."""

    vehicle_id: UUID
    distance_m: float
    position_time: datetime


@dataclass
class Reference:
    """The fleet at the present moment of the replay, by vehicle name."""

    freshness: timedelta
    radius_m: float
    vehicles: dict[str, Vehicle] = field(default_factory=dict)

    def record(self, ping: RecordedPing) -> None:
        """Record a ping. An occupied vehicle is off duty, so its position is not used."""
        vehicle = self.vehicles[ping.vehicle]
        vehicle.on_duty = not ping.occupied
        if ping.occupied or (vehicle.last is not None and ping.at <= vehicle.last[0]):
            return
        here = (ping.at, ping.point)
        sensible = (
            vehicle.plausible is None
            or _reachable(vehicle.plausible, here)
            or (vehicle.flagged and vehicle.last is not None and _reachable(vehicle.last, here))
        )
        vehicle.last, vehicle.flagged = here, not sensible
        if sensible:
            vehicle.plausible = here

    def choose(self, point: Point, start: datetime, end: datetime) -> ExpectedChoice | None:
        """The nearest vehicle that is on duty, fresh, plausible and free; ties go to the lower id."""
        best: tuple[float, UUID, datetime] | None = None
        for vehicle in self.vehicles.values():
            if not self._may_go(vehicle, start, end):
                continue
            assert vehicle.last is not None
            position_time, place = vehicle.last
            distance_m = geodesic((place.lat, place.lon), (point.lat, point.lon)).m
            if distance_m <= self.radius_m and (best is None or (distance_m, vehicle.id) < best[:2]):
                best = (distance_m, vehicle.id, position_time)
        return ExpectedChoice(best[1], best[0], best[2]) if best else None

    def book(self, vehicle_id: UUID, start: datetime, end: datetime) -> None:
        """Keep the vehicle busy for the slot of its lead."""
        next(one for one in self.vehicles.values() if one.id == vehicle_id).busy.append((start, end))

    def _may_go(self, vehicle: Vehicle, start: datetime, end: datetime) -> bool:
        if not vehicle.on_duty or vehicle.flagged or vehicle.last is None:
            return False
        fresh = start - vehicle.last[0] <= self.freshness
        return fresh and not any(begin < end and start < until for begin, until in vehicle.busy)


def _reachable(before: tuple[datetime, Point], after: tuple[datetime, Point]) -> bool:
    reach_m = _TOP_SPEED_MPS * max(1.0, (after[0] - before[0]).total_seconds())
    # No degree of either coordinate is longer than this: most pairs need no geodesic.
    degrees = abs(after[1].lat - before[1].lat) + abs(after[1].lon - before[1].lon)
    return degrees * 111_700.0 <= reach_m or _metres(before[1], after[1]) <= reach_m


def _metres(a: Point, b: Point) -> float:
    distance: float = geodesic((a.lat, a.lon), (b.lat, b.lon)).m
    return float(distance)
