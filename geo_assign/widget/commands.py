"""What a lead of a booking page costs: a challenge that is used once, and one of the key's leads of the day."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands import lock_api_key
from geo_assign.access.domain import ApiKey
from geo_assign.core.db import Tx
from geo_assign.widget.domain import DayFullError, ProofRefusedError
from geo_assign.widget.tables import spent_challenges

DAY = timedelta(hours=24)


def spend_challenge(tx: Tx, api_key_id: UUID, challenge_hash: bytes) -> None:
    """Use a challenge for a lead that is created in this transaction.

    The key is locked, so that of leads at the same moment none goes beyond the limit. Raises ProofRefusedError for one
    that was used, DayFullError.
    """
    key = lock_api_key(tx, api_key_id)
    now = tx.now()
    row = {"org_id": tx.org_id, "api_key_id": api_key_id, "challenge_hash": challenge_hash, "spent_at": now}
    added = insert(spent_challenges).values(**row).on_conflict_do_nothing().returning(spent_challenges.c.spent_at)
    if tx.conn.execute(added).first() is None:
        raise ProofRefusedError(because="used")
    _require_room(tx, key)


def require_room(tx: Tx, key: ApiKey) -> None:
    """Raises DayFullError when the key takes no lead now."""
    _require_room(tx, key, more=1)


def _require_room(tx: Tx, key: ApiKey, *, more: int = 0) -> None:
    c, now = spent_challenges.c, tx.now()
    of_day = (c.org_id == tx.org_id, c.api_key_id == key.id, c.spent_at > now - DAY)
    taken, oldest = tx.conn.execute(select(func.count(), func.min(c.spent_at)).where(*of_day)).one()
    if key.leads_per_day is not None and taken + more > key.leads_per_day:
        wait_s = (oldest + DAY - now).total_seconds()
        raise DayFullError(leads_per_day=key.leads_per_day, retry_after_s=wait_s)
