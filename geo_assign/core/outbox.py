"""Outgoing events as rows, written in the transaction of the change they tell. Delivery reads them later."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.tables import INSTANT, tenant_table
from geo_assign.core.wire import JsonObject

# `sequence` orders the events of one subject: they are written under its lock. `delivered_at`: fanned out since.
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
    Index("outbox_waiting_idx", "org_id", "subject_id", "sequence", postgresql_where=text("delivered_at IS NULL")),
    Index("outbox_delivered_at_idx", "delivered_at", postgresql_where=text("delivered_at IS NOT NULL")),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "UPDATE", "DELETE"),
)


def emit(tx: Tx, event_type: str, subject_id: UUID, payload: JsonObject, *, at: datetime) -> UUID:
    """Add an outgoing event; its id stays the same across every delivery attempt."""
    event_id = new_id()
    tx.conn.execute(
        outbox.insert().values(
            org_id=tx.org_id,
            id=event_id,
            event_type=event_type,
            subject_id=subject_id,
            payload=dict(payload),
            created_at=at,
            available_at=at,
        )
    )
    return event_id
