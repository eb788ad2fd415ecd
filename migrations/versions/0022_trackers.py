"""Tracker apps of technicians, each with a token of its own.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # trackers
    _run("""
    CREATE TABLE trackers (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        technician_id UUID NOT NULL,
        name TEXT NOT NULL,
        app TEXT NOT NULL,
        token_hash BYTEA NOT NULL,
        hint TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        used_at TIMESTAMP WITH TIME ZONE,
        client TEXT,
        outcome TEXT,
        CONSTRAINT trackers_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT trackers_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id)
            REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT trackers_org_id_token_hash_key UNIQUE (org_id, token_hash),
        CONSTRAINT trackers_app_check CHECK (app IN ('owntracks', 'traccar', 'osmand', 'overland'))
    );

    CREATE UNIQUE INDEX trackers_technician_id_name_key ON trackers (org_id, technician_id, name) WHERE revoked_at IS NULL;

    ALTER TABLE trackers ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON trackers TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON trackers TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
