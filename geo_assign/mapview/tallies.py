"""How many there are, in the view and in the scope, and the clusters of a view that holds too many to draw."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    FromClause,
    and_,
    any_,
    case,
    cast,
    func,
    not_,
    or_,
    select,
    union_all,
)

from geo_assign.access.viewer import Viewer, viewer_declared
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.geo import BoundingBox, Point
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Statement
from geo_assign.mapview.domain import Cluster, TechnicianStatus
from geo_assign.mapview.statements import ASKED, is_chosen, is_shown, is_within, of_base, of_phone
from geo_assign.matching.domain import Provenance
from geo_assign.positions.domain import UNREACHABLE_AFTER
from geo_assign.positions.tables import current_positions
from geo_assign.workforce.tables import stores, technicians
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import TERMINAL, BookingState, Kind, OfferState, State
from geo_assign.workorders.tables import bookings, offers, work_orders
from geo_assign.workorders.visibility import is_coarse, sees_work_order

# A view is cut into at most so many cells each way: 169 clusters, each wide enough to be read.
_CELLS = 13
_WHOLE_TURN = 360.0
_SMALLEST_CELL = _WHOLE_TURN / 2**22  # some ten metres
_HUNDREDTHS = cast(100.0, Double)


class PeopleRow(NamedTuple):
    """Technicians of one status, in the scope and in the view; where those in view are."""

    status: str
    provider: bool
    everywhere: int
    shown: int
    west: float | None
    south: float | None
    east: float | None
    north: float | None


class CellRow(NamedTuple):
    column: int
    line: int
    status: str
    provider: bool
    number: int
    lat: float
    lon: float


class OrdersRow(NamedTuple):
    kind: str
    everywhere: int
    shown: int


@cache
def people_counts(*, everything: bool, chosen: bool = False, window: int | None = None) -> Statement[PeopleRow]:
    """The shown technicians of the scope by status; with `window` those of the innermost positions alone."""
    known = known_people(viewer_declared(everything=everything), chosen=chosen, window=window).subquery("known")
    c, inside = known.c, is_within(known, margin=False)
    rows = select(
        c.status,
        c.provider,
        func.count().label("everywhere"),
        func.count().filter(inside).label("shown"),
        func.min(c.lon).filter(inside).label("west"),
        func.min(c.lat).filter(inside).label("south"),
        func.max(c.lon).filter(inside).label("east"),
        func.max(c.lat).filter(inside).label("north"),
    )
    return Statement.of(PeopleRow, rows.group_by(c.status, c.provider))


@cache
def cells(*, everything: bool, chosen: bool = False, window: int | None = None) -> Statement[CellRow]:
    """The shown technicians of the view by cell and status. The grid is the same for every view: nothing wanders."""
    known = known_people(viewer_declared(everything=everything), chosen=chosen, window=window).subquery("known")
    c = known.c
    column, line = func.floor(c.lon / ASKED.step), func.floor(c.lat / ASKED.step)
    rows = select(
        column.label("column"),
        line.label("line"),
        c.status,
        c.provider,
        func.count().label("number"),
        func.avg(c.lat).label("lat"),
        func.avg(c.lon).label("lon"),
    )
    inside = rows.where(is_within(known, margin=False))
    return Statement.of(CellRow, inside.group_by(column, line, c.status, c.provider).order_by(column, line))


@cache
def order_counts(*, everything: bool, chosen: bool = False) -> Statement[OrdersRow]:
    """The open work orders of the scope whose place is known."""
    viewer, w = viewer_declared(everything=everything), work_orders.alias("w")
    is_open = w.c.state.in_([state for state in State if state not in TERMINAL])
    inside = is_within(w, margin=False)
    rows = select(w.c.kind, func.count().label("everywhere"), func.count().filter(inside).label("shown")).where(
        w.c.org_id == ASKED.org_id, is_open, w.c.lat.is_not(None), sees_work_order(viewer, w)
    )
    if chosen:
        rows = rows.where(
            or_(ASKED.store_ids.is_(None), w.c.store_id == any_(ASKED.store_ids)),
            or_(ASKED.group_id.is_(None), w.c.group_id == ASKED.group_id),
        )
    return Statement.of(OrdersRow, rows.group_by(w.c.kind))


def known_people(viewer: Viewer, *, chosen: bool = False, window: int | None = None) -> AnySelect:
    """Every shown technician of the scope: where the caller may see it, and of which status.

    `window`: of those who are live no others than the innermost positions around the middle of the view.
    """
    c, t, b, s = current_positions.alias("c"), technicians.alias("t"), technicians.alias("b"), stores.alias("s")
    phones = select(*of_phone(c)).where(c.c.org_id == ASKED.org_id)
    if window is not None:
        phones = phones.order_by(c.c.geog.sphere_m(place(ASKED.lat, ASKED.lon))).limit(window)
    bases = select(*of_base(b)).where(b.c.org_id == ASKED.org_id, b.c.at_base)
    p = union_all(phones, bases).subquery("p")
    of_own = case((t.c.at_base, p.c.provenance == Provenance.HOME_BASE), else_=p.c.provenance == Provenance.LIVE)
    joined = p.join(t, and_(t.c.org_id == ASKED.org_id, t.c.id == p.c.technician_id))
    # Asked once: where no store blurs its technicians, none is looked at one by one.
    any_blurred = row_exists(
        s, s.c.org_id == ASKED.org_id, s.c.settings["coarse_positions"].astext.cast(Boolean).is_(True)
    )
    coarse = and_(any_blurred, not_(t.c.at_base), is_coarse(viewer, t, at=ASKED.at))

    def shown(degrees: AnyColumn) -> ColumnElement[float]:
        return case((coarse, func.round(degrees * _HUNDREDTHS) / _HUNDREDTHS), else_=degrees)

    return (
        select(
            shown(p.c.lat).label("lat"),
            shown(p.c.lon).label("lon"),
            t.c.provider_id.is_not(None).label("provider"),
            _status(t, p).label("status"),
        )
        .select_from(joined)
        .where(is_shown(t), of_own, p.c.lat.is_not(None), sees_technician(viewer, t), *is_chosen(t, chosen=chosen))
        # Kept apart: place and status are said once, instead of wherever a count asks for them.
        .offset(0)
    )


def _status(t: FromClause, p: FromClause) -> ColumnElement[str]:
    b, o = bookings.alias("b"), offers.alias("o")
    silent = or_(p.c.heard_at.is_(None), p.c.heard_at < ASKED.at - UNREACHABLE_AFTER)
    is_busy = row_exists(
        b,
        b.c.org_id == ASKED.org_id,
        b.c.technician_id == t.c.id,
        b.c.state == BookingState.ASSIGNED,
        b.c.occupied_until > ASKED.at,
        b.c.occupied_from <= ASKED.at,
    )
    is_asked = row_exists(o, o.c.org_id == ASKED.org_id, o.c.technician_id == t.c.id, o.c.state == OfferState.OFFERED)
    return case(
        (and_(p.c.provenance == Provenance.LIVE, silent), word(TechnicianStatus.SILENT)),
        (is_busy, word(TechnicianStatus.BUSY)),
        (is_asked, word(TechnicianStatus.OFFERED)),
        else_=word(TechnicianStatus.FREE),
    )


def cell_size(people: Sequence[PeopleRow]) -> float:
    """How wide and high a cell is, in degrees: a half, a quarter and so on of the way round."""
    in_view = [row for row in people if row.shown]
    wide = max(row.east or 0.0 for row in in_view) - min(row.west or 0.0 for row in in_view)
    high = max(row.north or 0.0 for row in in_view) - min(row.south or 0.0 for row in in_view)
    wanted = max(wide, high, _SMALLEST_CELL) / (_CELLS - 1)
    return float(_WHOLE_TURN / 2 ** math.floor(math.log2(_WHOLE_TURN / wanted)))


def clusters_of(rows: Iterable[CellRow], step: float) -> list[Cluster]:
    """One cluster for each cell."""
    grouped: dict[tuple[int, int], list[CellRow]] = {}
    for row in rows:
        grouped.setdefault((int(row.column), int(row.line)), []).append(row)
    return [_cluster(cell, of_cell, step) for cell, of_cell in grouped.items()]


def _cluster(cell: tuple[int, int], rows: Sequence[CellRow], step: float) -> Cluster:
    number = sum(row.number for row in rows)
    west, south = cell[0] * step, cell[1] * step
    return Cluster(
        middle=Point(
            sum(row.lat * row.number for row in rows) / number, sum(row.lon * row.number for row in rows) / number
        ),
        cell=BoundingBox(
            west=max(-180.0, west), south=max(-90.0, south), east=min(180.0, west + step), north=min(90.0, south + step)
        ),
        technicians=numbers_by_status((row.status, row.number) for row in rows),
        providers=sum(row.number for row in rows if row.provider),
    )


def numbers_by_status(numbers: Iterable[tuple[str, int]]) -> Mapping[TechnicianStatus, int]:
    """Each status with the sum of its numbers."""
    counts = dict.fromkeys(TechnicianStatus, 0)
    for status, number in numbers:
        counts[TechnicianStatus(status)] += number
    return counts


def numbers_by_kind(numbers: Iterable[tuple[str, int]]) -> Mapping[Kind, int]:
    """Each kind with the sum of its numbers."""
    counts = dict.fromkeys(Kind, 0)
    for kind, number in numbers:
        counts[Kind(kind)] += number
    return counts
