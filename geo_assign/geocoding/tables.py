"""Map keys, what geocoders answered, and how often they were asked."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from geo_assign.core.tables import INSTANT, in_values, tenant_table

OWNER_KINDS = ("store", "group", "organization")

map_keys = tenant_table(
    "map_keys",
    Column("owner_kind", Text, primary_key=True),
    Column("owner_id", UUID(as_uuid=True), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("url", Text),
    Column("key_encrypted", LargeBinary),
    Column("key_hint", Text),
    Column("status", Text, nullable=False, server_default="ok"),
    Column("last_error", Text),
    Column("blocked_until", INSTANT),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("opened_until", INSTANT),
    Column("daily_budget", Integer),
    Column("tested_at", INSTANT),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    CheckConstraint(in_values("owner_kind", OWNER_KINDS), name="owner_kind"),
    CheckConstraint("status IN ('ok', 'invalid')", name="status"),
    CheckConstraint("daily_budget > 0", name="daily_budget"),
)

# `cache_key` is a keyed hash of the address: the table alone does not tell where customers live.
geocode_cache = tenant_table(
    "geocode_cache",
    Column("provider", Text, primary_key=True),
    Column("cache_key", LargeBinary, primary_key=True),
    Column("outcome", JSONB, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index("geocode_cache_expires_at_idx", "expires_at"),
    worker=("SELECT", "DELETE"),
)

geocode_usage = tenant_table(
    "geocode_usage",
    Column("owner_kind", Text, primary_key=True),
    Column("owner_id", UUID(as_uuid=True), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("requests", Integer, nullable=False),
)
