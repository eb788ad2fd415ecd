"""Reads of work that technicians hold, and of the alarms that say who cannot do it any more."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.workorders.domain import HOLDING, TERMINAL, AlarmCode, Kind
from geo_assign.workorders.queries.work_orders import number_text
from geo_assign.workorders.tables import bookings, work_orders
from geo_assign.workorders.visibility import sees_work_order

ToldReasons = Mapping[UUID, tuple[str, ...]]
"""The codes of the reasons that an alarm tells, by technician."""

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class HeldWork:
    """A work order for which a technician's time is held."""

    id: UUID
    number: str


def list_impossible_work(tx: Tx, technician_ids: Collection[UUID]) -> dict[UUID, ToldReasons]:
    """The live orders whose alarm says of one of these technicians that the work is impossible, with all it tells."""
    w, wanted = work_orders.c, {str(technician_id) for technician_id in technician_ids}
    statement = select(w.id, w.alarm).where(
        w.org_id == tx.org_id,
        w.alarm.is_not(None),
        w.alarm["code"].astext == AlarmCode.WORK_IMPOSSIBLE,
        w.state.not_in(sorted(TERMINAL)),
    )
    found: dict[UUID, ToldReasons] = {}
    for row in tx.conn.execute(statement):
        told = {one["technician_id"]: tuple(one["reasons"]) for one in row.alarm["technicians"]}
        if not wanted.isdisjoint(told):
            found[row.id] = {UUID(technician_id): reasons for technician_id, reasons in told.items()}
    return found


def list_held_work(tx: Tx, scope: Scope, technician_ids: Collection[UUID]) -> list[HeldWork]:
    """The first of the orders of the scope for which these technicians' time is held, by slot: MOST_NAMED of them."""
    b, w = bookings.c, work_orders.c
    statement = (
        select(w.id, w.kind, w.number)
        .select_from(bookings.join(work_orders, and_(w.org_id == b.org_id, w.id == b.work_order_id)))
        .where(
            b.org_id == tx.org_id,
            w.org_id == tx.org_id,
            b.technician_id.in_(technician_ids),
            b.state.in_(HOLDING),
            sees_work_order(viewer_of(tx, scope)),
        )
        .group_by(w.id, w.kind, w.number)
        .order_by(func.min(b.starts_at), w.id)
        .limit(MOST_NAMED)
    )
    return [HeldWork(row.id, number_text(Kind(row.kind), row.number)) for row in tx.conn.execute(statement)]


def named(work: Collection[HeldWork]) -> str:
    """Work orders by number, in words: "L-0001 and T-0004"; empty for none."""
    *others, last = [one.number for one in work] or [""]
    return f"{', '.join(others)} and {last}" if others else last
