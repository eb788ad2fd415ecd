"""Writes of saved views, by the person they belong to."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.workforce.domain import MAX_VIEWS, SavedView, TooManyViewsError
from geo_assign.workforce.saved_views import get_view
from geo_assign.workforce.tables import saved_views


def save_view(tx: Tx, user_id: UUID, name: str, content: Mapping[str, object]) -> SavedView:
    """Keep a view, in the place of the one that had this name. Raises TooManyViewsError."""
    v = saved_views.c
    others = select(func.count()).where(v.org_id == tx.org_id, v.user_id == user_id, v.name != name)
    if tx.conn.execute(others).scalar_one() >= MAX_VIEWS:
        raise TooManyViewsError
    values = {"user_id": user_id, "name": name, "content": dict(content), "updated_at": tx.now()}
    kept = insert(saved_views).values(org_id=tx.org_id, **values)
    tx.conn.execute(
        kept.on_conflict_do_update(
            index_elements=["org_id", "user_id", "name"],
            set_={column: kept.excluded[column] for column in ("content", "updated_at")},
        )
    )
    return get_view(tx, user_id, name)


def drop_view(tx: Tx, user_id: UUID, name: str) -> None:
    """Raises NotFoundError."""
    v = saved_views.c
    dropped = tx.conn.execute(delete(saved_views).where(v.org_id == tx.org_id, v.user_id == user_id, v.name == name))
    if not dropped.rowcount:
        raise NotFoundError
