"""What stands against work that technicians already have: the filters of the ranking, asked for the slot of the work.

Only the filters that `undo` work are asked: what a technician is, may do and when. Where the technician is at present,
and what else fills the time, was judged when the work was given.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    not_,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import array

from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, whole_number, word
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, RowParameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import ExclusionCode
from geo_assign.matching.filters import FILTERS, Filter, Subject
from geo_assign.matching.sources import LIVE
from geo_assign.workforce.tables import service_providers, technicians
from geo_assign.workorders.domain import HOLDING, TERMINAL
from geo_assign.workorders.tables import bookings, work_orders

# What should have been done before is still to be done, or forgotten; after this it is no dispatcher's any more.
_OVERDUE_FOR = timedelta(days=30)

_GIVEN = Parameters(
    org_id=Uuid(),
    at=INSTANT,
    overdue_from=INSTANT,
    work_order_id=Uuid(),
    technician_ids=ARRAY(Uuid()),
)
_EACH = RowParameters(
    "asked",
    _GIVEN
    | Parameters(
        technician_id=Uuid(),
        store_id=Uuid(),
        group_id=Uuid(),
        slot_start=INSTANT,
        slot_end=INSTANT,
        skills=ARRAY(Text()),
        exceptions_from=Date(),
        exceptions_until=Date(),
        known=ARRAY(Text()),
        given_at=INSTANT,
        is_over=Boolean(),
    ),
    shared=frozenset({"org_id", "at"}),
)


class _ObstaclesRow(NamedTuple):
    work_order_id: UUID
    technician_id: UUID
    name: str
    known: Sequence[str]
    lapsed: bool
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What stands against one technician's work on one order.

    `reasons` are all of them, `new` those that were not already true when the technician was chosen.
    """

    work_order_id: UUID
    technician_id: UUID
    name: str
    reasons: tuple[ExclusionCode, ...]
    new: tuple[ExclusionCode, ...]


def list_obstacles(tx: Tx, technician_ids: Collection[UUID], *, at: datetime) -> list[Obstacles]:
    """What stands against the work that these technicians hold, whose slot is not over for long, by work order."""
    values = {"technician_ids": list(technician_ids), "overdue_from": at - _OVERDUE_FOR}
    return [_obstacles(row) for row in tx.fetch(_of_technicians(), {"org_id": tx.org_id, "at": at, **values})]


def list_obstacles_of_order(
    tx: Tx, work_order_id: UUID, technician_ids: Collection[UUID], *, at: datetime
) -> dict[UUID, Obstacles]:
    """What stands against these technicians for an order, whether they hold it or not, by technician."""
    values = {"work_order_id": work_order_id, "technician_ids": list(technician_ids)}
    rows = tx.fetch(_of_order(), {"org_id": tx.org_id, "at": at, **values})
    return {row.technician_id: _obstacles(row) for row in rows}


def _obstacles(row: _ObstaclesRow) -> Obstacles:
    reasons = tuple(ExclusionCode(code) for code in row.codes)
    known = set(row.known) - ({ExclusionCode.AGREEMENT_EXPIRED} if row.lapsed else set())
    new = tuple(code for code in reasons if code not in known)
    return Obstacles(row.work_order_id, row.technician_id, row.name, reasons, new)


@cache
def _of_technicians() -> Statement[_ObstaclesRow]:
    b, w = bookings.alias("b"), work_orders.alias("w")
    held = _asked(
        w,
        technician_id=b.c.technician_id,
        start=b.c.starts_at,
        end=b.c.ends_at,
        known=b.c.known_reasons,
        given_at=b.c.created_at,
    )
    rows = held.select_from(b.join(w, and_(w.c.org_id == _GIVEN.org_id, w.c.id == b.c.work_order_id))).where(
        b.c.org_id == _GIVEN.org_id,
        b.c.technician_id == any_(_GIVEN.technician_ids),
        b.c.state.in_(HOLDING),
        b.c.occupied_until > _GIVEN.overdue_from,
    )
    return Statement.of(_ObstaclesRow, _judged(rows).order_by(_EACH.work_order_id))


@cache
def _of_order() -> Statement[_ObstaclesRow]:
    b, w, t = bookings.alias("b"), work_orders.alias("w"), technicians.alias("u")
    holds = and_(
        b.c.org_id == _GIVEN.org_id,
        b.c.work_order_id == w.c.id,
        b.c.technician_id == t.c.id,
        b.c.state.in_(HOLDING),
    )
    known = func.coalesce(b.c.known_reasons, cast(array([], type_=Text()), ARRAY(Text())))
    asked = _asked(
        w, technician_id=t.c.id, start=w.c.slot_start, end=w.c.slot_end, known=known, given_at=b.c.created_at
    )
    pairs = w.join(t, and_(t.c.org_id == w.c.org_id, t.c.id == any_(_GIVEN.technician_ids))).outerjoin(b, holds)
    rows = asked.select_from(pairs).where(
        w.c.org_id == _GIVEN.org_id, t.c.org_id == _GIVEN.org_id, w.c.id == _GIVEN.work_order_id
    )
    return Statement.of(_ObstaclesRow, _judged(rows))


def _asked(
    order: FromClause,
    *,
    technician_id: ColumnElement[UUID],
    start: ColumnElement[datetime],
    end: ColumnElement[datetime],
    known: ColumnElement[Sequence[str]],
    given_at: ColumnElement[datetime],
) -> AnySelect:
    """The rows that are judged: a question each, by the names of the filters' parameters."""
    return select(
        order.c.id.label("work_order_id"),
        technician_id.label("technician_id"),
        order.c.store_id,
        order.c.group_id,
        order.c.skills,
        start.label("slot_start"),
        end.label("slot_end"),
        # As `dates_around` has it.
        (_utc_date(start) - whole_number(2)).label("exceptions_from"),
        (_utc_date(end) + whole_number(1)).label("exceptions_until"),
        known.label("known"),
        given_at.label("given_at"),
        (end <= _GIVEN.at).label("is_over"),
    ).where(order.c.state.not_in(sorted(TERMINAL)))


def _utc_date(instant: ColumnElement[datetime]) -> ColumnElement[date]:
    return cast(func.timezone(word("UTC"), instant), Date())


def _judged(rows: AnySelect) -> AnySelect:
    asked, t = rows.subquery("asked"), LIVE.technicians.alias("t")
    codes = [case((_undone(one, t), word(code))) for code, one in FILTERS.items() if one.undoes]
    return (
        select(
            _EACH.work_order_id.label("work_order_id"),
            _EACH.technician_id.label("technician_id"),
            t.c.name,
            _EACH.known.label("known"),
            _lapsed(t).label("lapsed"),
            func.array_remove(array(codes), null()).label("codes"),
        )
        .select_from(asked.join(t, and_(t.c.org_id == _GIVEN.org_id, t.c.id == _EACH.technician_id)))
        .where(t.c.org_id == _GIVEN.org_id)
    )


def _undone(one: Filter, technician: FromClause) -> ColumnElement[bool]:
    """A slot that is over cannot be missed any more: only what hangs on no slot stands against the work then."""
    by_group, by_store = (
        one.excludes(Subject(technician, technician, _EACH, LIVE, by_group=by_group)) for by_group in (True, False)
    )
    excludes = case((_EACH.group_id.is_not(None), by_group), else_=by_store)
    return excludes if one.lasting else and_(not_(_EACH.is_over), excludes)


def _lapsed(technician: FromClause) -> ColumnElement[bool]:
    """Whether the provider's agreement ended after the technician was chosen: then it is no longer as it was known."""
    v = service_providers.alias("v")
    return row_exists(
        v,
        v.c.org_id == _GIVEN.org_id,
        v.c.id == technician.c.provider_id,
        v.c.valid_until <= _GIVEN.at,
        v.c.valid_until > _EACH.given_at,
    )
