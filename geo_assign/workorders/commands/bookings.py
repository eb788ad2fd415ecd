"""Technicians' time: locked, claimed, freed. The exclusion constraint on bookings decides."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.push.commands import tell_devices
from geo_assign.push.domain import PushKind
from geo_assign.workorders.domain import HOLDING, BookingRole, BookingState, WorkOrder
from geo_assign.workorders.tables import bookings, work_orders


def lock_people(tx: Tx, technician_ids: Iterable[UUID]) -> None:
    """Make transactions that free and claim these technicians' time, or claim that of several, come one after another.

    Taken after the work order's lock and before anything is freed or claimed, always in the same order, so that two
    such transactions cannot wait for each other. A single claim needs no lock: it waits holding nothing.
    """
    for technician_id in sorted(set(technician_ids)):
        technician = func.hashtextextended(lock_name(tx, technician_id), 0)
        tx.conn.execute(select(func.pg_advisory_xact_lock(technician)))


def lock_name(tx: Tx, technician_id: UUID) -> str:
    """What the lock of a technician's time is called."""
    return f"{tx.org_id}/{technician_id}"


def claim_time(
    tx: Tx,
    order: WorkOrder,
    technician_id: UUID,
    *,
    state: BookingState,
    travel_buffer: timedelta,
    at: datetime,
    role: BookingRole = BookingRole.PRIMARY,
    known_reasons: Sequence[str] = (),
) -> UUID | None:
    """Hold the slot, with the way there, for a technician; None when something else holds it.

    One conditional INSERT: the exclusion constraint decides, whatever was read before. A transaction that has freed
    time, or goes on to a second successful claim, has called `lock_people` first, which keeps claims free of deadlocks.
    What is wanted as soon as possible gets the slot that it was claimed for.
    """
    booking_id, (start, end) = new_id(), order.slot_at(at)
    statement = (
        insert(bookings)
        .values(
            org_id=tx.org_id,
            id=booking_id,
            work_order_id=order.id,
            technician_id=technician_id,
            role=role,
            state=state,
            starts_at=start,
            ends_at=end,
            occupied_from=start - travel_buffer,
            occupied_until=end,
            created_at=at,
            updated_at=at,
            known_reasons=list(known_reasons),
        )
        .on_conflict_do_nothing()
        .returning(bookings.c.id)
    )
    claimed: UUID | None = tx.conn.execute(statement).scalar_one_or_none()
    if claimed is None:
        return None
    if start != order.slot_start:
        _set_slot(tx, order, start, end)
    if state is BookingState.ASSIGNED:
        tell_devices(tx, [technician_id], PushKind.ASSIGNED, order.id, at=at)
    return claimed


def _set_slot(tx: Tx, order: WorkOrder, start: datetime, end: datetime) -> None:
    """Move a slot without raising the version: that moves with the change which tells who got the work."""
    w = work_orders.c
    moved = update(work_orders).where(w.org_id == tx.org_id, w.id == order.id)
    tx.conn.execute(moved.values(slot_start=start, slot_end=end))


def set_known_reasons(tx: Tx, booking_id: UUID, reasons: Sequence[str]) -> None:
    """Note what stood against the technician of a booking when a person chose, as codes."""
    b = bookings.c
    of_booking = update(bookings).where(b.org_id == tx.org_id, b.id == booking_id)
    tx.conn.execute(of_booking.values(known_reasons=list(reasons)))


def set_bookings(
    tx: Tx, work_order_id: UUID, after: BookingState, *, at: datetime, booking_id: UUID | None = None
) -> Sequence[UUID]:
    """Move what the work order holds (or one booking of it) to `after`; returns the technicians concerned."""
    b = bookings.c
    which = [b.org_id == tx.org_id, b.work_order_id == work_order_id, b.state.in_(HOLDING)]
    if booking_id is not None:
        which.append(b.id == booking_id)
    _tell_of(tx, work_order_id, after, which, at=at)
    statement = update(bookings).where(*which).values(state=after, updated_at=at).returning(b.technician_id)
    return tx.conn.execute(statement).scalars().all()


def release_bookings(tx: Tx, booking_ids: Collection[UUID], *, at: datetime) -> None:
    """Free the time that is held for technicians who were asked; nothing is told of it."""
    b = bookings.c
    held = (b.org_id == tx.org_id, b.id.in_(booking_ids), b.state == BookingState.OFFERED)
    tx.conn.execute(update(bookings).where(*held).values(state=BookingState.RELEASED, updated_at=at))


def _tell_of(
    tx: Tx, work_order_id: UUID, after: BookingState, which: Sequence[ColumnElement[bool]], *, at: datetime
) -> None:
    """Tell the devices of those who lose work that was theirs, or come along to work without having been asked."""
    b = bookings.c
    told = {
        BookingState.RELEASED: (PushKind.UNASSIGNED, b.state == BookingState.ASSIGNED),
        BookingState.ASSIGNED: (PushKind.ASSIGNED, b.role == BookingRole.COLLABORATOR),
    }
    if after in told:
        kind, concerned = told[after]
        people = tx.conn.execute(select(b.technician_id).where(*which, concerned)).scalars().all()
        tell_devices(tx, people, kind, work_order_id, at=at)
