"""How long drives to work really take, and what a store has learned from them.

Adds only: a table and a column that older versions do not know.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE stores ADD COLUMN eta_factors JSONB DEFAULT '{}' NOT NULL")

    # drives
    _run("""
    CREATE TABLE drives (
        org_id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        technician_id UUID,
        store_id UUID NOT NULL,
        provider TEXT NOT NULL,
        hour INTEGER NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE NOT NULL,
        estimated_s DOUBLE PRECISION NOT NULL,
        told_s DOUBLE PRECISION NOT NULL,
        seconds DOUBLE PRECISION,
        counted BOOLEAN DEFAULT 'false' NOT NULL,
        CONSTRAINT drives_pkey PRIMARY KEY (org_id, work_order_id),
        CONSTRAINT drives_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id) ON DELETE CASCADE,
        CONSTRAINT drives_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT drives_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT drives_hour_check CHECK (hour BETWEEN 0 AND 23),
        CONSTRAINT drives_estimated_check CHECK (estimated_s > 0 AND told_s > 0)
    );

    CREATE INDEX drives_began_at_idx ON drives (began_at);

    CREATE INDEX drives_new_idx ON drives (org_id, store_id) WHERE seconds IS NOT NULL AND NOT counted;

    CREATE INDEX drives_store_idx ON drives (org_id, store_id, began_at);

    CREATE INDEX drives_technician_idx ON drives (org_id, technician_id) WHERE technician_id IS NOT NULL;

    ALTER TABLE drives ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON drives TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON drives TO geo_assign_app;

    CREATE POLICY sweep ON drives TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON drives TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
