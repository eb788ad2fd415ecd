"""Crews: how many people are to come along with the lead engineer.

Adds only; an older version that does not know the column writes orders for one person, as it always did.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_orders
    _run("ALTER TABLE work_orders ADD COLUMN crew_size INTEGER DEFAULT 0 NOT NULL")


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
