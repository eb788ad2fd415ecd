"""The city of Orrava as grown from a seed: land, streets with names, the network, and its addresses."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geo_assign.simulate import plan
from geo_assign.simulate.geometry import (
    Line,
    Point,
    along,
    between,
    centroid,
    distance_to_line,
    inset,
    signed_area,
    simplify,
)
from geo_assign.simulate.grain import Grain
from geo_assign.simulate.names import street_names
from geo_assign.simulate.network import Edge, Network, Spot, build_network
from geo_assign.simulate.streets import Grower, draw_fixed_streets, weave_street_grain
from geo_assign.simulate.terrain import Terrain, draw_terrain

HOUSE_SETBACK_M = {"main": 15.0, "street": 11.0}
# House numbers count up by two on each side of a street, about one for every eight metres.
METRES_PER_NUMBER = 8.0
HOUSE_EVERY_M = (80.0, 180.0)
KERB_M = {"main": 11.0, "street": 6.5}
BLOCK_M2 = (700.0, 220_000.0)


@dataclass(frozen=True)
class Address:
    """A house: where it stands, and where on the street one stops for it."""

    street: str
    housenumber: int
    postcode: str
    point: Point
    stop: Spot

    @property
    def text(self) -> str:
        """The address as one writes it."""
        return f"{self.street} {self.housenumber}, {plan.CITY_NAME}"


@dataclass(frozen=True)
class City:
    """Everything that stands still."""

    seed: int
    terrain: Terrain
    network: Network
    names: list[str]
    grain: Grain

    def street_of(self, edge: Edge) -> str:
        """Return the name of the street that an edge belongs to."""
        return self.names[edge.street]

    @cached_property
    def addresses(self) -> list[Address]:
        """The houses, street by street; every pair of street and number is there once."""
        rng = random.Random(f"houses {self.seed}")  # noqa: S311 - a town, not a secret
        found: dict[tuple[str, int], Address] = {}
        for number, walked_m in self._edges_along_streets():
            for address in self._houses(number, walked_m, rng):
                found.setdefault((address.street, address.housenumber), address)
        return list(found.values())

    def _edges_along_streets(self) -> Iterator[tuple[int, float]]:
        """Yield each edge's number with the metres of its street that were walked before it."""
        walked: dict[str, float] = {}
        for number, edge in enumerate(self.network.edges):
            name = self.street_of(edge)
            yield number, walked.get(name, 0.0)
            walked[name] = walked.get(name, 0.0) + edge.length_m

    def _houses(self, number: int, walked_m: float, rng: random.Random) -> Iterator[Address]:
        edge = self.network.edges[number]
        for side in (0, 1):
            at_m = rng.uniform(14, HOUSE_EVERY_M[0])
            while at_m < edge.length_m - 14:
                point = self._beside(edge, at_m, side)
                if self._is_plot(point, number):
                    house = 2 * int((walked_m + at_m) / METRES_PER_NUMBER) + 2 - side
                    postcode = self.grain.district(point).postcode
                    yield Address(self.street_of(edge), house, postcode, point, Spot(number, at_m))
                at_m += rng.uniform(*HOUSE_EVERY_M)

    def _beside(self, edge: Edge, at_m: float, side: int) -> Point:
        (x, y), (dx, dy) = along(edge.line, at_m)
        away = HOUSE_SETBACK_M[edge.road_class] * (1 if side else -1)
        return x - dy * away, y + dx * away

    def _is_plot(self, point: Point, number: int) -> bool:
        """A house stands in the built-up area, and no other street is nearer than its own."""
        if not self.terrain.buildable.at(point):
            return False
        own = distance_to_line(point, self.network.edges[number].line)
        near = {edge for edge, _, _ in self.network.index.around(point, own)}
        return all(distance_to_line(point, self.network.edges[edge].line) >= own - 0.5 for edge in near)

    def blocks(self) -> Iterator[Line]:
        """Yield the ground between the streets, kerb to kerb; parks and water are no blocks."""
        for face in self.network.faces():
            ring = inset(simplify([*face, face[0]], 2.0)[:-1], KERB_M["street"])
            if BLOCK_M2[0] < signed_area(ring) < BLOCK_M2[1] and self._is_ground(ring):
                yield ring

    def _is_ground(self, ring: Line) -> bool:
        middle = centroid(ring)
        samples = [middle, *(between(middle, corner, 0.5) for corner in ring)]
        ground = sum(self.terrain.dry.at(point) and not self.terrain.green.at(point) for point in samples)
        return ground > 0.7 * len(samples)


def build_city(seed: int = 1) -> City:
    """Grow the city; the same seed gives the same city."""
    rng = random.Random(f"city {seed}")  # noqa: S311 - a town, not a secret
    terrain = draw_terrain(rng)
    fixed = draw_fixed_streets(terrain)
    grain = weave_street_grain(terrain, fixed)
    streets = fixed + Grower(terrain, grain, rng).grow_all(fixed)
    network = build_network(streets, terrain)
    taken = {street.name for street in fixed}
    fresh = (name for name in street_names(rng) if name not in taken)
    names = [street.name or next(fresh) for street in streets]
    return City(seed, terrain, network, names, grain)


def write_gazetteer(city: City, path: Path) -> None:
    """Write the addresses as CSV with the columns that the ``gazetteer`` geocoder reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("street", "housenumber", "postcode", "city", "lat", "lon"))
        for address in city.addresses:
            place = plan.FRAME.to_earth(address.point)
            rows.writerow(
                (address.street, address.housenumber, address.postcode, plan.CITY_NAME, f"{place.lat:.6f}",
                 f"{place.lon:.6f}")
            )  # fmt: skip
