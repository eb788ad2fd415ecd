"""Whose invitations and passwords a caller looks after: dispatchers and technicians of the own stores, or everyone.

A store administrator looks after no administrator of any kind.
"""

from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, literal, not_, or_, select, true

from geo_assign.access import link_queries as access
from geo_assign.access.domain import Role, Scope
from geo_assign.access.links import Invitation
from geo_assign.access.queries import get_user
from geo_assign.access.viewer import Viewer, viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.expressions import row_exists
from geo_assign.core.paging import DEFAULT_LIMIT, Page
from geo_assign.workforce.tables import group_dispatchers, service_groups, technicians

ROLES_OF_STORES = (Role.DISPATCHER, Role.TECHNICIAN)
"""The roles of those whom a store administrator invites and looks after."""


def list_open_invitations(
    tx: Tx, scope: Scope, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[Invitation]:
    """Invitations that wait for their user, expired ones too, newest first."""
    seen = partial(_sees_invited, viewer_of(tx, scope))
    return access.list_open_invitations(tx, seen=seen, limit=limit, cursor=cursor)


def get_open_invitation(
    tx: Tx, scope: Scope, *, link_id: UUID | None = None, user_id: UUID | None = None
) -> Invitation:
    """The one with this link, or of this user. Raises NotFoundError, also when it was accepted or revoked."""
    seen = partial(_sees_invited, viewer_of(tx, scope))
    found = access.list_open_invitations(tx, seen=seen, link_id=link_id, user_id=user_id, limit=1).items
    if not found:
        raise NotFoundError
    return found[0]


def require_looks_after(tx: Tx, scope: Scope, user_id: UUID) -> None:
    """Raises NotFoundError for a user whom the caller does not look after. The user is locked already."""
    if scope.everything:
        return
    is_own = select(_sees_invited(viewer_of(tx, scope), literal(user_id, Uuid())))
    if get_user(tx, user_id).role not in ROLES_OF_STORES or not tx.conn.execute(is_own).scalar_one():
        raise NotFoundError


def _sees_invited(viewer: Viewer, user_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """A technician of the caller's stores, or a dispatcher all of whose groups belong to them."""
    if viewer.everything:
        return true()
    t, d, g = (table.alias(f"invited_{table.name}") for table in (technicians, group_dispatchers, service_groups))
    is_technician = row_exists(t, t.c.org_id == viewer.org_id, t.c.user_id == user_id, viewer.has_store(t.c.store_id))
    groups = d.join(g, and_(g.c.org_id == d.c.org_id, g.c.id == d.c.group_id))
    serves = (d.c.org_id == viewer.org_id, g.c.org_id == viewer.org_id, d.c.user_id == user_id)
    is_own = viewer.has_store(g.c.store_id)
    return or_(
        is_technician, and_(row_exists(groups, *serves, is_own), not_(row_exists(groups, *serves, not_(is_own))))
    )
