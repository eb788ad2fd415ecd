"""Reads of work orders' history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import ResultRow
from geo_assign.core.wire import JsonObject
from geo_assign.workorders.domain import Actor, EventKind, State, without_strangers
from geo_assign.workorders.tables import work_order_events


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event of a work order's history.

    `detail` is as it was written, but for technicians of other stores and groups; `EVENTS` says what each kind tells
    today.
    """

    id: UUID
    at: datetime
    kind: str
    actor: Actor
    state: str
    detail: JsonObject


def find_last_step(tx: Tx, work_order_id: UUID, *, state: State) -> HistoryEntry | None:
    """The technician's newest step by which a work order came to `state`."""
    e = work_order_events.c
    statement = (
        select(e.id, e.at, e.kind, e.actor, e.state, e.detail)
        .where(
            e.org_id == tx.org_id,
            e.work_order_id == work_order_id,
            e.state == state,
            e.kind == EventKind.STATUS_CHANGED,
        )
        .order_by(e.at.desc(), e.id.desc())
        .limit(1)
    )
    row = tx.conn.execute(statement).first()
    return None if row is None else _to_entry(row)


def is_customer_erased(tx: Tx, work_order_id: UUID) -> bool:
    """Whether the customer of a work order was forgotten."""
    e = work_order_events.c
    erasures = exists().where(
        e.org_id == tx.org_id,
        e.work_order_id == work_order_id,
        e.kind == EventKind.CHANGED,
        e.detail["erased"].as_boolean(),
    )
    return tx.conn.execute(select(erasures)).scalar_one()


def list_events_since(tx: Tx, work_order_id: UUID, *, at: datetime, event_id: UUID) -> list[HistoryEntry]:
    """The entries of the history after this one, oldest first."""
    e = work_order_events.c
    statement = select(e.id, e.at, e.kind, e.actor, e.state, e.detail).where(
        e.org_id == tx.org_id, e.work_order_id == work_order_id, or_(e.at > at, and_(e.at == at, e.id > event_id))
    )
    return [_to_entry(row) for row in tx.conn.execute(statement.order_by(e.at, e.id))]


def list_events(tx: Tx, work_order_id: UUID, *, limit: int, cursor: str | None = None) -> Page[HistoryEntry]:
    """The history of a work order, oldest first."""
    e = work_order_events.c
    statement = select(e.id, e.at, e.kind, e.actor, e.state, e.detail).where(
        e.org_id == tx.org_id, e.work_order_id == work_order_id
    )
    if cursor is not None:
        at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(e.at > at, and_(e.at == at, e.id > last_id)))
    rows = [_to_entry(row) for row in tx.conn.execute(statement.order_by(e.at, e.id).limit(limit + 1))]
    return page(rows, limit, lambda entry: (entry.at.isoformat(), entry.id))


def _to_entry(row: ResultRow) -> HistoryEntry:
    return HistoryEntry(row.id, row.at, row.kind, row.actor, row.state, without_strangers(row.detail))
