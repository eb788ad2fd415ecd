"""Going on and off duty.

Only the record of it: whatever else follows from going off duty (open offers are withdrawn) lives in `dispatch`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, union, update

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.core.outbox import emit
from geo_assign.core.rows import ResultRow
from geo_assign.core.wire import dump
from geo_assign.workforce.domain import InactiveError, PresenceChangedEvent, SilenceReason
from geo_assign.workforce.tables import duty_intervals, service_groups, technician_groups, technicians


def start_duty(tx: Tx, technician_id: UUID, *, by: Caller | None = None) -> bool:
    """Put a technician on duty; returns whether that changed anything. Raises NotFoundError, InactiveError.

    `by`: the technician's session, which carries the duty.
    """
    row = _lock(tx, technician_id)
    if not row.active:
        raise InactiveError("This technician has been deactivated.")
    if row.on_duty:
        return False
    now = tx.now()
    carried_by = {} if by is None else {"session_id": by.session_id, "device": by.device}
    tx.conn.execute(
        duty_intervals.insert().values(
            org_id=tx.org_id, id=new_id(), technician_id=technician_id, started_at=now, **carried_by
        )
    )
    _record(tx, technician_id, on_duty=True, at=now)
    return True


def end_duty(tx: Tx, technician_id: UUID) -> bool:
    """Take a technician off duty; returns whether that changed anything. Raises NotFoundError."""
    if not _lock(tx, technician_id).on_duty:
        return False
    now = tx.now()
    intervals = duty_intervals.c
    tx.conn.execute(
        update(duty_intervals)
        .where(intervals.org_id == tx.org_id, intervals.technician_id == technician_id, intervals.ended_at.is_(None))
        .values(ended_at=func.greatest(intervals.started_at, now))
    )
    _record(tx, technician_id, on_duty=False, at=now)
    return True


def carry_duty_on(tx: Tx, technician_id: UUID, session_id: UUID) -> None:
    """Let another session of the technician carry the duty that lasts."""
    d = duty_intervals.c
    tx.conn.execute(
        update(duty_intervals)
        .where(d.org_id == tx.org_id, d.technician_id == technician_id, d.ended_at.is_(None))
        .values(session_id=session_id)
    )


def say_silence(tx: Tx, technician_id: UUID, reason: SilenceReason) -> None:
    """Keep why the technician's app says that it will not be heard from: it counts until the next position."""
    t = technicians.c
    tx.conn.execute(
        update(technicians)
        .where(t.org_id == tx.org_id, t.id == technician_id)
        .values(silence_reason=reason, silence_said_at=tx.now())
    )


def _lock(tx: Tx, technician_id: UUID) -> ResultRow:
    # The time is read after this lock: of two that cross, the second one to get here is also the later one. Bookings
    # that refer to the technician are not held up by it.
    row = tx.conn.execute(
        select(technicians.c.active, technicians.c.on_duty)
        .where(technicians.c.org_id == tx.org_id, technicians.c.id == technician_id)
        .with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFoundError
    return row


def _record(tx: Tx, technician_id: UUID, *, on_duty: bool, at: datetime) -> None:
    tx.conn.execute(
        update(technicians)
        .where(technicians.c.org_id == tx.org_id, technicians.c.id == technician_id)
        .values(on_duty=on_duty, duty_changed_at=at, updated_at=at)
    )
    event = PresenceChangedEvent(technician_id=technician_id, on_duty=on_duty, at=at)
    emit(tx, event.type_name, technician_id, dump(event), at=at, store_ids=_list_stores(tx, technician_id))


def _list_stores(tx: Tx, technician_id: UUID) -> set[UUID]:
    """The home store, and those of the technician's groups."""
    t, m, g = technicians.c, technician_groups.c, service_groups.c
    home = select(t.store_id).where(t.org_id == tx.org_id, t.id == technician_id)
    joined = technician_groups.join(service_groups, and_(g.org_id == m.org_id, g.id == m.group_id))
    of_groups = select(g.store_id).select_from(joined).where(m.org_id == tx.org_id, m.technician_id == technician_id)
    return set(tx.conn.execute(union(home, of_groups)).scalars())
