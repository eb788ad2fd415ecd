"""Webhooks: who listens, what was delivered, what failed."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TENANT = "USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)"


def upgrade() -> None:
    # outbox
    _run("CREATE INDEX outbox_delivered_at_idx ON outbox (delivered_at) WHERE delivered_at IS NOT NULL")
    # webhooks
    _run(f"""
    CREATE TABLE webhooks (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        url TEXT NOT NULL,
        description TEXT,
        events TEXT[],
        active BOOLEAN DEFAULT 'true' NOT NULL,
        disabled_because TEXT,
        failures INTEGER DEFAULT '0' NOT NULL,
        opened_until TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT webhooks_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT webhooks_org_id_fkey FOREIGN KEY (org_id) REFERENCES organizations (org_id),
        CONSTRAINT webhooks_events_check CHECK (cardinality(events) > 0)
    );

    ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON webhooks TO geo_assign_app {_TENANT};

    GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO geo_assign_app;

    CREATE POLICY sweep ON webhooks TO geo_assign_worker USING (true);

    GRANT SELECT ON webhooks TO geo_assign_worker;
    """)
    # webhook_secrets
    _run(f"""
    CREATE TABLE webhook_secrets (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        webhook_id UUID NOT NULL,
        secret_encrypted BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT webhook_secrets_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT webhook_secrets_org_id_webhook_id_fkey FOREIGN KEY (org_id, webhook_id)
            REFERENCES webhooks (org_id, id) ON DELETE CASCADE
    );

    CREATE UNIQUE INDEX webhook_secrets_present_key ON webhook_secrets (org_id, webhook_id) WHERE expires_at IS NULL;

    CREATE INDEX webhook_secrets_webhook_idx ON webhook_secrets (org_id, webhook_id, created_at);

    ALTER TABLE webhook_secrets ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON webhook_secrets TO geo_assign_app {_TENANT};

    GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_secrets TO geo_assign_app;
    """)
    # webhook_deliveries
    _run(f"""
    CREATE TABLE webhook_deliveries (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        webhook_id UUID NOT NULL,
        event_id UUID NOT NULL,
        event_type TEXT NOT NULL,
        subject_id UUID NOT NULL,
        sequence BIGINT NOT NULL,
        data JSONB NOT NULL,
        occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT DEFAULT 'waiting' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        failures INTEGER DEFAULT '0' NOT NULL,
        leased_until TIMESTAMP WITH TIME ZONE,
        next_attempt_at TIMESTAMP WITH TIME ZONE,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        last_error TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT webhook_deliveries_org_id_webhook_id_fkey FOREIGN KEY (org_id, webhook_id)
            REFERENCES webhooks (org_id, id) ON DELETE CASCADE,
        CONSTRAINT webhook_deliveries_state_check CHECK (state IN ('waiting', 'delivered', 'dead')),
        CONSTRAINT webhook_deliveries_waiting_is_due_check
            CHECK ((state = 'waiting') = (next_attempt_at IS NOT NULL)),
        CONSTRAINT webhook_deliveries_finished_check CHECK ((state = 'waiting') = (finished_at IS NULL))
    );

    CREATE UNIQUE INDEX webhook_deliveries_event_key ON webhook_deliveries (org_id, webhook_id, event_id);

    CREATE INDEX webhook_deliveries_order_idx ON webhook_deliveries (org_id, webhook_id, subject_id, sequence)
        WHERE state = 'waiting';

    CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (org_id, webhook_id, next_attempt_at)
        WHERE state = 'waiting';

    CREATE INDEX webhook_deliveries_oldest_idx ON webhook_deliveries (created_at) WHERE state = 'waiting';

    CREATE INDEX webhook_deliveries_log_idx ON webhook_deliveries (org_id, webhook_id, sequence);

    CREATE INDEX webhook_deliveries_finished_at_idx ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;

    ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON webhook_deliveries TO geo_assign_app {_TENANT};

    GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO geo_assign_app;

    CREATE POLICY sweep ON webhook_deliveries TO geo_assign_worker USING (true);

    GRANT SELECT, UPDATE, DELETE ON webhook_deliveries TO geo_assign_worker;
    """)
    # webhook_attempts
    _run(f"""
    CREATE TABLE webhook_attempts (
        org_id UUID NOT NULL,
        delivery_id UUID NOT NULL,
        number INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        duration_ms INTEGER NOT NULL,
        status_code INTEGER,
        error TEXT,
        response TEXT,
        CONSTRAINT webhook_attempts_pkey PRIMARY KEY (org_id, delivery_id, number),
        CONSTRAINT webhook_attempts_org_id_delivery_id_fkey FOREIGN KEY (org_id, delivery_id)
            REFERENCES webhook_deliveries (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE webhook_attempts ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON webhook_attempts TO geo_assign_app {_TENANT};

    GRANT SELECT, INSERT ON webhook_attempts TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
