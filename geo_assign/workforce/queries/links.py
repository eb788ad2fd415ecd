"""Who looks after what, which stores an API key is held to, and ids by slug."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

from sqlalchemy import Column, Table, select

from geo_assign.core.db import Tx
from geo_assign.core.rows import AnySelect
from geo_assign.workforce.domain import Duties
from geo_assign.workforce.tables import (
    api_key_stores,
    group_dispatchers,
    service_groups,
    service_providers,
    store_administrators,
    stores,
    technicians,
)


def list_duties(tx: Tx, user_ids: Collection[UUID]) -> dict[UUID, Duties]:
    """What each of these users looks after."""
    of_stores = _links(tx, store_administrators.c.user_id, store_administrators.c.store_id, owners=user_ids)
    of_groups = _links(tx, group_dispatchers.c.user_id, group_dispatchers.c.group_id, owners=user_ids)
    return {user_id: Duties(of_stores.get(user_id, ()), of_groups.get(user_id, ())) for user_id in user_ids}


def find_technician_id(tx: Tx, user_id: UUID) -> UUID | None:
    """The technician who logs in as this user, active or not."""
    t = technicians.c
    return tx.conn.execute(select(t.id).where(t.org_id == tx.org_id, t.user_id == user_id)).scalar_one_or_none()


def list_key_stores(tx: Tx, api_key_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The stores that each of these API keys is held to; a key without any is for the whole organization."""
    links = _links(tx, api_key_stores.c.api_key_id, api_key_stores.c.store_id, owners=api_key_ids)
    return {api_key_id: links.get(api_key_id, ()) for api_key_id in api_key_ids}


SluggedKind = Literal["stores", "service_groups", "service_providers", "technicians"]
_SLUGGED: Mapping[SluggedKind, Table] = {
    "stores": stores,
    "service_groups": service_groups,
    "service_providers": service_providers,
    "technicians": technicians,
}


def find_id_by_slug(tx: Tx, kind: SluggedKind, slug: str) -> UUID | None:
    """The id of the store, group, provider or technician with this slug."""
    return tx.conn.execute(_by_slug(tx, kind, "id", slug)).scalar_one_or_none()


def find_version_by_slug(tx: Tx, kind: SluggedKind, slug: str) -> int | None:
    """The version of the store, group, provider or technician with this slug."""
    return tx.conn.execute(_by_slug(tx, kind, "version", slug)).scalar_one_or_none()


def _by_slug(tx: Tx, kind: SluggedKind, column: str, slug: str) -> AnySelect:
    table = _SLUGGED[kind]
    return select(table.c[column]).where(table.c.org_id == tx.org_id, table.c.slug == slug)


def _links(
    tx: Tx, owner: Column[UUID], linked: Column[UUID], *, owners: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    rows = tx.conn.execute(
        select(owner, linked).where(owner.table.c.org_id == tx.org_id, owner.in_(owners)).order_by(linked)
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for owner_id, linked_id in rows:
        found[owner_id] = (*found.get(owner_id, ()), linked_id)
    return found
