"""The tiles of the web's maps: which part of the Earth one shows, and the grid of cells that clusters lie in.

Tiles and cells are squares of the Mercator projection. A zoom has 2**z tiles each way, x from the west, y from the
north; it ends at 85.05 degrees, where the Earth would be a square. Cells of one zoom are whole cells of the next.
"""

import math
from dataclasses import dataclass

from geo_assign.core.geo import BoundingBox, Point, haversine_m

MAX_ZOOM = 22
# From here on technicians are told one by one.
SINGLE_ZOOM = 12
# A tile has so many cells each way: rings of 64 pixels where a tile is drawn with 512.
CELL_BITS = 3
GRID_BITS = SINGLE_ZOOM - 1 + CELL_BITS
"""Of the finest grid of clusters: so many halvings of the Earth."""
EXTENT = 4_096
"""Steps across a tile, as tiles of vectors count them."""
LAST_LAT = math.degrees(math.atan(math.sinh(math.pi)))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile by zoom, column and line. Raises ValueError where there is none."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise ValueError(f"there is no tile {self.z}/{self.x}/{self.y}")

    @property
    def bounds(self) -> BoundingBox:
        """What it shows; the outermost lines reach to the poles, so that no place is on no tile."""
        across = 1 << self.z
        return BoundingBox(
            west=self.x / across * 360.0 - 180.0,
            south=-90.0 if self.y == across - 1 else _lat(self.y + 1, across),
            east=(self.x + 1) / across * 360.0 - 180.0,
            north=90.0 if self.y == 0 else _lat(self.y, across),
        )

    @property
    def middle(self) -> Point:
        across = 1 << self.z
        return Point(_lat(self.y + 0.5, across), (self.x + 0.5) / across * 360.0 - 180.0)

    @property
    def radius_m(self) -> float:
        """From the middle to the farthest corner."""
        box = self.bounds
        return max(haversine_m(self.middle, Point(lat, box.west)) for lat in (box.south, box.north))

    def holds(self, point: Point) -> bool:
        """Whether a place is on this tile: on exactly one of each zoom."""
        return place_on_grid(point, self.z) == (self.x, self.y)

    def steps_to(self, point: Point) -> tuple[int, int]:
        """Where a place lies on it, in steps from its north-west corner."""
        x, y = _mercator(point)
        across = 1 << self.z
        return round((x * across - self.x) * EXTENT), round((y * across - self.y) * EXTENT)


def place_on_grid(point: Point, bits: int) -> tuple[int, int]:
    """Column and line of the square that holds a place, where the Earth is halved so many times."""
    x, y = _mercator(point)
    last = (1 << bits) - 1
    return min(last, int(x * (last + 1))), min(last, int(y * (last + 1)))


def cell_on_tile(column: int, line: int, tile: Tile, *, bits: int = GRID_BITS) -> tuple[int, int] | None:
    """The cell of a tile, counted from its corner, that a square of a grid lies in; None on other tiles.

    `bits`: how often the grid halves the Earth, at least as often as the tile's cells do.
    """
    shift = bits - (tile.z + CELL_BITS)
    cells = 1 << CELL_BITS
    across, down = (column >> shift) - tile.x * cells, (line >> shift) - tile.y * cells
    return (across, down) if 0 <= across < cells and 0 <= down < cells else None


def middle_of_cell(across: int, down: int) -> tuple[int, int]:
    """The middle of a tile's cell, in steps."""
    wide = EXTENT >> CELL_BITS
    return across * wide + wide // 2, down * wide + wide // 2


def _mercator(point: Point) -> tuple[float, float]:
    """From 0 to 1, west to east and north to south."""
    lat = math.radians(min(LAST_LAT, max(-LAST_LAT, point.lat)))
    return (point.lon + 180.0) / 360.0, (1.0 - math.asinh(math.tan(lat)) / math.pi) / 2.0


def _lat(line: float, across: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * line / across))))
