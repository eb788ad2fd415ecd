"""Reads of API keys."""

from uuid import UUID

from sqlalchemy import and_, func, select

from geo_assign.access.domain import ApiKey
from geo_assign.access.tables import api_keys, users
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow


def get_api_key(tx: Tx, api_key_id: UUID) -> ApiKey:
    """Raises NotFoundError."""
    row = tx.conn.execute(_shown_keys(tx).where(api_keys.c.id == api_key_id)).first()
    if row is None:
        raise NotFoundError
    return _to_api_key(row)


def find_api_key_by_name(tx: Tx, name: str) -> ApiKey | None:
    """The organization's key of this name, revoked or not."""
    row = tx.conn.execute(_shown_keys(tx).where(api_keys.c.name == name)).first()
    return None if row is None else _to_api_key(row)


def list_api_keys(tx: Tx, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[ApiKey]:
    """The organization's keys by name, without their tokens; those that ended too."""
    statement = _shown_keys(tx).order_by(api_keys.c.name).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(api_keys.c.name > decode(cursor, str)[0])
    rows = tx.conn.execute(statement).all()
    return page([_to_api_key(row) for row in rows], limit, lambda key: (key.name,))


def _shown_keys(tx: Tx) -> AnySelect:
    """The organization's keys as they are shown: the hashes of their tokens are none of it."""
    k, u = api_keys.c, users.c
    creator = api_keys.outerjoin(users, and_(u.org_id == tx.org_id, u.id == k.created_by))
    columns = (k[name] for name in ApiKey.__dataclass_fields__ if name not in {"created_by", "updated_at"})
    changed_at = func.coalesce(k.updated_at, k.created_at).label("updated_at")
    named = select(*columns, u.name.label("created_by"), changed_at)
    return named.select_from(creator).where(k.org_id == tx.org_id)


def _to_api_key(row: ResultRow) -> ApiKey:
    values = row._asdict()
    return ApiKey(**values | {"scopes": tuple(sorted(row.scopes)), "web_origins": tuple(row.web_origins)})
