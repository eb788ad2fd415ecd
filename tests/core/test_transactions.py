"""A transaction sees its own organization only, and leaves nothing behind on its connection."""

from uuid import UUID, uuid4

from sqlalchemy import text

from geo_assign.core.db import Database


def test_a_transaction_sees_only_its_organization(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id) as tx:
        assert tx.conn.execute(text("SELECT org_id FROM organizations")).scalars().all() == [org_id]
    with database.transaction(uuid4()) as tx:
        assert tx.conn.execute(text("SELECT org_id FROM organizations")).all() == []


def test_outside_a_tenant_nothing_is_visible(database: Database, org_id: UUID) -> None:
    with database.transaction(org_id):
        pass
    with database.across_organizations() as conn:
        assert conn.execute(text("SELECT count(*) FROM organizations")).scalar_one() == 0
