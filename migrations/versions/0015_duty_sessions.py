"""It is known which session carries a technician's duty, and on which device it began.

Adds only. Of duty that an older version began nothing is known: it ends with the technician's last session.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # duty_intervals
    _run("""
    ALTER TABLE duty_intervals ADD COLUMN session_id UUID;

    ALTER TABLE duty_intervals ADD COLUMN device TEXT;

    CREATE POLICY sweep ON duty_intervals TO geo_assign_worker USING (true);

    GRANT SELECT ON duty_intervals TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
