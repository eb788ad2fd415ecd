"""The city's streets as a network to drive on: junctions, and the edges between them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from geo_assign.simulate.geometry import Line, Point, Segment, distance, length_of, nearest_on_segment, segments

CELL_M = 60.0
# Coordinates of the file are whole numbers: decimetres.
UNITS_PER_M = 10

RoadClass = Literal["main", "street"]


@dataclass(frozen=True)
class Edge:
    """A piece of street between two junctions; its line runs from ``start`` to ``end``."""

    start: int
    end: int
    line: Line
    road_class: RoadClass
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

    @classmethod
    def of_lines(cls, lines: Iterable[Line]) -> "SegmentIndex":
        """Index lines under their position in the iterable."""
        index = cls()
        for number, line in enumerate(lines):
            index.add(number, line)
        return index

    def add(self, number: int, line: Line) -> None:
        """Add a line under its number."""
        for index, segment in enumerate(segments(line)):
            for cell in _cells(segment):
                self.cells[cell].append((number, index, segment))

    def near(self, segment: Segment) -> Iterator[tuple[int, int, Segment]]:
        """Yield line number, piece number and piece for all in the cells that a segment touches; some of it twice."""
        for cell in _cells(segment):
            yield from self.cells.get(cell, ())

    def around(self, point: Point, reach_m: float) -> Iterator[tuple[int, int, Segment]]:
        """Yield the same for all in the cells within reach of a point."""
        low, high = (point[0] - reach_m, point[1] - reach_m), (point[0] + reach_m, point[1] + reach_m)
        return self.near((low, high))


def _cells(segment: Segment) -> list[tuple[int, int]]:
    (ax, ay), (bx, by) = segment
    west, east = int(min(ax, bx) // CELL_M), int(max(ax, bx) // CELL_M)
    south, north = int(min(ay, by) // CELL_M), int(max(ay, by) // CELL_M)
    return [(column, row) for column in range(west, east + 1) for row in range(south, north + 1)]


@dataclass(frozen=True)
class StreetNetwork:
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


class StreetsDocument(TypedDict):
    """The network as JSON: see `read_streets`."""

    nodes: list[Sequence[int]]
    edges: list[tuple[int, int, RoadClass, list[Sequence[int]]]]


def read_streets(document: StreetsDocument) -> StreetNetwork:
    """Return the network that a JSON document holds.

    ``nodes`` are [x, y]; ``edges`` are [start, end, road class, points between the two]; coordinates count units of
    1 / ``UNITS_PER_M`` metres.
    """
    nodes = [_in_metres(node) for node in document["nodes"]]
    edges = []
    for start, end, road_class, inner in document["edges"]:
        line = [nodes[start], *map(_in_metres, inner), nodes[end]]
        edges.append(Edge(start, end, line, road_class, length_of(line)))
    return StreetNetwork(nodes, edges, SegmentIndex.of_lines(edge.line for edge in edges))


def _in_metres(position: Sequence[int]) -> Point:
    return position[0] / UNITS_PER_M, position[1] / UNITS_PER_M
