"""Who holds time for a work order, who was asked for it, and what of it is on somebody's schedule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from geo_assign.core.db import Tx
from geo_assign.core.paging import Page, decode, page
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import HOLDING, BookingRole, BookingState, OfferState, WorkOrder
from geo_assign.workorders.queries.work_orders import list_work_orders_by_id
from geo_assign.workorders.tables import bookings, offers


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's time, held for a work order. `answer` is what became of the offer behind it; None: never asked."""

    booking_id: UUID
    technician_id: UUID
    name: str
    role: BookingRole
    state: BookingState
    offer_id: UUID | None
    answer: OfferState | None

    @property
    def leads(self) -> bool:
        """Whether he is to lead the work, and has said yes."""
        return self.role is BookingRole.PRIMARY and self.answer is OfferState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was, or is being, asked to lead the work."""

    technician_id: UUID
    name: str
    state: OfferState
    offered_at: datetime
    expires_at: datetime
    responded_at: datetime | None
    automatic: bool
    distance_m: float | None

    @property
    def in_vain(self) -> bool:
        """Whether he said no, or nothing."""
        return self.state in (OfferState.REJECTED, OfferState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Work on somebody's schedule, with his part in it."""

    order: WorkOrder
    role: BookingRole


def list_held(tx: Tx, work_order_id: UUID) -> list[Held]:
    """Everybody who holds time for a work order, in the order in which they came."""
    b, o, t = bookings.c, offers.c, technicians.c
    joined = bookings.join(technicians, and_(t.org_id == b.org_id, t.id == b.technician_id)).outerjoin(
        offers, and_(o.org_id == b.org_id, o.work_order_id == b.work_order_id, o.booking_id == b.id)
    )
    statement = (
        select(b.id, b.technician_id, t.name, b.role, b.state, o.id.label("offer_id"), o.state.label("answer"))
        .select_from(joined)
        .where(b.org_id == tx.org_id, b.work_order_id == work_order_id, b.state.in_(HOLDING))
        .order_by(b.id)
    )
    return [_held(row) for row in tx.conn.execute(statement)]


def list_asked(tx: Tx, work_order_id: UUID, *, since: datetime | None) -> list[Asked]:
    """Who was asked to lead the work, at `since` or later, oldest first."""
    o, t = offers.c, technicians.c
    statement = (
        select(o.technician_id, t.name, o.state, o.offered_at, o.expires_at, o.responded_at, o.automatic, o.distance_m)
        .join(technicians, and_(t.org_id == o.org_id, t.id == o.technician_id))
        .where(o.org_id == tx.org_id, o.work_order_id == work_order_id, o.role == BookingRole.PRIMARY)
        .order_by(o.offered_at, o.id)
    )
    if since is not None:
        statement = statement.where(o.offered_at >= since)
    return [Asked(*row[:2], OfferState(row.state), *row[3:]) for row in tx.conn.execute(statement)]


def list_orders_waiting_for(tx: Tx, technician_id: UUID) -> Sequence[UUID]:
    """The work orders for which this technician's time is held and not yet his, in the order of their ids."""
    b = bookings.c
    statement = select(b.work_order_id).where(
        b.org_id == tx.org_id, b.technician_id == technician_id, b.state == BookingState.OFFERED
    )
    return tx.conn.execute(statement.order_by(b.work_order_id)).scalars().all()


def list_schedule(tx: Tx, technician_id: UUID, *, limit: int, cursor: str | None = None) -> Page[Scheduled]:
    """What is on a technician's schedule, by time: his work, and where he comes along.

    Time that is held for him without a question is there too; what he still has to answer is not.
    """
    b = bookings.c
    statement = (
        select(b.id, b.work_order_id, b.starts_at, b.role)
        .where(b.org_id == tx.org_id, b.technician_id == technician_id, b.state.in_(HOLDING), ~_to_be_answered())
        .order_by(b.starts_at, b.id)
        .limit(limit + 1)
    )
    if cursor is not None:
        starts_at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(b.starts_at > starts_at, and_(b.starts_at == starts_at, b.id > last_id)))
    rows: Sequence[Any] = tx.conn.execute(statement).all()
    found = page(rows, limit, lambda row: (row.starts_at.isoformat(), row.id))
    orders = list_work_orders_by_id(tx, [row.work_order_id for row in found.items])
    items = [Scheduled(orders[row.work_order_id], BookingRole(row.role)) for row in found.items]
    return Page(items, found.next_cursor)


def _to_be_answered() -> ColumnElement[bool]:
    b, o = bookings.c, offers.c
    return exists().where(
        o.org_id == b.org_id,
        o.work_order_id == b.work_order_id,
        o.booking_id == b.id,
        o.state == OfferState.OFFERED,
    )


def _held(row: Any) -> Held:
    return Held(
        booking_id=row.id,
        technician_id=row.technician_id,
        name=row.name,
        role=BookingRole(row.role),
        state=BookingState(row.state),
        offer_id=row.offer_id,
        answer=OfferState(row.answer) if row.answer else None,
    )
