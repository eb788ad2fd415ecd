"""The city of Orrava as drawn from a seed: land, streets with names, the network, and its houses."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from geo_assign.simulate.geometry import Line, Point, along, between
from scripts.city.grain import Grain
from scripts.city.names import street_names
from scripts.city.network import DrawnEdge, DrawnNetwork, build_network
from scripts.city.shapes import centroid, distance_to_line, inset, signed_area, simplify
from scripts.city.streets import Grower, draw_fixed_streets, weave_street_grain
from scripts.city.terrain import Terrain, draw_terrain

HOUSE_SETBACK_M = {"main": 15.0, "street": 11.0}
# House numbers count up by two on each side of a street, about one for every eight metres.
METRES_PER_NUMBER = 8.0
HOUSE_EVERY_M = (80.0, 180.0)
KERB_M = 6.5
BLOCK_M2 = (700.0, 220_000.0)


@dataclass(frozen=True)
class House:
    """A house: its address, where it stands, and the number of the edge beside it."""

    street: str
    housenumber: int
    postcode: str
    point: Point
    edge: int


@dataclass(frozen=True)
class DrawnCity:
    """Everything that stands still."""

    seed: int
    terrain: Terrain
    network: DrawnNetwork
    names: list[str]
    grain: Grain

    def street_of(self, edge: DrawnEdge) -> str:
        """Return the name of the street that an edge belongs to."""
        return self.names[edge.street]

    @cached_property
    def houses(self) -> list[House]:
        """The houses, street by street; every pair of street and number is there once."""
        rng = random.Random(f"houses {self.seed}")  # noqa: S311 - a town, not a secret
        found: dict[tuple[str, int], House] = {}
        for number, walked_m in self._edges_along_streets():
            for house in self._houses_along(number, walked_m, rng):
                found.setdefault((house.street, house.housenumber), house)
        return list(found.values())

    def _edges_along_streets(self) -> Iterator[tuple[int, float]]:
        """Yield each edge's number with the metres of its street that were walked before it."""
        walked: dict[str, float] = {}
        for number, edge in enumerate(self.network.edges):
            name = self.street_of(edge)
            yield number, walked.get(name, 0.0)
            walked[name] = walked.get(name, 0.0) + edge.length_m

    def _houses_along(self, number: int, walked_m: float, rng: random.Random) -> Iterator[House]:
        edge = self.network.edges[number]
        for side in (0, 1):
            at_m = rng.uniform(14, HOUSE_EVERY_M[0])
            while at_m < edge.length_m - 14:
                point = self._beside(edge, at_m, side)
                if self._is_plot(point, number):
                    housenumber = 2 * int((walked_m + at_m) / METRES_PER_NUMBER) + 2 - side
                    postcode = self.grain.district(point).postcode
                    yield House(self.street_of(edge), housenumber, postcode, point, number)
                at_m += rng.uniform(*HOUSE_EVERY_M)

    def _beside(self, edge: DrawnEdge, at_m: float, side: int) -> Point:
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
            ring = inset(simplify([*face, face[0]], 2.0)[:-1], KERB_M)
            if BLOCK_M2[0] < signed_area(ring) < BLOCK_M2[1] and self._is_ground(ring):
                yield ring

    def _is_ground(self, ring: Line) -> bool:
        middle = centroid(ring)
        samples = [middle, *(between(middle, corner, 0.5) for corner in ring)]
        ground = sum(self.terrain.dry.at(point) and not self.terrain.green.at(point) for point in samples)
        return ground > 0.7 * len(samples)


def draw_city(seed: int = 1) -> DrawnCity:
    """Draw the city; the same seed gives the same city."""
    rng = random.Random(f"city {seed}")  # noqa: S311 - a town, not a secret
    terrain = draw_terrain(rng)
    fixed = draw_fixed_streets(terrain)
    grain = weave_street_grain(terrain, fixed)
    streets = fixed + Grower(terrain, grain, rng).grow_all(fixed)
    network = build_network(streets, terrain)
    taken = {street.name for street in fixed}
    fresh = (name for name in street_names(rng) if name not in taken)
    names = [street.name or next(fresh) for street in streets]
    return DrawnCity(seed, terrain, network, names, grain)
