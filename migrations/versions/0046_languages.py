"""The languages in which users and their organization are written to.

Adds only. Users without one are written to in the organization's; older versions write English to all.
"""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE organizations ADD COLUMN language TEXT DEFAULT 'en' NOT NULL;
    ALTER TABLE organizations ADD CONSTRAINT organizations_language_check CHECK (language IN ('en', 'de', 'pt'));
    ALTER TABLE users ADD COLUMN language TEXT;
    ALTER TABLE users ADD CONSTRAINT users_language_check CHECK (language IN ('en', 'de', 'pt'));
    """)
