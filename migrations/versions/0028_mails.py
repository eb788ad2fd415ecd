"""Mails that carry one-time links, on their way to the mail server.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # mails
    _run("""
    CREATE TABLE mails (
        org_id UUID NOT NULL,
        link_id UUID NOT NULL,
        token_encrypted BYTEA,
        state TEXT DEFAULT 'waiting' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        leased_until TIMESTAMP WITH TIME ZONE,
        next_attempt_at TIMESTAMP WITH TIME ZONE,
        last_error TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT mails_pkey PRIMARY KEY (org_id, link_id),
        CONSTRAINT mails_org_id_link_id_fkey FOREIGN KEY(org_id, link_id) REFERENCES one_time_links (org_id, id) ON DELETE CASCADE,
        CONSTRAINT mails_state_check CHECK (state IN ('waiting', 'sent', 'refused', 'dropped')),
        CONSTRAINT mails_waiting_is_due_check CHECK ((state = 'waiting') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT mails_finished_check CHECK ((state = 'waiting') = (finished_at IS NULL)),
        CONSTRAINT mails_token_check CHECK ((state = 'waiting') = (token_encrypted IS NOT NULL))
    );

    CREATE INDEX mails_due_idx ON mails (next_attempt_at) WHERE state = 'waiting';

    ALTER TABLE mails ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON mails TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO geo_assign_app;

    CREATE POLICY sweep ON mails TO geo_assign_worker USING (true);

    GRANT SELECT ON mails TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
