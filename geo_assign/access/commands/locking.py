"""The lock of a user: taken before those of what hangs on one."""

from uuid import UUID

from sqlalchemy import select

from geo_assign.access.domain import User
from geo_assign.access.queries import to_user
from geo_assign.access.tables import users
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError


def lock_user(tx: Tx, user_id: UUID) -> User:
    """The user, kept still until the end of the transaction. Raises NotFoundError."""
    row = tx.conn.execute(
        select(users).where(users.c.org_id == tx.org_id, users.c.id == user_id).with_for_update()
    ).first()
    if row is None:
        raise NotFoundError
    return to_user(row)
