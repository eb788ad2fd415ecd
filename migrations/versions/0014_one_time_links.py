"""One-time links, with which a user chooses a password.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # one_time_links
    _run("""
    CREATE TABLE one_time_links (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        user_id UUID NOT NULL,
        purpose TEXT NOT NULL,
        token_hash BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        ended_at TIMESTAMP WITH TIME ZONE,
        ended_because TEXT,
        CONSTRAINT one_time_links_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT one_time_links_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE,
        CONSTRAINT one_time_links_org_id_token_hash_key UNIQUE (org_id, token_hash),
        CONSTRAINT one_time_links_purpose_check CHECK (purpose IN ('invitation', 'password_reset')),
        CONSTRAINT one_time_links_ended_because_check CHECK (ended_because IN ('replaced', 'revoked', 'user_changed')),
        CONSTRAINT one_time_links_ended_check CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
        CONSTRAINT one_time_links_used_or_ended_check CHECK (used_at IS NULL OR ended_at IS NULL)
    );

    CREATE INDEX one_time_links_expires_at_idx ON one_time_links (expires_at);

    CREATE UNIQUE INDEX one_time_links_open_key ON one_time_links (org_id, user_id, purpose) WHERE used_at IS NULL AND ended_at IS NULL;

    CREATE INDEX one_time_links_user_id_idx ON one_time_links (org_id, user_id, created_at);

    ALTER TABLE one_time_links ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON one_time_links TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_links TO geo_assign_app;

    CREATE POLICY sweep ON one_time_links TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON one_time_links TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
