"""Decisions: the receipts of every ranking that led, or could have led, to an assignment."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from geo_assign.core.tables import APPEND_ONLY, INSTANT, tenant_table

NAMED_IN_DECISIONS = """(
    jsonb_path_query_array(actor, '$."id"')
    || jsonb_path_query_array(candidates || excluded, '$[*]."technician_id"')
    || coalesce(jsonb_path_query_array(batch, '$.**."technician_id"'), '[]'))"""
"""The ids of all who are named in a receipt, as a JSON array: an index finds a person's receipts by it."""

# `batch`: the id that the orders solved together share, and what giving them one by one would have come to.
# `routing`: which router ranked by drive time, or why it could not.
decisions = tenant_table(
    "decisions",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("mode", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", JSONB, nullable=False),
    Column("chosen_technician_id", UUID(as_uuid=True)),
    Column("query", JSONB, nullable=False),
    Column("policy", JSONB, nullable=False),
    Column("candidates", JSONB, nullable=False),
    Column("excluded", JSONB, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("batch", JSONB(none_as_null=True)),
    Column("routing", JSONB(none_as_null=True)),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    CheckConstraint("mode IN ('automatic', 'manual')", name="mode"),
    CheckConstraint("outcome IN ('offered', 'assigned', 'suggested', 'nobody')", name="outcome"),
    Index("decisions_work_order_idx", "org_id", "work_order_id", "at", "id"),
    Index("decisions_batch_idx", "org_id", text("(batch ->> 'id'::text)"), postgresql_where=text("batch IS NOT NULL")),
    Index(
        "decisions_people_idx",
        text(f"{NAMED_IN_DECISIONS} jsonb_path_ops"),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    ),
    Index("decisions_automatic_idx", "org_id", "at", "id", postgresql_where=text("mode = 'automatic'")),
    app=APPEND_ONLY,
)
