"""Reads of service providers."""

from typing import Unpack
from uuid import UUID

from sqlalchemy import func, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.paging import Page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.workforce.domain import ServiceProvider, WorksFrom
from geo_assign.workforce.queries.listing import ListChoice, listed, one_row, point_of
from geo_assign.workforce.tables import provider_groups, service_providers
from geo_assign.workforce.visibility import sees_provider


def select_providers(tx: Tx) -> AnySelect:
    """Providers with what `to_provider` reads, still without a condition."""
    links = provider_groups.c
    of_provider = (links.org_id == tx.org_id, links.provider_id == service_providers.c.id)
    group_ids = select(func.array_agg(links.group_id)).where(*of_provider).scalar_subquery()
    return select(service_providers, group_ids.label("group_ids"))


def get_provider(tx: Tx, scope: Scope, provider_id: UUID) -> ServiceProvider:
    """Raises NotFoundError, also outside the scope."""
    statement = select_providers(tx).where(sees_provider(viewer_of(tx, scope)))
    return to_provider(one_row(tx, statement, of=service_providers, row_id=provider_id))


def list_providers(tx: Tx, scope: Scope, **listing: Unpack[ListChoice]) -> Page[ServiceProvider]:
    """The providers that the caller sees, by name."""
    statement = select_providers(tx).where(sees_provider(viewer_of(tx, scope)))
    return listed(tx, statement, to_provider, of=service_providers, listing=listing)


def to_provider(row: ResultRow) -> ServiceProvider:
    return ServiceProvider(
        id=row.id,
        slug=row.slug,
        name=row.name,
        base=point_of(row.base_lat, row.base_lon),
        valid_until=row.valid_until,
        group_ids=tuple(sorted(row.group_ids or ())),
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        valid_from=row.valid_from,
        works_from=WorksFrom(row.works_from),
        capacity=row.capacity,
    )
