"""Work orders, the bookings that hold technicians' time, offers and the history."""

from datetime import timedelta

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, UUID, ExcludeConstraint

from geo_assign.core.postgis import point_columns
from geo_assign.core.tables import APP_ROLE, APPEND_ONLY, INSTANT, and_also, in_values, tenant_table
from geo_assign.workorders.domain import (
    HOLDING,
    TAKEN,
    TERMINAL,
    TRANSITIONS,
    WAITING,
    BookingRole,
    BookingState,
    Kind,
    LocationSource,
    OfferState,
    PendingReason,
    State,
)

_LIVE = f"NOT ({in_values('state', sorted(TERMINAL))})"

LONG_SLOT = timedelta(days=1)
"""Slots that last longer have an index of their own."""
_IS_LONG = "slot_end - slot_start > '1 day'::interval"

# `search_started_at` is when automation's search for a technician began: a widening radius counts from it.
# `returned_to` is the dispatcher to whom a group's rejection sent the order back. `alarm` is {"code", "at", ...} until
# a change settles it. `geocode_due_at` and `evaluate_due_at` are deadlines: the worker looks for those that passed.
# `looks_again_at` equals `evaluate_due_at` where the order is looked at only because time passes: that can wait.
# `crew_size` is how many collaborators there are to be. `customer_phones` holds the numbers of the customer's phone
# text in E.164 with blanks between: empty without any, null where an older version wrote the row. `human_version` is
# the last version that a person made: what automation did since does not stand in a person's way.
work_orders = tenant_table(
    "work_orders",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("group_id", UUID(as_uuid=True)),
    Column("state", Text, nullable=False),
    Column("pending_reason", Text),
    Column("pending_detail", JSONB(none_as_null=True)),
    Column("customer", JSONB, nullable=False),
    Column("address", Text),
    *point_columns(nullable=True),
    Column("location_source", Text),
    Column("location_confidence", Text),
    Column("location_candidates", JSONB, nullable=False, server_default="[]"),
    Column("slot_start", INSTANT, nullable=False),
    Column("slot_end", INSTANT, nullable=False),
    Column("slot_given", Boolean, nullable=False),
    Column("skills", ARRAY(Text), nullable=False, server_default="{}"),
    Column("device", JSONB, nullable=False, server_default="{}"),
    Column("referral_source", Text),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("notes", Text),
    Column("external_id", Text),
    Column("technician_id", UUID(as_uuid=True)),
    Column("wanted_technician_id", UUID(as_uuid=True)),
    Column("pinned", Boolean, nullable=False, server_default="false"),
    Column("decision_id", UUID(as_uuid=True)),
    Column("geocode_due_at", INSTANT),
    Column("geocode_attempts", Integer, nullable=False, server_default="0"),
    Column("evaluate_due_at", INSTANT),
    Column("evaluations", Integer, nullable=False, server_default="0"),
    Column("created_by", JSONB, nullable=False),
    Column("changed_by", JSONB, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("human_version", Integer, nullable=False, server_default="1"),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("converted_from", UUID(as_uuid=True)),
    Column("returned_to", UUID(as_uuid=True)),
    Column("alarm", JSONB(none_as_null=True)),
    Column("search_started_at", INSTANT),
    Column("crew_size", Integer, nullable=False, server_default="0"),
    Column("customer_phones", Text),
    Column("looks_again_at", INSTANT),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    Column("location_learned", JSONB(none_as_null=True)),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    ForeignKeyConstraint(["org_id", "group_id"], ["service_groups.org_id", "service_groups.id"]),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    ForeignKeyConstraint(["org_id", "converted_from"], ["work_orders.org_id", "work_orders.id"]),
    CheckConstraint(in_values("kind", Kind), name="kind"),
    CheckConstraint(in_values("state", State), name="state"),
    CheckConstraint(in_values("pending_reason", PendingReason), name="pending_reason"),
    CheckConstraint("converted_from IS NULL OR kind = 'ticket'", name="tickets_are_converted"),
    CheckConstraint("(state = 'pending') = (pending_reason IS NOT NULL)", name="pending_has_reason"),
    CheckConstraint(in_values("location_source", LocationSource), name="location_source"),
    CheckConstraint("(lat IS NULL) = (location_source IS NULL)", name="location_has_source"),
    CheckConstraint(
        f"NOT ({in_values('state', sorted(TAKEN))}) OR technician_id IS NOT NULL", name="taken_has_technician"
    ),
    CheckConstraint(
        "slot_end > slot_start AND isfinite(slot_start) AND isfinite(slot_end)", name="slot_is_a_time_span"
    ),
    Index("work_orders_number_key", "org_id", "kind", "number", unique=True),
    Index(
        "work_orders_external_id_key",
        "org_id",
        "store_id",
        "external_id",
        unique=True,
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    Index(
        "work_orders_converted_from_key",
        "org_id",
        "converted_from",
        unique=True,
        postgresql_where=text("converted_from IS NOT NULL"),
    ),
    Index("work_orders_live_idx", "org_id", "created_at", "id", postgresql_where=text(_LIVE)),
    Index(
        "work_orders_waiting_idx",
        "org_id",
        "slot_start",
        "created_at",
        "id",
        postgresql_where=text(in_values("state", sorted(WAITING))),
    ),
    Index("work_orders_org_id_created_at_idx", "org_id", "created_at", "id"),
    Index("work_orders_org_id_updated_at_idx", "org_id", "updated_at"),
    Index("work_orders_geog_idx", "org_id", "geog", postgresql_using="gist", postgresql_where=text(_LIVE)),
    Index("work_orders_pending_reason_idx", "pending_reason", postgresql_where=text("pending_reason IS NOT NULL")),
    Index(
        "work_orders_api_key_idx",
        "org_id",
        text("(created_by ->> 'id')"),
        postgresql_where=text("created_by ->> 'kind' = 'api_key'"),
    ),
    # The sorts of the lists: those alike come oldest first, whichever way round.
    Index("work_orders_slot_idx", "org_id", "slot_start", "created_at", "id"),
    Index("work_orders_priority_idx", "org_id", "priority", "created_at", "id"),
    Index("work_orders_urgent_idx", "org_id", text("priority DESC"), "created_at", "id"),
    # Their filters, each in the order of the list that is not sorted otherwise.
    Index("work_orders_state_idx", "org_id", "state", "created_at", "id"),
    Index("work_orders_store_idx", "org_id", "store_id", "created_at", "id"),
    Index("work_orders_group_idx", "org_id", "group_id", "created_at", "id"),
    Index(
        "work_orders_reason_idx",
        "org_id",
        "pending_reason",
        "created_at",
        "id",
        postgresql_where=text("pending_reason IS NOT NULL"),
    ),
    Index("work_orders_unlocated_idx", "org_id", "created_at", "id", postgresql_where=text("lat IS NULL")),
    Index("work_orders_external_id_idx", "org_id", "external_id", postgresql_where=text("external_id IS NOT NULL")),
    Index("work_orders_returned_idx", "org_id", "returned_to", postgresql_where=text("returned_to IS NOT NULL")),
    Index("work_orders_long_idx", "org_id", "slot_end", postgresql_where=text(_IS_LONG)),
    Index("work_orders_longest_idx", "org_id", text("(slot_end - slot_start)"), postgresql_where=text(_IS_LONG)),
    Index(
        "work_orders_skills_idx",
        "org_id",
        "skills",
        postgresql_using="gin",
        postgresql_where=text("skills <> '{}'::text[]"),
        postgresql_with={"gin_pending_list_limit": 512},
    ),
    Index("work_orders_live_group_idx", "org_id", "group_id", "store_id", postgresql_where=text(_LIVE)),
    Index("work_orders_live_store_idx", "org_id", "store_id", postgresql_where=text(_LIVE)),
    Index("work_orders_alarm_idx", "org_id", "created_at", "id", postgresql_where=text("alarm IS NOT NULL")),
    Index("work_orders_geocode_due_idx", "geocode_due_at", postgresql_where=text("geocode_due_at IS NOT NULL")),
    Index("work_orders_evaluate_due_idx", "evaluate_due_at", postgresql_where=text("evaluate_due_at IS NOT NULL")),
    Index(
        "work_orders_searching_idx",
        "org_id",
        "store_id",
        text("priority DESC"),
        "created_at",
        "id",
        postgresql_where=text("pending_reason = 'nobody_eligible'"),
    ),
    worker=("SELECT",),
)

_WAYS = ", ".join(f"('{before}', '{after}')" for before, onward in TRANSITIONS.items() for after in sorted(onward))

# The transition table once more, where no code path can go around it.
and_also(
    work_orders,
    f"""
CREATE FUNCTION refuse_unknown_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN ({_WAYS}) THEN
        RAISE EXCEPTION 'a work order cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE TRIGGER work_orders_transition BEFORE UPDATE OF state ON work_orders
FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_unknown_transition()""",
    # Row security hides the index over skills from the application's own conditions.
    """
CREATE FUNCTION find_work_orders_by_skill(skill text, at_most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT w.id FROM work_orders w WHERE w.org_id = $1 AND w.skills @> ARRAY[$2] '
        'AND w.skills <> ''{}'' LIMIT $3'
        USING nullif(current_setting('app.org_id', true), '')::uuid, skill, at_most;
END $$""",
    "REVOKE ALL ON FUNCTION find_work_orders_by_skill(text, integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION find_work_orders_by_skill(text, integer) TO {APP_ROLE}",
)

work_order_counters = tenant_table(
    "work_order_counters",
    Column("kind", Text, primary_key=True),
    Column("last_number", Integer, nullable=False),
    CheckConstraint(in_values("kind", Kind), name="kind"),
)

# `known_reasons` are the codes of what stood against the technician when a person chose: they raise no alarm later.
# `occupies` is the slot with the store's travel buffer before it. The exclusion constraint is what makes a double
# booking impossible; an open offer holds its time as an assignment does.
bookings = tenant_table(
    "bookings",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("starts_at", INSTANT, nullable=False),
    Column("ends_at", INSTANT, nullable=False),
    Column("occupied_from", INSTANT, nullable=False),
    Column("occupied_until", INSTANT, nullable=False),
    Column("occupies", TSTZRANGE, Computed("tstzrange(occupied_from, occupied_until, '[)')", persisted=True)),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("known_reasons", ARRAY(Text), nullable=False, server_default="{}"),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    CheckConstraint(in_values("state", BookingState), name="state"),
    CheckConstraint(in_values("role", BookingRole), name="role"),
    CheckConstraint(
        "starts_at < ends_at AND occupied_from <= starts_at AND ends_at <= occupied_until "
        "AND isfinite(occupied_from) AND isfinite(occupied_until)",
        name="time_span",
    ),
    ExcludeConstraint(
        ("org_id", "="),
        ("technician_id", "="),
        ("occupies", "&&"),
        where=text(in_values("state", HOLDING)),
        using="gist",
        name="bookings_no_overlap",
    ),
    Index(
        "bookings_one_primary_key",
        "org_id",
        "work_order_id",
        unique=True,
        postgresql_where=text("role = 'primary' AND state = 'assigned'"),
    ),
    Index("bookings_work_order_idx", "org_id", "work_order_id"),
    Index("bookings_calendar_idx", "org_id", "technician_id", "occupied_until"),
    Index("bookings_day_idx", "org_id", "occupied_until"),
    Index("bookings_org_id_updated_at_idx", "org_id", "updated_at"),
    app=("SELECT", "INSERT", "UPDATE"),
)

offers = tenant_table(
    "offers",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("booking_id", UUID(as_uuid=True), nullable=False),
    Column("decision_id", UUID(as_uuid=True)),
    Column("automatic", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("offered_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("responded_at", INSTANT),
    Column("reason", Text),
    Column("note", Text),
    Column("final", Boolean, nullable=False, server_default="false"),
    Column("distance_m", Double),
    Column("eta_s", Double),
    Column("role", Text, nullable=False, server_default=BookingRole.PRIMARY),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    ForeignKeyConstraint(["org_id", "booking_id"], ["bookings.org_id", "bookings.id"]),
    CheckConstraint(in_values("state", OfferState), name="state"),
    CheckConstraint(in_values("role", BookingRole), name="role"),
    CheckConstraint("expires_at > offered_at", name="deadline"),
    CheckConstraint("(state = 'offered') = (responded_at IS NULL)", name="closed_has_time"),
    Index(
        "offers_open_key",
        "org_id",
        "work_order_id",
        "technician_id",
        unique=True,
        postgresql_where=text("state = 'offered'"),
    ),
    Index("offers_work_order_idx", "org_id", "work_order_id", "offered_at"),
    Index("offers_technician_idx", "org_id", "technician_id", "offered_at"),
    Index("offers_technician_open_idx", "org_id", "technician_id", postgresql_where=text("state = 'offered'")),
    Index("offers_deadline_idx", "expires_at", postgresql_where=text("state = 'offered'")),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT",),
)

NAMED_IN_EVENTS = """(
    jsonb_path_query_array(actor, '$."id"')
    || jsonb_path_query_array(detail, '$.** ? (@.type() == "string" && @ like_regex "^[0-9a-f]{8}-[0-9a-f-]{27}$")'))"""
"""All ids in an entry of the history, as a JSON array: an index finds by it what names a person."""

work_order_events = tenant_table(
    "work_order_events",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    Index("work_order_events_history_idx", "org_id", "work_order_id", "at", "id"),
    Index(
        "work_order_events_assigned_idx",
        "org_id",
        "work_order_id",
        "at",
        postgresql_where=text(f"state = '{State.ASSIGNED}'"),
    ),
    Index(
        "work_order_events_people_idx",
        text(f"{NAMED_IN_EVENTS} jsonb_path_ops"),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    ),
    app=APPEND_ONLY,
)

# Which group looked after an order from when to when; the order's own clock goes on through all of them.
group_stays = tenant_table(
    "group_stays",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("group_id", UUID(as_uuid=True), nullable=False),
    Column("entered_at", INSTANT, nullable=False),
    Column("left_at", INSTANT),
    Column("sent_by", JSONB, nullable=False),
    Column("note", Text),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"]),
    ForeignKeyConstraint(["org_id", "group_id"], ["service_groups.org_id", "service_groups.id"]),
    CheckConstraint("left_at >= entered_at", name="forward"),
    Index("group_stays_work_order_idx", "org_id", "work_order_id", "entered_at"),
    Index("group_stays_open_key", "org_id", "work_order_id", unique=True, postgresql_where=text("left_at IS NULL")),
    app=("SELECT", "INSERT", "UPDATE"),
)

# The drive to a work order: what it was estimated to take (`told_s`: with what was learned by then), and what it took.
# Where it began is not kept. `counted`: the store's factors have learned from it. A row for each `provider` that
# estimated: the straight line at the departure, the store's router once the drive has ended.
drives = tenant_table(
    "drives",
    Column("work_order_id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True)),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("provider", Text, primary_key=True),
    Column("hour", Integer, nullable=False),
    Column("began_at", INSTANT, nullable=False),
    Column("estimated_s", Double, nullable=False),
    Column("told_s", Double, nullable=False),
    Column("seconds", Double),
    Column("counted", Boolean, nullable=False, server_default="false"),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["org_id", "technician_id"], ["technicians.org_id", "technicians.id"]),
    ForeignKeyConstraint(["org_id", "store_id"], ["stores.org_id", "stores.id"]),
    CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    CheckConstraint("estimated_s > 0 AND told_s > 0", name="estimated"),
    Index("drives_store_idx", "org_id", "store_id", "began_at"),
    Index("drives_technician_idx", "org_id", "technician_id", postgresql_where=text("technician_id IS NOT NULL")),
    Index("drives_new_idx", "org_id", "store_id", postgresql_where=text("seconds IS NOT NULL AND NOT counted")),
    Index("drives_began_at_idx", "began_at"),
    worker=("SELECT", "DELETE"),
)

# A row per user: the last act, and how the order was before it. `transaction_id` tells what belongs to one act.
undo_steps = tenant_table(
    "undo_steps",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("work_order_id", UUID(as_uuid=True), nullable=False),
    Column("transaction_id", BigInteger, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("fields", ARRAY(Text), nullable=False, server_default="{}"),
    Column("at", INSTANT, nullable=False),
    Column("event_id", UUID(as_uuid=True), nullable=False),
    Column("before", JSONB, nullable=False),
    ForeignKeyConstraint(["org_id", "work_order_id"], ["work_orders.org_id", "work_orders.id"], ondelete="CASCADE"),
    Index("undo_steps_at_idx", "at"),
    worker=("SELECT", "DELETE"),
)
