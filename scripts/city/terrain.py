"""Water, parks and built-up land of the plan as drawn outlines, and quick answers to "what is at this point"."""

import random
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geo_assign.simulate.geometry import Line, Point, length_of, segments
from scripts.city import plan
from scripts.city.shapes import bounds, closed, inset, offset, smooth

Bools = npt.NDArray[np.bool_]
CELL_M = 8.0
# What streets may not touch: the water and this much of its bank, where the quays run.
BANK_M = 14.0


@dataclass(frozen=True)
class Raster:
    """A yes-or-no map in square cells, row by row from the south-west; outside of it the answer is no."""

    cells: Bools
    west: float
    south: float

    @cached_property
    def _bytes(self) -> bytes:
        return self.cells.tobytes()

    def at(self, point: Point) -> bool:
        """Return the cell's answer at a point."""
        column, row = int((point[0] - self.west) // CELL_M), int((point[1] - self.south) // CELL_M)
        rows, columns = self.cells.shape
        return bool(0 <= row < rows and 0 <= column < columns and self._bytes[row * columns + column])


@dataclass(frozen=True)
class Terrain:
    """The drawn outlines; rings without their first point repeated."""

    island: Line
    river: Line
    still_waters: dict[str, Line]
    parks: dict[str, Line]
    built_up: tuple[Line, ...]
    river_middle: Line
    banks: tuple[Line, Line]
    shore: Line
    promenade: Line
    _extent: tuple[float, float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_extent", bounds(self.island))

    @cached_property
    def waters(self) -> list[Line]:
        """All water rings on the island."""
        return [self.river, *self.still_waters.values()]

    @cached_property
    def dry(self) -> Raster:
        """Land that is no river, dock or pond."""
        wet = np.logical_or.reduce([self._fill(ring) for ring in self.waters])
        return self._raster(self._fill(self.island) & ~wet)

    @cached_property
    def green(self) -> Raster:
        """Inside a park."""
        return self._raster(np.logical_or.reduce([self._fill(ring) for ring in self.parks.values()]))

    @cached_property
    def buildable(self) -> Raster:
        """Where side streets may grow: built-up, dry with a strip of bank, no park."""
        built = np.logical_or.reduce([self._fill(ring) for ring in self.built_up])
        dry = _eroded(self.dry.cells, round(BANK_M / CELL_M))
        return self._raster(built & dry & self._fill(self.shore) & ~self.green.cells)

    def _raster(self, cells: Bools) -> Raster:
        return Raster(cells, self._extent[0], self._extent[1])

    def _fill(self, ring: Line) -> Bools:
        """Rasterize a ring: the even-odd rule at every cell's middle, row by row."""
        west, south, east, north = self._extent
        xs = np.arange(west, east, CELL_M) + CELL_M / 2
        ys = np.arange(south, north, CELL_M) + CELL_M / 2
        cells = np.zeros((len(ys), len(xs)), dtype=bool)
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if ay == by:
                continue
            rows = np.nonzero((ay > ys) != (by > ys))[0]
            if len(rows):
                cuts = (bx - ax) * (ys[rows] - ay) / (by - ay) + ax
                firsts = np.searchsorted(xs, cuts)
                for row, first in zip(rows.tolist(), firsts.tolist(), strict=True):
                    cells[row, first:] ^= True
        return cells


def _eroded(cells: Bools, by: int) -> Bools:
    shrunk = cells.copy()
    for axis in (0, 1):
        kept = shrunk.copy()
        for shift in range(-by, by + 1):
            kept &= np.roll(shrunk, shift, axis=axis)
        shrunk = kept
    return shrunk


def draw_terrain(rng: random.Random) -> Terrain:
    """Draw the plan's outlines: curves through the control points, coasts and woods roughened by the seed."""
    middle = smooth(plan.RIVER, step_m=45)
    widths = _widths_along(middle)
    left, right = offset(middle, widths), offset(middle, [-width for width in widths])
    quay = [width + plan.QUAY_SETBACK_M for width in widths]
    still = {name: list(ring) for name, ring in plan.DOCKS.items()}
    still |= {name: smooth(ring, ring=True, step_m=45) for name, ring in plan.PONDS.items()}
    island = smooth(plan.ISLAND, ring=True, step_m=90)
    return Terrain(
        island=_roughened(island, 34.0, rng),
        river=[*left, *reversed(right)],
        still_waters=still,
        parks={park.name: smooth(park.outline, ring=True, step_m=60) for park in plan.PARKS},
        built_up=tuple(plan.BUILT_UP),
        river_middle=middle,
        banks=(offset(middle, quay), offset(middle, [-away for away in quay])),
        shore=inset(island[::-1], plan.BEACH_M * 0.7),
        promenade=closed(inset(island[::-1], plan.BEACH_M)),
    )


def _widths_along(middle: Line) -> list[float]:
    """Half the river's width at every point of its middle, given at the plan's control points."""
    total = length_of(middle)
    share, shares = 0.0, [0.0]
    for a, b in segments(middle):
        share += length_of([a, b]) / total
        shares.append(share)
    marks = np.linspace(0, 1, len(plan.RIVER_HALF_WIDTHS_M))
    return [float(width) for width in np.interp(shares, marks, plan.RIVER_HALF_WIDTHS_M)]


def _roughened(ring: Line, by_m: float, rng: random.Random) -> Line:
    """Push points of a ring about at random, neighbours together, as waves do to a coast."""
    away = [rng.uniform(-by_m, by_m) for _ in ring]
    return offset([*ring], [(away[i - 1] + 2 * away[i] + away[(i + 1) % len(ring)]) / 4 for i in range(len(ring))])
