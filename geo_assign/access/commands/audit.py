"""The audit trail: who did what to whom. Rows are only ever added; the application role cannot change one."""

from uuid import UUID

from geo_assign.access.domain import AuditAction, AuditSubject, Caller
from geo_assign.access.tables import audit_entries
from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id


def audit(
    tx: Tx,
    caller: Caller,
    action: AuditAction,
    *,
    subject_kind: AuditSubject,
    subject_id: UUID | None,
    **detail: object,
) -> None:
    """Write down that `caller` did `action`. `detail` holds JSON values: never secrets or customers' data."""
    tx.conn.execute(
        audit_entries.insert().values(
            org_id=tx.org_id,
            id=new_id(),
            at=tx.now(),
            actor_kind=caller.kind,
            actor_id=caller.id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            detail=detail,
        )
    )
