"""Which work orders exist for a caller, and whose place is shown to about a kilometre."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import ActorKind, Scope
from geo_assign.access.viewer import Viewer, viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists
from geo_assign.workforce.tables import service_groups, stores
from geo_assign.workorders.domain import BOOKED, TAKEN, BookingState
from geo_assign.workorders.tables import bookings, work_orders

# Work that should have ended longer ago than this counts as forgotten, not as held.
_HELD_FOR = timedelta(days=30)


def sees_work_order(viewer: Viewer, order: FromClause = work_orders) -> ColumnElement[bool]:
    """The work orders that exist for a caller.

    A dispatcher sees the orders of the dispatcher's groups and, of those groups' stores, the orders that no group has
    yet; a technician what is assigned or offered to that technician; an API key, besides what its stores have, what
    it created and another store has now.
    """
    if viewer.everything:
        return true()
    w = order.c
    ways: list[ColumnElement[bool]] = []
    if viewer.store_ids is not None:
        ways.append(viewer.has_store(w.store_id))
    if viewer.group_ids is not None:
        ways.append(
            or_(
                viewer.has_group(w.group_id), and_(w.group_id.is_(None), _is_of_a_seen_groups_store(viewer, w.store_id))
            )
        )
    if viewer.technician_id is not None:
        b = bookings.alias("seen_bookings")
        booked = row_exists(
            b,
            b.c.org_id == viewer.org_id,
            b.c.work_order_id == w.id,
            b.c.technician_id == viewer.technician_id,
            b.c.state.in_(BOOKED),
        )
        ways.append(booked)
    if viewer.api_key_id is not None:
        by = w.created_by
        ways.append(and_(by["kind"].astext == ActorKind.API_KEY, by["id"].astext == cast(viewer.api_key_id, Text)))
    return or_(*ways) if ways else false()


def _is_of_a_seen_groups_store(viewer: Viewer, store_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    if viewer.stores_of_groups is not None:
        return store_id == any_(viewer.stores_of_groups)
    g = service_groups.alias("seen_groups")
    return row_exists(g, g.c.org_id == viewer.org_id, g.c.store_id == store_id, viewer.has_group(g.c.id))


def viewer_of_lists(tx: Tx, scope: Scope) -> Viewer:
    """The viewer with this scope, for a statement that is planned for just that scope.

    The stores of the caller's groups are looked up before: then the planner knows how many orders they have.
    """
    viewer = viewer_of(tx, scope)
    if not scope.group_ids or scope.everything:
        return viewer
    g = service_groups.c
    found = tx.conn.execute(select(g.store_id).where(g.org_id == tx.org_id, g.id.in_(scope.group_ids)).distinct())
    return replace(viewer, stores_of_groups=literal(sorted(found.scalars()), ARRAY(Uuid())))


def is_coarse(
    viewer: Viewer, technician: FromClause, *, at: ColumnElement[datetime], held_then: FromClause | None = None
) -> ColumnElement[bool]:
    """Whether the technician's place is shown to the caller to about a kilometre.

    The store chose it (`coarse_positions`), and the technician holds no work that the caller may see. The CASE spares
    the technicians of other stores the look at their work. `held_then`: bookings as they stood at a past `at`, for its
    places.
    """
    t, s = technician.c, stores.alias("coarse_store")
    held = bookings if held_then is None else held_then
    b, w = held.alias("coarse_bookings"), work_orders.alias("coarse_orders")
    holds_work = row_exists(
        b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id)),
        b.c.org_id == viewer.org_id,
        b.c.technician_id == t.id,
        b.c.state == BookingState.ASSIGNED,
        b.c.occupied_until > at - _HELD_FOR,
        w.c.state.in_(sorted(TAKEN)) if held_then is None else true(),
        sees_work_order(viewer, w),
    )
    chosen = s.c.settings["coarse_positions"].astext.cast(Boolean)
    of_store = (
        select(case((chosen, not_(holds_work))))
        .where(s.c.org_id == viewer.org_id, s.c.id == t.store_id)
        .correlate_except(s)
        .scalar_subquery()
    )
    return func.coalesce(of_store, false())
