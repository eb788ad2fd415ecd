"""Silences: when a technician's device was not heard from on duty, and what its app said about it.

Adds only: a table and two columns that older versions do not know.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # technicians
    _run("""
    ALTER TABLE technicians
        ADD COLUMN silence_reason TEXT,
        ADD COLUMN silence_said_at TIMESTAMP WITH TIME ZONE,
        ADD CONSTRAINT technicians_silence_reason_check
            CHECK (silence_reason IN ('permission', 'battery_saver', 'gps_off', 'logged_out'));
    """)
    # silences
    _run("""
    CREATE TABLE silences (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        technician_id UUID NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_by TEXT NOT NULL,
        reason TEXT,
        CONSTRAINT silences_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT silences_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id)
            REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT silences_ended_by_check CHECK (ended_by IN ('heard', 'off_duty'))
    );

    CREATE INDEX silences_ended_at_idx ON silences (org_id, ended_at);

    CREATE INDEX silences_technician_idx ON silences (org_id, technician_id, began_at);

    CREATE INDEX silences_sweep_idx ON silences (ended_at);

    ALTER TABLE silences ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON silences TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, DELETE ON silences TO geo_assign_app;

    CREATE POLICY sweep ON silences TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON silences TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
