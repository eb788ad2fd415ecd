"""Of the deliveries of one subject only the first is due.

A rule is loosened and an index made: older versions see what waits behind another as not due. What they leave behind
themselves is found by newer ones, at the latest within ten minutes.
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_waiting_is_due_check;

    ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_due_is_waiting_check
        CHECK (state = 'waiting' OR next_attempt_at IS NULL) NOT VALID;

    ALTER TABLE webhook_deliveries VALIDATE CONSTRAINT webhook_deliveries_due_is_waiting_check;

    CREATE INDEX webhook_deliveries_heads_idx ON webhook_deliveries (org_id, webhook_id, next_attempt_at, sequence)
        WHERE next_attempt_at IS NOT NULL;

    DROP INDEX webhook_deliveries_due_idx;
    """)
