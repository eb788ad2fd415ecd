"""Stores and their settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import column, exists, select, table, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, TakenError
from geo_assign.access.viewer import viewer_of
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version
from geo_assign.workforce.commands.authority import require_everything, require_manages
from geo_assign.workforce.commands.work_checks import check_work_of
from geo_assign.workforce.domain import CheckedKind, InUseError, Store, slug_from
from geo_assign.workforce.local_time import UnknownTimezoneError, get_zone
from geo_assign.workforce.queries import get_store, one_row, to_store
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workforce.tables import service_groups, service_providers, stores, technicians
from geo_assign.workforce.visibility import sees_store

_ZONES_OF_DATABASE: set[str] = set()
"""Names that the database said it knows. To ask it costs a tenth of a second: it reads the file of every zone."""


@dataclass(frozen=True)
class NewStore:
    """A branch to be opened. Without a slug it gets one."""

    name: str
    timezone: str
    location: Point
    slug: str | None = None
    settings: StoreSettings = field(default_factory=StoreSettings)


def create_store(tx: Tx, caller: Caller, new: NewStore, *, store_id: UUID | None = None) -> Store:
    """Raises ForbiddenError but for administrators, TakenError, UnknownTimezoneError."""
    require_everything(caller)
    _require_zone(tx, new.timezone)
    row_id, now = store_id or new_id(), tx.now()
    with refusing(stores_org_id_slug_key=TakenError("Another store has this slug.")):
        tx.conn.execute(
            stores.insert().values(
                org_id=tx.org_id,
                id=row_id,
                slug=new.slug or slug_from(new.name, row_id),
                name=new.name,
                timezone=new.timezone,
                lat=new.location.lat,
                lon=new.location.lon,
                settings=new.settings.stored(),
                created_at=now,
                updated_at=now,
            )
        )
    audit(tx, caller, "store.created", subject_kind="store", subject_id=row_id)
    return get_store(tx, caller.scope, row_id)


def update_store(
    tx: Tx, caller: Caller, store_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> Store:
    """Change `name`, `timezone`, `location`, `active`. Who starts from the store follows it.

    Raises NotFoundError, ForbiddenError, StaleError, UnknownTimezoneError, InUseError.
    """
    before = _lock(tx, caller, store_id)
    require_version(before, version)
    after = replace(before, **changes)
    if after.timezone != before.timezone:
        _require_zone(tx, after.timezone)
    if before.active and not after.active:
        _require_unused(tx, store_id)
    _write(tx, before, name=after.name, timezone=after.timezone, active=after.active, location=after.location)
    if after.location != before.location:
        _move_bases(tx, store_id, after.location)
    if after.timezone != before.timezone:
        check_work_of(tx, CheckedKind.STORE, store_id)
    audit(tx, caller, "store.changed", subject_kind="store", subject_id=store_id, fields=sorted(changes))
    return get_store(tx, caller.scope, store_id)


def deactivate_store(tx: Tx, caller: Caller, store_id: UUID) -> Store:
    """Close a store: it takes no new work. Raises NotFoundError, ForbiddenError, InUseError."""
    return update_store(tx, caller, store_id, changes={"active": False})


def set_store_settings(
    tx: Tx, caller: Caller, store_id: UUID, *, settings: StoreSettings, version: int | None = None
) -> Store:
    """Replace a store's settings; what is not chosen follows the defaults. They hold for the next decision."""
    before = _lock(tx, caller, store_id)
    require_version(before, version)
    _write(tx, before, settings=settings.stored())
    audit(tx, caller, "store.settings_changed", subject_kind="store", subject_id=store_id, settings=settings.stored())
    return get_store(tx, caller.scope, store_id)


def _lock(tx: Tx, caller: Caller, store_id: UUID) -> Store:
    statement = select(stores).where(sees_store(viewer_of(tx, caller.scope))).with_for_update(of=stores)
    store = to_store(one_row(tx, statement, of=stores, row_id=store_id))
    require_manages(caller, [store_id])
    return store


def _write(tx: Tx, before: Store, *, location: Point | None = None, **values: object) -> None:
    if location is not None:
        values |= {"lat": location.lat, "lon": location.lon}
    tx.conn.execute(
        update(stores)
        .where(stores.c.org_id == tx.org_id, stores.c.id == before.id)
        .values(version=before.version + 1, updated_at=tx.now(), **values)
    )


def _move_bases(tx: Tx, store_id: UUID, location: Point) -> None:
    t, v = technicians.c, service_providers.c
    of_provider = exists().where(v.org_id == tx.org_id, v.id == t.provider_id, v.base_lat.is_not(None))
    tx.conn.execute(
        update(technicians)
        .where(t.org_id == tx.org_id, t.store_id == store_id, t.home_lat.is_(None), ~of_provider)
        .values(base_lat=location.lat, base_lon=location.lon, updated_at=tx.now())
    )


def _require_unused(tx: Tx, store_id: UUID) -> None:
    used = [
        exists().where(table.c.org_id == tx.org_id, table.c.store_id == store_id, table.c.active)
        for table in (technicians, service_groups)
    ]
    if any(tx.conn.execute(select(*used)).one()):
        raise InUseError("This store still has active technicians or service groups.")


def _require_zone(tx: Tx, name: str) -> None:
    # The database computes local times too, from its own copy of the zones: both have to know the name.
    get_zone(name)
    if name in _ZONES_OF_DATABASE:
        return
    zones = table("pg_timezone_names", column("name"))
    if tx.conn.execute(select(zones.c.name).where(zones.c.name == name)).first() is None:
        raise UnknownTimezoneError(f"The database does not know the time zone {name!r}.")
    _ZONES_OF_DATABASE.add(name)
