"""Writes of saved views: by the user they belong to, and of shared ones by administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, Role, TakenError
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version
from geo_assign.workforce.domain import MAX_VIEWS, NotYourViewError, SavedView, TooManyViewsError
from geo_assign.workforce.saved_views import get_seen_view, get_view
from geo_assign.workforce.tables import saved_views

_v = saved_views.c
_TAKEN = TakenError("You have a view of this name.")


@dataclass(frozen=True, slots=True)
class NewView:
    """A view to keep. `content` has `columns`, `sort` and `filters`."""

    name: str
    page: str
    shared: bool
    content: Mapping[str, object]


class ViewChanges(TypedDict, total=False):
    """What may be changed of a view."""

    name: str
    shared: bool
    columns: Sequence[str]
    sort: Sequence[str]
    filters: Mapping[str, object]


_OF_CONTENT = ("columns", "sort", "filters")


def save_view(tx: Tx, user_id: UUID, name: str, content: Mapping[str, object]) -> SavedView:
    """Keep a view, in the place of the one that had this name. Raises TooManyViewsError."""
    _require_room(tx, user_id, beside=name)
    values = {"id": new_id(), "user_id": user_id, "name": name, "content": dict(content), "updated_at": tx.now()}
    kept = insert(saved_views).values(org_id=tx.org_id, **values)
    replaced = {column: kept.excluded[column] for column in ("content", "updated_at")}
    tx.conn.execute(
        kept.on_conflict_do_update(
            index_elements=["org_id", "user_id", "name"], set_={**replaced, "version": _v.version + 1}
        )
    )
    return get_view(tx, user_id, name)


def drop_view(tx: Tx, user_id: UUID, name: str) -> None:
    """Raises NotFoundError."""
    dropped = tx.conn.execute(delete(saved_views).where(_v.org_id == tx.org_id, _v.user_id == user_id, _v.name == name))
    if not dropped.rowcount:
        raise NotFoundError


def create_view(tx: Tx, caller: Caller, new: NewView, view_id: UUID) -> SavedView:
    """Keep a view of the caller's. Raises TakenError, TooManyViewsError."""
    _require_room(tx, caller.id)
    values = {"page": new.page, "name": new.name, "shared": new.shared, "content": dict(new.content)}
    kept = insert(saved_views).values(org_id=tx.org_id, id=view_id, user_id=caller.id, updated_at=tx.now(), **values)
    with refusing(saved_views_pkey=_TAKEN):
        tx.conn.execute(kept)
    if new.shared:
        audit(tx, caller, "saved_view.shared", subject_kind="saved_view", subject_id=view_id)
    return get_seen_view(tx, caller.id, view_id)


def change_view(tx: Tx, caller: Caller, view_id: UUID, changes: ViewChanges, *, version: int | None) -> SavedView:
    """Raises NotFoundError, NotYourViewError, StaleError, TakenError."""
    before = _lock(tx, caller, view_id)
    require_version(before, version)
    _require_own(caller, before)
    fields = sorted(changes)
    sets = {name: value for name, value in changes.items() if name not in _OF_CONTENT}
    content = {name: value for name, value in changes.items() if name in _OF_CONTENT}
    sets |= {"content": {**before.content, **content}, "version": before.version + 1, "updated_at": tx.now()}
    with refusing(saved_views_pkey=_TAKEN):
        tx.conn.execute(update(saved_views).where(_v.org_id == tx.org_id, _v.id == view_id).values(sets))
    if before.shared or changes.get("shared"):
        audit(tx, caller, "saved_view.changed", subject_kind="saved_view", subject_id=view_id, fields=fields)
    return get_seen_view(tx, before.user_id, view_id)


def delete_view(tx: Tx, caller: Caller, view_id: UUID) -> None:
    """Raises NotFoundError, NotYourViewError."""
    before = _lock(tx, caller, view_id)
    _require_own(caller, before)
    tx.conn.execute(delete(saved_views).where(_v.org_id == tx.org_id, _v.id == view_id))
    if before.shared:
        audit(tx, caller, "saved_view.deleted", subject_kind="saved_view", subject_id=view_id)


def may_change_view(caller: Caller, view: SavedView) -> bool:
    """Whether the caller may change and delete a view that the caller sees."""
    return view.user_id == caller.id or caller.role is Role.ADMINISTRATOR


def _require_own(caller: Caller, view: SavedView) -> None:
    if not may_change_view(caller, view):
        raise NotYourViewError


def _require_room(tx: Tx, user_id: UUID, *, beside: str | None = None) -> None:
    """Raises TooManyViewsError unless one more may be kept; the one named `beside` is not counted."""
    others = select(func.count()).where(_v.org_id == tx.org_id, _v.user_id == user_id)
    if beside is not None:
        others = others.where(_v.name != beside)
    if tx.conn.execute(others).scalar_one() >= MAX_VIEWS:
        raise TooManyViewsError


def _lock(tx: Tx, caller: Caller, view_id: UUID) -> SavedView:
    tx.conn.execute(select(_v.id).where(_v.org_id == tx.org_id, _v.id == view_id).with_for_update())
    return get_seen_view(tx, caller.id, view_id)
