"""What each user did last, so that it can be taken back for a moment.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # undo_steps
    _run("""
    CREATE TABLE undo_steps (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        transaction_id BIGINT NOT NULL,
        kinds TEXT[] NOT NULL,
        fields TEXT[] DEFAULT '{}' NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        event_id UUID NOT NULL,
        before JSONB NOT NULL,
        CONSTRAINT undo_steps_pkey PRIMARY KEY (org_id, user_id),
        CONSTRAINT undo_steps_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id) ON DELETE CASCADE
    );

    CREATE INDEX undo_steps_at_idx ON undo_steps (at);

    ALTER TABLE undo_steps ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON undo_steps TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON undo_steps TO geo_assign_app;

    CREATE POLICY sweep ON undo_steps TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON undo_steps TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
