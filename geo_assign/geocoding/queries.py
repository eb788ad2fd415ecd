"""Reads of map keys, of what geocoders answered before, and of how often they were asked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.rows import ResultRow
from geo_assign.geocoding.domain import KeyOwner, KeyStatus, MapKey, OwnerKind
from geo_assign.geocoding.tables import geocode_cache, geocode_usage, map_keys


class MapKeyNotFoundError(NotFoundError):
    """There is no map key here.

    This store, service group or organization has none of its own.
    """

    code = "map_key_not_found"


def find_map_key(tx: Tx, owner: KeyOwner) -> MapKey | None:
    """The owner's own key."""
    row = tx.conn.execute(select(map_keys).where(map_keys.c.org_id == tx.org_id, owned_by(owner))).first()
    return map_key_of(row) if row else None


def get_map_key(tx: Tx, owner: KeyOwner) -> MapKey:
    """The owner's own key. Raises MapKeyNotFoundError."""
    found = find_map_key(tx, owner)
    if found is None:
        raise MapKeyNotFoundError
    return found


def resolve_map_key(tx: Tx, *, store_id: UUID | None = None, group_id: UUID | None = None) -> MapKey | None:
    """The key that applies: the store's, else the group's, else the organization's, else None.

    A key that is configured and does not work is not passed over: its owner shall learn of it.
    """
    owners = [KeyOwner(OwnerKind.ORGANIZATION, tx.org_id)]
    if group_id is not None:
        owners.insert(0, KeyOwner(OwnerKind.GROUP, group_id))
    if store_id is not None:
        owners.insert(0, KeyOwner(OwnerKind.STORE, store_id))
    anyone = or_(*(owned_by(owner) for owner in owners))
    rows = tx.conn.execute(select(map_keys).where(map_keys.c.org_id == tx.org_id, anyone)).all()
    found = [map_key_of(row) for row in rows]
    return min(found, key=lambda key: owners.index(key.owner), default=None)


def list_map_keys(tx: Tx) -> Sequence[MapKey]:
    """Every map key of the organization, by owner."""
    order = (map_keys.c.owner_kind, map_keys.c.owner_id)
    rows = tx.conn.execute(select(map_keys).where(map_keys.c.org_id == tx.org_id).order_by(*order)).all()
    return [map_key_of(row) for row in rows]


def count_requests_today(tx: Tx, owner: KeyOwner, *, now: datetime) -> int:
    """How many requests the owner's key made on the UTC day of `now`."""
    usage = geocode_usage.c
    found = tx.conn.execute(
        select(usage.requests).where(
            usage.org_id == tx.org_id,
            usage.owner_kind == owner.kind.value,
            usage.owner_id == owner.id,
            usage.day == now.astimezone(UTC).date(),
        )
    ).scalar()
    return 0 if found is None else int(found)


def find_cached(tx: Tx, *, provider: str, cache_key: bytes, now: datetime) -> tuple[Mapping[str, str], datetime] | None:
    """A kept outcome, still valid at `now`, and until when it is."""
    row = tx.conn.execute(
        select(geocode_cache.c.outcome, geocode_cache.c.expires_at).where(
            geocode_cache.c.org_id == tx.org_id,
            geocode_cache.c.provider == provider,
            geocode_cache.c.cache_key == cache_key,
            geocode_cache.c.expires_at > now,
        )
    ).first()
    return (row.outcome, row.expires_at) if row else None


def owned_by(owner: KeyOwner) -> ColumnElement[bool]:
    """The condition on `map_keys` for one owner."""
    return and_(map_keys.c.owner_kind == owner.kind.value, map_keys.c.owner_id == owner.id)


def map_key_of(row: ResultRow) -> MapKey:
    values = {name: getattr(row, name) for name in MapKey.__dataclass_fields__ if name != "owner"}
    if row.status == KeyStatus.OK and row.tested_at is None:
        values["status"] = KeyStatus.UNTESTED
    return MapKey(owner=KeyOwner(OwnerKind(row.owner_kind), row.owner_id), **values)
