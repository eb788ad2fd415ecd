"""Whether there is any organization may be asked before one is known.

Adds only: a function that older versions do not know.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # organizations
    _run("""
    CREATE FUNCTION has_organizations() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT EXISTS (SELECT FROM organizations) $$;

    REVOKE ALL ON FUNCTION has_organizations() FROM PUBLIC;

    GRANT EXECUTE ON FUNCTION has_organizations() TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
