"""Better places for addresses, learned from visits, and which of them a work order's location comes from.

Adds only: two tables and a column that older versions do not know.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE work_orders ADD COLUMN location_learned JSONB")

    # learned_pins
    _run("""
    CREATE TABLE learned_pins (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        store_id UUID NOT NULL,
        address_key BYTEA NOT NULL,
        address TEXT NOT NULL,
        lat DOUBLE PRECISION NOT NULL,
        lon DOUBLE PRECISION NOT NULL,
        state TEXT NOT NULL,
        visits INTEGER NOT NULL,
        against INTEGER NOT NULL,
        moved_m DOUBLE PRECISION,
        confirmed_by TEXT,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        CONSTRAINT learned_pins_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT learned_pins_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT learned_pins_state_check CHECK (state IN ('proposed', 'confirmed', 'rejected', 'withdrawn', 'replaced')),
        CONSTRAINT learned_pins_confirmed_by_check CHECK (confirmed_by IN ('person', 'arrivals')),
        CONSTRAINT learned_pins_confirmed_by_something_check CHECK (state <> 'confirmed' OR confirmed_by IS NOT NULL),
        CONSTRAINT learned_pins_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180)
    );

    CREATE INDEX learned_pins_address_idx ON learned_pins (org_id, store_id, address_key);

    CREATE UNIQUE INDEX learned_pins_confirmed_key ON learned_pins (org_id, store_id, address_key) WHERE state = 'confirmed';

    CREATE UNIQUE INDEX learned_pins_proposed_key ON learned_pins (org_id, store_id, address_key) WHERE state = 'proposed';

    CREATE INDEX learned_pins_state_idx ON learned_pins (org_id, state, updated_at, id);

    ALTER TABLE learned_pins ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON learned_pins TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON learned_pins TO geo_assign_app;

    CREATE POLICY sweep ON learned_pins TO geo_assign_worker USING (true);

    GRANT SELECT, DELETE ON learned_pins TO geo_assign_worker;
    """)

    # pin_evidence
    _run("""
    CREATE TABLE pin_evidence (
        org_id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        kind TEXT NOT NULL,
        visit_id UUID NOT NULL,
        store_id UUID NOT NULL,
        address_key BYTEA NOT NULL,
        technician_id UUID,
        lat DOUBLE PRECISION NOT NULL,
        lon DOUBLE PRECISION NOT NULL,
        accuracy_m DOUBLE PRECISION,
        geocoded_lat DOUBLE PRECISION,
        geocoded_lon DOUBLE PRECISION,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        spent BOOLEAN DEFAULT 'false' NOT NULL,
        CONSTRAINT pin_evidence_pkey PRIMARY KEY (org_id, work_order_id, kind),
        CONSTRAINT pin_evidence_org_id_work_order_id_fkey FOREIGN KEY(org_id, work_order_id) REFERENCES work_orders (org_id, id) ON DELETE CASCADE,
        CONSTRAINT pin_evidence_org_id_store_id_fkey FOREIGN KEY(org_id, store_id) REFERENCES stores (org_id, id),
        CONSTRAINT pin_evidence_org_id_technician_id_fkey FOREIGN KEY(org_id, technician_id) REFERENCES technicians (org_id, id),
        CONSTRAINT pin_evidence_kind_check CHECK (kind IN ('arrival', 'hand')),
        CONSTRAINT pin_evidence_on_earth_check CHECK (lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180),
        CONSTRAINT pin_evidence_geocoded_check CHECK ((geocoded_lat IS NULL) = (geocoded_lon IS NULL))
    );

    CREATE INDEX pin_evidence_address_idx ON pin_evidence (org_id, store_id, address_key, at DESC);

    CREATE INDEX pin_evidence_at_idx ON pin_evidence (at);

    CREATE INDEX pin_evidence_technician_idx ON pin_evidence (org_id, technician_id) WHERE technician_id IS NOT NULL;

    ALTER TABLE pin_evidence ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON pin_evidence TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON pin_evidence TO geo_assign_app;

    CREATE POLICY sweep ON pin_evidence TO geo_assign_worker USING (true);

    GRANT SELECT, UPDATE, DELETE ON pin_evidence TO geo_assign_worker;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
