"""Location privacy: who looked at whose place; no place is kept of anybody off duty."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # current_positions, position_track: the wall
    _run("""
    CREATE FUNCTION refuse_off_duty_positions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM written w WHERE (
                    SELECT true FROM duty_intervals d
                    WHERE d.org_id = w.org_id AND d.technician_id = w.technician_id AND d.started_at <= w.used_at
                      AND (d.ended_at IS NULL OR w.used_at < d.ended_at)
                    ORDER BY d.started_at DESC LIMIT 1) IS NULL) THEN
            RAISE EXCEPTION 'nobody''s place is kept off duty'
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;

    CREATE FUNCTION refuse_off_duty_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM written w JOIN replaced r ON r.org_id = w.org_id AND r.technician_id = w.technician_id
            WHERE (w.used_at, w.lat, w.lon) IS DISTINCT FROM (r.used_at, r.lat, r.lon) AND (
                    SELECT true FROM duty_intervals d
                    WHERE d.org_id = w.org_id AND d.technician_id = w.technician_id AND d.started_at <= w.used_at
                      AND (d.ended_at IS NULL OR w.used_at < d.ended_at)
                    ORDER BY d.started_at DESC LIMIT 1) IS NULL) THEN
            RAISE EXCEPTION 'nobody''s place is kept off duty'
                USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER on_duty_inserted AFTER INSERT ON current_positions REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_off_duty_positions();

    CREATE TRIGGER on_duty_updated AFTER UPDATE ON current_positions REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_off_duty_moves();

    CREATE TRIGGER on_duty_inserted AFTER INSERT ON position_track REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_off_duty_positions();
    """)
    # forget_positions
    _run("""
    CREATE FUNCTION forget_positions(before timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        forgotten integer;
    BEGIN
        DELETE FROM current_positions WHERE used_at < before;
        GET DIAGNOSTICS forgotten = ROW_COUNT;
        RETURN forgotten;
    END $$;

    REVOKE ALL ON FUNCTION forget_positions(timestamp with time zone) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION forget_positions(timestamp with time zone) TO geo_assign_worker;
    """)
    # location_views
    _run("""
    CREATE TABLE location_views (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        minute TIMESTAMP WITH TIME ZONE NOT NULL,
        viewer_id UUID NOT NULL,
        how TEXT NOT NULL,
        viewer_kind TEXT NOT NULL,
        viewer_name TEXT NOT NULL,
        first_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE NOT NULL,
        count INTEGER NOT NULL,
        CONSTRAINT location_views_pkey PRIMARY KEY (org_id, technician_id, minute, viewer_id, how),
        CONSTRAINT location_views_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT location_views_how_check CHECK (how IN ('map', 'live', 'nearest', 'list', 'decision', 'export')),
        CONSTRAINT location_views_count_check CHECK (count > 0)
    );

    CREATE INDEX location_views_minute_idx ON location_views (minute);

    ALTER TABLE location_views ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON location_views TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON location_views TO geo_assign_app;

    CREATE POLICY sweep ON location_views TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON location_views TO geo_assign_worker;
    """)
    # erasure
    _run("""
    CREATE FUNCTION without_names(document jsonb, ids text[], called text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        CASE jsonb_typeof(document)
        WHEN 'object' THEN
            RETURN coalesce((
                SELECT jsonb_object_agg(m.key, CASE
                    WHEN m.key IN ('name', 'technician_name')
                        AND (document ->> 'id' = ANY (ids) OR document ->> 'technician_id' = ANY (ids)) THEN to_jsonb('Erased person'::text)
                    ELSE without_names(m.value, ids, called) END)
                FROM jsonb_each(document) m), '{}');
        WHEN 'array' THEN
            RETURN coalesce((
                SELECT jsonb_agg(without_names(e.value, ids, called) ORDER BY e.ordinality)
                FROM jsonb_array_elements(document) WITH ORDINALITY e), '[]');
        WHEN 'string' THEN
            RETURN CASE WHEN document #>> '{}' = called THEN to_jsonb('Erased person'::text) ELSE document END;
        ELSE
            RETURN document;
        END CASE;
    END $$;

    CREATE FUNCTION without_customer(document jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        CASE jsonb_typeof(document)
        WHEN 'object' THEN
            RETURN coalesce((
                SELECT jsonb_object_agg(m.key, without_customer(m.value))
                FROM jsonb_each(document) m WHERE m.key NOT IN ('address', 'candidates', 'customer', 'device', 'email', 'issue', 'label', 'lat', 'location', 'lon', 'note', 'notes', 'origin', 'phone', 'point')), '{}');
        WHEN 'array' THEN
            RETURN coalesce((
                SELECT jsonb_agg(without_customer(e.value) ORDER BY e.ordinality)
                FROM jsonb_array_elements(document) WITH ORDINALITY e), '[]');
        ELSE
            RETURN document;
        END CASE;
    END $$;

    CREATE FUNCTION erase_technician_traces(technician uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
        ids text[];
        called text;
        mentions text;
    BEGIN
        SELECT array_remove(ARRAY[t.id::text, t.user_id::text], NULL), t.name INTO STRICT ids, called
        FROM technicians t WHERE t.org_id = org AND t.id = technician AND NOT t.active;
        mentions := '(' || array_to_string(ids, '|') || ')';
        DELETE FROM location_views v WHERE v.org_id = org AND v.technician_id = technician;
        UPDATE work_order_events e
        SET actor = without_names(e.actor, ids, called),
            detail = without_names(e.detail, ids, called)
                - CASE WHEN e.actor ->> 'id' = ANY (ids) THEN 'note' ELSE '' END
        WHERE e.org_id = org AND (e.actor ->> 'id' = ANY (ids) OR e.detail::text ~ mentions);
        UPDATE decisions d
        SET actor = without_names(d.actor, ids, called), candidates = without_names(d.candidates, ids, called),
            excluded = without_names(d.excluded, ids, called), batch = without_names(d.batch, ids, called)
        WHERE d.org_id = org
          AND (d.candidates::text ~ mentions OR d.excluded::text ~ mentions OR d.actor ->> 'id' = ANY (ids)
               OR d.batch::text ~ mentions);
        UPDATE work_orders w
        SET created_by = without_names(w.created_by, ids, called), changed_by = without_names(w.changed_by, ids, called),
            pending_detail = without_names(w.pending_detail, ids, called), alarm = without_names(w.alarm, ids, called)
        WHERE w.org_id = org
          AND (w.created_by ->> 'id' = ANY (ids) OR w.changed_by ->> 'id' = ANY (ids)
               OR w.pending_detail::text ~ mentions OR w.alarm::text ~ mentions);
        UPDATE group_stays g SET sent_by = without_names(g.sent_by, ids, called)
        WHERE g.org_id = org AND g.sent_by ->> 'id' = ANY (ids);
        UPDATE outbox o SET payload = without_names(o.payload, ids, called)
        WHERE o.org_id = org AND o.payload::text ~ mentions;
        UPDATE webhook_attempts a SET response = NULL FROM webhook_deliveries v
        WHERE a.org_id = org AND v.org_id = org AND v.id = a.delivery_id AND v.data::text ~ mentions;
        UPDATE webhook_deliveries v SET data = without_names(v.data, ids, called)
        WHERE v.org_id = org AND v.data::text ~ mentions;
    END $$;

    CREATE FUNCTION erase_customer_traces(work_order uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
    BEGIN
        PERFORM FROM work_orders w WHERE w.org_id = org AND w.id = work_order AND w.state IN ('cancelled', 'completed', 'converted');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no work order of this organization that is over' USING ERRCODE = 'no_data_found';
        END IF;
        UPDATE work_order_events e
        SET detail = without_customer(e.detail)
            - CASE WHEN e.kind IN ('cancelled', 'group_rejected') THEN 'reason' ELSE '' END
        WHERE e.org_id = org AND e.work_order_id = work_order;
        UPDATE decisions d SET query = without_customer(d.query)
        WHERE d.org_id = org AND d.work_order_id = work_order;
        UPDATE outbox o SET payload = without_customer(o.payload) #- '{detail,reason}'
        WHERE o.org_id = org AND o.subject_id = work_order;
        UPDATE webhook_attempts a SET response = NULL FROM webhook_deliveries v
        WHERE a.org_id = org AND v.org_id = org AND v.id = a.delivery_id AND v.subject_id = work_order;
        UPDATE webhook_deliveries v SET data = without_customer(v.data) #- '{detail,reason}'
        WHERE v.org_id = org AND v.subject_id = work_order;
    END $$;

    REVOKE ALL ON FUNCTION erase_technician_traces(uuid) FROM PUBLIC;

    REVOKE ALL ON FUNCTION erase_customer_traces(uuid) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION erase_technician_traces(uuid) TO geo_assign_app;

    GRANT EXECUTE ON FUNCTION erase_customer_traces(uuid) TO geo_assign_app;
    """)
    # audit_entries
    _run("""
    CREATE INDEX audit_entries_at_idx ON audit_entries (org_id, at, id);
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
