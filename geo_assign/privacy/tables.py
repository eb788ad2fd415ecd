"""Who saw where a technician was; and the two doors through which a person is taken out of what is only ever added to.

The application role cannot change history, receipts or the log. These functions run with the owner's rights and do
nothing but take one person out, within the organization that the transaction is set to.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.distribution import ANCHOR
from geo_assign.core.tables import APP_ROLE, INSTANT, and_also, in_values, tenant_table, where_distributed
from geo_assign.privacy.domain import ERASED_NAME, How
from geo_assign.receipts.tables import NAMED_IN_DECISIONS
from geo_assign.workorders.domain import TERMINAL
from geo_assign.workorders.tables import NAMED_IN_EVENTS

# One row per technician, minute, viewer and way of looking, so that a map that is watched all day stays small.
location_views = tenant_table(
    "location_views",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    Column("minute", INSTANT, primary_key=True),
    Column("viewer_id", UUID(as_uuid=True), primary_key=True),
    Column("how", Text, primary_key=True),
    Column("viewer_kind", Text, nullable=False),
    Column("viewer_name", Text, nullable=False),
    Column("first_at", INSTANT, nullable=False),
    Column("last_at", INSTANT, nullable=False),
    Column("count", Integer, nullable=False),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"], ondelete="CASCADE"),
    CheckConstraint(in_values("how", How), name="how"),
    CheckConstraint("count > 0", name="count"),
    Index("location_views_minute_idx", "minute"),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "DELETE"),
)

# Looks on the live stream: one row per technician, hour of UTC and viewer, with a bit for each minute. The free space
# of the pages takes the new versions of a row that is written every minute.
live_views = tenant_table(
    "live_views",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    Column("hour", INSTANT, primary_key=True),
    Column("viewer_id", UUID(as_uuid=True), primary_key=True),
    Column("viewer_kind", Text, nullable=False),
    Column("viewer_name", Text, nullable=False),
    Column("minutes", BigInteger, nullable=False),
    Column("first_at", INSTANT, nullable=False),
    Column("last_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"], ondelete="CASCADE"),
    CheckConstraint("minutes > 0", name="minutes"),
    Index("live_views_hour_idx", "hour"),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "DELETE"),
)

and_also(
    live_views,
    """
CREATE FUNCTION erase_live_views(technician uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM live_views v
    WHERE v.org_id = nullif(current_setting('app.org_id', true), '')::uuid AND v.technician_id = technician
$$""",
    "REVOKE ALL ON FUNCTION erase_live_views(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION erase_live_views(uuid) TO {APP_ROLE}",
)

# Members that identify a customer or tell an address, wherever in a document they stand.
_OF_CUSTOMERS = (
    "address",
    "candidates",
    "customer",
    "device",
    "email",
    "issue",
    "label",
    "lat",
    "location",
    "lon",
    "metadata",
    "note",
    "notes",
    "origin",
    "phone",
    "point",
)
_NAMES = ", ".join(f"'{name}'" for name in _OF_CUSTOMERS)
_ERASED = f"to_jsonb('{ERASED_NAME}'::text)"
_ORGANIZATION = "org uuid := nullif(current_setting('app.org_id', true), '')::uuid;"
_OVER = in_values("w.state", sorted(TERMINAL))

_AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"
_DECLARED_OF_TECHNICIAN = """
    ids text[];
    called text;
    mentions text;
    one jsonb;
    orders uuid[] := '{}';"""
_ERASE_TECHNICIAN = f"""
    SELECT array_remove(ARRAY[t.id::text, t.user_id::text], NULL), t.name INTO STRICT ids, called
    FROM technicians t WHERE t.org_id = org AND t.id = technician AND NOT t.active;
    mentions := '(' || array_to_string(ids, '|') || ')';
    DELETE FROM location_views v WHERE v.org_id = org AND v.technician_id = technician;
    FOR one IN SELECT jsonb_build_array(i.id) FROM unnest(ids) i (id) LOOP
        orders := orders || ARRAY(
            SELECT e.work_order_id FROM work_order_events e WHERE e.org_id = org AND {NAMED_IN_EVENTS} @> one);
        UPDATE work_order_events e
        SET actor = without_names(e.actor, ids, called),
            detail = without_names(e.detail, ids, called)
                - CASE WHEN e.actor ->> 'id' = ANY (ids) THEN 'note' ELSE '' END
        WHERE e.org_id = org AND {NAMED_IN_EVENTS} @> one;
        UPDATE decisions d
        SET actor = without_names(d.actor, ids, called), candidates = without_names(d.candidates, ids, called),
            excluded = without_names(d.excluded, ids, called), batch = without_names(d.batch, ids, called)
        WHERE d.org_id = org AND {NAMED_IN_DECISIONS} @> one;
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
    WHERE v.org_id = org AND v.subject_id = ANY (orders || technician) AND v.data::text ~ mentions;"""
_ERASE_CUSTOMER = f"""
    PERFORM FROM work_orders w WHERE w.org_id = org AND w.id = work_order AND {_OVER};
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no work order of this organization that is over' USING ERRCODE = 'no_data_found';
    END IF;
    UPDATE work_order_events e
    SET detail = without_customer(e.detail)
        - CASE WHEN e.kind IN ('cancelled', 'group_rejected') THEN 'reason' ELSE '' END
    WHERE e.org_id = org AND e.work_order_id = work_order;
    UPDATE decisions d SET query = without_customer(d.query)
    WHERE d.org_id = org AND d.work_order_id = work_order;
    UPDATE outbox o SET payload = without_customer(o.payload) #- '{{detail,reason}}'
    WHERE o.org_id = org AND o.subject_id = work_order;
    UPDATE webhook_attempts a SET response = NULL FROM webhook_deliveries v
    WHERE a.org_id = org AND v.org_id = org AND v.id = a.delivery_id AND v.subject_id = work_order;
    UPDATE webhook_deliveries v SET data = without_customer(v.data) #- '{{detail,reason}}'
    WHERE v.org_id = org AND v.subject_id = work_order;"""
_ERASE_LIVE_VIEWS = "    DELETE FROM live_views v WHERE v.org_id = org AND v.technician_id = technician;"

and_also(
    location_views,
    f"""
CREATE FUNCTION without_names(document jsonb, ids text[], called text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    CASE jsonb_typeof(document)
    WHEN 'object' THEN
        RETURN coalesce((
            SELECT jsonb_object_agg(m.key, CASE
                WHEN m.key IN ('name', 'technician_name')
                    AND (document ->> 'id' = ANY (ids) OR document ->> 'technician_id' = ANY (ids)) THEN {_ERASED}
                ELSE without_names(m.value, ids, called) END)
            FROM jsonb_each(document) m), '{{}}');
    WHEN 'array' THEN
        RETURN coalesce((
            SELECT jsonb_agg(without_names(e.value, ids, called) ORDER BY e.ordinality)
            FROM jsonb_array_elements(document) WITH ORDINALITY e), '[]');
    WHEN 'string' THEN
        RETURN CASE WHEN document #>> '{{}}' = called THEN {_ERASED} ELSE document END;
    ELSE
        RETURN document;
    END CASE;
END $$""",
    f"""
CREATE FUNCTION without_customer(document jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    CASE jsonb_typeof(document)
    WHEN 'object' THEN
        RETURN coalesce((
            SELECT jsonb_object_agg(m.key, without_customer(m.value))
            FROM jsonb_each(document) m WHERE m.key NOT IN ({_NAMES})), '{{}}');
    WHEN 'array' THEN
        RETURN coalesce((
            SELECT jsonb_agg(without_customer(e.value) ORDER BY e.ordinality)
            FROM jsonb_array_elements(document) WITH ORDINALITY e), '[]');
    ELSE
        RETURN document;
    END CASE;
END $$""",
    f"""
CREATE FUNCTION erase_technician_traces(technician uuid) RETURNS void
{_AS_OWNER} AS $$
DECLARE
    {_ORGANIZATION}{_DECLARED_OF_TECHNICIAN}
BEGIN{_ERASE_TECHNICIAN}
END $$""",
    f"""
CREATE FUNCTION erase_customer_traces(work_order uuid) RETURNS void
{_AS_OWNER} AS $$
DECLARE
    {_ORGANIZATION}
BEGIN{_ERASE_CUSTOMER}
END $$""",
    "REVOKE ALL ON FUNCTION erase_technician_traces(uuid) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION erase_customer_traces(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION erase_technician_traces(uuid) TO {APP_ROLE}",
    f"GRANT EXECUTE ON FUNCTION erase_customer_traces(uuid) TO {APP_ROLE}",
)


def _distributed_door(door: str, subject: str, erase: str, declared: str = "") -> list[str]:
    """The same on the server that holds the organization's rows, where the call is handed to, within its transaction.

    Here it would read as the owner, on another connection, what the application has changed on its own one.
    """
    signature = f"{door}(uuid, uuid)"
    return [
        f"""
CREATE OR REPLACE FUNCTION {door}(org uuid, {subject} uuid) RETURNS void
{_AS_OWNER} AS $$
DECLARE
    own uuid := nullif(current_setting('app.org_id', true), '')::uuid;{declared}
BEGIN
    IF own IS DISTINCT FROM org THEN
        RAISE EXCEPTION 'not the organization of this transaction' USING ERRCODE = 'insufficient_privilege';
    END IF;{erase}
END $$""",
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}",
        f"SELECT create_distributed_function('{signature}', 'org', '{ANCHOR}', true)",
    ]


where_distributed(
    location_views,
    *_distributed_door("erase_technician_traces", "technician", _ERASE_TECHNICIAN, _DECLARED_OF_TECHNICIAN),
    *_distributed_door("erase_customer_traces", "work_order", _ERASE_CUSTOMER),
    *_distributed_door("erase_live_views", "technician", f"\n{_ERASE_LIVE_VIEWS}"),
)
