"""What operators allow organizations, and what these use of it.

Adds only: a column with a default, a table and a function.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("""
    ALTER TABLE organizations ADD COLUMN limits JSONB DEFAULT '{}' NOT NULL;

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
    END $$;

    REVOKE ALL ON FUNCTION estimate_storage(uuid) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION estimate_storage(uuid) TO geo_assign_app;

    CREATE TABLE usage_days (
        org_id UUID NOT NULL,
        day DATE NOT NULL,
        pings BIGINT DEFAULT '0' NOT NULL,
        leads INTEGER DEFAULT '0' NOT NULL,
        pings_rejected BIGINT DEFAULT '0' NOT NULL,
        leads_refused INTEGER DEFAULT '0' NOT NULL,
        CONSTRAINT usage_days_pkey PRIMARY KEY (org_id, day),
        CONSTRAINT usage_days_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id)
    );

    CREATE INDEX usage_days_day_idx ON usage_days (day);

    ALTER TABLE usage_days ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON usage_days TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON usage_days TO geo_assign_app;

    CREATE POLICY sweep ON usage_days TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON usage_days TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
