"""Grows the streets of the city: main roads from the plan, side streets along the grain, evenly spaced.

Side streets are grown like streamlines (Jobard and Lefer): from a start point both ways along the grain until land
ends or a street of the same direction is too near; each grown street suggests start points beside it.
"""

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from geo_assign.simulate.geometry import Line, Point, between, direction, distance, length_of, segments
from geo_assign.simulate.streets import RoadClass
from scripts.city import plan
from scripts.city.grain import Grain, weave_grain
from scripts.city.shapes import closed, simplify, smooth
from scripts.city.terrain import Terrain

STEP_M = 18.0
SAMPLE_M = 30.0
LONGEST_M = 1900.0
SHORTEST_M = 70.0
# A street stops growing when a parallel one is nearer than this share of the block's width.
CROWDING = 0.62
PARALLEL = 0.72

_GRIDS = {d.name: (math.cos(plan.rotation(d)), math.sin(plan.rotation(d))) for d in plan.DISTRICTS}


@dataclass
class DrawnStreet:
    """One street before it is cut at its junctions."""

    line: Line
    road_class: RoadClass
    name: str = ""
    crosses_water: bool = False


@dataclass
class Neighbours:
    """Points of streets with their direction, found by place."""

    cell_m: float = 64.0
    cells: dict[tuple[int, int], list[tuple[float, float, float, float]]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Remember a street."""
        for a, b in segments(line):
            dx, dy = direction(a, b)
            steps = max(1, round(distance(a, b) / SAMPLE_M))
            for step in range(steps):
                x, y = between(a, b, step / steps)
                self.cells.setdefault((int(x // self.cell_m), int(y // self.cell_m)), []).append((x, y, dx, dy))

    def crowd(self, point: Point, heading: Point, within_m: float) -> bool:
        """Tell whether a street of much the same direction is within the distance."""
        x, y = point
        hx, hy = heading
        squared = within_m * within_m
        for column in range(int((x - within_m) // self.cell_m), int((x + within_m) // self.cell_m) + 1):
            for row in range(int((y - within_m) // self.cell_m), int((y + within_m) // self.cell_m) + 1):
                for px, py, dx, dy in self.cells.get((column, row), ()):
                    if (px - x) ** 2 + (py - y) ** 2 < squared and abs(dx * hx + dy * hy) > PARALLEL:
                        return True
        return False


@dataclass
class Grower:
    """Grows side streets; the queue holds where to start next, and in which direction."""

    terrain: Terrain
    grain: Grain
    rng: random.Random
    neighbours: Neighbours = field(default_factory=Neighbours)
    queue: deque[tuple[Point, Point]] = field(default_factory=deque)

    def grow_all(self, existing: list[DrawnStreet]) -> list[DrawnStreet]:
        """Grow until no start point is left; the existing streets are what the first ones grow beside."""
        for street in existing:
            self.neighbours.add(street.line)
            self._suggest_beside(street.line)
        grown: list[DrawnStreet] = []
        while self.queue:
            line = self._grow(*self.queue.popleft())
            if line:
                grown.append(DrawnStreet(simplify(line, 1.6), "street"))
                self.neighbours.add(grown[-1].line)
                self._suggest_beside(grown[-1].line)
        return grown

    def _suggest_beside(self, line: Line) -> None:
        for a, b in segments(line):
            heading = direction(a, b)
            pieces = max(1, round(distance(a, b) / 130))
            for piece in range(pieces):
                share = (piece + self.rng.uniform(0.2, 0.8)) / pieces
                self._suggest_around(between(a, b, share), heading)

    def _suggest_around(self, start: Point, heading: Point) -> None:
        across = (-heading[1], heading[0])
        width = self._block_m(start, heading) * self.rng.uniform(0.92, 1.25)
        for side in (-1, 1):
            beside = start[0] + across[0] * width * side, start[1] + across[1] * width * side
            self.queue.append((beside, heading))
        self.queue.append((start, across))

    def _block_m(self, point: Point, heading: Point) -> float:
        """Return how far apart streets of this direction lie here."""
        district = self.grain.district(point)
        east, north = _GRIDS[district.name]
        narrow, wide = district.block_m
        along = abs(heading[0] * east + heading[1] * north) > 0.707
        return narrow if along else wide

    def _grow(self, start: Point, heading: Point) -> Line:
        heading = self.grain.follow(start, heading)
        if not self._may_pass(start, heading, 0.86):
            return []
        budget = self.rng.uniform(0.45, 1.0) * LONGEST_M
        ahead = self._walk(start, heading, budget / 2)
        back = self._walk(start, (-heading[0], -heading[1]), budget / 2)
        line = [*reversed(back), start, *ahead]
        return line if length_of(line) >= SHORTEST_M else []

    def _walk(self, start: Point, heading: Point, budget_m: float) -> Line:
        line: Line = []
        here = start
        for _ in range(int(budget_m / STEP_M)):
            first = self.grain.follow(here, heading)
            middle = here[0] + first[0] * STEP_M / 2, here[1] + first[1] * STEP_M / 2
            heading = self.grain.follow(middle, first)
            here = here[0] + heading[0] * STEP_M, here[1] + heading[1] * STEP_M
            if not self._may_pass(here, heading, CROWDING):
                break
            line.append(here)
        return line

    def _may_pass(self, point: Point, heading: Point, crowding: float) -> bool:
        if not self.terrain.buildable.at(point):
            return False
        return not self.neighbours.crowd(point, heading, crowding * self._block_m(point, heading))


def main_roads() -> Iterator[DrawnStreet]:
    """Draw the plan's main roads."""
    for road in plan.MAIN_ROADS:
        curve = smooth(road.controls, ring=road.ring, step_m=70)
        line = closed(curve) if road.ring else curve
        yield DrawnStreet(simplify(line, 1.0), "main", road.name, road.crosses_water)


def edge_streets(terrain: Terrain) -> Iterator[DrawnStreet]:
    """Draw the quays on both banks, the promenade along the sea and the streets around the parks."""
    shores = zip((plan.NORTH_QUAY, plan.SOUTH_QUAY, plan.PROMENADE), (*terrain.banks, terrain.promenade), strict=True)
    for name, bank in shores:
        for stretch in _built_up_stretches(bank, terrain):
            yield DrawnStreet(simplify(stretch, 1.6), "street", name)
    for park in plan.PARKS:
        if park.edge_street:
            yield DrawnStreet(simplify(closed(terrain.parks[park.name]), 1.6), "street", park.edge_street)


def _built_up_stretches(line: Line, terrain: Terrain) -> Iterator[Line]:
    stretch: Line = []
    for point in line:
        if terrain.buildable.at(point):
            stretch.append(point)
            continue
        if length_of(stretch) > 150:
            yield stretch
        stretch = []
    if length_of(stretch) > 150:
        yield stretch


def draw_fixed_streets(terrain: Terrain) -> list[DrawnStreet]:
    """Draw the streets that the plan and the land dictate, main roads first."""
    return [*main_roads(), *edge_streets(terrain)]


def weave_street_grain(terrain: Terrain, fixed: list[DrawnStreet]) -> Grain:
    """Work out where side streets run, given the shores and the streets that stand already."""
    return weave_grain([*terrain.banks, *(street.line for street in fixed)], terrain.island)
