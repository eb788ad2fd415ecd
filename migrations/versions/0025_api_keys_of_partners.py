"""API keys expire, say who made them and when they were last used, and change their token without a gap.

Adds only: columns that older versions do not know, all of them empty or with a default.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # api_keys
    _run("""
    ALTER TABLE api_keys
        ADD COLUMN expires_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN last_used_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN created_by UUID,
        ADD COLUMN web_origins TEXT[] DEFAULT '{}' NOT NULL,
        ADD COLUMN leads_per_day INTEGER,
        ADD COLUMN previous_token_hash BYTEA,
        ADD COLUMN previous_token_until TIMESTAMP WITH TIME ZONE,
        ADD COLUMN version INTEGER DEFAULT '1' NOT NULL,
        ADD COLUMN updated_at TIMESTAMP WITH TIME ZONE;

    ALTER TABLE api_keys
        ADD CONSTRAINT api_keys_org_id_created_by_fkey FOREIGN KEY(org_id, created_by) REFERENCES users (org_id, id),
        ADD CONSTRAINT api_keys_org_id_previous_token_hash_key UNIQUE (org_id, previous_token_hash),
        ADD CONSTRAINT api_keys_leads_per_day_check CHECK (leads_per_day > 0);
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
