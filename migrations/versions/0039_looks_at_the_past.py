"""Looks at where technicians were, as a way of their own in the log.

Adds only: one more way to look.
"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # NOT VALID first, so that the check of old rows does not hold writers up.
    op.execute("ALTER TABLE location_views DROP CONSTRAINT location_views_how_check")
    op.execute(
        "ALTER TABLE location_views ADD CONSTRAINT location_views_how_check CHECK (how IN "
        "('map', 'live', 'nearest', 'list', 'decision', 'export', 'customer', 'past')) NOT VALID"
    )
    op.execute("ALTER TABLE location_views VALIDATE CONSTRAINT location_views_how_check")
