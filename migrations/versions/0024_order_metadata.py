"""Metadata of work orders: short texts that another system keeps with them.

Adds only. They may name the customer: forgetting a customer takes them out of what was sent, too.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_orders
    _run("ALTER TABLE work_orders ADD COLUMN metadata JSONB DEFAULT '{}' NOT NULL")
    # location_views
    _run("""
    CREATE OR REPLACE FUNCTION without_customer(document jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        CASE jsonb_typeof(document)
        WHEN 'object' THEN
            RETURN coalesce((
                SELECT jsonb_object_agg(m.key, without_customer(m.value))
                FROM jsonb_each(document) m WHERE m.key NOT IN ('address', 'candidates', 'customer', 'device', 'email', 'issue', 'label', 'lat', 'location', 'lon', 'metadata', 'note', 'notes', 'origin', 'phone', 'point')), '{}');
        WHEN 'array' THEN
            RETURN coalesce((
                SELECT jsonb_agg(without_customer(e.value) ORDER BY e.ordinality)
                FROM jsonb_array_elements(document) WITH ORDINALITY e), '[]');
        ELSE
            RETURN document;
        END CASE;
    END $$;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
