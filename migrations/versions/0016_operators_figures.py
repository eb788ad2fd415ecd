"""Figures for the operator's metrics: pending work by reason, and the age of the last places of those on duty.

Adds only: two indexes and a function.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("""
    CREATE INDEX work_orders_pending_reason_idx ON work_orders (pending_reason) WHERE pending_reason IS NOT NULL;

    CREATE INDEX technicians_on_duty_idx ON technicians (org_id, id) WHERE on_duty;

    CREATE FUNCTION count_position_ages(at timestamp with time zone, most integer)
    RETURNS TABLE (age text, number bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        RETURN QUERY SELECT b.age, count(d.id)
        FROM (VALUES ('under_1_min'), ('under_5_min'), ('under_15_min'), ('older'), ('none')) b (age)
        LEFT JOIN (
            SELECT t.id, CASE
                WHEN c.used_at IS NULL THEN 'none'
                WHEN c.used_at > at - interval '1 minute' THEN 'under_1_min'
                WHEN c.used_at > at - interval '5 minutes' THEN 'under_5_min'
                WHEN c.used_at > at - interval '15 minutes' THEN 'under_15_min'
                ELSE 'older' END AS age
            FROM (SELECT o.org_id, o.id FROM technicians o WHERE o.on_duty LIMIT most) t
            LEFT JOIN current_positions c ON c.org_id = t.org_id AND c.technician_id = t.id) d ON d.age = b.age
        GROUP BY b.age;
    END $$;

    REVOKE ALL ON FUNCTION count_position_ages(timestamp with time zone, integer) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION count_position_ages(timestamp with time zone, integer) TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
