"""Reads of saved views: how a person wants lists shown."""

from uuid import UUID

from sqlalchemy import select

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.rows import AnySelect
from geo_assign.workforce.domain import SavedView
from geo_assign.workforce.tables import saved_views


def get_view(tx: Tx, user_id: UUID, name: str) -> SavedView:
    """Raises NotFoundError."""
    row = tx.conn.execute(_of(tx, user_id).where(saved_views.c.name == name)).first()
    if row is None:
        raise NotFoundError
    return SavedView(*row)


def list_views(tx: Tx, user_id: UUID) -> list[SavedView]:
    """A person's views by name."""
    return [SavedView(*row) for row in tx.conn.execute(_of(tx, user_id).order_by(saved_views.c.name))]


def _of(tx: Tx, user_id: UUID) -> AnySelect:
    v = saved_views.c
    return select(v.user_id, v.name, v.content, v.updated_at).where(v.org_id == tx.org_id, v.user_id == user_id)
