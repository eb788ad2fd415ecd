"""Providers that work from their base, and how much they take on."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("SELECT 1")


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
