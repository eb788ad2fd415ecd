"""Tables of organizations, their usage, users, sessions, one-time links, their mails, API keys and the audit trail."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
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
from sqlalchemy.dialects.postgresql import JSONB, UUID

from geo_assign.access.domain import Role, SecondFactorPolicy
from geo_assign.access.links import EndedBecause, LinkPurpose, MailState
from geo_assign.core.languages import Language
from geo_assign.core.tables import APP_ROLE, APPEND_ONLY, INSTANT, and_also, in_values, tenant_table

# `limits` holds the operator's choices by quota; null there is no limit, and an absent one the installation's default.
# The slug alone is unique across organizations: log-in names the organization by it.
organizations = tenant_table(
    "organizations",
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False, server_default=text("now()")),
    Column("second_factor_policy", Text, nullable=False, server_default=SecondFactorPolicy.OFF.value),
    Column("limits", JSONB, nullable=False, server_default="{}"),
    Column("language", Text, nullable=False, server_default=Language.ENGLISH.value),
    UniqueConstraint("slug"),
    CheckConstraint(in_values("second_factor_policy", SecondFactorPolicy), name="second_factor_policy"),
    CheckConstraint(in_values("language", Language), name="language"),
    CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT",),
)

# Log-in knows a slug and needs the organization to set: one of two questions that may be asked across organizations.
and_also(
    organizations,
    """
CREATE FUNCTION find_organization(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT org_id FROM organizations WHERE slug = wanted $$""",
    "REVOKE ALL ON FUNCTION find_organization(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION find_organization(text) TO {APP_ROLE}",
)

# The other one: an installation without any tells how to create the first.
and_also(
    organizations,
    """
CREATE FUNCTION has_organizations() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT EXISTS (SELECT FROM organizations) $$""",
    "REVOKE ALL ON FUNCTION has_organizations() FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION has_organizations() TO {APP_ROLE}",
)

# Without counting a row: each table's size, times the share of its rows that the planner's statistics give to the
# organization. Only the owner sees the statistics of tables with row security.
and_also(
    organizations,
    """
CREATE FUNCTION estimate_storage(wanted uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT coalesce(sum(pg_total_relation_size(c.oid) * coalesce(
            s.most_common_freqs[array_position(s.most_common_vals::text::uuid[], wanted)],
            CASE WHEN s.most_common_vals IS NULL AND s.n_distinct <> 0
                 THEN 1 / (CASE WHEN s.n_distinct > 0 THEN s.n_distinct ELSE -s.n_distinct * c.reltuples END)
                 WHEN s.n_distinct > cardinality(s.most_common_vals)
                 THEN (1 - (SELECT sum(f.share) FROM unnest(s.most_common_freqs) f (share)))
                      / (s.n_distinct - cardinality(s.most_common_vals)) END, 0)), 0)::bigint
        FROM pg_stats s JOIN pg_class c ON c.oid = format('%I.%I', s.schemaname, s.tablename)::regclass
        WHERE s.schemaname = 'public' AND s.attname = 'org_id' AND NOT s.inherited AND c.reltuples > 0);
END $$""",
    "REVOKE ALL ON FUNCTION estimate_storage(uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION estimate_storage(uuid) TO {APP_ROLE}",
)

# A day is one of UTC. Positions are added in sums, every few seconds; leads as they are created.
usage_days = tenant_table(
    "usage_days",
    Column("day", Date, primary_key=True),
    Column("pings", BigInteger, nullable=False, server_default="0"),
    Column("leads", Integer, nullable=False, server_default="0"),
    Column("pings_rejected", BigInteger, nullable=False, server_default="0"),
    Column("leads_refused", Integer, nullable=False, server_default="0"),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    Index("usage_days_day_idx", "day"),
    app=("SELECT", "INSERT", "UPDATE"),
    worker=("SELECT", "DELETE"),
)

# Written to in `language`; NULL: in the organization's.
users = tenant_table(
    "users",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False, server_default="{}"),
    Column("password_hash", Text),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("language", Text),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    CheckConstraint(in_values("role", Role), name="role"),
    CheckConstraint(in_values("language", Language), name="language"),
    Index("users_org_id_email_key", "org_id", text("lower(email)"), unique=True),
)

sessions = tenant_table(
    "sessions",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("user_id", UUID(as_uuid=True), nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("device", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("single_sign_on", Boolean, nullable=False, server_default="false"),
    Column("last_used_at", INSTANT),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "token_hash"),
    CheckConstraint("kind IN ('bearer', 'cookie')", name="kind"),
    Index("sessions_org_id_user_id_idx", "org_id", "user_id"),
    Index("sessions_expires_at_idx", "expires_at"),
    worker=("SELECT", "DELETE"),
)

# Rows without an address: who is meant is the user's row, and the token is kept as its hash alone.
one_time_links = tenant_table(
    "one_time_links",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("user_id", UUID(as_uuid=True), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("ended_because", Text),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "token_hash"),
    CheckConstraint(in_values("purpose", LinkPurpose), name="purpose"),
    CheckConstraint(in_values("ended_because", EndedBecause), name="ended_because"),
    CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended"),
    CheckConstraint("used_at IS NULL OR ended_at IS NULL", name="used_or_ended"),
    # One at a time works: a newer one ends the older.
    Index(
        "one_time_links_open_key",
        "org_id",
        "user_id",
        "purpose",
        unique=True,
        postgresql_where=text("used_at IS NULL AND ended_at IS NULL"),
    ),
    Index("one_time_links_user_id_idx", "org_id", "user_id", "created_at"),
    Index("one_time_links_expires_at_idx", "expires_at"),
    worker=("SELECT", "DELETE"),
)

# `last_step` is the 30-second step of the last code that was taken: none of it or before is taken again.
second_factors = tenant_table(
    "second_factors",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("secret_encrypted", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT),
    Column("last_step", BigInteger),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE"),
)

recovery_codes = tenant_table(
    "recovery_codes",
    Column("user_id", UUID(as_uuid=True), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True),
    Column("used_at", INSTANT),
    ForeignKeyConstraint(
        ["org_id", "user_id"], ["second_factors.org_id", "second_factors.user_id"], ondelete="CASCADE"
    ),
)

single_sign_on = tenant_table(
    "single_sign_on",
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_secret_encrypted", LargeBinary),
    Column("email_domains", ARRAY(Text), nullable=False, server_default="{}"),
    Column("password_log_in", Boolean, nullable=False, server_default="true"),
    Column("assume_email_verified", Boolean, nullable=False, server_default="false"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", INSTANT, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
)

identities = tenant_table(
    "identities",
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user_id", UUID(as_uuid=True), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    ForeignKeyConstraint(["org_id", "user_id"], ["users.org_id", "users.id"], ondelete="CASCADE"),
    UniqueConstraint("org_id", "issuer", "user_id"),
)

# Who it goes to is the user's row, at the moment of sending. The token is readable with a secret key alone, and gone
# when there is nothing more to send. `attempts` counts those begun and is the fencing token of the lease.
mails = tenant_table(
    "mails",
    Column("link_id", UUID(as_uuid=True), primary_key=True),
    Column("token_encrypted", LargeBinary),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", INSTANT),
    Column("next_attempt_at", INSTANT),
    Column("last_error", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("finished_at", INSTANT),
    ForeignKeyConstraint(["org_id", "link_id"], ["one_time_links.org_id", "one_time_links.id"], ondelete="CASCADE"),
    CheckConstraint(in_values("state", MailState), name="state"),
    CheckConstraint("(state = 'waiting') = (next_attempt_at IS NOT NULL)", name="waiting_is_due"),
    CheckConstraint("(state = 'waiting') = (finished_at IS NULL)", name="finished"),
    CheckConstraint("(state = 'waiting') = (token_encrypted IS NOT NULL)", name="token"),
    Index("mails_due_idx", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
    worker=("SELECT",),
)


# While a key's token is replaced, the one before works until `previous_token_until`. `last_used_at` is written at most
# once a minute. `web_origins` and `leads_per_day` are those of a publishable key.
api_keys = tenant_table(
    "api_keys",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("hint", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("expires_at", INSTANT),
    Column("last_used_at", INSTANT),
    Column("created_by", UUID(as_uuid=True)),
    Column("web_origins", ARRAY(Text), nullable=False, server_default="{}"),
    Column("leads_per_day", Integer),
    Column("previous_token_hash", LargeBinary),
    Column("previous_token_until", INSTANT),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", INSTANT),
    ForeignKeyConstraint(["org_id"], ["organizations.org_id"]),
    ForeignKeyConstraint(["org_id", "created_by"], ["users.org_id", "users.id"]),
    UniqueConstraint("org_id", "name"),
    UniqueConstraint("org_id", "token_hash"),
    UniqueConstraint("org_id", "previous_token_hash"),
    CheckConstraint("leads_per_day > 0", name="leads_per_day"),
)

audit_entries = tenant_table(
    "audit_entries",
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", UUID(as_uuid=True)),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", UUID(as_uuid=True)),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Index("audit_entries_subject_idx", "org_id", "subject_id", "at"),
    Index("audit_entries_at_idx", "org_id", "at", "id"),
    app=APPEND_ONLY,
)
