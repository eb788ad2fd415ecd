"""The grain of the city: at every point, the two directions its streets run in.

A street may follow the grain or cross it, forwards or backwards; four directions a quarter turn apart. So directions
are averaged as four times their angle on the unit circle: districts pull towards their own grid, shores and main roads
towards themselves, the plaza towards a spider's web.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo_assign.simulate.geometry import Line, Point, direction, segments
from geo_assign.simulate.places import PLAZA
from scripts.city import plan
from scripts.city.shapes import bounds

CELL_M = 30.0
MARGIN_M = 200.0
SHORE_REACH_M, SHORE_PULL = 170.0, 5.0
WEB_REACH_M, WEB_PULL = 430.0, 1.6

Complexes = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grain:
    """Street directions, and the district whose custom rules, on a grid of cells."""

    turns: list[list[Point]]
    districts: list[list[int]]
    west: float
    south: float

    def follow(self, point: Point, heading: Point) -> Point:
        """Return the unit vector of the grain at a point that is nearest to the heading."""
        x, y = self.turns[int((point[1] - self.south) / CELL_M)][int((point[0] - self.west) / CELL_M)]
        dot, cross = x * heading[0] + y * heading[1], x * heading[1] - y * heading[0]
        if abs(dot) >= abs(cross):
            return (x, y) if dot > 0 else (-x, -y)
        return (-y, x) if cross > 0 else (y, -x)

    def district(self, point: Point) -> plan.District:
        """Return the district whose middle is nearest, measured in its own reach."""
        row, column = int((point[1] - self.south) / CELL_M), int((point[0] - self.west) / CELL_M)
        return plan.DISTRICTS[self.districts[row][column]]


def weave_grain(lines: Iterable[Line], area: Iterable[Point]) -> Grain:
    """Work the grain out for the box around ``area``; streets align with ``lines``: shores and roads."""
    west, south, east, north = bounds(area)
    west, south, east, north = west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M
    xs, ys = np.meshgrid(np.arange(west, east, CELL_M), np.arange(south, north, CELL_M))
    pull = _districts(xs, ys) + _web(xs, ys) + _shores(list(lines), xs, ys)
    angles = np.angle(pull) / 4 + 0.05 * np.sin(xs / 310 + ys / 570) + 0.04 * np.sin(ys / 260 - xs / 690)
    turns = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return Grain(turns.tolist(), _nearest_districts(xs, ys).tolist(), west, south)


def _districts(xs: Floats, ys: Floats) -> Complexes:
    pull: Complexes = np.full(xs.shape, 1e-9, dtype=complex)
    for district in plan.DISTRICTS:
        squared = (xs - district.centre[0]) ** 2 + (ys - district.centre[1]) ** 2
        weight = np.exp(-2.2 * squared / district.reach_m**2)
        pull += weight * np.exp(4j * plan.rotation(district))
    return pull


def _nearest_districts(xs: Floats, ys: Floats) -> npt.NDArray[np.intp]:
    away = [np.hypot(xs - d.centre[0], ys - d.centre[1]) / d.reach_m for d in plan.DISTRICTS]
    nearest: npt.NDArray[np.intp] = np.argmin(away, axis=0)
    return nearest


def _web(xs: Floats, ys: Floats) -> Complexes:
    east: Floats = xs - PLAZA[0]
    north: Floats = ys - PLAZA[1]
    weight: Floats = WEB_PULL * np.exp(-(east**2 + north**2) / WEB_REACH_M**2)
    turned: Complexes = np.exp(4j * np.arctan2(north, east))
    return weight * turned


def _shores(lines: list[Line], xs: Floats, ys: Floats) -> Complexes:
    points, turns = _tangents(lines)
    away, nearest = cKDTree(points).query(np.column_stack([xs.ravel(), ys.ravel()]))
    weight = SHORE_PULL * np.exp(-((away / SHORE_REACH_M) ** 2))
    pull: Complexes = (weight * np.exp(4j * turns[nearest])).reshape(xs.shape)
    return pull


def _tangents(lines: list[Line]) -> tuple[Floats, Floats]:
    points: list[Point] = []
    turns: list[float] = []
    for line in lines:
        for a, b in segments(line):
            dx, dy = direction(a, b)
            points.append(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2))
            turns.append(math.atan2(dy, dx))
    return np.array(points), np.array(turns)
