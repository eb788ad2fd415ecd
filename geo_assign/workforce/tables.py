"""Tables of stores, service groups, providers, technicians and when they work."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, JSONB, UUID
from sqlalchemy.schema import SchemaItem

from geo_assign.core.postgis import point_columns
from geo_assign.core.tables import INSTANT, in_values, tenant_table
from geo_assign.workforce.domain import CheckedKind, SilenceReason, TrackerApp, WorksFrom

SLUG = "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'"


def _versioned() -> list[SchemaItem]:
    return [
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_at", INSTANT, nullable=False),
        Column("updated_at", INSTANT, nullable=False),
    ]


def _belongs(*columns: str, to: str, delete: str | None = None) -> ForeignKeyConstraint:
    target = {"store_id": "id", "group_id": "id", "technician_id": "id", "provider_id": "id", "user_id": "id"}
    remote = [f"{to}.org_id", *(f"{to}.{target.get(name, name)}" for name in columns)]
    return ForeignKeyConstraint(["org_id", *columns], remote, ondelete=delete)


stores = tenant_table(
    "stores",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    *point_columns(),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    *_versioned(),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("eta_factors", JSONB, nullable=False, server_default="{}"),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    UniqueConstraint("org_id", "slug"),
    CheckConstraint(SLUG, name="slug"),
    worker=("SELECT",),
)

service_groups = tenant_table(
    "service_groups",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    *_versioned(),
    Column("active", Boolean, nullable=False, server_default="true"),
    _belongs("store_id", to="stores"),
    UniqueConstraint("org_id", "slug"),
    CheckConstraint(SLUG, name="slug"),
)

# `end_noted_for` is the last `valid_until` whose passing was taken note of.
service_providers = tenant_table(
    "service_providers",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    *point_columns("base_", nullable=True),
    Column("valid_until", INSTANT),
    *_versioned(),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("valid_from", INSTANT),
    Column("works_from", Text, nullable=False, server_default=WorksFrom.STAFF),
    Column("capacity", Integer),
    Column("end_noted_for", INSTANT),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    UniqueConstraint("org_id", "slug"),
    CheckConstraint(SLUG, name="slug"),
    CheckConstraint(in_values("works_from", WorksFrom), name="works_from"),
    CheckConstraint("works_from <> 'base' OR base_lat IS NOT NULL", name="base_is_known"),
    CheckConstraint("valid_until > valid_from", name="agreement_forward"),
    CheckConstraint("capacity > 0", name="capacity"),
    Index(
        "service_providers_ended_idx",
        "valid_until",
        postgresql_where=text("valid_until IS DISTINCT FROM end_noted_for"),
    ),
    worker=("SELECT",),
)

provider_groups = tenant_table(
    "provider_groups",
    Column("provider_id", UUID(as_uuid=True), primary_key=True),
    Column("group_id", UUID(as_uuid=True), primary_key=True),
    _belongs("provider_id", to="service_providers", delete="CASCADE"),
    _belongs("group_id", to="service_groups", delete="CASCADE"),
    Index("provider_groups_org_id_group_id_idx", "org_id", "group_id"),
)

# `base_*` is where the day starts: the home, else the provider's base, else the store. `at_base`: staff of a
# provider that works from its base; they count as being there, without phone or duty. `week_minutes` holds the
# working hours as minutes of a local week (Monday 00:00 = 0), written twice (0..20159) so that a slot across the end
# of the week is one range; NULL means always. The duty flag mirrors the open duty interval.
technicians = tenant_table(
    "technicians",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("store_id", UUID(as_uuid=True), nullable=False),
    Column("user_id", UUID(as_uuid=True)),
    Column("provider_id", UUID(as_uuid=True)),
    Column("skills", ARRAY(Text), nullable=False, server_default="{}"),
    Column("hours", JSONB),
    Column("week_minutes", INT4MULTIRANGE),
    *point_columns("home_", nullable=True),
    *point_columns("base_"),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("on_duty", Boolean, nullable=False, server_default="false"),
    Column("duty_changed_at", INSTANT),
    *_versioned(),
    Column("at_base", Boolean, nullable=False, server_default="false"),
    Column("silence_reason", Text),
    Column("silence_said_at", INSTANT),
    _belongs("store_id", to="stores"),
    _belongs("user_id", to="users"),
    _belongs("provider_id", to="service_providers"),
    UniqueConstraint("org_id", "slug"),
    UniqueConstraint("org_id", "user_id"),
    CheckConstraint(SLUG, name="slug"),
    CheckConstraint(in_values("silence_reason", SilenceReason), name="silence_reason"),
    CheckConstraint("(hours IS NULL) = (week_minutes IS NULL)", name="hours"),
    Index("technicians_on_duty_idx", "org_id", "id", postgresql_where=text("on_duty")),
    Index("technicians_base_idx", "org_id", "base_geog", postgresql_using="gist"),
    Index("technicians_org_id_store_id_idx", "org_id", "store_id"),
    Index("technicians_org_id_updated_at_idx", "org_id", "updated_at"),
    Index("technicians_at_base_idx", "org_id", "base_geog", postgresql_using="gist", postgresql_where=text("at_base")),
    Index("technicians_provider_idx", "org_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
)

technician_groups = tenant_table(
    "technician_groups",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    Column("group_id", UUID(as_uuid=True), primary_key=True),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
    _belongs("group_id", to="service_groups", delete="CASCADE"),
    Index("technician_groups_org_id_group_id_idx", "org_id", "group_id"),
)

# Mirrors technicians.skills, the other way round: who has a rare skill is found without walking the country.
technician_skills = tenant_table(
    "technician_skills",
    Column("skill", Text, primary_key=True),
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
)

# `session_id` and `device`: the session that carries the duty, and the device that it began on. Both are null where it
# was begun without a session, as a seed or a replay does.
duty_intervals = tenant_table(
    "duty_intervals",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("session_id", UUID(as_uuid=True)),
    Column("device", Text),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
    CheckConstraint("ended_at >= started_at", name="forward"),
    Index("duty_intervals_technician_idx", "org_id", "technician_id", "started_at"),
    Index("duty_intervals_open_key", "org_id", "technician_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    worker=("SELECT",),
)

time_off = tenant_table(
    "time_off",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("starts_at", INSTANT, nullable=False),
    Column("ends_at", INSTANT, nullable=False),
    Column("note", Text),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
    CheckConstraint("ends_at > starts_at", name="forward"),
    Index("time_off_technician_idx", "org_id", "technician_id", "ends_at"),
)

# What a technician works on one local date of the home store instead of the weekly hours: `spans` as in `hours`.
hours_exceptions = tenant_table(
    "hours_exceptions",
    Column("technician_id", UUID(as_uuid=True), primary_key=True),
    Column("local_date", Date, primary_key=True),
    Column("spans", JSONB, nullable=False),
    Column("note", Text),
    Column("updated_at", INSTANT, nullable=False),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
    CheckConstraint("jsonb_typeof(spans) = 'array'", name="spans"),
)

# Whose work is to be judged again, because what they may do or when they work has changed: the technician with the id
# `subject_id`, a provider's staff, or a store's technicians.
work_checks = tenant_table(
    "work_checks",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True), nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    CheckConstraint(in_values("kind", CheckedKind), name="kind"),
    Index("work_checks_due_idx", "due_at"),
    Index("work_checks_subject_idx", "org_id", "subject_id"),
    worker=("SELECT",),
)

# How a person wants lists shown: columns, sort and filters, as the pages that show them understand them.
saved_views = tenant_table(
    "saved_views",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
    Column("page", Text, nullable=False, server_default="pending"),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default="1"),
    _belongs("user_id", to="users", delete="CASCADE"),
    UniqueConstraint("org_id", "id"),
    Index("saved_views_shared_idx", "org_id", postgresql_where=text("shared")),
)

store_administrators = tenant_table(
    "store_administrators",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("store_id", UUID(as_uuid=True), primary_key=True),
    _belongs("user_id", to="users", delete="CASCADE"),
    _belongs("store_id", to="stores", delete="CASCADE"),
)

group_dispatchers = tenant_table(
    "group_dispatchers",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("group_id", UUID(as_uuid=True), primary_key=True),
    _belongs("user_id", to="users", delete="CASCADE"),
    _belongs("group_id", to="service_groups", delete="CASCADE"),
)

# What a technician's tracker app sends positions with. `client` is the app and version that was seen last, `outcome`
# what became of what it sent.
trackers = tenant_table(
    "trackers",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("technician_id", UUID(as_uuid=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("hint", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("used_at", INSTANT),
    Column("client", Text),
    Column("outcome", Text),
    _belongs("technician_id", to="technicians", delete="CASCADE"),
    UniqueConstraint("org_id", "token_hash"),
    CheckConstraint(in_values("app", TrackerApp), name="app"),
    Index(
        "trackers_technician_id_name_key",
        "org_id",
        "technician_id",
        "name",
        unique=True,
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

# A key without stores is for the whole organization, so a store's deletion must not take the last link away.
api_key_stores = tenant_table(
    "api_key_stores",
    Column("api_key_id", UUID(as_uuid=True), primary_key=True),
    Column("store_id", UUID(as_uuid=True), primary_key=True),
    ForeignKeyConstraint(["org_id", "api_key_id"], ["api_keys.org_id", "api_keys.id"], ondelete="CASCADE"),
    _belongs("store_id", to="stores"),
)
