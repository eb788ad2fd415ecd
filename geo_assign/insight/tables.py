"""Sums of Insight by day: which days are summed, what was counted, and what has changed since.

Triggers write down whose work order changed, in the transaction that changes it: no code path can go around them.
"""

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import UUID

from geo_assign.core.tables import INSTANT, and_also, tenant_table, where_distributed
from geo_assign.workforce.tables import duty_intervals
from geo_assign.workorders.tables import bookings, drives, offers, work_order_events, work_orders

# A day of a store's calendar that is summed. From `stands_until` on the sums are no longer true though nothing changed:
# a slot that no technician had is over then. `version` is what was counted (`counting.VERSION`). `hours` is how much of
# each hour of the clock is known, technicians were on duty, and were so without work (`duty_hours`).
insight_days = tenant_table(
    "insight_days",
    Column("store_id", UUID(as_uuid=True), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("timezone", Text, nullable=False),
    Column("begins_at", INSTANT, nullable=False),
    Column("ends_at", INSTANT, nullable=False),
    Column("summed_at", INSTANT, nullable=False),
    Column("stands_until", INSTANT),
    Column("version", Integer, nullable=False),
    Column("hours", LargeBinary),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    Index("insight_days_stands_until_idx", "stands_until", postgresql_where=text("stands_until IS NOT NULL")),
    worker=("SELECT",),
)

# What was counted of a day's work, a row for each group and one for the orders of none. `counts` and `loads` are packed
# (`counting`): no customer, no place, no name; loads are by the technicians' ids.
insight_sums = tenant_table(
    "insight_sums",
    Column("store_id", UUID(as_uuid=True), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("group_id", UUID(as_uuid=True)),
    Column("counts", LargeBinary, nullable=False),
    Column("loads", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["org_id", "store_id", "day"],
        ["insight_days.org_id", "insight_days.store_id", "insight_days.day"],
        ondelete="CASCADE",
    ),
)

# When the work orders were created that have changed since their day was summed, or before it could be; and the
# begins and ends of technicians' duty and work, with instants in between, for the technician's home store. A row
# belongs to one transaction, so that no transaction waits for another.
insight_changes = tenant_table(
    "insight_changes",
    Column("store_id", UUID(as_uuid=True), primary_key=True),
    Column("created_at", INSTANT, primary_key=True),
    Column("transaction_id", BigInteger, primary_key=True),
    app=("SELECT", "DELETE"),
    worker=("SELECT",),
)

_COUNTED_OF_ORDERS = (
    "store_id",
    "group_id",
    "kind",
    "state",
    "created_at",
    "slot_start",
    "slot_end",
    "location_source",
    "location_confidence",
    "location_learned",
)
_COUNTED_OF_OTHERS = {
    offers: ("state", "offered_at", "responded_at"),
    bookings: ("state", "technician_id", "starts_at", "ends_at"),
    drives: ("provider", "hour", "seconds", "estimated_s", "told_s"),
}


def _changed(columns: tuple[str, ...]) -> str:
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"FOR EACH ROW WHEN (({before}) IS DISTINCT FROM ({after}))"


and_also(
    insight_changes,
    """
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
END $$""",
    """
CREATE FUNCTION note_insight_change_of_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    SELECT w.org_id, w.store_id, w.created_at, pg_current_xact_id()::text::bigint FROM work_orders w
    WHERE w.org_id = CASE TG_OP WHEN 'DELETE' THEN OLD.org_id ELSE NEW.org_id END
      AND w.id = CASE TG_OP WHEN 'DELETE' THEN OLD.work_order_id ELSE NEW.work_order_id END
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$""",
)

# Shorter than any day, so that a long time leaves an instant in each.
_STEP = "interval '20 hours'"
_WORKS, _WORKED = (f"{row}.state IN ('assigned', 'done')" for row in ("NEW", "OLD"))

and_also(
    insight_changes,
    f"""
CREATE FUNCTION note_insight_hours(of_org uuid, of_technician uuid, first timestamptz, last timestamptz) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    SELECT t.org_id, t.store_id, instants.at, pg_current_xact_id()::text::bigint
    FROM technicians t, (SELECT generate_series(first, last, {_STEP}) UNION SELECT last) instants (at)
    WHERE t.org_id = of_org AND t.id = of_technician
    ON CONFLICT DO NOTHING
$$""",
    """
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
END $$""",
    f"""
CREATE FUNCTION note_insight_change_of_work() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF {_WORKS} THEN
        PERFORM note_insight_hours(NEW.org_id, NEW.technician_id, NEW.occupied_from, NEW.occupied_until);
    END IF;
    IF TG_OP = 'UPDATE' AND {_WORKED} THEN
        PERFORM note_insight_hours(OLD.org_id, OLD.technician_id, OLD.occupied_from, OLD.occupied_until);
    END IF;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER insight_hours_inserted AFTER INSERT ON duty_intervals "
    "FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_duty()",
    "CREATE TRIGGER insight_hours_updated AFTER UPDATE ON duty_intervals "
    f"{_changed(('technician_id', 'started_at', 'ended_at'))} EXECUTE FUNCTION note_insight_change_of_duty()",
    "CREATE TRIGGER insight_hours_inserted AFTER INSERT ON bookings "
    f"FOR EACH ROW WHEN ({_WORKS}) EXECUTE FUNCTION note_insight_change_of_work()",
    "CREATE TRIGGER insight_hours_updated AFTER UPDATE ON bookings FOR EACH ROW "
    f"WHEN (({_WORKED}, OLD.technician_id, OLD.occupied_from, OLD.occupied_until) IS DISTINCT FROM "
    f"({_WORKS}, NEW.technician_id, NEW.occupied_from, NEW.occupied_until)) "
    "EXECUTE FUNCTION note_insight_change_of_work()",
)
# In a trigger Citus plans no CASE that it can decide, no parameters of a function in SQL, and no INSERT of rows made of
# other things than a table.
where_distributed(
    insight_changes,
    """
CREATE OR REPLACE FUNCTION note_insight_change_of_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed record := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
    SELECT w.org_id, w.store_id, w.created_at, pg_current_xact_id()::text::bigint FROM work_orders w
    WHERE w.org_id = changed.org_id AND w.id = changed.work_order_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$""",
    f"""
CREATE OR REPLACE FUNCTION note_insight_hours(
    of_org uuid, of_technician uuid, first timestamptz, last timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    store uuid;
    instant timestamptz;
BEGIN
    SELECT t.store_id INTO store FROM technicians t WHERE t.org_id = of_org AND t.id = of_technician;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR instant IN SELECT generate_series(first, last, {_STEP}) UNION SELECT last LOOP
        INSERT INTO insight_changes (org_id, store_id, created_at, transaction_id)
        VALUES (of_org, store, instant, pg_current_xact_id()::text::bigint) ON CONFLICT DO NOTHING;
    END LOOP;
END $$""",
)
and_also(
    insight_changes,
    "CREATE TRIGGER insight_inserted AFTER INSERT ON work_orders FOR EACH ROW EXECUTE FUNCTION note_insight_change()",
    f"CREATE TRIGGER insight_updated AFTER UPDATE ON work_orders {_changed(_COUNTED_OF_ORDERS)} "
    "EXECUTE FUNCTION note_insight_change()",
    "CREATE TRIGGER insight_inserted AFTER INSERT ON work_order_events "
    "FOR EACH ROW WHEN (NEW.state = 'assigned') EXECUTE FUNCTION note_insight_change_of_order()",
    # Nothing is counted of an organization that is being deleted.
    "CREATE TRIGGER insight_deleted AFTER DELETE ON drives "
    "FOR EACH ROW WHEN (current_setting('app.deletes_organization', true) IS DISTINCT FROM 'on') "
    "EXECUTE FUNCTION note_insight_change_of_order()",
)
for _table, _columns in _COUNTED_OF_OTHERS.items():
    and_also(
        insight_changes,
        f"CREATE TRIGGER insight_inserted AFTER INSERT ON {_table.name} "
        "FOR EACH ROW EXECUTE FUNCTION note_insight_change_of_order()",
        f"CREATE TRIGGER insight_updated AFTER UPDATE ON {_table.name} {_changed(_columns)} "
        "EXECUTE FUNCTION note_insight_change_of_order()",
    )
for _table in (work_orders, work_order_events, duty_intervals, *_COUNTED_OF_OTHERS):
    insight_changes.add_is_dependent_on(_table)
