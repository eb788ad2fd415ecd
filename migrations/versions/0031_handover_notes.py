"""Notes that one shift of dispatchers leaves for the next, and who has read them.

Adds only: two tables that older versions do not know.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # handover_notes
    _run("""
    CREATE TABLE handover_notes (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        store_id UUID NOT NULL,
        group_id UUID,
        text TEXT NOT NULL,
        work_order_ids UUID[] DEFAULT '{}' NOT NULL,
        author_id UUID NOT NULL,
        author_name TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        CONSTRAINT handover_notes_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT handover_notes_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT handover_notes_org_id_group_id_fkey FOREIGN KEY(org_id, group_id) REFERENCES service_groups (org_id, id),
        CONSTRAINT handover_notes_org_id_author_id_fkey FOREIGN KEY(org_id, author_id) REFERENCES users (org_id, id),
        CONSTRAINT handover_notes_forward_check CHECK (expires_at > created_at)
    );

    CREATE INDEX handover_notes_store_idx ON handover_notes (org_id, store_id, created_at, id);

    CREATE INDEX handover_notes_created_idx ON handover_notes (org_id, created_at, id);

    CREATE INDEX handover_notes_expires_at_idx ON handover_notes (expires_at);

    ALTER TABLE handover_notes ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON handover_notes TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON handover_notes TO geo_assign_app;

    CREATE POLICY sweep ON handover_notes TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON handover_notes TO geo_assign_worker;
    """)

    # handover_reads
    _run("""
    CREATE TABLE handover_reads (
        org_id UUID NOT NULL,
        note_id UUID NOT NULL,
        user_id UUID NOT NULL,
        user_name TEXT NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT handover_reads_pkey PRIMARY KEY (org_id, note_id, user_id),
        CONSTRAINT handover_reads_org_id_note_id_fkey FOREIGN KEY(org_id, note_id) REFERENCES handover_notes (org_id, id) ON DELETE CASCADE,
        CONSTRAINT handover_reads_org_id_user_id_fkey FOREIGN KEY(org_id, user_id) REFERENCES users (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE handover_reads ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON handover_reads TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON handover_reads TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
