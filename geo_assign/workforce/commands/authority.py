"""What a caller may change: an administrator everything, a store administrator what belongs to the own stores.

Whether the caller sees it at all is asked first, in SQL: what lies outside the scope does not exist for the caller.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from geo_assign.access.domain import Caller
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.errors import ForbiddenError, InvalidError
from geo_assign.workforce.tables import service_groups, service_providers, stores
from geo_assign.workforce.visibility import sees_group, sees_provider, sees_store


def require_everything(caller: Caller) -> None:
    """Raises ForbiddenError unless the caller is an administrator or the service itself."""
    if not caller.scope.everything:
        raise ForbiddenError("Only an administrator of the organization may do this.")


def require_manages(caller: Caller, store_ids: Collection[UUID]) -> None:
    """Raises ForbiddenError when one of the stores is not the caller's to manage."""
    if not caller.scope.everything and not caller.scope.store_ids.issuperset(store_ids):
        raise ForbiddenError("This belongs to a store that you do not manage.")


def require_store(tx: Tx, caller: Caller, store_id: UUID, *, pointer: str = "/store_id") -> None:
    """The store that a request refers to is there, active, seen and managed by the caller."""
    known = select(stores.c.id).where(
        stores.c.org_id == tx.org_id, stores.c.id == store_id, stores.c.active, sees_store(viewer_of(tx, caller.scope))
    )
    if tx.conn.execute(known).first() is None:
        raise InvalidError.at(pointer, "unknown_store", "There is no such store.")
    require_manages(caller, [store_id])


def require_provider(tx: Tx, caller: Caller, provider_id: UUID) -> None:
    """The provider that a request refers to is there, active and seen by the caller."""
    known = select(service_providers.c.id).where(
        service_providers.c.org_id == tx.org_id,
        service_providers.c.id == provider_id,
        service_providers.c.active,
        sees_provider(viewer_of(tx, caller.scope)),
    )
    if tx.conn.execute(known).first() is None:
        raise InvalidError.at("/provider_id", "unknown_provider", "There is no such service provider.")


def require_groups(tx: Tx, caller: Caller, group_ids: Collection[UUID]) -> list[UUID]:
    """The groups that a request refers to are there and seen by the caller; returns their stores."""
    rows = tx.conn.execute(
        select(service_groups.c.id, service_groups.c.store_id).where(
            service_groups.c.org_id == tx.org_id,
            service_groups.c.id.in_(group_ids),
            sees_group(viewer_of(tx, caller.scope)),
        )
    ).all()
    known = {row.id for row in rows}
    for index, group_id in enumerate(group_ids):
        if group_id not in known:
            raise InvalidError.at(f"/group_ids/{index}", "unknown_group", "There is no such service group.")
    return [row.store_id for row in rows]
