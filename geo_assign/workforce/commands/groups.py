"""Service groups."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller, TakenError
from geo_assign.access.viewer import viewer_of
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version
from geo_assign.workforce.commands.authority import require_manages, require_store
from geo_assign.workforce.domain import ServiceGroup, slug_from
from geo_assign.workforce.queries import get_group, one_row, to_group
from geo_assign.workforce.tables import service_groups
from geo_assign.workforce.visibility import sees_group


@dataclass(frozen=True)
class NewGroup:
    """A service group to be formed. Without a slug it gets one."""

    name: str
    store_id: UUID
    slug: str | None = None


def create_group(tx: Tx, caller: Caller, new: NewGroup, *, group_id: UUID | None = None) -> ServiceGroup:
    """Raises InvalidError for an unknown store, ForbiddenError, TakenError."""
    require_store(tx, caller, new.store_id)
    row_id, now = group_id or new_id(), tx.now()
    with refusing(service_groups_org_id_slug_key=TakenError("Another service group has this slug.")):
        tx.conn.execute(
            service_groups.insert().values(
                org_id=tx.org_id,
                id=row_id,
                slug=new.slug or slug_from(new.name, row_id),
                name=new.name,
                store_id=new.store_id,
                created_at=now,
                updated_at=now,
            )
        )
    audit(tx, caller, "service_group.created", subject_kind="service_group", subject_id=row_id)
    return get_group(tx, caller.scope, row_id)


def update_group(
    tx: Tx, caller: Caller, group_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> ServiceGroup:
    """Change `name`, `active`. Raises NotFoundError, ForbiddenError, StaleError."""
    statement = select(service_groups).where(sees_group(viewer_of(tx, caller.scope))).with_for_update(of=service_groups)
    before = to_group(one_row(tx, statement, of=service_groups, row_id=group_id))
    require_manages(caller, [before.store_id])
    require_version(before, version)
    after = replace(before, **changes)
    tx.conn.execute(
        update(service_groups)
        .where(service_groups.c.org_id == tx.org_id, service_groups.c.id == group_id)
        .values(name=after.name, active=after.active, version=before.version + 1, updated_at=tx.now())
    )
    audit(
        tx, caller, "service_group.changed", subject_kind="service_group", subject_id=group_id, fields=sorted(changes)
    )
    return get_group(tx, caller.scope, group_id)


def deactivate_group(tx: Tx, caller: Caller, group_id: UUID) -> ServiceGroup:
    """A group that takes no new work; what it has goes on. Raises NotFoundError, ForbiddenError."""
    return update_group(tx, caller, group_id, changes={"active": False})
