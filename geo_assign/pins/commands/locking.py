"""What is decided of one address is decided one after the other."""

from uuid import UUID

from sqlalchemy import func, select

from geo_assign.core.db import Tx


def lock_address(tx: Tx, store_id: UUID, address_key: bytes) -> None:
    """Take the address of a store until the transaction ends, so that each counts what the one before has written.

    It is taken after the work orders, and no work order is locked while it is held.
    """
    name = f"pin/{tx.org_id}/{store_id}/{address_key.hex()}"
    tx.conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
