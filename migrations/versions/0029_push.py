"""Web Push: subscriptions of devices, and what they are still to be told.

Adds only: tables that older versions do not know. What they do meanwhile is told to no device.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # push_subscriptions
    _run("""
    CREATE TABLE push_subscriptions (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        technician_id UUID NOT NULL,
        session_id UUID NOT NULL,
        service TEXT NOT NULL,
        address_encrypted BYTEA NOT NULL,
        endpoint_hash BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT push_subscriptions_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT push_subscriptions_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id)
            REFERENCES technicians (org_id, id) ON DELETE CASCADE,
        CONSTRAINT push_subscriptions_org_id_session_id_fkey FOREIGN KEY(org_id, session_id)
            REFERENCES sessions (org_id, id) ON DELETE CASCADE,
        CONSTRAINT push_subscriptions_org_id_endpoint_hash_key UNIQUE (org_id, endpoint_hash)
    );

    CREATE INDEX push_subscriptions_technician_idx ON push_subscriptions (org_id, technician_id);

    CREATE INDEX push_subscriptions_session_idx ON push_subscriptions (org_id, session_id);

    ALTER TABLE push_subscriptions ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON push_subscriptions TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON push_subscriptions TO geo_assign_app;

    CREATE POLICY sweep ON push_subscriptions TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON push_subscriptions TO geo_assign_worker;
    """)
    # push_messages
    _run("""
    CREATE TABLE push_messages (
        org_id UUID NOT NULL,
        subscription_id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        message_id UUID NOT NULL,
        kind TEXT NOT NULL,
        offer_id UUID,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
        leased_until TIMESTAMP WITH TIME ZONE,
        failures INTEGER DEFAULT '0' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT push_messages_pkey PRIMARY KEY (org_id, subscription_id, work_order_id),
        CONSTRAINT push_messages_org_id_subscription_id_fkey FOREIGN KEY(org_id, subscription_id)
            REFERENCES push_subscriptions (org_id, id) ON DELETE CASCADE,
        CONSTRAINT push_messages_kind_check
            CHECK (kind IN ('offer', 'offer_withdrawn', 'assigned', 'unassigned'))
    );

    CREATE INDEX push_messages_due_idx ON push_messages (next_attempt_at);

    ALTER TABLE push_messages ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON push_messages TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON push_messages TO geo_assign_app;

    CREATE POLICY sweep ON push_messages TO geo_assign_worker USING (true);

    GRANT SELECT ON push_messages TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
