"""Working time: exceptions from the weekly hours; views that people saved."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_orders
    _run("""
    CREATE INDEX work_orders_waiting_idx ON work_orders (org_id, slot_start) WHERE state IN ('new', 'pending');
    """)
    # hours_exceptions
    _run("""
    CREATE TABLE hours_exceptions (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        local_date DATE NOT NULL,
        spans JSONB NOT NULL,
        note TEXT,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT hours_exceptions_pkey PRIMARY KEY (org_id, technician_id, local_date),
        CONSTRAINT hours_exceptions_org_id_technician_id_fkey FOREIGN KEY (org_id, technician_id)
            REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT hours_exceptions_spans_check CHECK (jsonb_typeof(spans) = 'array')
    );

    ALTER TABLE hours_exceptions ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON hours_exceptions TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON hours_exceptions TO geo_assign_app;
    """)
    # saved_views
    _run("""
    CREATE TABLE saved_views (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        name TEXT NOT NULL,
        content JSONB NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT saved_views_pkey PRIMARY KEY (org_id, user_id, name),
        CONSTRAINT saved_views_org_id_user_id_fkey FOREIGN KEY (org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON saved_views TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
