"""Links by which customers follow their work orders, and their looks in the log.

Adds only: a table that older versions do not know, and one more way to look.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # customer_links
    _run("""
    CREATE TABLE customer_links (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        token_hash BYTEA NOT NULL,
        token_encrypted BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_by JSONB NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT customer_links_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT customer_links_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id),
        CONSTRAINT customer_links_org_id_token_hash_key UNIQUE (org_id, token_hash)
    );

    CREATE UNIQUE INDEX customer_links_valid_key ON customer_links (org_id, work_order_id) WHERE revoked_at IS NULL;

    ALTER TABLE customer_links ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON customer_links TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON customer_links TO geo_assign_app;
    """)

    # location_views: NOT VALID first, so that the check of old rows does not hold writers up.
    _run("ALTER TABLE location_views DROP CONSTRAINT location_views_how_check")
    _run(
        "ALTER TABLE location_views ADD CONSTRAINT location_views_how_check "
        "CHECK (how IN ('map', 'live', 'nearest', 'list', 'decision', 'export', 'customer')) NOT VALID"
    )
    _run("ALTER TABLE location_views VALIDATE CONSTRAINT location_views_how_check")


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
