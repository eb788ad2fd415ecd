"""Technicians' hours on duty in the sums of Insight, and what has changed of them.

Adds only: a column, and triggers that write down whose duty or work changed. Older versions leave the column empty; the
days that they sum are summed anew.
"""

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("ALTER TABLE insight_days ADD COLUMN hours BYTEA")
    _run("""
CREATE FUNCTION note_insight_hours(of_org uuid, of_technician uuid, first timestamptz, last timestamptz) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    SELECT t.org_id, t.store_id, instants.at, pg_current_xact_id()::text::bigint
    FROM technicians t, (SELECT generate_series(first, last, interval '20 hours') UNION SELECT last) instants (at)
    WHERE t.org_id = of_org AND t.id = of_technician
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION note_insight_change_of_duty() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NULL AND (OLD.technician_id, OLD.started_at) = (NEW.technician_id, NEW.started_at) THEN
            -- It lasted until now, and so it was told.
            PERFORM note_insight_hours(NEW.org_id, NEW.technician_id, NEW.ended_at, NEW.ended_at);
            RETURN NULL;
        END IF;
        PERFORM note_insight_hours(
            OLD.org_id, OLD.technician_id, OLD.started_at, coalesce(OLD.ended_at, OLD.started_at));
    END IF;
    PERFORM note_insight_hours(NEW.org_id, NEW.technician_id, NEW.started_at, coalesce(NEW.ended_at, NEW.started_at));
    RETURN NULL;
END $$;

CREATE FUNCTION note_insight_change_of_work() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state IN ('assigned', 'done') THEN
        PERFORM note_insight_hours(NEW.org_id, NEW.technician_id, NEW.occupied_from, NEW.occupied_until);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state IN ('assigned', 'done') THEN
        PERFORM note_insight_hours(OLD.org_id, OLD.technician_id, OLD.occupied_from, OLD.occupied_until);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER insight_hours_inserted AFTER INSERT ON duty_intervals FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_duty();

CREATE TRIGGER insight_hours_updated AFTER UPDATE ON duty_intervals FOR EACH ROW WHEN ((OLD.technician_id, OLD.started_at, OLD.ended_at) IS DISTINCT FROM (NEW.technician_id, NEW.started_at, NEW.ended_at)) EXECUTE FUNCTION note_insight_change_of_duty();

CREATE TRIGGER insight_hours_inserted AFTER INSERT ON bookings FOR EACH ROW WHEN (NEW.state IN ('assigned', 'done')) EXECUTE FUNCTION note_insight_change_of_work();

CREATE TRIGGER insight_hours_updated AFTER UPDATE ON bookings FOR EACH ROW WHEN ((OLD.state IN ('assigned', 'done'), OLD.technician_id, OLD.occupied_from, OLD.occupied_until) IS DISTINCT FROM (NEW.state IN ('assigned', 'done'), NEW.technician_id, NEW.occupied_from, NEW.occupied_until)) EXECUTE FUNCTION note_insight_change_of_work();
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
