"""Push subscriptions of devices, and what they are still to be told."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.tables import INSTANT, in_values, tenant_table
from geo_assign.push.domain import PushKind

# `address_encrypted` holds endpoint and keys; the hash of the endpoint only tells that two are the same. `service` is
# the push service's origin.
push_subscriptions = tenant_table(
    "push_subscriptions",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("session_id", UUID(as_uuid=True), nullable=False),
    Column("service", Text, nullable=False),
    Column("address_encrypted", LargeBinary, nullable=False),
    Column("endpoint_hash", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["org_id", "session_id"], ["sessions.org_id", "sessions.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "endpoint_hash"),
    Index("push_subscriptions_technician_idx", "org_id", "technician_id"),
    Index("push_subscriptions_session_idx", "org_id", "session_id"),
    worker=("SELECT", "DELETE"),
)

# One message per device and work order: what is newer replaces what was not sent yet. `message_id` fences off an
# attempt that was under way then. Written in the transaction of what it tells; deleted when it is sent or void.
push_messages = tenant_table(
    "push_messages",
    Column("subscription_id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), primary_key=True),
    Column("message_id", UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("offer_id", UUID(as_uuid=True)),
    Column("expires_at", INSTANT, nullable=False),
    Column("next_attempt_at", INSTANT, nullable=False),
    Column("leased_until", INSTANT),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("created_at", INSTANT, nullable=False),
    ForeignKeyConstraint(
        ["org_id", "subscription_id"], ["push_subscriptions.org_id", "push_subscriptions.id"], ondelete="CASCADE"
    ),
    CheckConstraint(in_values("kind", list(PushKind)), name="kind"),
    Index("push_messages_due_idx", "next_attempt_at"),
    worker=("SELECT",),
)
