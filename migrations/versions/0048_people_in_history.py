"""Indexes by which one person is found in what is kept for good, and an erasure that reads no more than that.

Adds only; the erasure of before is replaced by one that takes the same and does the same. The indexes are built while
others write. Of a build that was interrupted an index without use is left; the next run replaces it.
"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_NAMED_IN_EVENTS = """(
    jsonb_path_query_array(actor, '$."id"')
    || jsonb_path_query_array(detail, '$.** ? (@.type() == "string" && @ like_regex "^[0-9a-f]{8}-[0-9a-f-]{27}$")'))"""
_NAMED_IN_DECISIONS = """(
    jsonb_path_query_array(actor, '$."id"')
    || jsonb_path_query_array(candidates || excluded, '$[*]."technician_id"')
    || coalesce(jsonb_path_query_array(batch, '$.**."technician_id"'), '[]'))"""
_PENDING = "WITH (gin_pending_list_limit = 512)"
_INDEXES = {
    "work_order_events_people_idx": f"work_order_events USING gin ({_NAMED_IN_EVENTS} jsonb_path_ops) {_PENDING}",
    "decisions_people_idx": f"decisions USING gin ({_NAMED_IN_DECISIONS} jsonb_path_ops) {_PENDING}",
    "offers_technician_idx": "offers (org_id, technician_id, offered_at)",
    "outbox_subject_idx": "outbox (org_id, subject_id)",
    "webhook_deliveries_subject_idx": "webhook_deliveries (org_id, subject_id)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, and no one waits for the build.
        _run("SET lock_timeout = 0; SET statement_timeout = 0")
        for name, said in _INDEXES.items():
            _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            _run(f"CREATE INDEX CONCURRENTLY {name} ON {said}")
        _run("RESET lock_timeout; RESET statement_timeout")
    _run(_ERASURE)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:=` and `::` as parameters.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))


_ERASURE = f"""
CREATE OR REPLACE FUNCTION erase_technician_traces(technician uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    org uuid := nullif(current_setting('app.org_id', true), '')::uuid;
    ids text[];
    called text;
    mentions text;
    one jsonb;
    orders uuid[] := '{{}}';
BEGIN
    SELECT array_remove(ARRAY[t.id::text, t.user_id::text], NULL), t.name INTO STRICT ids, called
    FROM technicians t WHERE t.org_id = org AND t.id = technician AND NOT t.active;
    mentions := '(' || array_to_string(ids, '|') || ')';
    DELETE FROM location_views v WHERE v.org_id = org AND v.technician_id = technician;
    FOR one IN SELECT jsonb_build_array(i.id) FROM unnest(ids) i (id) LOOP
        orders := orders || ARRAY(
            SELECT e.work_order_id FROM work_order_events e WHERE e.org_id = org AND {_NAMED_IN_EVENTS} @> one);
        UPDATE work_order_events e
        SET actor = without_names(e.actor, ids, called),
            detail = without_names(e.detail, ids, called)
                - CASE WHEN e.actor ->> 'id' = ANY (ids) THEN 'note' ELSE '' END
        WHERE e.org_id = org AND {_NAMED_IN_EVENTS} @> one;
        UPDATE decisions d
        SET actor = without_names(d.actor, ids, called), candidates = without_names(d.candidates, ids, called),
            excluded = without_names(d.excluded, ids, called), batch = without_names(d.batch, ids, called)
        WHERE d.org_id = org AND {_NAMED_IN_DECISIONS} @> one;
    END LOOP;
    orders := ARRAY(
        SELECT unnest(orders)
        UNION SELECT b.work_order_id FROM bookings b WHERE b.org_id = org AND b.technician_id = technician
        UNION SELECT o.work_order_id FROM offers o WHERE o.org_id = org AND o.technician_id = technician);
    UPDATE work_orders w
    SET created_by = without_names(w.created_by, ids, called), changed_by = without_names(w.changed_by, ids, called)
    WHERE w.org_id = org AND w.id = ANY (orders)
      AND (w.created_by ->> 'id' = ANY (ids) OR w.changed_by ->> 'id' = ANY (ids));
    UPDATE work_orders w SET pending_detail = without_names(w.pending_detail, ids, called)
    WHERE w.org_id = org AND w.pending_reason IS NOT NULL AND w.pending_detail::text ~ mentions;
    UPDATE work_orders w SET alarm = without_names(w.alarm, ids, called)
    WHERE w.org_id = org AND w.alarm IS NOT NULL AND w.alarm::text ~ mentions;
    UPDATE group_stays g SET sent_by = without_names(g.sent_by, ids, called)
    WHERE g.org_id = org AND g.work_order_id = ANY (orders) AND g.sent_by ->> 'id' = ANY (ids);
    UPDATE outbox o SET payload = without_names(o.payload, ids, called)
    WHERE o.org_id = org AND o.subject_id = ANY (orders || technician) AND o.payload::text ~ mentions;
    UPDATE webhook_attempts a SET response = NULL FROM webhook_deliveries v
    WHERE a.org_id = org AND v.org_id = org AND v.id = a.delivery_id
      AND v.subject_id = ANY (orders || technician) AND v.data::text ~ mentions;
    UPDATE webhook_deliveries v SET data = without_names(v.data, ids, called)
    WHERE v.org_id = org AND v.subject_id = ANY (orders || technician) AND v.data::text ~ mentions;
END $$
"""
