"""What a router said of the drives in a decision.

Adds only: a column that older versions leave alone.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE decisions ADD COLUMN routing JSONB")
