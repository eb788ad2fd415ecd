"""Looks on the live stream: a row per technician, hour and viewer instead of one per minute.

Adds only: a table and a function that older versions do not know. What those write is read together with it.
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE live_views (
        org_id UUID NOT NULL,
        technician_id UUID NOT NULL,
        hour TIMESTAMP WITH TIME ZONE NOT NULL,
        viewer_id UUID NOT NULL,
        viewer_kind TEXT NOT NULL,
        viewer_name TEXT NOT NULL,
        minutes BIGINT NOT NULL,
        first_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT live_views_pkey PRIMARY KEY (org_id, technician_id, hour, viewer_id),
        CONSTRAINT live_views_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id)
            REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT live_views_minutes_check CHECK (minutes > 0)
    );

    CREATE INDEX live_views_hour_idx ON live_views (hour);

    ALTER TABLE live_views ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON live_views TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON live_views TO geo_assign_app;

    CREATE POLICY sweep ON live_views TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON live_views TO geo_assign_worker;

    CREATE FUNCTION erase_live_views(technician uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM live_views v
    WHERE v.org_id = nullif(current_setting('app.org_id', true), '')::uuid AND v.technician_id = technician
$$;

    REVOKE ALL ON FUNCTION erase_live_views(uuid) FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION erase_live_views(uuid) TO geo_assign_app;
    """)
