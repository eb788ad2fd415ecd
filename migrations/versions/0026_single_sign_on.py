"""Single sign-on: an organization's identity provider, and who its users are there.

Adds only: two tables that older versions do not know.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # single_sign_on
    _run("""
    CREATE TABLE single_sign_on (
        org_id UUID NOT NULL,
        issuer TEXT NOT NULL,
        client_id TEXT NOT NULL,
        client_secret_encrypted BYTEA,
        email_domains TEXT[] DEFAULT '{}' NOT NULL,
        password_log_in BOOLEAN DEFAULT true NOT NULL,
        assume_email_verified BOOLEAN DEFAULT false NOT NULL,
        version INTEGER DEFAULT 1 NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT single_sign_on_pkey PRIMARY KEY (org_id),
        CONSTRAINT single_sign_on_org_id_fkey FOREIGN KEY(org_id) REFERENCES organizations (org_id)
    );

    ALTER TABLE single_sign_on ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON single_sign_on TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON single_sign_on TO geo_assign_app;
    """)
    # identities
    _run("""
    CREATE TABLE identities (
        org_id UUID NOT NULL,
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        user_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT identities_pkey PRIMARY KEY (org_id, issuer, subject),
        CONSTRAINT identities_org_id_user_id_fkey FOREIGN KEY(org_id, user_id)
            REFERENCES users (org_id, id) ON DELETE CASCADE,
        CONSTRAINT identities_org_id_issuer_user_id_key UNIQUE (org_id, issuer, user_id)
    );

    ALTER TABLE identities ENABLE ROW LEVEL SECURITY;

    CREATE POLICY tenant ON identities TO geo_assign_app USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);

    GRANT SELECT, INSERT, UPDATE, DELETE ON identities TO geo_assign_app;
    """)


def _run(statements: str) -> None:
    # Through the driver: SQLAlchemy would read `:name` in a function's body as a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
