"""Reads of stores."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Unpack
from uuid import UUID

from sqlalchemy import select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.paging import Page
from geo_assign.core.rows import ResultRow
from geo_assign.workforce.domain import EtaFactors, Store, StoredFactors
from geo_assign.workforce.queries.listing import ListChoice, listed, one_row, seen, seen_row
from geo_assign.workforce.tables import stores
from geo_assign.workforce.visibility import sees_store


class _StoreRow(NamedTuple):
    id: UUID
    slug: str
    name: str
    timezone: str
    lat: float
    lon: float
    settings: Mapping[str, object]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    eta_factors: StoredFactors


_STORE = seen(_StoreRow, stores, sees_store)


def get_store(tx: Tx, scope: Scope, store_id: UUID) -> Store:
    """Raises NotFoundError, also outside the scope."""
    if scope.technician_id is not None:
        return to_store(one_row(tx, select(stores).where(sees_store(viewer_of(tx, scope))), of=stores, row_id=store_id))
    return to_store(seen_row(tx, scope, _STORE[scope.everything], store_id))


def list_stores(tx: Tx, scope: Scope, **listing: Unpack[ListChoice]) -> Page[Store]:
    """The stores that the caller sees, by name."""
    statement = select(stores).where(sees_store(viewer_of(tx, scope)))
    return listed(tx, statement, to_store, of=stores, listing=listing)


def to_store(row: ResultRow | _StoreRow) -> Store:
    return Store(
        id=row.id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        location=Point(lat=row.lat, lon=row.lon),
        stored_settings=row.settings,
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        eta_factors=EtaFactors(row.eta_factors),
    )
