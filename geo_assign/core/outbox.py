"""Outgoing events as rows, written in the transaction of the change they tell. Delivery reads them later."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Identity,
    Index,
    Integer,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.rows_at_once import insert_rows
from geo_assign.core.tables import INSTANT, tenant_table
from geo_assign.core.wire import JsonObject

# `sequence` orders the events of one subject: they are written under its lock. `delivered_at`: fanned out since.
# `store_ids`: whose event it is; NULL in rows of older versions. `position` in the feed is given when a reader first
# comes by, under the organization's lock: what commits late comes after what was read.
outbox = tenant_table(
    "outbox",
    Column("id", PG_UUID(as_uuid=True), primary_key=True),
    Column("sequence", BigInteger, Identity(always=True), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("subject_id", PG_UUID(as_uuid=True), nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("available_at", INSTANT, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("delivered_at", INSTANT),
    Column("store_ids", ARRAY(PG_UUID(as_uuid=True))),
    Column("position", BigInteger),
    Index("outbox_waiting_idx", "org_id", "subject_id", "sequence", postgresql_where=text("delivered_at IS NULL")),
    Index("outbox_subject_idx", "org_id", "subject_id"),
    Index("outbox_delivered_at_idx", "delivered_at", postgresql_where=text("delivered_at IS NOT NULL")),
    Index("outbox_position_key", "org_id", "position", unique=True, postgresql_where=text("position IS NOT NULL")),
    Index("outbox_unplaced_idx", "org_id", "sequence", postgresql_where=text("position IS NULL")),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "UPDATE", "DELETE"),
)


class Outgoing(NamedTuple):
    """An event to be told: its type, whom it is about, what is told, when it happened, and the stores whose it is."""

    event_type: str
    subject_id: UUID
    payload: JsonObject
    at: datetime
    store_ids: Collection[UUID] = ()


def emit(
    tx: Tx,
    event_type: str,
    subject_id: UUID,
    payload: JsonObject,
    *,
    at: datetime,
    store_ids: Collection[UUID] = (),
) -> None:
    """Add an outgoing event of these stores."""
    emit_all(tx, [Outgoing(event_type, subject_id, payload, at, store_ids)])


def emit_all(tx: Tx, events: Sequence[Outgoing]) -> None:
    """Add outgoing events in this order; the id of each stays the same across every delivery attempt."""
    rows = [
        {
            "id": new_id(),
            "event_type": event.event_type,
            "subject_id": event.subject_id,
            "payload": event.payload,
            "created_at": event.at,
            "available_at": event.at,
            "store_ids": sorted(event.store_ids),
        }
        for event in events
    ]
    insert_rows(tx, outbox, rows)


def stores_of(event: FromClause) -> ColumnElement[Sequence[UUID]]:
    """The stores of an event; of one that an older version wrote, the store that its payload names."""
    named = event.c.payload["store_id"].astext.cast(PG_UUID(as_uuid=True))
    return func.coalesce(event.c.store_ids, array([named]))


def lock_events(tx: Tx) -> None:
    """Wait until no other transaction hands out the organization's events, and keep the others waiting."""
    tx.conn.execute(select(func.pg_advisory_xact_lock(_lock_of(tx))))


def try_lock_events(tx: Tx) -> bool:
    """Whether no other transaction hands out the organization's events; then the others have to wait."""
    return bool(tx.conn.execute(select(func.pg_try_advisory_xact_lock(_lock_of(tx)))).scalar_one())


def _lock_of(tx: Tx) -> ColumnElement[int]:
    return func.hashtextextended(f"fan-out/{tx.org_id}", 0)
