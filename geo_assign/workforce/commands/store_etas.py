"""What was learned of a store's drives. No user sets it, so the store's version stays."""

from uuid import UUID

from sqlalchemy import update

from geo_assign.core.db import Tx
from geo_assign.workforce.domain import StoredFactors
from geo_assign.workforce.tables import stores


def set_eta_factors(tx: Tx, store_id: UUID, factors: StoredFactors) -> None:
    """Keep what estimates of drives of a store are multiplied with from now on."""
    s = stores.c
    this = (s.org_id == tx.org_id, s.id == store_id, s.eta_factors != factors)
    tx.conn.execute(update(stores).where(*this).values(eta_factors=factors))
