"""Saved views that are shared, known by ids.

Adds only: columns with defaults, which older versions do not write.
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("""
    ALTER TABLE saved_views
        ADD COLUMN id UUID DEFAULT gen_random_uuid() NOT NULL,
        ADD COLUMN page TEXT DEFAULT 'pending' NOT NULL,
        ADD COLUMN shared BOOLEAN DEFAULT false NOT NULL,
        ADD COLUMN version INTEGER DEFAULT '1' NOT NULL,
        ADD CONSTRAINT saved_views_org_id_id_key UNIQUE (org_id, id);

    CREATE INDEX saved_views_shared_idx ON saved_views (org_id) WHERE shared;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
