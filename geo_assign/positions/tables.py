"""The current position (one row per technician) and the track (partitioned by the day of the time used)."""

from sqlalchemy import (
    ARRAY,
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.schema import SchemaItem

from geo_assign.core.postgis import point_columns
from geo_assign.core.tables import INSTANT, WORKER_ROLE, and_also, in_values, tenant_table, where_distributed
from geo_assign.positions.domain import SilenceEnd


def _measurements(*, key: bool) -> list[SchemaItem]:
    return [
        Column("recorded_at", INSTANT, nullable=False, primary_key=key),
        Column("device", Text, nullable=False, server_default="", primary_key=key),
        Column("used_at", INSTANT, nullable=False, primary_key=key),
        Column("received_at", INSTANT, nullable=False),
        Column("accuracy_m", REAL),
        Column("speed_mps", REAL),
        Column("heading_deg", REAL),
        Column("battery", REAL),
        Column("mock", Boolean, nullable=False, server_default="false"),
        Column("flags", ARRAY(Text), nullable=False, server_default="{}"),
    ]


# `recorded_at` is the device's time as sent; `used_at` the same but never later than `received_at`. `heard_at` is when
# the device was last heard from on duty, whatever came of its ping. `plausible_*` is the last position that made sense:
# the next one is judged against it, so that one wild point condemns itself and not its successors. `ahead_until` is the
# latest device time that was cut to its receive time: the track's key holds the time used, so only up to then can it
# miss a ping that is sent again. `mock` is set where the store's policy keeps automation away from simulated positions.
current_positions = tenant_table(
    "current_positions",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    *point_columns(),
    *_measurements(key=False),
    Column("heard_at", INSTANT, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("implausible", Boolean, nullable=False, server_default="false"),
    Column("plausible_lat", Double),
    Column("plausible_lon", Double),
    Column("plausible_at", INSTANT),
    Column("ahead_until", INSTANT),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"], ondelete="CASCADE"),
    CheckConstraint("used_at <= received_at", name="not_ahead"),
    # The times used let a walk leave out whole pages of phones whose positions are old.
    Index("current_positions_geog_idx", "org_id", "geog", "used_at", postgresql_using="gist"),
    Index("current_positions_org_id_changed_at_idx", "org_id", "changed_at"),
    app=("SELECT", "INSERT", "UPDATE", "DELETE"),
)

# Times on duty in which a device was not heard from, each written where it ended. `reason` is what the app said.
silences = tenant_table(
    "silences",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("began_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"], ondelete="CASCADE"),
    CheckConstraint(in_values("ended_by", SilenceEnd), name="ended_by"),
    Index("silences_ended_at_idx", "org_id", "ended_at"),
    Index("silences_technician_idx", "org_id", "technician_id", "began_at"),
    Index("silences_sweep_idx", "ended_at"),
    app=("SELECT", "INSERT", "DELETE"),
    worker=("SELECT", "DELETE"),
)

# No foreign key: it would cost a look-up per row, and the partition goes with its day anyway.
position_track = tenant_table(
    "position_track",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    Column("lat", Double, nullable=False),
    Column("lon", Double, nullable=False),
    *_measurements(key=True),
    Column("event", Text),
    CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_earth"),
    CheckConstraint("used_at <= received_at", name="not_ahead"),
    app=("SELECT", "INSERT", "DELETE"),
    postgresql_partition_by="RANGE (used_at)",
)

# The wall behind the ingest's own judgement: no place of a technician off duty at its time used is kept, by any writer.
# Once per statement, over what it wrote; the interval in question is the last that began by then, so the first looked
# at. (EXISTS would say the same, but lose its order on the way and read all intervals of all times.) A late
# upload is judged by its own time; a row that is only heard from again is not a new place.
_OFF_DUTY = """(
                SELECT true FROM {duty} d
                WHERE d.org_id = w.org_id AND d.technician_id = w.technician_id AND d.started_at <= w.used_at
                  AND (d.ended_at IS NULL OR w.used_at < d.ended_at)
                ORDER BY d.started_at DESC LIMIT 1) IS NULL"""
_IS_WRITTEN = "SELECT FROM written w WHERE " + _OFF_DUTY
_IS_MOVED = f"""
        SELECT FROM written w JOIN replaced r ON r.org_id = w.org_id AND r.technician_id = w.technician_id
        WHERE (w.used_at, w.lat, w.lon) IS DISTINCT FROM (r.used_at, r.lat, r.lon) AND {_OFF_DUTY}"""
_REFUSE = """RAISE EXCEPTION 'nobody''s place is kept off duty'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;"""
# Either table may be the first to be made.
_WALL = f"""
CREATE OR REPLACE FUNCTION refuse_off_duty_positions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS ({_IS_WRITTEN.format(duty="duty_intervals")}) THEN
        {_REFUSE}
    END IF;
    RETURN NULL;
END $$"""
_INSERTED = "REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_off_duty_positions()"
and_also(
    current_positions,
    _WALL,
    f"""
CREATE FUNCTION refuse_off_duty_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS ({_IS_MOVED.format(duty="duty_intervals")}) THEN
        {_REFUSE}
    END IF;
    RETURN NULL;
END $$""",
    f"CREATE TRIGGER on_duty_inserted AFTER INSERT ON current_positions {_INSERTED}",
    "CREATE TRIGGER on_duty_updated AFTER UPDATE ON current_positions "
    "REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT "
    "EXECUTE FUNCTION refuse_off_duty_moves()",
)


def _distributed_wall(name: str, refused: str) -> str:
    """The same on the server that holds the rows: its part of the intervals lies beside its part of the positions."""
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_off_duty boolean;
BEGIN
    EXECUTE format($asked$SELECT EXISTS ({refused.format(duty="%s")})$asked$,
        shard_beside(TG_TABLE_NAME, 'duty_intervals')) INTO is_off_duty;
    IF is_off_duty THEN
        {_REFUSE}
    END IF;
    RETURN NULL;
END $$"""


where_distributed(
    current_positions,
    _distributed_wall("refuse_off_duty_positions", _IS_WRITTEN),
    _distributed_wall("refuse_off_duty_moves", _IS_MOVED),
)
and_also(position_track, _WALL, f"CREATE TRIGGER on_duty_inserted AFTER INSERT ON position_track {_INSERTED}")

# Partitions belong to the owner, places are not the worker's to read: it may only call these functions. Attaching a
# finished table lets pings go on meanwhile, which CREATE ... PARTITION OF would not; dropping one cannot, so neither
# waits long for its lock.
and_also(
    position_track,
    """
CREATE FUNCTION ensure_track_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    day date;
    made integer := 0;
BEGIN
    FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
        IF to_regclass(format('position_track_%s', to_char(day, 'YYYYMMDD'))) IS NULL THEN
            EXECUTE format('CREATE TABLE position_track_%s (LIKE position_track INCLUDING ALL)',
                to_char(day, 'YYYYMMDD'));
            EXECUTE format('ALTER TABLE position_track_%s ENABLE ROW LEVEL SECURITY', to_char(day, 'YYYYMMDD'));
            EXECUTE format(
                'ALTER TABLE position_track ATTACH PARTITION position_track_%s FOR VALUES FROM (%L) TO (%L)',
                to_char(day, 'YYYYMMDD'), day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$""",
    """
CREATE FUNCTION drop_track_partitions(before_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'position_track'::regclass
          AND c.relname ~ '^position_track_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < before_day
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$""",
    """
CREATE FUNCTION forget_positions(before timestamp with time zone) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    forgotten integer;
BEGIN
    DELETE FROM current_positions WHERE used_at < before;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$""",
    # How old the last places are of those on duty, without the places and without whose they are.
    """
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
END $$""",
    "REVOKE ALL ON FUNCTION ensure_track_partitions(date, date) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION drop_track_partitions(date) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION forget_positions(timestamp with time zone) FROM PUBLIC",
    "REVOKE ALL ON FUNCTION count_position_ages(timestamp with time zone, integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION ensure_track_partitions(date, date) TO {WORKER_ROLE}",
    f"GRANT EXECUTE ON FUNCTION drop_track_partitions(date) TO {WORKER_ROLE}",
    f"GRANT EXECUTE ON FUNCTION forget_positions(timestamp with time zone) TO {WORKER_ROLE}",
    f"GRANT EXECUTE ON FUNCTION count_position_ages(timestamp with time zone, integer) TO {WORKER_ROLE}",
)
