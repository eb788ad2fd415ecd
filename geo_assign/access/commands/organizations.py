"""Making an organization."""

from geo_assign.access.domain import TakenError
from geo_assign.access.tables import organizations
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx


def create_organization(tx: Tx, *, slug: str, name: str) -> None:
    """Create the organization that the transaction is bound to. Raises TakenError when the slug is another's."""
    taken = TakenError(f"There is an organization {slug!r} already.")
    with refusing(organizations_slug_key=taken):
        tx.conn.execute(organizations.insert().values(org_id=tx.org_id, slug=slug, name=name, created_at=tx.now()))
