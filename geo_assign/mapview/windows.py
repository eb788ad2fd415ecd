"""How far the walk outward from the middle of a view has to go to pass everyone who is in it."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sqlalchemy import select

from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox, Point, haversine_m
from geo_assign.core.postgis import place
from geo_assign.core.statements import Statement
from geo_assign.mapview.statements import ASKED, LOOKED_AT
from geo_assign.matching.domain import SPHERE_TO_GEODESIC
from geo_assign.positions.tables import current_positions

_WINDOWS = (256, 1_024, 4_096, 10_000, LOOKED_AT)
# Who is shown coarsely stands up to some 800 m from the true place.
_COARSE_M = 900.0
# Of a larger view the corners need not be what is farthest from its middle.
_SMALL_DEG = 45.0


class ReachRow(NamedTuple):
    sphere_m: float


def find_window(tx: Tx, values: Mapping[str, object], radius_m: float) -> int | None:
    """How many of the innermost positions hold everyone shown within the radius; None where even the most do not.

    `values`: the organization, and the middle as `lat` and `lon`.
    """
    wanted_m, expected = radius_m + _COARSE_M, 0.0
    for window in _WINDOWS:
        # The innermost tell how densely they stand: what cannot suffice is not walked.
        if window < expected and window != _WINDOWS[-1]:
            continue
        found = tx.fetch(reach(window), values)
        if not found:
            return window
        within_m = found[0].sphere_m * SPHERE_TO_GEODESIC
        if within_m > wanted_m:
            return window
        expected = window * (wanted_m / max(within_m, 1.0)) ** 2
    return None


@cache
def reach(window: int) -> Statement[ReachRow]:
    """How far the last of the innermost positions lies; no row where there are fewer."""
    c, middle = current_positions.alias("c"), place(ASKED.lat, ASKED.lon)
    sphere_m = c.c.geog.sphere_m(middle)
    walk = select(sphere_m.label("sphere_m")).where(c.c.org_id == ASKED.org_id).order_by(sphere_m)
    return Statement.of(ReachRow, walk.offset(window - 1).limit(1))


def radius_m(view: BoundingBox, middle: Point) -> float:
    """From the middle of a view to what of it is farthest away; infinite for what is a good part of the Earth."""
    if view.north - view.south > _SMALL_DEG or (view.east - view.west) % 360.0 > _SMALL_DEG:
        return float("inf")
    return max(haversine_m(middle, Point(lat, view.west)) for lat in (view.south, view.north))
