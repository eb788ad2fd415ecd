"""Previews of batches are kept, so that what was shown can be given out.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # batch_previews
    _run("""
    CREATE TABLE batch_previews (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        caller_id UUID NOT NULL,
        plan JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT batch_previews_pkey PRIMARY KEY (org_id, id)
    );

    CREATE INDEX batch_previews_expires_at_idx ON batch_previews (expires_at);

    ALTER TABLE batch_previews ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON batch_previews TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT ON batch_previews TO geo_assign_app;

    CREATE POLICY sweep ON batch_previews TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON batch_previews TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
