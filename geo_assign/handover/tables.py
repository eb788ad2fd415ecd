"""Handover notes, and who has read them."""

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.tables import INSTANT, tenant_table

# Without a group it is for the whole store. The linked work orders are those that the author saw; a reader is told
# those that the reader sees.
handover_notes = tenant_table(
    "handover_notes",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("group_id", UUID(as_uuid=True)),
    Column("text", Text, nullable=False),
    Column("work_order_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default="{}"),
    Column("author_id", UUID(as_uuid=True), nullable=False),
    Column("author_name", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    ForeignKeyConstraint(["org_id", "group_id"], ["service_groups.org_id", "service_groups.id"]),
    ForeignKeyConstraint(["org_id", "author_id"], ["users.org_id", "users.id"]),
    CheckConstraint("expires_at > created_at", name="forward"),
    Index("handover_notes_store_idx", "org_id", "store_id", "created_at", "id"),
    Index("handover_notes_created_idx", "org_id", "created_at", "id"),
    Index("handover_notes_expires_at_idx", "expires_at"),
    worker=("SELECT", "DELETE"),
)

handover_reads = tenant_table(
    "handover_reads",
    Column("note_id", UUID(as_uuid=True), primary_key=True),
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("read_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "note_id"], ["handover_notes.org_id", "handover_notes.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE"),
)
