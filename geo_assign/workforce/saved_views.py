"""Reads of saved views: how users want lists shown, for themselves and for each other."""

from uuid import UUID

from sqlalchemy import or_, select

from geo_assign.access.queries import name_of_user
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.rows import AnySelect
from geo_assign.workforce.domain import SavedView
from geo_assign.workforce.tables import saved_views


def get_view(tx: Tx, user_id: UUID, name: str) -> SavedView:
    """One of the user's own by name. Raises NotFoundError."""
    return _one(tx, _of(tx).where(saved_views.c.user_id == user_id, saved_views.c.name == name))


def list_views(tx: Tx, user_id: UUID) -> list[SavedView]:
    """A user's own views by name."""
    own = _of(tx).where(saved_views.c.user_id == user_id)
    return [SavedView(*row) for row in tx.conn.execute(own.order_by(saved_views.c.name))]


def get_seen_view(tx: Tx, user_id: UUID, view_id: UUID) -> SavedView:
    """One that is the user's own or shared. Raises NotFoundError."""
    return _one(tx, _seen(tx, user_id).where(saved_views.c.id == view_id))


def list_seen_views(tx: Tx, user_id: UUID, page: str | None = None) -> list[SavedView]:
    """The user's own and the shared ones, of one page or of all, by name."""
    v = saved_views.c
    seen = _seen(tx, user_id)
    if page is not None:
        seen = seen.where(v.page == page)
    return [SavedView(*row) for row in tx.conn.execute(seen.order_by(v.name, v.id))]


def _one(tx: Tx, statement: AnySelect) -> SavedView:
    row = tx.conn.execute(statement).first()
    if row is None:
        raise NotFoundError
    return SavedView(*row)


def _seen(tx: Tx, user_id: UUID) -> AnySelect:
    return _of(tx).where(or_(saved_views.c.user_id == user_id, saved_views.c.shared))


def _of(tx: Tx) -> AnySelect:
    v = saved_views.c
    owner = name_of_user(tx, v.user_id)
    return select(v.id, v.user_id, owner, v.name, v.page, v.shared, v.content, v.version, v.updated_at).where(
        v.org_id == tx.org_id
    )
