"""A second factor of users: authenticator apps, recovery codes, and of whom an organization demands one.

Adds only: two tables and columns with defaults, none of which older versions know.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # organizations, sessions
    _run("""
    ALTER TABLE organizations ADD COLUMN second_factor_policy TEXT DEFAULT 'off' NOT NULL;

    ALTER TABLE organizations ADD CONSTRAINT organizations_second_factor_policy_check
        CHECK (second_factor_policy IN ('off', 'administrators', 'console_users'));

    ALTER TABLE sessions ADD COLUMN single_sign_on BOOLEAN DEFAULT false NOT NULL;
    """)
    # second_factors
    _run("""
    CREATE TABLE second_factors (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        secret_encrypted BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        confirmed_at TIMESTAMP WITH TIME ZONE,
        last_step BIGINT,
        CONSTRAINT second_factors_pkey PRIMARY KEY (org_id, user_id),
        CONSTRAINT second_factors_org_id_user_id_fkey FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE
    );

    ALTER TABLE second_factors ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON second_factors TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO geo_assign_app;
    """)
    # recovery_codes
    _run("""
    CREATE TABLE recovery_codes (
        org_id UUID NOT NULL,
        user_id UUID NOT NULL,
        code_hash BYTEA NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT recovery_codes_pkey PRIMARY KEY (org_id, user_id, code_hash),
        CONSTRAINT recovery_codes_org_id_user_id_fkey FOREIGN KEY(org_id, user_id)
            REFERENCES second_factors (org_id, user_id) ON DELETE CASCADE
    );

    ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON recovery_codes TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_codes TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
