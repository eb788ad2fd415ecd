"""The map as tiles of vectors: clusters by status from afar, technicians one by one from near.

Tiles of a scope are shared by all who have it, for some seconds. From afar all tiles are made of one count of the
scope; from near each is a search of its own. A tile with too many to tell one by one tells clusters, too.
"""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Double, Integer, LargeBinary, Text, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import scope_values, viewer_declared
from geo_assign.core.db import Database, Tx
from geo_assign.core.geo import BoundingBox
from geo_assign.core.rows import AnyColumn, AnyType
from geo_assign.core.statements import Parameters, Statement
from geo_assign.mapview.domain import TechnicianOnMap, TechnicianStatus
from geo_assign.mapview.queries import WORLD, technician_of, view_values
from geo_assign.mapview.statements import ASKED, SHOWN, in_view, is_within
from geo_assign.mapview.tallies import known_people
from geo_assign.mapview.tiling import (
    CELL_BITS,
    EXTENT,
    GRID_BITS,
    LAST_LAT,
    SINGLE_ZOOM,
    Tile,
    cell_on_tile,
    middle_of_cell,
)
from geo_assign.mapview.windows import find_window

KEPT_S = 3.0
"""How long a tile is answered again as it was made: so long browsers keep it, too."""
_SHEETS = 256
_TILES = 1_024

_FLOATS: ARRAY[float] = ARRAY(Double())
_TEXTS: ARRAY[str] = ARRAY(Text())
_COUNTS = ("total", *(status.value for status in TechnicianStatus), "provider")
_CLUSTERS = Parameters(px=_FLOATS, py=_FLOATS, **dict.fromkeys(_COUNTS, _FLOATS))
_PEOPLE = Parameters(
    px=_FLOATS,
    py=_FLOATS,
    id=_TEXTS,
    name=_TEXTS,
    status=_TEXTS,
    provider=ARRAY(Boolean()),
    coarse=ARRAY(Boolean()),
    heard=_FLOATS,
    heading_deg=_FLOATS,
    speed_mps=_FLOATS,
    accuracy_m=_FLOATS,
)
_PI: AnyColumn = cast(literal(math.pi), Double())
_GRID = ASKED | Parameters(squares=Double())


class SquareRow(NamedTuple):
    """Technicians of one status in one square of a grid."""

    column: int
    line: int
    status: str
    provider: bool
    number: int


class TileRow(NamedTuple):
    body: bytes


@dataclass(frozen=True, slots=True)
class MadeTile:
    """A tile as it is answered: its bytes, its entity tag, whose places it tells, and when it was made."""

    body: bytes
    tag: str
    technician_ids: tuple[UUID, ...]
    at: datetime


@dataclass
class _Sheet:
    """What is kept of one scope, and until when by the process's clock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    squares: Sequence[SquareRow] = ()
    counted_until: float = float("-inf")
    tiles: "OrderedDict[Tile, tuple[float, MadeTile]]" = field(default_factory=OrderedDict)


class TileStore:
    """The tiles of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._sheets: OrderedDict[tuple[UUID, Scope], _Sheet] = OrderedDict()

    def get(self, org_id: UUID, scope: Scope, tile: Tile) -> MadeTile:
        """A tile of what the scope sees, at most `KEPT_S` old."""
        sheet = self._sheet(org_id, scope)
        # Who waits here holds no connection; one makes the tile for all.
        with sheet.lock:
            held = sheet.tiles.get(tile)
            if held is not None and monotonic() < held[0]:
                return held[1]
            with self._database.transaction(org_id) as tx:
                made = _make(tx, scope, tile, sheet)
            sheet.tiles[tile] = (monotonic() + KEPT_S, made)
            sheet.tiles.move_to_end(tile)
            while len(sheet.tiles) > _TILES:
                sheet.tiles.popitem(last=False)
            return made

    def _sheet(self, org_id: UUID, scope: Scope) -> _Sheet:
        with self._lock:
            sheet = self._sheets.setdefault((org_id, scope), _Sheet())
            self._sheets.move_to_end((org_id, scope))
            while len(self._sheets) > _SHEETS:
                self._sheets.popitem(last=False)
            return sheet


def _make(tx: Tx, scope: Scope, tile: Tile, sheet: _Sheet) -> MadeTile:
    if tile.z < SINGLE_ZOOM:
        if monotonic() >= sheet.counted_until:
            sheet.squares = _count_squares(tx, scope, WORLD, bits=GRID_BITS)
            sheet.counted_until = monotonic() + KEPT_S
        return _made(tx, scope, _clusters(_cells_of(sheet.squares, tile)), ())
    people = people_on_tile(tx, scope, tile)
    if people is None:
        bits = tile.z + CELL_BITS
        squares = _count_squares(tx, scope, tile.bounds, bits=bits)
        return _made(tx, scope, _clusters(_cells_of(squares, tile, bits=bits)), ())
    return _made(tx, scope, (people_layer(), _told(people, tile)), [one.id for one in people])


def _made(
    tx: Tx, scope: Scope, layer: tuple[Statement[TileRow], Mapping[str, object]], ids: Sequence[UUID]
) -> MadeTile:
    body = bytes(tx.fetch(*layer)[0].body)
    whose = f"{tx.org_id} {scope_key(scope)} ".encode()
    return MadeTile(body, hashlib.sha256(whose + body).hexdigest()[:24], tuple(ids), tx.now())


def scope_key(scope: Scope) -> str:
    """A scope as text, the same for equal ones."""
    parts = (sorted(map(str, scope.store_ids)), sorted(map(str, scope.group_ids)))
    return f"{scope.everything} {parts} {scope.technician_id} {scope.api_key_id}"


# From near -----------------------------------------------------------------------------------------------------------


def people_on_tile(tx: Tx, scope: Scope, tile: Tile) -> list[TechnicianOnMap] | None:
    """The technicians whose place is shown on the tile; None where they are more than are told one by one."""
    at, view = tx.now(), view_values(tile.bounds)
    middle = {"lat": tile.middle.lat, "lon": tile.middle.lon}
    values = scope_values(tx, scope) | view | middle | {"at": at}
    window = find_window(tx, values, tile.radius_m)
    if window is None:
        return None
    rows = tx.fetch(in_view(everything=scope.everything, window=window), values)
    if len(rows) > SHOWN:
        return None
    people = [technician_of(row, at) for row in rows]
    return [one for one in people if tile.holds(one.point)]


def _told(people: Sequence[TechnicianOnMap], tile: Tile) -> Mapping[str, object]:
    steps = [tile.steps_to(one.point) for one in people]
    return {
        "px": [float(x) for x, _ in steps],
        "py": [float(y) for _, y in steps],
        "id": [str(one.id) for one in people],
        "name": [one.name for one in people],
        "status": [one.status.value for one in people],
        "provider": [one.provider is not None for one in people],
        "coarse": [one.coarse for one in people],
        "heard": [None if one.recorded_at is None else one.recorded_at.timestamp() for one in people],
        "heading_deg": [one.heading_deg for one in people],
        "speed_mps": [one.speed_mps for one in people],
        "accuracy_m": [one.accuracy_m for one in people],
    }


# From afar -----------------------------------------------------------------------------------------------------------


@cache
def squares(*, everything: bool) -> Statement[SquareRow]:
    """The shown technicians of the view, by square of the Mercator projection, `squares` each way."""
    known = known_people(viewer_declared(everything=everything)).subquery("known")
    c, across = known.c, _GRID.squares
    lat = func.radians(func.greatest(-LAST_LAT, func.least(LAST_LAT, c.lat)))
    x = (c.lon + 180.0) / 360.0
    y = (1.0 - func.asinh(func.tan(lat)) / _PI) / 2.0
    col = func.least(across - 1, func.floor(x * across))
    line = func.least(across - 1, func.floor(y * across))
    rows = select(col.label("column"), line.label("line"), c.status, c.provider, func.count().label("number"))
    return Statement.of(SquareRow, rows.where(is_within(known, margin=False)).group_by(col, line, c.status, c.provider))


def _count_squares(tx: Tx, scope: Scope, view: BoundingBox, *, bits: int) -> list[SquareRow]:
    values = scope_values(tx, scope) | view_values(view) | {"at": tx.now(), "squares": float(1 << bits)}
    return tx.fetch(squares(everything=scope.everything), values)


def _cells_of(
    rows: Iterable[SquareRow], tile: Tile, *, bits: int = GRID_BITS
) -> Mapping[tuple[int, int], Mapping[str, int]]:
    """How many there are in each cell of the tile that is not empty, by status."""
    cells: dict[tuple[int, int], dict[str, int]] = {}
    for row in rows:
        cell = cell_on_tile(int(row.column), int(row.line), tile, bits=bits)
        if cell is not None:
            counts = cells.setdefault(cell, dict.fromkeys(_COUNTS, 0))
            counts["total"] += row.number
            counts[row.status] += row.number
            counts["provider"] += row.number * row.provider
    return cells


def _clusters(
    cells: Mapping[tuple[int, int], Mapping[str, int]],
) -> tuple[Statement[TileRow], Mapping[str, object]]:
    middles = [middle_of_cell(*cell) for cell in cells]
    told = {name: [float(counts[name]) for counts in cells.values()] for name in _COUNTS}
    px, py = [float(x) for x, _ in middles], [float(y) for _, y in middles]
    return clusters_layer(), {"px": px, "py": py, **told}


# As vectors ----------------------------------------------------------------------------------------------------------


@cache
def people_layer() -> Statement[TileRow]:
    """The technicians of a tile as a layer `technicians`; unknown values are left out."""
    return _layer("technicians", _PEOPLE)


@cache
def clusters_layer() -> Statement[TileRow]:
    """The cells of a tile as a layer `clusters`."""
    return _layer("clusters", _CLUSTERS, whole=frozenset(_COUNTS))


def _kinds(given: Parameters) -> dict[str, AnyType]:
    """The types of the arrays' elements."""
    arrays = {one: given[one] for one in given}
    return {one: array.item_type for one, array in arrays.items() if isinstance(array, ARRAY)}


def _layer(name: str, given: Parameters, *, whole: frozenset[str] = frozenset()) -> Statement[TileRow]:
    """The rows of the arrays as features; the members `whole` are integers."""
    arrays: dict[str, AnyColumn] = {one: getattr(given, one) for one in given}
    columns = [column(one, kind) for one, kind in _kinds(given).items()]
    rows = func.unnest(*arrays.values()).table_valued(*columns).render_derived(name="given")
    told = [
        (cast(rows.c[one], Integer()) if one in whole else rows.c[one]).label(one)
        for one in given
        if one not in ("px", "py")
    ]
    features = select(func.ST_MakePoint(rows.c.px, rows.c.py).label("geom"), *told).subquery("features")
    made = func.ST_AsMVT(features.table_valued(), literal(name), EXTENT, literal("geom"), type_=LargeBinary())
    return Statement.of(TileRow, select(made.label("body")).select_from(features))
