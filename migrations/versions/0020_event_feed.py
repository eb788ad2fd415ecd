"""The feed of events, and webhooks that listen to some stores.

Adds only. Older versions write events without stores; then the store that the payload names counts. Webhooks that
listen to everything go on hearing what there was to hear: later events are for those who ask for them.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # outbox
    _run("""
    ALTER TABLE outbox ADD COLUMN store_ids UUID[];

    ALTER TABLE outbox ADD COLUMN position BIGINT;

    CREATE UNIQUE INDEX outbox_position_key ON outbox (org_id, position) WHERE position IS NOT NULL;

    CREATE INDEX outbox_unplaced_idx ON outbox (org_id, sequence) WHERE position IS NULL;
    """)
    # event_feeds
    _run("""
    CREATE TABLE event_feeds (
        org_id UUID NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT event_feeds_pkey PRIMARY KEY (org_id),
        CONSTRAINT event_feeds_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id)
    );

    ALTER TABLE event_feeds ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON event_feeds TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON event_feeds TO geo_assign_app;
    """)
    # webhooks
    _run("""
    ALTER TABLE webhooks ADD COLUMN store_ids UUID[];

    ALTER TABLE webhooks ADD CONSTRAINT webhooks_store_ids_check CHECK (cardinality(store_ids) > 0);

    UPDATE webhooks SET version = version + 1, events = ARRAY[
        'technician.presence_changed', 'work_order.alarm_cleared', 'work_order.alarm_raised', 'work_order.assigned',
        'work_order.cancelled', 'work_order.converted', 'work_order.created', 'work_order.located',
        'work_order.offer_expired', 'work_order.offered', 'work_order.rejected', 'work_order.status_changed',
        'work_order.transferred', 'work_order.unassigned'
    ] WHERE events IS NULL;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
