"""Photos and signatures that technicians leave with finished work.

Adds only: a table that older versions do not know.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_order_images
    _run("""
    CREATE TABLE work_order_images (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        kind TEXT NOT NULL,
        media_type TEXT NOT NULL,
        width_px INTEGER NOT NULL,
        height_px INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        sha256 BYTEA NOT NULL,
        content BYTEA,
        technician_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT work_order_images_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT work_order_images_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id),
        CONSTRAINT work_order_images_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT work_order_images_kind_check CHECK (kind IN ('photo', 'signature')),
        CONSTRAINT work_order_images_has_a_size_check CHECK (width_px > 0 AND height_px > 0 AND size_bytes > 0)
    );

    CREATE INDEX work_order_images_order_idx ON work_order_images (org_id, work_order_id);

    CREATE INDEX work_order_images_technician_idx ON work_order_images (org_id, technician_id);

    CREATE UNIQUE INDEX work_order_images_signature_key ON work_order_images (org_id, work_order_id) WHERE kind = 'signature';

    ALTER TABLE work_order_images ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_order_images TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON work_order_images TO geo_assign_app;

    CREATE POLICY sweep ON work_order_images TO geo_assign_worker USING (true);

    GRANT SELECT ON work_order_images TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
