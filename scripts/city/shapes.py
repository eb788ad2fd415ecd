"""Curves, rings and crossings in the plane: what drawing needs beyond `geo_assign.simulate.geometry`."""

from collections.abc import Iterable, Sequence

from geo_assign.simulate.geometry import (
    Line,
    Point,
    Segment,
    direction,
    distance,
    nearest_on_segment,
    segments,
)


def closed(ring: Sequence[Point]) -> Line:
    """Return the ring with its first point repeated at the end."""
    return [*ring, ring[0]]


def smooth(controls: Sequence[Point], *, ring: bool = False, step_m: float = 40.0) -> Line:
    """Draw a centripetal-looking Catmull-Rom curve through the control points.

    A ring is returned without its first point repeated.
    """
    count = len(controls)
    last = count if ring else count - 1
    line: Line = []
    for index in range(last):
        four = [_neighbour(controls, index + offset, ring=ring) for offset in (-1, 0, 1, 2)]
        pieces = max(2, round(distance(four[1], four[2]) / step_m))
        line.extend(_catmull(four, piece / pieces) for piece in range(pieces))
    return line if ring else [*line, controls[-1]]


def _neighbour(controls: Sequence[Point], index: int, *, ring: bool) -> Point:
    if ring:
        return controls[index % len(controls)]
    return controls[min(max(index, 0), len(controls) - 1)]


def _catmull(four: Sequence[Point], t: float) -> Point:
    def axis(k: int) -> float:
        a, b, c, d = (point[k] for point in four)
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))

    return axis(0), axis(1)


def simplify(line: Sequence[Point], tolerance_m: float) -> Line:
    """Drop the points that lie within the tolerance of the line through their neighbours (Douglas and Peucker)."""
    keep = {0, len(line) - 1}
    stack = [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        worst, index = tolerance_m, -1
        for middle in range(first + 1, last):
            away = distance_to_segment(line[middle], line[first], line[last])
            if away > worst:
                worst, index = away, middle
        if index >= 0:
            keep.add(index)
            stack += [(first, index), (index, last)]
    return [line[index] for index in sorted(keep)]


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """Return the metres from a point to the nearest point of a segment."""
    return distance(point, nearest_on_segment(point, a, b))


def distance_to_line(point: Point, line: Sequence[Point]) -> float:
    """Return the metres from a point to the nearest point of a line."""
    return min(distance_to_segment(point, a, b) for a, b in segments(line))


def crossing(one: Segment, other: Segment) -> tuple[float, float] | None:
    """Return the shares along the two segments at which they cross, or None."""
    (a, b), (c, d) = one, other
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = rx * sy - ry * sx
    if abs(cross) < 1e-9:
        return None
    qx, qy = c[0] - a[0], c[1] - a[1]
    t, u = (qx * sy - qy * sx) / cross, (qx * ry - qy * rx) / cross
    return (t, u) if -1e-9 <= t <= 1 + 1e-9 and -1e-9 <= u <= 1 + 1e-9 else None


def inside(point: Point, ring: Sequence[Point]) -> bool:
    """Tell whether a point lies inside a ring (even-odd rule)."""
    x, y = point
    hit = False
    ax, ay = ring[-1]
    for bx, by in ring:
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            hit = not hit
        ax, ay = bx, by
    return hit


def signed_area(ring: Sequence[Point]) -> float:
    """Return the area of a ring in square metres, positive when it runs anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in segments(closed(ring))) / 2


def centroid(ring: Sequence[Point]) -> Point:
    """Return the centre of a ring's area."""
    area = signed_area(ring)
    if abs(area) < 1e-6:
        return ring[0]
    x = y = 0.0
    for a, b in segments(closed(ring)):
        cross = a[0] * b[1] - b[0] * a[1]
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
    return x / (6 * area), y / (6 * area)


def offset(line: Sequence[Point], left_m: float | Sequence[float]) -> Line:
    """Move every point of a line to its left by metres (one figure, or one per point); to its right when negative."""
    away = [left_m] * len(line) if isinstance(left_m, int | float) else left_m
    moved: Line = []
    for index, (x, y) in enumerate(line):
        before, after = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
        dx, dy = direction(before, after)
        moved.append((x - dy * away[index], y + dx * away[index]))
    return moved


def inset(ring: Sequence[Point], by_m: float) -> Line:
    """Shrink an anticlockwise ring by moving each side inwards; corners are mitred, sharp ones are cut."""
    count = len(ring)
    shrunk: Line = []
    for index in range(count):
        here = ring[index]
        ux, uy = direction(ring[index - 1], here)
        vx, vy = direction(here, ring[(index + 1) % count])
        nx, ny = -uy - vy, ux + vx
        reach = by_m / max(0.35, (nx * nx + ny * ny) / 2)
        shrunk.append((here[0] + nx * reach, here[1] + ny * reach))
    return shrunk


def bounds(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of some points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
