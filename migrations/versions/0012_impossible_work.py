"""Work that technicians cannot do any more: whose work to judge again, and what was known when a person chose.

Adds only. Of bookings that an older version makes nothing is known: all that stands against them may raise an alarm.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # bookings
    _run("ALTER TABLE bookings ADD COLUMN known_reasons TEXT[] DEFAULT '{}' NOT NULL")
    # work_orders
    _run("CREATE INDEX work_orders_alarm_idx ON work_orders (org_id) WHERE alarm IS NOT NULL")
    # service_providers
    _run("""
    ALTER TABLE service_providers ADD COLUMN end_noted_for TIMESTAMP WITH TIME ZONE;

    CREATE INDEX service_providers_ended_idx ON service_providers (valid_until)
        WHERE valid_until IS DISTINCT FROM end_noted_for;

    CREATE POLICY sweep ON service_providers TO geo_assign_worker USING (true);

    GRANT SELECT ON service_providers TO geo_assign_worker;
    """)
    # work_checks
    _run("""
    CREATE TABLE work_checks (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        kind TEXT NOT NULL,
        subject_id UUID NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT work_checks_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT work_checks_kind_check CHECK (kind IN ('technician', 'provider', 'store'))
    );

    CREATE INDEX work_checks_due_idx ON work_checks (due_at);

    CREATE INDEX work_checks_subject_idx ON work_checks (org_id, subject_id);

    ALTER TABLE work_checks ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON work_checks TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON work_checks TO geo_assign_app;

    CREATE POLICY sweep ON work_checks TO geo_assign_worker USING (true);

    GRANT SELECT ON work_checks TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
