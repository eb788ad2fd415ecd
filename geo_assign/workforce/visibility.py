"""What a caller may see of stores, service groups, providers and technicians.

Each predicate is said once, for SQLAlchemy's statements and for those of the hot path. The organization is named at
every level of a statement.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select, true

from geo_assign.access.viewer import Viewer
from geo_assign.core.expressions import row_exists
from geo_assign.core.rows import AnyColumn
from geo_assign.workforce.tables import (
    provider_groups,
    service_groups,
    service_providers,
    stores,
    technician_groups,
    technicians,
)


def sees_store(viewer: Viewer, store: FromClause = stores) -> ColumnElement[bool]:
    """The caller's stores, those of the caller's groups, a technician's home store."""
    if viewer.everything:
        return true()
    s, g = store.c, service_groups.alias("seen_groups")
    of_groups = row_exists(g, g.c.org_id == viewer.org_id, g.c.store_id == s.id, viewer.has_group(g.c.id))
    ways = [viewer.has_store(s.id), of_groups]
    if viewer.technician_id is not None:
        t = technicians.alias("seen_as")
        ways.append(row_exists(t, t.c.org_id == viewer.org_id, t.c.id == viewer.technician_id, t.c.store_id == s.id))
    return or_(*ways)


def sees_group(viewer: Viewer, group: FromClause = service_groups) -> ColumnElement[bool]:
    """The caller's groups, those of the caller's stores, those that a technician is in."""
    if viewer.everything:
        return true()
    g = group.c
    ways = [viewer.has_group(g.id), viewer.has_store(g.store_id)]
    if viewer.technician_id is not None:
        m = technician_groups.alias("seen_member")
        ways.append(
            row_exists(m, m.c.org_id == viewer.org_id, m.c.technician_id == viewer.technician_id, m.c.group_id == g.id)
        )
    return or_(*ways)


def select_seen_stores(viewer: Viewer) -> Select[UUID]:
    """The ids of the stores that the caller sees."""
    return select(stores.c.id).where(stores.c.org_id == viewer.org_id, sees_store(viewer))


def select_seen_groups(viewer: Viewer) -> Select[UUID]:
    """The ids of the groups that the caller sees."""
    g = service_groups.c
    return select(g.id).where(g.org_id == viewer.org_id, sees_group(viewer))


def sees_technician(viewer: Viewer, technician: FromClause = technicians) -> ColumnElement[bool]:
    """The technicians of the caller's stores and groups; a technician, also that one.

    A provider's technicians are there only for callers whose groups, or stores' groups, the provider is linked to.
    """
    if viewer.everything:
        return true()
    t, m = technician.c, technician_groups.alias("seen_members")
    member = _of_seen_group(viewer, m, m.c.technician_id == t.id)
    belongs = or_(viewer.has_store(t.store_id), member)
    seen = and_(belongs, or_(t.provider_id.is_(None), _works_for(viewer, t.provider_id)))
    return seen if viewer.technician_id is None else or_(t.id == viewer.technician_id, seen)


def sees_provider(viewer: Viewer, provider: FromClause = service_providers) -> ColumnElement[bool]:
    """The providers that are linked to a group which the caller sees."""
    return true() if viewer.everything else _works_for(viewer, provider.c.id)


def _works_for(viewer: Viewer, provider_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    linked = provider_groups.alias("seen_links")
    return _of_seen_group(viewer, linked, linked.c.provider_id == provider_id)


def _of_seen_group(viewer: Viewer, link: FromClause, condition: AnyColumn) -> ColumnElement[bool]:
    """Whether there is a row of `link` that meets the condition and whose group the caller sees."""
    g = service_groups.alias("seen_groups")
    joined = link.join(g, and_(g.c.org_id == link.c.org_id, g.c.id == link.c.group_id))
    return row_exists(joined, link.c.org_id == viewer.org_id, condition, sees_group(viewer, g))
