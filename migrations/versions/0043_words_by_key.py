"""Texts that are looked through for words are read by their keys, however few an organization has.

The function answers as it did: older versions may go on calling it.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_order_search
    _run("""
    CREATE OR REPLACE FUNCTION find_work_orders_among(words text[], among uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
    DECLARE
        org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
        condition text := (SELECT string_agg('(' || search_condition(word) || ')', ' AND ') FROM unnest(words) word);
    BEGIN
        IF condition IS NOT NULL THEN
            RETURN QUERY EXECUTE
                'SELECT s.work_order_id FROM unnest($2) one (id) CROSS JOIN LATERAL (SELECT * FROM work_order_search '
                'WHERE org_id = $1 AND work_order_id = one.id LIMIT 1) s WHERE ' || condition USING org, among;
        END IF;
    END $$;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
