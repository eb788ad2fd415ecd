"""Dispatch in full: tickets made from leads, groups that pass work on, several technicians, alarms.

Adds only; what an older version writes stays valid. A check that is replaced is validated apart from its lock.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PENDING_REASONS = (
    "'needs_location', 'map_key_missing', 'geocoder_unavailable', 'nobody_eligible', 'automation_off', 'suggested', "
    "'unassigned', 'wanted_taken', 'offers_exhausted', 'to_be_solved'"
)


def upgrade() -> None:
    # work_orders
    _run(f"""
    ALTER TABLE work_orders
        ADD COLUMN converted_from UUID,
        ADD COLUMN returned_to UUID,
        ADD COLUMN alarm JSONB,
        ADD COLUMN search_started_at TIMESTAMP WITH TIME ZONE,
        DROP CONSTRAINT work_orders_pending_reason_check,
        ADD CONSTRAINT work_orders_pending_reason_check CHECK (pending_reason IN ({_PENDING_REASONS})) NOT VALID,
        ADD CONSTRAINT work_orders_tickets_are_converted_check
            CHECK (converted_from IS NULL OR kind = 'ticket') NOT VALID,
        ADD CONSTRAINT work_orders_org_id_converted_from_fkey
            FOREIGN KEY (org_id, converted_from) REFERENCES work_orders (org_id, id) NOT VALID;

    ALTER TABLE work_orders VALIDATE CONSTRAINT work_orders_pending_reason_check;

    ALTER TABLE work_orders VALIDATE CONSTRAINT work_orders_tickets_are_converted_check;

    ALTER TABLE work_orders VALIDATE CONSTRAINT work_orders_org_id_converted_from_fkey;

    CREATE UNIQUE INDEX work_orders_converted_from_key ON work_orders (org_id, converted_from)
        WHERE converted_from IS NOT NULL;
    """)
    # offers
    _run("""
    ALTER TABLE offers
        ADD COLUMN role TEXT DEFAULT 'primary' NOT NULL,
        ADD CONSTRAINT offers_role_check CHECK (role IN ('primary', 'collaborator'));
    """)
    # group_stays
    _run("""
    CREATE TABLE group_stays (
        org_id UUID NOT NULL,
        id UUID NOT NULL,
        work_order_id UUID NOT NULL,
        group_id UUID NOT NULL,
        entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
        left_at TIMESTAMP WITH TIME ZONE,
        sent_by JSONB NOT NULL,
        note TEXT,
        CONSTRAINT group_stays_pkey PRIMARY KEY (org_id, id),
        CONSTRAINT group_stays_org_id_work_order_id_fkey FOREIGN KEY (org_id, work_order_id)
            REFERENCES work_orders (org_id, id),
        CONSTRAINT group_stays_org_id_group_id_fkey FOREIGN KEY (org_id, group_id)
            REFERENCES service_groups (org_id, id),
        CONSTRAINT group_stays_forward_check CHECK (left_at >= entered_at)
    );

    CREATE UNIQUE INDEX group_stays_open_key ON group_stays (org_id, work_order_id) WHERE left_at IS NULL;

    CREATE INDEX group_stays_work_order_idx ON group_stays (org_id, work_order_id, entered_at);

    ALTER TABLE group_stays ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON group_stays TO geo_assign_app
        USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE ON group_stays TO geo_assign_app;

    INSERT INTO group_stays (org_id, id, work_order_id, group_id, entered_at, sent_by)
    SELECT org_id, gen_random_uuid(), id, group_id, created_at, created_by FROM work_orders WHERE group_id IS NOT NULL;
    """)
    # decisions
    _run("""
    ALTER TABLE decisions ADD COLUMN batch JSONB;

    CREATE INDEX decisions_automatic_idx ON decisions (org_id, at, id) WHERE mode = 'automatic';

    CREATE INDEX decisions_batch_idx ON decisions (org_id, (batch ->> 'id')) WHERE batch IS NOT NULL;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
