"""Time off: spans in which a technician does not work."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete

from geo_assign.access.commands import audit
from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.workforce.commands.authority import require_manages
from geo_assign.workforce.commands.work_checks import check_work_of
from geo_assign.workforce.domain import CheckedKind, TimeOff
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.tables import time_off


def add_time_off(tx: Tx, caller: Caller, span: TimeOff) -> TimeOff:
    """Raises NotFoundError, ForbiddenError, InvalidError when it ends before it starts."""
    require_manages(caller, [get_technician(tx, caller.scope, span.technician_id).store_id])
    if span.ends_at <= span.starts_at:
        raise InvalidError.at("/ends_at", "ends_before_start", "Time off ends after it starts.")
    tx.conn.execute(time_off.insert().values(org_id=tx.org_id, **asdict(span)))
    check_work_of(tx, CheckedKind.TECHNICIAN, span.technician_id)
    audit(tx, caller, "time_off.added", subject_kind="technician", subject_id=span.technician_id)
    return span


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
    check_work_of(tx, CheckedKind.TECHNICIAN, technician_id)
    audit(tx, caller, "time_off.removed", subject_kind="technician", subject_id=technician_id)
