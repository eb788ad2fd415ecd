"""Turns drawn streets into a network: junctions where they cross, edges between them, faces between the edges."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from geo_assign.simulate.geometry import (
    Line,
    Point,
    Segment,
    between,
    crossing,
    direction,
    distance,
    length_of,
    nearest_on_segment,
    segments,
)
from geo_assign.simulate.streets import RoadClass, Street
from geo_assign.simulate.terrain import Terrain

CELL_M = 60.0
JOIN_M = 10.0
LONGEST_EXTENSION_M = 130.0
SHORTEST_DEAD_END_M = 85.0


@dataclass(frozen=True)
class Edge:
    """A piece of street between two junctions; its line runs from ``start`` to ``end``."""

    start: int
    end: int
    line: Line
    street: int
    road_class: RoadClass
    is_bridge: bool
    length_m: float


@dataclass(frozen=True)
class Spot:
    """A place on a street: so many metres along an edge."""

    edge: int
    along_m: float


@dataclass
class SegmentIndex:
    """Finds straight pieces of numbered lines by place."""

    cells: dict[tuple[int, int], list[tuple[int, int, Segment]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: int, line: Line) -> None:
        """Remember a line under its number."""
        for index, segment in enumerate(segments(line)):
            for cell in _cells(segment):
                self.cells[cell].append((number, index, segment))

    def near(self, segment: Segment) -> Iterator[tuple[int, int, Segment]]:
        """Yield what lies in the cells that a segment touches; some of it twice."""
        for cell in _cells(segment):
            yield from self.cells.get(cell, ())

    def around(self, point: Point, reach_m: float) -> Iterator[tuple[int, int, Segment]]:
        """Yield what lies in the cells within reach of a point."""
        low, high = (point[0] - reach_m, point[1] - reach_m), (point[0] + reach_m, point[1] + reach_m)
        return self.near((low, high))


def _cells(segment: Segment) -> list[tuple[int, int]]:
    (ax, ay), (bx, by) = segment
    west, east = int(min(ax, bx) // CELL_M), int(max(ax, bx) // CELL_M)
    south, north = int(min(ay, by) // CELL_M), int(max(ay, by) // CELL_M)
    return [(column, row) for column in range(west, east + 1) for row in range(south, north + 1)]


@dataclass(frozen=True)
class Network:
    """Junctions by number, and the edges between them. Every junction can be reached from every other."""

    nodes: list[Point]
    edges: list[Edge]
    index: SegmentIndex

    def nearest_spot(self, point: Point) -> Spot:
        """Return the place on a street that is nearest to a point."""
        reach = CELL_M
        while True:
            found = [hit for hit in self.index.around(point, reach) if hit[2][0] != hit[2][1]]
            best = min(found, key=lambda hit: distance(point, nearest_on_segment(point, *hit[2])), default=None)
            if best and distance(point, nearest_on_segment(point, *best[2])) <= reach:
                number, piece, segment = best
                before = length_of(self.edges[number].line[: piece + 1])
                return Spot(number, before + distance(segment[0], nearest_on_segment(point, *segment)))
            reach *= 2

    def faces(self) -> Iterator[Line]:
        """Yield the rings between the edges, anticlockwise; the outer face is left out."""
        leaving = _edges_by_angle(self)
        following = _next_half_edges(leaving)
        unseen = set(following)
        while unseen:
            half = first = unseen.pop()
            ring = _half_line(self, half)[:-1]
            while (half := following[half]) != first:
                unseen.discard(half)
                ring += _half_line(self, half)[:-1]
            if len(ring) > 2 and _turns_left(ring):
                yield ring


# A half edge is an edge seen from one of its two ends: (edge, True) runs along its line, (edge, False) back.
HalfEdge = tuple[int, bool]


def _half_line(network: Network, half: HalfEdge) -> Line:
    line = network.edges[half[0]].line
    return line if half[1] else line[::-1]


def _edges_by_angle(network: Network) -> dict[int, list[HalfEdge]]:
    leaving: dict[int, list[tuple[float, HalfEdge]]] = defaultdict(list)
    for number, edge in enumerate(network.edges):
        for node, half in ((edge.start, (number, True)), (edge.end, (number, False))):
            a, b = _half_line(network, half)[:2]
            leaving[node].append((math.atan2(b[1] - a[1], b[0] - a[0]), half))
    return {node: [half for _, half in sorted(halves)] for node, halves in leaving.items()}


def _next_half_edges(leaving: dict[int, list[HalfEdge]]) -> dict[HalfEdge, HalfEdge]:
    """At the end of a half edge, take the next one clockwise: that walks round the face on its left."""
    following: dict[HalfEdge, HalfEdge] = {}
    for halves in leaving.values():
        for position, (number, forward) in enumerate(halves):
            following[number, not forward] = halves[position - 1]
    return following


def _turns_left(ring: Line) -> bool:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in segments([*ring, ring[0]])) > 0


def build_network(streets: list[Street], terrain: Terrain) -> Network:
    """Join loose ends, cut the streets at their crossings, drop stubs and what cannot be reached."""
    _extend_loose_ends(streets, terrain)
    nodes, edges = _cut(streets, terrain)
    edges = _largest_component(_without_stubs(edges))
    return _renumbered(nodes, edges)


def _extend_loose_ends(streets: list[Street], terrain: Terrain) -> None:
    index = SegmentIndex()
    for number, street in enumerate(streets):
        index.add(number, street.line)
    for number, street in enumerate(streets):
        for _ in range(2):
            street.line.reverse()
            ray = _ray(street.line)
            shares = [
                hit[0]
                for other, _, segment in index.near(ray)
                if other != number and (hit := crossing(ray, segment)) is not None
            ]
            if shares:
                join = between(*ray, min(shares) + 0.002)
                if street.crosses_water or terrain.dry.at(join):
                    street.line.append(join)


def _ray(line: Line) -> Segment:
    """Return the straight line ahead of a line's end, begun a little before it."""
    end = line[-1]
    ahead = direction(line[-2], end)
    start = end[0] - ahead[0] * 2, end[1] - ahead[1] * 2
    return start, (end[0] + ahead[0] * LONGEST_EXTENSION_M, end[1] + ahead[1] * LONGEST_EXTENSION_M)


def _cut(streets: list[Street], terrain: Terrain) -> tuple[list[Point], list[Edge]]:
    index = SegmentIndex()
    for number, street in enumerate(streets):
        index.add(number, street.line)
    junctions = _Junctions()
    edges: dict[tuple[int, int], Edge] = {}
    for number, street in enumerate(streets):
        for piece in _pieces(street.line, _cuts(number, street.line, index)):
            edge = _edge(piece, junctions=junctions, street=street, number=number, terrain=terrain)
            if edge is None or (edge.is_bridge and not street.crosses_water):
                continue
            key = min(edge.start, edge.end), max(edge.start, edge.end)
            edges.setdefault(key, edge)
    return junctions.points, list(edges.values())


def _cuts(number: int, line: Line, index: SegmentIndex) -> list[tuple[int, float]]:
    """Where a line is crossed by others: segment and share along it, in order, the two ends included."""
    cuts = {(0, 0.0), (len(line) - 2, 1.0)}
    for piece, segment in enumerate(segments(line)):
        for other, other_piece, other_segment in index.near(segment):
            if (other, other_piece) == (number, piece):
                continue
            if other == number and abs(other_piece - piece) <= 1:
                continue
            if hit := crossing(segment, other_segment):
                cuts.add((piece, hit[0]))
    return sorted(cuts)


def _pieces(line: Line, cuts: list[tuple[int, float]]) -> Iterator[Line]:
    for (first, first_share), (last, last_share) in pairwise(cuts):
        start = between(line[first], line[first + 1], first_share)
        end = between(line[last], line[last + 1], last_share)
        yield [start, *line[first + 1 : last + 1], end]


@dataclass
class _Junctions:
    """Gives each point a junction's number; points that lie close together share one."""

    points: list[Point] = field(default_factory=list)
    cells: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def number_of(self, point: Point) -> int:
        column, row = int(point[0] // JOIN_M), int(point[1] // JOIN_M)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for number in self.cells.get((x, y), ()):
                    if distance(self.points[number], point) <= JOIN_M:
                        return number
        self.points.append(point)
        self.cells[column, row].append(len(self.points) - 1)
        return len(self.points) - 1


def _edge(piece: Line, *, junctions: _Junctions, street: Street, number: int, terrain: Terrain) -> Edge | None:
    start, end = junctions.number_of(piece[0]), junctions.number_of(piece[-1])
    if start == end:
        return None
    ends = junctions.points[start], junctions.points[end]
    inner = [point for point in piece[1:-1] if min(distance(point, ends[0]), distance(point, ends[1])) > JOIN_M / 2]
    line = [ends[0], *inner, ends[1]]
    wet = any(_is_wet(piece, terrain) for piece in segments(line))
    return Edge(start, end, line, number, street.road_class, wet, length_of(line))


def _is_wet(segment: Segment, terrain: Terrain) -> bool:
    steps = 1 + int(distance(*segment) / 12.0)
    return any(not terrain.dry.at(between(*segment, step / steps)) for step in range(steps + 1))


def _without_stubs(edges: list[Edge]) -> list[Edge]:
    """Drop short dead ends, again and again: what is left when one goes may be the next."""
    while True:
        degree: dict[int, int] = defaultdict(int)
        for edge in edges:
            degree[edge.start] += 1
            degree[edge.end] += 1
        kept = [e for e in edges if min(degree[e.start], degree[e.end]) > 1 or e.length_m >= SHORTEST_DEAD_END_M]
        if len(kept) == len(edges):
            return kept
        edges = kept


def _largest_component(edges: list[Edge]) -> list[Edge]:
    leader: dict[int, int] = {}

    def find(node: int) -> int:
        while leader.setdefault(node, node) != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for edge in edges:
        leader[find(edge.start)] = find(edge.end)
    sizes: dict[int, int] = defaultdict(int)
    for edge in edges:
        sizes[find(edge.start)] += 1
    largest = max(sizes, key=lambda node: sizes[node])
    return [edge for edge in edges if find(edge.start) == largest]


def _renumbered(nodes: list[Point], edges: list[Edge]) -> Network:
    used = sorted({node for edge in edges for node in (edge.start, edge.end)})
    number = {node: position for position, node in enumerate(used)}
    index = SegmentIndex()
    renumbered = []
    for position, e in enumerate(edges):
        index.add(position, e.line)
        renumbered.append(Edge(number[e.start], number[e.end], e.line, e.street, e.road_class, e.is_bridge, e.length_m))
    return Network([nodes[node] for node in used], renumbered, index)
