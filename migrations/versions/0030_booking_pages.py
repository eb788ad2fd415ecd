"""Challenges of booking pages are used once, and the work orders of an API key are found.

Adds only: a table and an index that older versions do not know.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # spent_challenges
    _run("""
    CREATE TABLE spent_challenges (
        org_id UUID NOT NULL,
        api_key_id UUID NOT NULL,
        challenge_hash BYTEA NOT NULL,
        spent_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT spent_challenges_pkey PRIMARY KEY (org_id, api_key_id, challenge_hash),
        CONSTRAINT spent_challenges_org_id_api_key_id_fkey FOREIGN KEY(org_id, api_key_id)
            REFERENCES api_keys (org_id, id) ON DELETE CASCADE
    );

    CREATE INDEX spent_challenges_day_idx ON spent_challenges (org_id, api_key_id, spent_at);

    CREATE INDEX spent_challenges_spent_at_idx ON spent_challenges (spent_at);

    ALTER TABLE spent_challenges ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON spent_challenges TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON spent_challenges TO geo_assign_app;

    CREATE POLICY sweep ON spent_challenges TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON spent_challenges TO geo_assign_worker;
    """)
    # work_orders
    _run("""
    CREATE INDEX work_orders_api_key_idx ON work_orders (org_id, (created_by ->> 'id'))
        WHERE created_by ->> 'kind' = 'api_key';
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
