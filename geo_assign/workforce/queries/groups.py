"""Reads of service groups."""

from datetime import datetime
from typing import NamedTuple, Unpack
from uuid import UUID

from sqlalchemy import select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page
from geo_assign.core.rows import ResultRow
from geo_assign.workforce.domain import ServiceGroup
from geo_assign.workforce.queries.listing import ListChoice, listed, one_row, seen, seen_row
from geo_assign.workforce.tables import service_groups
from geo_assign.workforce.visibility import sees_group


class _GroupRow(NamedTuple):
    id: UUID
    slug: str
    name: str
    store_id: UUID
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


_GROUP = seen(_GroupRow, service_groups, sees_group)


def get_group(tx: Tx, scope: Scope, group_id: UUID) -> ServiceGroup:
    """Raises NotFoundError, also outside the scope."""
    if scope.technician_id is not None:
        statement = select(service_groups).where(sees_group(viewer_of(tx, scope)))
        return to_group(one_row(tx, statement, of=service_groups, row_id=group_id))
    return to_group(seen_row(tx, scope, _GROUP[scope.everything], group_id))


def list_groups(
    tx: Tx, scope: Scope, *, store_id: UUID | None = None, **listing: Unpack[ListChoice]
) -> Page[ServiceGroup]:
    """The groups that the caller sees, by name; of one store when named."""
    statement = select(service_groups).where(sees_group(viewer_of(tx, scope)))
    if store_id is not None:
        statement = statement.where(service_groups.c.store_id == store_id)
    return listed(tx, statement, to_group, of=service_groups, listing=listing)


def to_group(row: ResultRow | _GroupRow) -> ServiceGroup:
    return ServiceGroup(
        id=row.id,
        slug=row.slug,
        name=row.name,
        store_id=row.store_id,
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
