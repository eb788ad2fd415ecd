"""Previews of batches: what a dispatcher was shown, for as long as it may be given out."""

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB, UUID

from geo_assign.core.tables import APPEND_ONLY, INSTANT, tenant_table

# `plan` names technicians and work orders by id, never a customer or a place.
batch_previews = tenant_table(
    "batch_previews",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("caller_id", UUID(as_uuid=True), nullable=False),
    Column("plan", JSONB, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index("batch_previews_expires_at_idx", "expires_at"),
    app=APPEND_ONLY,
    worker=("SELECT", "DELETE"),
)
