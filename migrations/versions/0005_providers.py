"""Providers that work from their base, and how much they take on."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # service_providers
    _run("""
    ALTER TABLE service_providers
        ADD COLUMN valid_from TIMESTAMP WITH TIME ZONE,
        ADD COLUMN works_from TEXT DEFAULT 'staff' NOT NULL,
        ADD COLUMN capacity INTEGER,
        ADD CONSTRAINT service_providers_works_from_check CHECK (works_from IN ('staff', 'base')),
        ADD CONSTRAINT service_providers_base_is_known_check CHECK (works_from <> 'base' OR base_lat IS NOT NULL),
        ADD CONSTRAINT service_providers_agreement_forward_check CHECK (valid_until > valid_from),
        ADD CONSTRAINT service_providers_capacity_check CHECK (capacity > 0);
    """)
    # technicians: the staff of a provider without a home starts from the provider's base, where one is known.
    _run("""
    ALTER TABLE technicians ADD COLUMN at_base BOOLEAN DEFAULT false NOT NULL;

    CREATE INDEX technicians_at_base_idx ON technicians USING gist (org_id, base_geog) WHERE at_base;

    CREATE INDEX technicians_provider_idx ON technicians (org_id, provider_id) WHERE provider_id IS NOT NULL;

    UPDATE technicians t SET base_lat = v.base_lat, base_lon = v.base_lon
    FROM service_providers v
    WHERE v.org_id = t.org_id AND v.id = t.provider_id AND v.base_lat IS NOT NULL AND t.home_lat IS NULL;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
