"""Turns drawn streets into a network: junctions where they cross, edges between them, faces between the edges."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from geo_assign.simulate.geometry import Line, Point, Segment, between, direction, distance, length_of, segments
from geo_assign.simulate.streets import Edge, SegmentIndex
from scripts.city.shapes import crossing
from scripts.city.streets import DrawnStreet
from scripts.city.terrain import Terrain

JOIN_M = 10.0
LONGEST_EXTENSION_M = 130.0
SHORTEST_DEAD_END_M = 85.0


@dataclass(frozen=True)
class DrawnEdge(Edge):
    """An edge that knows its street's number, and whether it crosses water."""

    street: int
    is_bridge: bool


@dataclass(frozen=True)
class DrawnNetwork:
    """Junctions by number, and the edges between them. Every junction can be reached from every other."""

    nodes: list[Point]
    edges: list[DrawnEdge]
    index: SegmentIndex

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


def _half_line(network: DrawnNetwork, half: HalfEdge) -> Line:
    line = network.edges[half[0]].line
    return line if half[1] else line[::-1]


def _edges_by_angle(network: DrawnNetwork) -> dict[int, list[HalfEdge]]:
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


def build_network(streets: list[DrawnStreet], terrain: Terrain) -> DrawnNetwork:
    """Join loose ends, cut the streets at their crossings, drop stubs and what cannot be reached."""
    _extend_loose_ends(streets, terrain)
    nodes, edges = _cut(streets, terrain)
    edges = _largest_component(_without_stubs(edges))
    return _renumbered(nodes, edges)


def _extend_loose_ends(streets: list[DrawnStreet], terrain: Terrain) -> None:
    index = SegmentIndex.of_lines(street.line for street in streets)
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


def _cut(streets: list[DrawnStreet], terrain: Terrain) -> tuple[list[Point], list[DrawnEdge]]:
    index = SegmentIndex.of_lines(street.line for street in streets)
    junctions = _Junctions()
    edges: dict[tuple[int, int], DrawnEdge] = {}
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


def _edge(
    piece: Line, *, junctions: _Junctions, street: DrawnStreet, number: int, terrain: Terrain
) -> DrawnEdge | None:
    start, end = junctions.number_of(piece[0]), junctions.number_of(piece[-1])
    if start == end:
        return None
    ends = junctions.points[start], junctions.points[end]
    inner = [point for point in piece[1:-1] if min(distance(point, ends[0]), distance(point, ends[1])) > JOIN_M / 2]
    line = [ends[0], *inner, ends[1]]
    wet = any(_is_wet(piece, terrain) for piece in segments(line))
    return DrawnEdge(start, end, line, street.road_class, length_of(line), number, wet)


def _is_wet(segment: Segment, terrain: Terrain) -> bool:
    steps = 1 + int(distance(*segment) / 12.0)
    return any(not terrain.dry.at(between(*segment, step / steps)) for step in range(steps + 1))


def _without_stubs(edges: list[DrawnEdge]) -> list[DrawnEdge]:
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


def _largest_component(edges: list[DrawnEdge]) -> list[DrawnEdge]:
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


def _renumbered(nodes: list[Point], edges: list[DrawnEdge]) -> DrawnNetwork:
    used = sorted({node for edge in edges for node in (edge.start, edge.end)})
    number = {node: position for position, node in enumerate(used)}
    renumbered = [replace(edge, start=number[edge.start], end=number[edge.end]) for edge in edges]
    index = SegmentIndex.of_lines(edge.line for edge in renumbered)
    return DrawnNetwork([nodes[node] for node in used], renumbered, index)
