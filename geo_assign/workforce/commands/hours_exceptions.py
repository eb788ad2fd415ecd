"""Exceptions from the weekly hours: what replaces them on one local date."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands import audit
from geo_assign.access.domain import AuditAction, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.workforce.commands.authority import require_manages
from geo_assign.workforce.commands.work_checks import check_work_of
from geo_assign.workforce.domain import CheckedKind, HoursException
from geo_assign.workforce.hours import require_spans
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.tables import hours_exceptions


def set_hours_exception(tx: Tx, caller: Caller, exception: HoursException) -> HoursException:
    """Write what a technician works on one local date. Raises NotFoundError, ForbiddenError, InvalidError."""
    require_manages(caller, [get_technician(tx, caller.scope, exception.technician_id).store_id])
    require_spans(exception.spans, "/spans")
    values = {**asdict(exception), "updated_at": tx.now()}
    written = insert(hours_exceptions).values(org_id=tx.org_id, **values)
    tx.conn.execute(
        written.on_conflict_do_update(
            index_elements=["org_id", "technician_id", "local_date"],
            set_={name: written.excluded[name] for name in ("spans", "note", "updated_at")},
        )
    )
    check_work_of(tx, CheckedKind.TECHNICIAN, exception.technician_id)
    _audit(tx, caller, "hours_exception.set", exception.technician_id, exception.local_date)
    return exception


def remove_hours_exception(tx: Tx, caller: Caller, technician_id: UUID, *, local_date: date) -> None:
    """The weekly hours hold again. Raises NotFoundError, ForbiddenError."""
    require_manages(caller, [get_technician(tx, caller.scope, technician_id).store_id])
    x = hours_exceptions.c
    removed = tx.conn.execute(
        delete(hours_exceptions).where(
            x.org_id == tx.org_id, x.technician_id == technician_id, x.local_date == local_date
        )
    )
    if not removed.rowcount:
        raise NotFoundError
    check_work_of(tx, CheckedKind.TECHNICIAN, technician_id)
    _audit(tx, caller, "hours_exception.removed", technician_id, local_date)


def _audit(tx: Tx, caller: Caller, action: AuditAction, technician_id: UUID, day: date) -> None:
    audit(tx, caller, action, subject_kind="technician", subject_id=technician_id, date=day.isoformat())
