"""Technicians: where they belong, what they can do, when they work, and how they log in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import null, select, update

from geo_assign.access.commands import NewUser, audit, create_user, update_user
from geo_assign.access.domain import Caller, Quota, Role, TakenError
from geo_assign.access.quotas import lock_quotas, require_one_more
from geo_assign.access.viewer import viewer_of
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version
from geo_assign.workforce.commands.authority import require_groups, require_manages, require_provider, require_store
from geo_assign.workforce.commands.duty import end_duty
from geo_assign.workforce.commands.links import set_links
from geo_assign.workforce.commands.work_checks import check_work_of
from geo_assign.workforce.domain import CheckedKind, Hours, ServiceProvider, Technician, WorksFrom, slug_from
from geo_assign.workforce.hours import week_minutes
from geo_assign.workforce.queries import (
    get_technician,
    one_row,
    select_providers,
    select_technicians,
    to_provider,
    to_technician,
)
from geo_assign.workforce.tables import service_providers, stores, technician_groups, technician_skills, technicians
from geo_assign.workforce.usage import count_active_technicians
from geo_assign.workforce.visibility import sees_technician


@dataclass(frozen=True)
class NewTechnician:
    """A technician to create. Without a slug one is made; with an e-mail address the technician may log in."""

    name: str
    store_id: UUID
    slug: str | None = None
    group_ids: tuple[UUID, ...] = ()
    skills: tuple[str, ...] = ()
    hours: Hours | None = None
    home: Point | None = None
    provider_id: UUID | None = None
    email: str | None = None
    password: str | None = None


def create_technician(tx: Tx, caller: Caller, new: NewTechnician, *, technician_id: UUID | None = None) -> Technician:
    """Raises InvalidError for unknown references and bad hours, ForbiddenError, TakenError, QuotaExceededError."""
    _require_quota(tx)
    row_id, now = technician_id or new_id(), tx.now()
    wanted = Technician(
        id=row_id,
        slug=new.slug or slug_from(new.name, row_id),
        name=new.name,
        store_id=new.store_id,
        user_id=None,
        provider_id=new.provider_id,
        skills=_in_order(new.skills),
        hours=new.hours,
        home=new.home,
        base=new.home or Point(lat=0, lon=0),
        group_ids=new.group_ids,
        active=True,
        on_duty=False,
        duty_changed_at=None,
        version=1,
        created_at=now,
        updated_at=now,
    )
    _require_references(tx, caller, wanted)
    user_id = _give_access(tx, caller, new)
    with refusing(technicians_org_id_slug_key=TakenError("Another technician has this slug.")):
        tx.conn.execute(
            technicians.insert().values(
                org_id=tx.org_id, id=row_id, slug=wanted.slug, user_id=user_id, created_at=now, **_values(tx, wanted)
            )
        )
    _link(tx, wanted)
    audit(tx, caller, "technician.created", subject_kind="technician", subject_id=row_id)
    return get_technician(tx, caller.scope, row_id)


def update_technician(
    tx: Tx, caller: Caller, technician_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> Technician:
    """Change `name`, `store_id`, `group_ids`, `skills`, `hours`, `home`, `provider_id`, `active`.

    Deactivating ends duty and sessions. Raises NotFoundError, ForbiddenError, StaleError, InvalidError,
    QuotaExceededError.
    """
    before = lock_technician(tx, caller, technician_id)
    require_version(before, version)
    after = replace(before, **changes, version=before.version + 1, updated_at=tx.now())
    after = replace(after, skills=_in_order(after.skills))
    _require_references(tx, caller, after, before=before)
    if after.active and not before.active:
        _require_quota(tx)
    if before.active and not after.active:
        end_duty(tx, technician_id)
    tx.conn.execute(
        update(technicians)
        .where(technicians.c.org_id == tx.org_id, technicians.c.id == technician_id)
        .values(**_values(tx, after))
    )
    _link(tx, after)
    if any(getattr(after, name) != getattr(before, name) for name in _DECIDE):
        check_work_of(tx, CheckedKind.TECHNICIAN, technician_id)
    if after.active != before.active and before.user_id is not None:
        update_user(tx, caller, before.user_id, changes={"active": after.active})
    audit(tx, caller, "technician.changed", subject_kind="technician", subject_id=technician_id, fields=sorted(changes))
    return get_technician(tx, caller.scope, technician_id)


def _require_quota(tx: Tx) -> None:
    """Raises QuotaExceededError when the organization may have no more active technicians."""
    lock_quotas(tx)
    require_one_more(tx, Quota.TECHNICIANS, count_active_technicians(tx))


# What decides whether a technician may do work that was given before.
_DECIDE = ("active", "store_id", "group_ids", "provider_id", "skills", "hours")


def deactivate_technician(tx: Tx, caller: Caller, technician_id: UUID) -> Technician:
    """Deactivate a technician: off duty, logged out, no longer a candidate. Raises NotFoundError, ForbiddenError."""
    return update_technician(tx, caller, technician_id, changes={"active": False})


def lock_technician(tx: Tx, caller: Caller, technician_id: UUID) -> Technician:
    """The technician, kept still until the end of the transaction. Raises NotFoundError, ForbiddenError."""
    statement = (
        select_technicians(tx.org_id)
        .where(sees_technician(viewer_of(tx, caller.scope)))
        .with_for_update(of=technicians)
    )
    technician = to_technician(one_row(tx, statement, of=technicians, row_id=technician_id))
    require_manages(caller, [technician.store_id])
    return technician


def _require_references(tx: Tx, caller: Caller, after: Technician, *, before: Technician | None = None) -> None:
    if before is None or after.store_id != before.store_id:
        require_store(tx, caller, after.store_id)
    if before is None or after.group_ids != before.group_ids:
        require_groups(tx, caller, after.group_ids)
    if after.provider_id is not None and (before is None or after.provider_id != before.provider_id):
        require_provider(tx, caller, after.provider_id)


def _values(tx: Tx, technician: Technician) -> dict[str, object]:
    base, at_base = _base(tx, technician)
    return {
        "name": technician.name,
        "store_id": technician.store_id,
        "provider_id": technician.provider_id,
        "skills": list(technician.skills),
        # SQL's NULL, not JSON's: the column is compared with IS NULL.
        "hours": null() if technician.hours is None else technician.hours,
        "week_minutes": week_minutes(technician.hours),
        "home_lat": technician.home.lat if technician.home else None,
        "home_lon": technician.home.lon if technician.home else None,
        "base_lat": base.lat,
        "base_lon": base.lon,
        "at_base": at_base,
        "active": technician.active,
        "version": technician.version,
        "updated_at": technician.updated_at,
    }


def _base(tx: Tx, technician: Technician) -> tuple[Point, bool]:
    """Where the technician starts from, and whether at base: the provider works from its base."""
    provider = None if technician.provider_id is None else _lock_provider(tx, technician.provider_id)
    if provider is not None and provider.base is not None and provider.works_from is WorksFrom.BASE:
        return provider.base, True
    known = technician.home or (provider.base if provider is not None else None)
    return known or _store_location(tx, technician.store_id), False


def _lock_provider(tx: Tx, provider_id: UUID) -> ServiceProvider:
    # Shared lock, as of the store: a provider that moves at this moment then finds this technician among its staff.
    statement = select_providers(tx).with_for_update(read=True, of=service_providers)
    return to_provider(one_row(tx, statement, of=service_providers, row_id=provider_id))


def _store_location(tx: Tx, store_id: UUID) -> Point:
    # Shared lock: a store that moves at this moment waits, and then finds this technician among those it takes along.
    row = tx.conn.execute(
        select(stores.c.lat, stores.c.lon)
        .where(stores.c.org_id == tx.org_id, stores.c.id == store_id)
        .with_for_update(read=True)
    ).one()
    return Point(lat=row.lat, lon=row.lon)


def _give_access(tx: Tx, caller: Caller, new: NewTechnician) -> UUID | None:
    if new.email is None:
        return None
    user = NewUser(email=new.email, name=new.name, role=Role.TECHNICIAN, password=new.password)
    return create_user(tx, caller, user).id


def _link(tx: Tx, technician: Technician) -> None:
    groups, skills = technician_groups.c, technician_skills.c
    set_links(tx, groups.technician_id, groups.group_id, of=technician.id, to=technician.group_ids)
    set_links(tx, skills.technician_id, skills.skill, of=technician.id, to=technician.skills)


def _in_order(skills: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(skills)))
