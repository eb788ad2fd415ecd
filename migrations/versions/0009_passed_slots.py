"""Slots that have passed; work that a technician cannot do any more.

Adds only, but for the reasons that a pending order may have: there it allows one more.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PENDING_REASONS = (
    "'needs_location', 'map_key_missing', 'geocoder_unavailable', 'nobody_eligible', 'automation_off', 'suggested', "
    "'unassigned', 'wanted_taken', 'offers_exhausted', 'to_be_solved', 'slot_passed'"
)


def upgrade() -> None:
    # work_orders
    _run(f"""
    ALTER TABLE work_orders
        DROP CONSTRAINT work_orders_pending_reason_check,
        ADD CONSTRAINT work_orders_pending_reason_check CHECK (pending_reason IN ({_PENDING_REASONS})) NOT VALID;

    ALTER TABLE work_orders VALIDATE CONSTRAINT work_orders_pending_reason_check;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
