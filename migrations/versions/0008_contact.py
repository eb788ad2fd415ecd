"""The numbers of a customer's phone text in E.164, to be searched.

Adds only. An older version leaves the column null, which stands for "not read yet"; what was typed stays in `customer`.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # work_orders
    _run("ALTER TABLE work_orders ADD COLUMN customer_phones TEXT")


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
