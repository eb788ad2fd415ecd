"""Work orders as they stood at a past instant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.rows import ResultRow
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import (
    TERMINAL,
    BookingRole,
    EventKind,
    OpenOffer,
    PendingReason,
    Standing,
    State,
    Step,
    WorkOrder,
    standing_at,
)
from geo_assign.workorders.queries.work_orders import select_work_orders, to_work_order
from geo_assign.workorders.tables import bookings, offers, work_order_events, work_orders

Slot: TypeAlias = tuple[datetime, datetime]


class Claim(NamedTuple):
    """When a technician's time was claimed for an order, and for which slot."""

    at: datetime
    slot: Slot


@dataclass(frozen=True, slots=True)
class PastOrder:
    """A work order as it stood. `as_today`: members of which only the present is kept; its version is today's, too."""

    order: WorkOrder
    as_today: tuple[str, ...]


def find_work_order_then(tx: Tx, scope: Scope, work_order_id: UUID, at: datetime) -> PastOrder | None:
    """How one work order of the scope stood; None also when it did not exist yet."""
    found = _list(tx, scope, at, work_orders.c.id == work_order_id, limit=1)
    return found[0] if found else None


def list_open_orders_then(tx: Tx, scope: Scope, at: datetime, *, limit: int) -> tuple[list[PastOrder], bool]:
    """The work orders that were open, oldest first, of those that the scope sees today; and whether there are more.

    `limit` counts those looked at.
    """
    w = work_orders.c
    was_open = or_(w.state.not_in(sorted(TERMINAL)), w.updated_at > at)
    found = _list(tx, scope, at, was_open, limit=limit + 1)
    return [one for one in found[:limit] if one.order.state not in TERMINAL], len(found) > limit


def _list(tx: Tx, scope: Scope, at: datetime, which: ColumnElement[bool], *, limit: int) -> list[PastOrder]:
    w = work_orders.c
    wanted = select_work_orders(tx, scope).where(w.created_at <= at, which).order_by(w.created_at, w.id).limit(limit)
    orders = [to_work_order(row, tx.clock) for row in tx.conn.execute(wanted)]
    ids = {order.id for order in orders} | {order.converted_from for order in orders if order.converted_from}
    steps, asked = _list_steps(tx, ids), _list_offers(tx, ids, at)
    claims = _list_claims(tx, ids)
    found = []
    for order in orders:
        lead = steps.get(order.converted_from, ()) if order.converted_from else ()
        stood = standing_at(steps.get(order.id, ()), at, before=lead)
        if stood is not None:
            found.append(_as_it_stood(order, stood, asked.get(order.id, ()), claims.get(order.id, ())))
    return found


def _as_it_stood(order: WorkOrder, stood: Standing, asked: Sequence[OpenOffer], claims: Sequence[Claim]) -> PastOrder:
    alarm = order.alarm
    slot = _slot_then(order, stood, claims)
    then = replace(
        order,
        state=stood.state,
        pending_reason=stood.pending_reason,
        technician_id=stood.technician_id if stood.is_taken else None,
        technician_name=stood.technician_name if stood.is_taken else None,
        offers=tuple(asked),
        slot_start=slot[0],
        slot_end=slot[1],
        location=None if stood.located is False else order.location,
        alarm=alarm if alarm is not None and datetime.fromisoformat(alarm["at"]) <= stood.at else None,
    )
    return PastOrder(then, tuple(sorted(stood.as_today)))


def _slot_then(order: WorkOrder, stood: Standing, claims: Sequence[Claim]) -> Slot:
    """What is wanted as soon as possible has the slot that it was last claimed for, before that none but its length."""
    moved, moves_on = stood.moved, stood.moves_on
    made = [one for one in claims if one.at <= stood.at]
    if made and (moved is None or made[-1].at >= moved.at):
        return made[-1].slot
    if moved is not None and moved.slot is not None:
        return moved.slot
    later = [one for one in claims if stood.at < one.at and (moves_on is None or one.at < moves_on.at)]
    first = later[0].slot if later else None
    start, end = first or (moves_on and moves_on.slot_before) or (order.slot_start, order.slot_end)
    # A claim begins at the moment at which it is made where the work was wanted as soon as possible.
    was_wanted_soon = (moves_on is None and not order.slot_is_fixed) or bool(later and start == later[0].at)
    return (order.created_at, order.created_at + (end - start)) if was_wanted_soon else (start, end)


def _list_steps(tx: Tx, work_order_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Step]]:
    e = work_order_events.c
    of_orders = (e.org_id == tx.org_id, e.work_order_id.in_(work_order_ids))
    rows = select(e.work_order_id, e.at, e.kind, e.state, e.detail).where(*of_orders).order_by(e.at, e.id)
    found: dict[UUID, list[Step]] = {}
    for row in tx.conn.execute(rows):
        found.setdefault(row.work_order_id, []).append(_step(row))
    return found


def _step(row: ResultRow) -> Step:
    detail, assigned = row.detail, row.kind == EventKind.ASSIGNED
    moved = row.kind == EventKind.RESCHEDULED
    return Step(
        at=row.at,
        kind=row.kind,
        state=State(row.state),
        technician_id=UUID(detail["technician_id"]) if assigned else None,
        technician_name=detail["technician_name"] if assigned else None,
        reason=PendingReason(detail["reason"]) if row.kind == EventKind.PENDING else None,
        slot_before=_slot(detail["from"]) if moved else None,
        slot=_slot(detail["to"]) if moved else None,
        had_place=row.kind == EventKind.LOCATED and detail["moved_m"] is not None,
        fields=frozenset(detail.get("fields") or ()) if row.kind == EventKind.CHANGED else frozenset(),
    )


def _slot(told: Mapping[str, str]) -> Slot:
    return datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"])


def _list_offers(tx: Tx, work_order_ids: Collection[UUID], at: datetime) -> Mapping[UUID, Sequence[OpenOffer]]:
    """The offers that waited for an answer, the one that ended first in front."""
    o, t = offers.c, technicians.c
    named = offers.join(technicians, and_(t.org_id == o.org_id, t.id == o.technician_id))
    rows = (
        select(offers, t.name.label("technician_name"))
        .select_from(named)
        .where(
            o.org_id == tx.org_id,
            o.work_order_id.in_(work_order_ids),
            o.offered_at <= at,
            or_(o.responded_at.is_(None), o.responded_at > at),
        )
        .order_by(o.expires_at, o.id)
    )
    found: dict[UUID, list[OpenOffer]] = {}
    for row in tx.conn.execute(rows):
        told = OpenOffer(
            id=row.id,
            technician_id=row.technician_id,
            technician_name=row.technician_name,
            role=BookingRole(row.role),
            offered_at=row.offered_at,
            expires_at=row.expires_at,
            distance_m=row.distance_m,
            eta_s=row.eta_s,
            server_now=at,
        )
        found.setdefault(row.work_order_id, []).append(told)
    return found


def _list_claims(tx: Tx, work_order_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Claim]]:
    """When the time of technicians was claimed for these orders, oldest first; a ticket has its lead's claims, too."""
    b, w = bookings.c, work_orders.c
    of_orders = (b.org_id == tx.org_id, or_(w.id.in_(work_order_ids), w.converted_from.in_(work_order_ids)))
    rows = (
        select(b.created_at, b.starts_at, b.ends_at, w.id, w.converted_from, w.created_at.label("converted_at"))
        .select_from(bookings.join(work_orders, and_(w.org_id == b.org_id, w.id == b.work_order_id)))
        .where(w.org_id == tx.org_id, *of_orders)
        .order_by(b.created_at, b.id)
    )
    found: dict[UUID, list[Claim]] = {}
    for row in tx.conn.execute(rows):
        claim = Claim(row.created_at, (row.starts_at, row.ends_at))
        found.setdefault(row.id, []).append(claim)
        if row.converted_from is not None and row.created_at <= row.converted_at:
            found.setdefault(row.converted_from, []).append(claim)
    return found
