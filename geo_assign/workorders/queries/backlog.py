"""How much work waits, over all organizations, for the operator's metrics.

Read with the worker's role from partial indexes, and no further than `COUNTED_TO` rows: what it costs does not grow
with the backlog.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Double,
    Select,
    cast,
    extract,
    func,
    literal,
    select,
    true,
    union_all,
)

from geo_assign.core.expressions import word
from geo_assign.core.rows import AnyColumn
from geo_assign.core.tables import INSTANT
from geo_assign.workorders.domain import OfferState, PendingReason
from geo_assign.workorders.tables import offers, work_orders

COUNTED_TO = 10_000
_w, _o = work_orders.c, offers.c


def count_pending(conn: Connection) -> Mapping[str, int]:
    """Pending work orders by reason, each counted up to `COUNTED_TO`; a reason that none has is 0."""
    return {row.reason: row.number for row in conn.execute(PENDING)}


def list_overdue(conn: Connection, now: datetime) -> Mapping[str, tuple[int, float]]:
    """By kind of deadline how many have passed, counted up to `COUNTED_TO`, and the seconds since the first did."""
    return {row.kind: (row.number, row.oldest_s) for row in conn.execute(overdue(now))}


def _pending_for(reason: PendingReason) -> Select[str, int]:
    some = select(_w.pending_reason).where(_w.pending_reason == word(reason)).limit(COUNTED_TO).subquery()
    return select(word(reason).label("reason"), func.count().label("number")).select_from(some)


PENDING = union_all(*(_pending_for(reason) for reason in PendingReason))


def overdue(now: datetime) -> CompoundSelect[str, int, float]:
    """The statement: `kind`, `number` and `oldest_s` of each kind of deadline."""
    return union_all(
        _overdue("offer_expiry", _o.expires_at, now, _o.state == word(OfferState.OFFERED)),
        _overdue("geocoding", _w.geocode_due_at, now),
        _overdue("evaluation", _w.evaluate_due_at, now),
    )


def _overdue(
    kind: str, due_at: AnyColumn, now: datetime, condition: ColumnElement[bool] | None = None
) -> Select[str, int, float]:
    at = literal(now, INSTANT)
    is_open = true() if condition is None else condition
    first = select(due_at.label("due_at")).where(due_at <= at, is_open).order_by(due_at).limit(COUNTED_TO).subquery()
    oldest_s = func.coalesce(cast(extract("epoch", at - func.min(first.c.due_at)), Double), 0.0)
    return select(word(kind).label("kind"), func.count().label("number"), oldest_s.label("oldest_s")).select_from(first)
