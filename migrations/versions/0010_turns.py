"""Fair turns: orders that are looked at again only because time passes, and those that a free technician is tried for.

Adds only. An older version leaves the column empty, and its orders count as urgent.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_orders
    _run("ALTER TABLE work_orders ADD COLUMN looks_again_at TIMESTAMP WITH TIME ZONE")
    _run(
        "CREATE INDEX work_orders_searching_idx ON work_orders (org_id, store_id, priority DESC, created_at, id) "
        "WHERE pending_reason = 'nobody_eligible'"
    )


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
