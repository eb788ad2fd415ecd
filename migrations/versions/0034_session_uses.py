"""When each session was last used.

Adds only: a column that older versions leave alone.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN last_used_at TIMESTAMP WITH TIME ZONE")
