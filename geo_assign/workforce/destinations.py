"""Where work can be sent to, and who is there: reads that go beyond the caller's scope, as sending does."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, exists, select

from geo_assign.access.domain import Scope
from geo_assign.access.queries import is_logged_in
from geo_assign.access.viewer import viewer_of
from geo_assign.core.db import Tx
from geo_assign.workforce.tables import group_dispatchers, service_groups, stores, technician_groups
from geo_assign.workforce.visibility import sees_store


@dataclass(frozen=True, slots=True)
class Destination:
    """An open store and its groups, each by id and name."""

    id: UUID
    name: str
    groups: tuple[tuple[UUID, str], ...]


def list_destinations(tx: Tx, within: Scope) -> list[Destination]:
    """Every open store within a scope with its active groups, by name."""
    s, g = stores.c, service_groups.c
    of_store = and_(g.org_id == tx.org_id, g.store_id == s.id, g.active)
    rows = tx.conn.execute(
        select(s.id, s.name, g.id.label("group_id"), g.name.label("group_name"))
        .select_from(stores.outerjoin(service_groups, of_store))
        .where(s.org_id == tx.org_id, s.active, sees_store(viewer_of(tx, within)))
        .order_by(s.name, s.id, g.name, g.id)
    )
    names: dict[UUID, str] = {}
    groups: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in rows:
        names[row.id] = row.name
        groups.setdefault(row.id, []).extend([(row.group_id, row.group_name)] if row.group_id else [])
    return [Destination(store_id, name, tuple(groups[store_id])) for store_id, name in names.items()]


def members_of(tx: Tx, group_id: UUID, technician_ids: Collection[UUID]) -> set[UUID]:
    """Those of these technicians who belong to a group."""
    m = technician_groups.c
    found = select(m.technician_id).where(
        m.org_id == tx.org_id, m.group_id == group_id, m.technician_id.in_(technician_ids)
    )
    return set(tx.conn.execute(found).scalars())


def is_on_shift(tx: Tx, user_id: UUID, *, group_id: UUID) -> bool:
    """Whether a user is still an active dispatcher of a group and logged in, by the clock that judges log-ins."""
    d = group_dispatchers.c
    dispatches = exists().where(d.org_id == tx.org_id, d.user_id == user_id, d.group_id == group_id)
    return tx.conn.execute(select(dispatches & is_logged_in(tx, user_id))).scalar_one()
