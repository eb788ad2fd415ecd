"""The links of customers to their work orders."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from geo_assign.core.tables import INSTANT, tenant_table

# Found by the hash; the encrypted token lets a dispatcher read the link again and send it once more.
customer_links = tenant_table(
    "customer_links",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("token_encrypted", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", JSONB, nullable=False),
    Column("opened_at", INSTANT),
    Column("revoked_at", INSTANT),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    UniqueConstraint("org_id", "token_hash"),
    Index(
        "customer_links_valid_key",
        "org_id",
        "work_order_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL"),
    ),
)
