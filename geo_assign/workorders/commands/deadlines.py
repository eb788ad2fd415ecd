"""When the worker looks at a work order again. Nothing that a person sees, so the version stays."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import or_, select, update

from geo_assign.core.db import Tx
from geo_assign.workorders.commands.outgoing import publish
from geo_assign.workorders.domain import (
    SETTLED_BY_A_NEW_SEARCH,
    AlarmClearedEvent,
    AlarmCode,
    PendingReason,
    State,
    WorkOrder,
)
from geo_assign.workorders.tables import work_orders


class Deadlines(TypedDict, total=False):
    """When an order is due for automation and for geocoding, and how often its address was asked for in vain.

    `looks_again_at` equals `evaluate_due_at` where nothing happened that could help: time passes, and that may.
    """

    evaluate_due_at: datetime | None
    looks_again_at: datetime | None
    geocode_due_at: datetime | None
    geocode_attempts: int


def set_deadlines(tx: Tx, order_id: UUID, **deadlines: Unpack[Deadlines]) -> None:
    """Set when background steps take up a work order; None: not at all."""
    w = work_orders.c
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id == order_id).values(**deadlines))


def begin_search(tx: Tx, order: WorkOrder, *, at: datetime) -> None:
    """Automation's search for a technician begins: what the one before alarmed of is settled."""
    w = work_orders.c
    values: dict[str, datetime | None] = {"search_started_at": at}
    settled = order.alarm is not None and order.alarm["code"] in SETTLED_BY_A_NEW_SEARCH
    if settled:
        values["alarm"] = None
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id == order.id).values(values))
    if order.alarm is not None and settled:
        publish(tx, order.id, AlarmClearedEvent(alarm=AlarmCode(order.alarm["code"])), at=at)


def recheck_pending(
    tx: Tx,
    *,
    at: datetime,
    store_id: UUID,
    reasons: Sequence[PendingReason],
    limit: int = 500,
) -> None:
    """Have the worker look again at what a store has pending for `reasons`, oldest first: its rules changed.

    Orders that another transaction holds are passed over: that one is about to judge them itself, and each has a
    deadline of its own besides.
    """
    w = work_orders.c
    waiting = (
        select(w.id)
        .where(
            w.org_id == tx.org_id,
            w.store_id == store_id,
            w.state == State.PENDING,
            w.pending_reason.in_(reasons),
            or_(w.evaluate_due_at.is_(None), w.evaluate_due_at > at),
        )
        .order_by(w.created_at, w.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id.in_(waiting)).values(evaluate_due_at=at))


def wake(tx: Tx, work_order_ids: Collection[UUID], *, at: datetime) -> None:
    """Have the worker look at these pending orders at once: something happened that may help.

    Orders that another transaction holds are passed over: that one is about to judge them itself, and each has a
    deadline of its own besides.
    """
    w = work_orders.c
    free = (
        select(w.id)
        .where(w.org_id == tx.org_id, w.id.in_(work_order_ids), w.state == State.PENDING)
        .order_by(w.id)
        .with_for_update(skip_locked=True)
    )
    tx.conn.execute(update(work_orders).where(w.org_id == tx.org_id, w.id.in_(free)).values(evaluate_due_at=at))


def geocode_pending(tx: Tx, *, at: datetime, reasons: Sequence[PendingReason], store_id: UUID | None = None) -> None:
    """Have the worker geocode what is pending for `reasons` and has an address but no location, with fresh attempts."""
    w = work_orders.c
    statement = update(work_orders).where(
        w.org_id == tx.org_id,
        w.state == State.PENDING,
        w.pending_reason.in_(reasons),
        w.lat.is_(None),
        w.address.is_not(None),
    )
    if store_id is not None:
        statement = statement.where(w.store_id == store_id)
    tx.conn.execute(statement.values(geocode_due_at=at, geocode_attempts=0))
