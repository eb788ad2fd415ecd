"""Service providers: external companies, their base and their agreement."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, func, select, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, TakenError
from geo_assign.access.viewer import viewer_of
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version
from geo_assign.workforce.commands.authority import require_groups, require_manages
from geo_assign.workforce.commands.links import set_links
from geo_assign.workforce.commands.work_checks import check_work_of
from geo_assign.workforce.domain import CheckedKind, InUseError, ServiceProvider, WorksFrom, slug_from
from geo_assign.workforce.queries import get_provider, one_row, select_providers, to_provider
from geo_assign.workforce.tables import provider_groups, service_groups, service_providers, stores, technicians
from geo_assign.workforce.visibility import sees_provider


@dataclass(frozen=True)
class NewProvider:
    """An external company to work with, for the groups named. Without a slug it gets one."""

    name: str
    slug: str | None = None
    base: Point | None = None
    valid_until: datetime | None = None
    group_ids: tuple[UUID, ...] = ()
    valid_from: datetime | None = None
    works_from: WorksFrom = WorksFrom.STAFF
    capacity: int | None = None


def create_provider(tx: Tx, caller: Caller, new: NewProvider, *, provider_id: UUID | None = None) -> ServiceProvider:
    """Raises InvalidError for unknown groups and an agreement that cannot be, ForbiddenError, TakenError."""
    _require_sense(new)
    _require_reach(caller, new.group_ids)
    require_manages(caller, require_groups(tx, caller, new.group_ids))
    row_id, now = provider_id or new_id(), tx.now()
    with refusing(service_providers_org_id_slug_key=TakenError("Another service provider has this slug.")):
        tx.conn.execute(
            service_providers.insert().values(
                org_id=tx.org_id,
                id=row_id,
                slug=new.slug or slug_from(new.name, row_id),
                name=new.name,
                created_at=now,
                updated_at=now,
                **_agreement(new),
            )
        )
    _link(tx, row_id, new.group_ids)
    audit(tx, caller, "service_provider.created", subject_kind="service_provider", subject_id=row_id)
    return get_provider(tx, caller.scope, row_id)


def update_provider(
    tx: Tx, caller: Caller, provider_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> ServiceProvider:
    """Change `name`, `base`, `works_from`, `capacity`, `valid_from`, `valid_until`, `group_ids`, `active`.

    Its staff follow its base. A provider that also serves another's stores is not one store administrator's to change.
    Raises NotFoundError, ForbiddenError, StaleError, InvalidError, InUseError.
    """
    statement = (
        select_providers(tx).where(sees_provider(viewer_of(tx, caller.scope))).with_for_update(of=service_providers)
    )
    before = to_provider(one_row(tx, statement, of=service_providers, row_id=provider_id))
    require_manages(caller, _stores_of(tx, before.group_ids))
    require_version(before, version)
    after = replace(before, **changes)
    _require_sense(after)
    if before.active and not after.active:
        _require_unused(tx, provider_id)
    if after.group_ids != before.group_ids:
        _require_reach(caller, after.group_ids)
        require_manages(caller, require_groups(tx, caller, after.group_ids))
        _link(tx, provider_id, after.group_ids)
    tx.conn.execute(
        update(service_providers)
        .where(service_providers.c.org_id == tx.org_id, service_providers.c.id == provider_id)
        .values(
            name=after.name,
            active=after.active,
            version=before.version + 1,
            updated_at=tx.now(),
            **_agreement(after),
        )
    )
    if (after.base, after.works_from) != (before.base, before.works_from):
        _move_staff(tx, provider_id)
    if any(getattr(after, name) != getattr(before, name) for name in _DECIDE):
        check_work_of(tx, CheckedKind.PROVIDER, provider_id)
    audit(
        tx,
        caller,
        "service_provider.changed",
        subject_kind="service_provider",
        subject_id=provider_id,
        fields=sorted(changes),
    )
    return get_provider(tx, caller.scope, provider_id)


# What decides whether its staff may do work that was given before.
_DECIDE = ("active", "group_ids", "valid_from", "valid_until")


def deactivate_provider(tx: Tx, caller: Caller, provider_id: UUID) -> ServiceProvider:
    """End the work with a provider. Raises NotFoundError, ForbiddenError, InUseError while it has active staff."""
    return update_provider(tx, caller, provider_id, changes={"active": False})


def _require_reach(caller: Caller, group_ids: tuple[UUID, ...]) -> None:
    if not caller.scope.everything and not group_ids:
        raise InvalidError.at("/group_ids", "groups_required", "Name at least one service group of your stores.")


def _stores_of(tx: Tx, group_ids: tuple[UUID, ...]) -> list[UUID]:
    groups = service_groups.c
    statement = select(groups.store_id).where(groups.org_id == tx.org_id, groups.id.in_(group_ids))
    return list(tx.conn.execute(statement).scalars())


def _require_unused(tx: Tx, provider_id: UUID) -> None:
    of_provider = exists().where(
        technicians.c.org_id == tx.org_id, technicians.c.provider_id == provider_id, technicians.c.active
    )
    if tx.conn.execute(select(of_provider)).scalar_one():
        raise InUseError("This service provider still has active technicians.")


def _link(tx: Tx, provider_id: UUID, group_ids: tuple[UUID, ...]) -> None:
    set_links(tx, provider_groups.c.provider_id, provider_groups.c.group_id, of=provider_id, to=group_ids)


def _require_sense(provider: NewProvider | ServiceProvider) -> None:
    if provider.works_from is WorksFrom.BASE and provider.base is None:
        raise InvalidError.at("/base", "base_required", "A provider that works from its base needs one.")
    if provider.valid_from and provider.valid_until and provider.valid_until <= provider.valid_from:
        raise InvalidError.at("/valid_until", "ends_before_start", "An agreement ends after it starts.")


def _agreement(provider: NewProvider | ServiceProvider) -> dict[str, object]:
    base = provider.base
    return {
        "base_lat": base.lat if base else None,
        "base_lon": base.lon if base else None,
        "valid_from": provider.valid_from,
        "valid_until": provider.valid_until,
        "works_from": provider.works_from,
        "capacity": provider.capacity,
    }


def _move_staff(tx: Tx, provider_id: UUID) -> None:
    """Where the provider's people start from follows its base: home, else base, else store; or all from the base."""
    t, v, s = technicians.c, service_providers.c, stores.c
    at_base = v.works_from == WorksFrom.BASE
    whose = and_(v.org_id == tx.org_id, v.id == t.provider_id, s.org_id == tx.org_id, s.id == t.store_id)
    tx.conn.execute(
        update(technicians)
        .where(whose, t.org_id == tx.org_id, t.provider_id == provider_id)
        .values(
            at_base=at_base,
            base_lat=case((at_base, v.base_lat), else_=func.coalesce(t.home_lat, v.base_lat, s.lat)),
            base_lon=case((at_base, v.base_lon), else_=func.coalesce(t.home_lon, v.base_lon, s.lon)),
            updated_at=tx.now(),
        )
    )
