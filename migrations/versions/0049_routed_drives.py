"""Drives as routers estimated them, beside the straight line's estimate.

The key of `drives` gains the provider. Older versions write one row for each work order, which stays one.
"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE drives DROP CONSTRAINT drives_pkey;
    ALTER TABLE drives ADD CONSTRAINT drives_pkey PRIMARY KEY (org_id, work_order_id, provider);
    """)
