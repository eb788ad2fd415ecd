"""Locking a work order, and refusing what its state or its version does not allow."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, select

from geo_assign.access.domain import EVERYTHING, ActorKind, Scope
from geo_assign.core.db import Tx
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workorders.domain import (
    Actor,
    LocationSource,
    State,
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
    may_go,
)
from geo_assign.workorders.queries import get_work_order, list_work_orders_by_id
from geo_assign.workorders.tables import work_order_events, work_orders


class _LockedRow(NamedTuple):
    id: UUID


class _ToGeocodeRow(NamedTuple):
    store_id: UUID
    group_id: UUID | None
    address: str | None
    geocode_attempts: int
    geocode_due_at: datetime | None
    location_source: str | None


# Part of every change, so they are rendered once.
_ASKED = Parameters(org_id=Uuid(), id=Uuid())
_ONE = and_(work_orders.c.org_id == _ASKED.org_id, work_orders.c.id == _ASKED.id)
_LOCK = Statement.of(_LockedRow, select(work_orders.c.id).where(_ONE).with_for_update())
_LOCK_TO_GEOCODE = Statement.of(
    _ToGeocodeRow, select(*(work_orders.c[name] for name in _ToGeocodeRow._fields)).where(_ONE).with_for_update()
)


def lock(tx: Tx, work_order_id: UUID, *, scope: Scope = EVERYTHING) -> WorkOrder:
    """Lock a work order's row, then read it: the state that everything which follows in this transaction judges by.

    Raises WorkOrderNotFoundError, also when it lies outside `scope`.
    """
    if not tx.fetch(_LOCK, {"org_id": tx.org_id, "id": work_order_id}):
        raise WorkOrderNotFoundError
    return get_work_order(tx, scope, work_order_id)


def find_and_lock_due(tx: Tx, work_order_id: UUID) -> WorkOrder | None:
    """Lock and read a work order that is due for evaluation; None when it is not, or another transaction holds it.

    That one judges it. Of two workers that have found the same orders the second goes on to the next at once.
    """
    w = work_orders.c
    is_due = (w.org_id == tx.org_id, w.id == work_order_id, w.evaluate_due_at <= tx.clock.reading())
    found = tx.conn.execute(select(w.id).where(*is_due).with_for_update(skip_locked=True)).first()
    return None if found is None else get_work_order(tx, EVERYTHING, work_order_id)


def lock_due(tx: Tx, work_order_ids: Collection[UUID]) -> dict[UUID, WorkOrder]:
    """The same for several: those that are due and that no other transaction holds, by id."""
    w = work_orders.c
    are_due = (w.org_id == tx.org_id, w.id.in_(work_order_ids), w.evaluate_due_at <= tx.clock.reading())
    found = tx.conn.execute(select(w.id).where(*are_due).with_for_update(skip_locked=True)).scalars().all()
    return list_work_orders_by_id(tx, found)


@dataclass(frozen=True, slots=True)
class Ungeocoded:
    """What geocoding needs of a work order: its address, and whose map key applies."""

    store_id: UUID
    group_id: UUID | None
    address: str
    geocode_attempts: int


def find_and_lock_ungeocoded(tx: Tx, work_order_id: UUID) -> Ungeocoded | None:
    """Lock a work order that waits to be geocoded; None if it does not, or a dispatcher has set a pin."""
    row = next(iter(tx.fetch(_LOCK_TO_GEOCODE, {"org_id": tx.org_id, "id": work_order_id})), None)
    if row is None or row.geocode_due_at is None or not row.address or row.location_source == LocationSource.PIN:
        return None
    return Ungeocoded(row.store_id, row.group_id, row.address, row.geocode_attempts)


def require_version(tx: Tx, order: WorkOrder, version: int | None) -> None:
    """Raises WorkOrderChangedError, with who won and when, when a person changed it after the caller's `version`.

    What automation did since does not count: the human wins over it.
    """
    if version is not None and not order.human_version <= version <= order.version:
        last = _last_person(tx, order.id)
        raise WorkOrderChangedError(
            f"{last.actor['name']} changed it first",
            current_version=order.version,
            changed_by=dict(last.actor),
            changed_at=last.at.isoformat(),
            state=order.state.value,
            assignee=_assignee(order),
        )


def require_way(order: WorkOrder, after: State) -> None:
    """Raises WorkOrderStateError unless the work order may go to `after`."""
    if not may_go(order.state, after):
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} cannot become {after.value}", state=order.state.value
        )


@dataclass(frozen=True, slots=True)
class _Act:
    actor: Actor
    at: datetime


def _last_person(tx: Tx, work_order_id: UUID) -> _Act:
    """Who changed it last, automation left out, and when."""
    e = work_order_events.c
    row = tx.conn.execute(
        select(e.actor, e.at)
        .where(e.org_id == tx.org_id, e.work_order_id == work_order_id)
        .order_by((e.actor["kind"].astext == ActorKind.SYSTEM).asc(), e.at.desc(), e.id.desc())
        .limit(1)
    ).one()
    return _Act(*row)


def _assignee(order: WorkOrder) -> Mapping[str, str | None] | None:
    if order.technician_id is None:
        return None
    return {"id": str(order.technician_id), "name": order.technician_name}
