"""Webhooks, their secrets, and what was delivered to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from geo_assign.core.tables import APPEND_ONLY, INSTANT, in_values, tenant_table
from geo_assign.webhooks.domain import DeliveryState

_WAITING = text("state = 'waiting'")

webhooks = tenant_table(
    "webhooks",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("events", ARRAY(Text)),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("disabled_because", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("opened_until", INSTANT),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    # NULL: the whole organization's.
    Column("store_ids", ARRAY(UUID(as_uuid=True))),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    CheckConstraint("cardinality(events) > 0", name="events"),
    CheckConstraint("cardinality(store_ids) > 0", name="store_ids"),
    worker=("SELECT",),
)

# The one without `expires_at` is the present one; the others sign beside it until then.
webhook_secrets = tenant_table(
    "webhook_secrets",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("webhook_id", UUID(as_uuid=True), nullable=False),
    Column("secret_encrypted", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    ForeignKeyConstraint(["org_id", "webhook_id"], ["webhooks.org_id", "webhooks.id"], ondelete="CASCADE"),
    Index(
        "webhook_secrets_present_key",
        "org_id",
        "webhook_id",
        unique=True,
        postgresql_where=text("expires_at IS NULL"),
    ),
    Index("webhook_secrets_webhook_idx", "org_id", "webhook_id", "created_at"),
)

# `id` goes out as `webhook-id`, the same in every attempt. `sequence` is the event's place in the outbox: deliveries
# of one subject leave in this order. `attempts` counts those begun and is the fencing token of the lease: what an
# attempt found is only written while it is still the last one. `failures` are those since it was put on its way.
# `next_attempt_at` has the first of a subject alone: what waits behind it is due once that has ended.
webhook_deliveries = tenant_table(
    "webhook_deliveries",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("webhook_id", UUID(as_uuid=True), nullable=False),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("occurred_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("leased_until", INSTANT),
    Column("next_attempt_at", INSTANT),
    Column("expires_at", INSTANT, nullable=False),
    Column("finished_at", INSTANT),
    Column("last_error", Text),
    Column("created_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "webhook_id"], ["webhooks.org_id", "webhooks.id"], ondelete="CASCADE"),
    CheckConstraint(in_values("state", list(DeliveryState)), name="state"),
    CheckConstraint("state = 'waiting' OR next_attempt_at IS NULL", name="due_is_waiting"),
    CheckConstraint("(state = 'waiting') = (finished_at IS NULL)", name="finished"),
    Index("webhook_deliveries_event_key", "org_id", "webhook_id", "event_id", unique=True),
    Index("webhook_deliveries_subject_idx", "org_id", "subject_id"),
    Index("webhook_deliveries_order_idx", "org_id", "webhook_id", "subject_id", "sequence", postgresql_where=_WAITING),
    Index(
        "webhook_deliveries_heads_idx",
        "org_id",
        "webhook_id",
        "next_attempt_at",
        "sequence",
        postgresql_where=text("next_attempt_at IS NOT NULL"),
    ),
    Index("webhook_deliveries_oldest_idx", "created_at", postgresql_where=_WAITING),
    Index("webhook_deliveries_log_idx", "org_id", "webhook_id", "sequence"),
    Index("webhook_deliveries_finished_at_idx", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "UPDATE", "DELETE"),
)

webhook_attempts = tenant_table(
    "webhook_attempts",
    Column("delivery_id", UUID(as_uuid=True), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status_code", Integer),
    Column("error", Text),
    Column("response", Text),
    ForeignKeyConstraint(
        ["org_id", "delivery_id"], ["webhook_deliveries.org_id", "webhook_deliveries.id"], ondelete="CASCADE"
    ),
    app=APPEND_ONLY,
)

# How far the feed of an organization has been numbered: it only grows, whatever is forgotten of it.
event_feeds = tenant_table(
    "event_feeds",
    Column("position", BigInteger, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    app=("SELECT", "INSERT", "UPDATE"),
)
