"""Sums of Insight by day, and what has changed since a day was summed.

Adds only: tables, and triggers that write down what changed. Older versions know neither; what they change is written
down all the same.
"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # insight_days
    _run("""
    CREATE TABLE insight_days (
        org_id UUID NOT NULL,
        store_id UUID NOT NULL,
        day DATE NOT NULL,
        timezone TEXT NOT NULL,
        begins_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        summed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        stands_until TIMESTAMP WITH TIME ZONE,
        version INTEGER NOT NULL,
        CONSTRAINT insight_days_pkey PRIMARY KEY (org_id, store_id, day),
        CONSTRAINT insight_days_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id)
    );

    CREATE INDEX insight_days_stands_until_idx ON insight_days (stands_until) WHERE stands_until IS NOT NULL;

    ALTER TABLE insight_days ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON insight_days TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON insight_days TO geo_assign_app;

    CREATE POLICY sweep ON insight_days TO geo_assign_worker USING (true);

    GRANT SELECT ON insight_days TO geo_assign_worker;
    """)

    # insight_sums
    _run("""
    CREATE TABLE insight_sums (
        org_id UUID NOT NULL,
        store_id UUID NOT NULL,
        day DATE NOT NULL,
        part INTEGER NOT NULL,
        group_id UUID,
        counts BYTEA NOT NULL,
        loads BYTEA NOT NULL,
        CONSTRAINT insight_sums_pkey PRIMARY KEY (org_id, store_id, day, part),
        CONSTRAINT insight_sums_org_id_store_id_day_fkey FOREIGN KEY(org_id, store_id, day) REFERENCES insight_days (org_id, store_id, day) ON DELETE CASCADE
    );

    ALTER TABLE insight_sums ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON insight_sums TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON insight_sums TO geo_assign_app;
    """)

    # insight_changes
    _run("""
    CREATE TABLE insight_changes (
        org_id UUID NOT NULL,
        store_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        transaction_id BIGINT NOT NULL,
        CONSTRAINT insight_changes_pkey PRIMARY KEY (org_id, store_id, created_at, transaction_id)
    );

    ALTER TABLE insight_changes ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON insight_changes TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, DELETE ON insight_changes TO geo_assign_app;

    CREATE POLICY sweep ON insight_changes TO geo_assign_worker USING (true);

    GRANT SELECT ON insight_changes TO geo_assign_worker;

CREATE FUNCTION note_insight_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    VALUES (NEW.org_id, NEW.store_id, NEW.created_at, pg_current_xact_id()::text::bigint) ON CONFLICT DO NOTHING;
    IF TG_OP = 'UPDATE' AND (OLD.store_id <> NEW.store_id OR OLD.created_at <> NEW.created_at) THEN
        INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
        VALUES (OLD.org_id, OLD.store_id, OLD.created_at, pg_current_xact_id()::text::bigint) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION note_insight_change_of_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    SELECT w.org_id, w.store_id, w.created_at, pg_current_xact_id()::text::bigint FROM work_orders w
    WHERE w.org_id = CASE TG_OP WHEN 'DELETE' THEN OLD.org_id ELSE NEW.org_id END
      AND w.id = CASE TG_OP WHEN 'DELETE' THEN OLD.work_order_id ELSE NEW.work_order_id END
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

    CREATE TRIGGER insight_inserted AFTER INSERT ON work_orders FOR EACH ROW EXECUTE FUNCTION note_insight_change();

    CREATE TRIGGER insight_updated AFTER UPDATE ON work_orders FOR EACH ROW WHEN ((OLD.store_id, OLD.group_id, OLD.kind, OLD.state, OLD.created_at, OLD.slot_start, OLD.slot_end, OLD.location_source, OLD.location_confidence, OLD.location_learned) IS DISTINCT FROM (NEW.store_id, NEW.group_id, NEW.kind, NEW.state, NEW.created_at, NEW.slot_start, NEW.slot_end, NEW.location_source, NEW.location_confidence, NEW.location_learned)) EXECUTE FUNCTION note_insight_change();

    CREATE TRIGGER insight_inserted AFTER INSERT ON work_order_events FOR EACH ROW WHEN (NEW.state = 'assigned') EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_deleted AFTER DELETE ON drives FOR EACH ROW WHEN (current_setting('app.deletes_organization', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_inserted AFTER INSERT ON offers FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_updated AFTER UPDATE ON offers FOR EACH ROW WHEN ((OLD.state, OLD.offered_at, OLD.responded_at) IS DISTINCT FROM (NEW.state, NEW.offered_at, NEW.responded_at)) EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_inserted AFTER INSERT ON bookings FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_updated AFTER UPDATE ON bookings FOR EACH ROW WHEN ((OLD.state, OLD.technician_id, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.state, NEW.technician_id, NEW.starts_at, NEW.ends_at)) EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_inserted AFTER INSERT ON drives FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_order();

    CREATE TRIGGER insight_updated AFTER UPDATE ON drives FOR EACH ROW WHEN ((OLD.provider, OLD.hour, OLD.seconds, OLD.estimated_s, OLD.told_s) IS DISTINCT FROM (NEW.provider, NEW.hour, NEW.seconds, NEW.estimated_s, NEW.told_s)) EXECUTE FUNCTION note_insight_change_of_order();
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
