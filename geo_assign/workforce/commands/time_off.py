"""Time off: spans in which a technician does not work."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.workforce.commands.authority import require_manages
from geo_assign.workforce.domain import TimeOff
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.tables import time_off


def add_time_off(
    tx: Tx, caller: Caller, technician_id: UUID, *, starts_at: datetime, ends_at: datetime, note: str | None = None
) -> TimeOff:
    """Raises NotFoundError, ForbiddenError, InvalidError when it ends before it starts."""
    require_manages(caller, [get_technician(tx, caller.scope, technician_id).store_id])
    if ends_at <= starts_at:
        raise InvalidError.at("/ends_at", "ends_before_start", "Time off ends after it starts.")
    added = TimeOff(new_id(), technician_id, starts_at, ends_at, note)
    tx.conn.execute(
        time_off.insert().values(
            org_id=tx.org_id,
            id=added.id,
            technician_id=technician_id,
            starts_at=starts_at,
            ends_at=ends_at,
            note=note,
        )
    )
    audit(tx, caller, "time_off.added", subject_kind="technician", subject_id=technician_id)
    return added


def remove_time_off(tx: Tx, caller: Caller, technician_id: UUID, *, time_off_id: UUID) -> None:
    """Raises NotFoundError, ForbiddenError."""
    require_manages(caller, [get_technician(tx, caller.scope, technician_id).store_id])
    removed = tx.conn.execute(
        delete(time_off).where(
            time_off.c.org_id == tx.org_id, time_off.c.technician_id == technician_id, time_off.c.id == time_off_id
        )
    )
    if not removed.rowcount:
        raise NotFoundError
    audit(tx, caller, "time_off.removed", subject_kind="technician", subject_id=technician_id)
