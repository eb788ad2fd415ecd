"""Drives through the city: the quickest route along the streets, and the position at each second of it."""

import bisect
import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from geo_assign.simulate.geometry import Line, Point, along, between, compass_deg, distance
from geo_assign.simulate.streets import Edge, RoadClass, Spot, StreetNetwork

SPEED_MPS: dict[RoadClass, float] = {"main": 13.0, "street": 8.0}
FASTEST_MPS = max(SPEED_MPS.values())
RED_LIGHT_SHARE = 0.16
RED_LIGHT_S = (6.0, 28.0)


@dataclass(frozen=True)
class Leg:
    """A stretch of street that is driven at one speed."""

    line: Line
    road_class: RoadClass


@dataclass(frozen=True)
class TruePosition:
    """A technician's true place, speed and heading at one moment; the heading is None while standing."""

    point: Point
    speed_mps: float
    heading_deg: float | None


@dataclass(frozen=True)
class Trajectory:
    """A movement: points at seconds, straight and even between them, standing still before and after."""

    times_s: list[float]
    points: Line

    @property
    def arrival_s(self) -> float:
        """When the movement ends."""
        return self.times_s[-1]

    def at(self, time_s: float) -> TruePosition:
        """Return the place, speed and heading at a time."""
        index = bisect.bisect_right(self.times_s, time_s)
        if index == 0 or index == len(self.times_s):
            return TruePosition(self.points[max(0, index - 1)], 0.0, None)
        a, b = self.points[index - 1], self.points[index]
        began, ended = self.times_s[index - 1], self.times_s[index]
        speed = distance(a, b) / (ended - began)
        here = between(a, b, (time_s - began) / (ended - began))
        return TruePosition(here, speed, compass_deg(a, b) if speed else None)


def standing(point: Point, time_s: float = 0.0) -> Trajectory:
    """Return the trajectory of a technician who does not move."""
    return Trajectory([time_s], [point])


@dataclass
class RouteFinder:
    """Finds the quickest route between two spots (A*, guided by the straight line at top speed)."""

    streets: StreetNetwork
    leaving: list[list[tuple[int, int]]] = field(init=False)

    def __post_init__(self) -> None:
        self.leaving = [[] for _ in self.streets.nodes]
        for number, edge in enumerate(self.streets.edges):
            self.leaving[edge.start].append((edge.end, number))
            self.leaving[edge.end].append((edge.start, number))

    def route(self, start: Spot, end: Spot) -> list[Leg]:
        """Return the legs from one spot to the other, in order; none when they are the same place."""
        if start.edge == end.edge:
            return list(_within(self.streets.edges[start.edge], start.along_m, end.along_m))
        came_from, last = self._search(start, end)
        return self._legs(came_from, last, ends=(start, end))

    def point_of(self, spot: Spot) -> Point:
        """Return where a spot lies."""
        return along(self.streets.edges[spot.edge].line, spot.along_m)[0]

    def _search(self, start: Spot, end: Spot) -> tuple[dict[int, tuple[int, int] | None], int]:
        """Return how each junction was reached (from which one, over which edge), and the last one before the end."""
        goal = self.point_of(end)
        finish = dict(self._ends(end))
        cost = dict(self._ends(start))
        came_from: dict[int, tuple[int, int] | None] = dict.fromkeys(cost)
        queue = [(spent + self._guess(node, goal), node) for node, spent in cost.items()]
        heapq.heapify(queue)
        best, last = math.inf, -1
        while queue and queue[0][0] < best:
            _, node = heapq.heappop(queue)
            if node in finish and cost[node] + finish[node] < best:
                best, last = cost[node] + finish[node], node
            for neighbour, number in self.leaving[node]:
                edge = self.streets.edges[number]
                spent = cost[node] + edge.length_m / SPEED_MPS[edge.road_class]
                if spent < cost.get(neighbour, math.inf):
                    cost[neighbour], came_from[neighbour] = spent, (node, number)
                    heapq.heappush(queue, (spent + self._guess(neighbour, goal), neighbour))
        return came_from, last

    def _guess(self, node: int, goal: Point) -> float:
        return distance(self.streets.nodes[node], goal) / FASTEST_MPS

    def _ends(self, spot: Spot) -> Iterator[tuple[int, float]]:
        """Yield the junctions at both ends of a spot's edge with the seconds to get there."""
        edge = self.streets.edges[spot.edge]
        speed = SPEED_MPS[edge.road_class]
        yield edge.start, spot.along_m / speed
        yield edge.end, (edge.length_m - spot.along_m) / speed

    def _legs(self, came_from: dict[int, tuple[int, int] | None], last: int, *, ends: tuple[Spot, Spot]) -> list[Leg]:
        legs: list[Leg] = []
        node = last
        while step := came_from[node]:
            before, number = step
            edge = self.streets.edges[number]
            legs.append(Leg(edge.line if edge.start == before else edge.line[::-1], edge.road_class))
            node = before
        first, final = (self.streets.edges[spot.edge] for spot in ends)
        opening = _within(first, ends[0].along_m, 0.0 if first.start == node else first.length_m)
        closing = _within(final, 0.0 if final.start == last else final.length_m, ends[1].along_m)
        return [*opening, *reversed(legs), *closing]


def _within(edge: Edge, from_m: float, to_m: float) -> Iterator[Leg]:
    """Yield the leg of one edge between two distances along it, in that direction."""
    if abs(to_m - from_m) < 0.01:
        return
    low, high = min(from_m, to_m), max(from_m, to_m)
    walked, inner = 0.0, []
    for a, b in pairwise(edge.line):
        walked += distance(a, b)
        if low < walked < high:
            inner.append(b)
    line = [along(edge.line, low)[0], *inner, along(edge.line, high)[0]]
    yield Leg(line if from_m < to_m else line[::-1], edge.road_class)


def drive(legs: list[Leg], *, start_s: float, rng: random.Random) -> Trajectory:
    """Turn a route into a movement: each leg a little faster or slower, some red lights between them."""
    times, points = [start_s], [legs[0].line[0]]
    for leg in legs:
        speed = SPEED_MPS[leg.road_class] * rng.uniform(0.75, 1.1)
        for a, b in pairwise(leg.line):
            if a != b:
                times.append(times[-1] + distance(a, b) / speed)
                points.append(b)
        if rng.random() < RED_LIGHT_SHARE:
            times.append(times[-1] + rng.uniform(*RED_LIGHT_S))
            points.append(points[-1])
    return Trajectory(times, points)
