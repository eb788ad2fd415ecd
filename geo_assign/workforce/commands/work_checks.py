"""Noting whose work has to be judged again, because what technicians may do, or when they work, has changed.

The note is a row of the same transaction as the change. The work is judged right afterwards, in transactions of its
own; the worker does what is left over. It looks a second time after `SETTLED`: until then a transaction may have given
work that began to look before the change.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, update

from geo_assign.core.db import Tx
from geo_assign.core.expressions import later
from geo_assign.core.ids import new_id
from geo_assign.workforce.domain import CheckedKind
from geo_assign.workforce.tables import service_providers, work_checks

SETTLED = timedelta(seconds=60)


def check_work_of(tx: Tx, kind: CheckedKind, subject_id: UUID) -> None:
    """Have the work of these technicians judged again."""
    now = tx.now()
    made = {"kind": kind, "subject_id": subject_id, "made_at": now, "due_at": now}
    tx.conn.execute(work_checks.insert().values(org_id=tx.org_id, id=new_id(), **made))


def settle_work_checks(tx: Tx, kind: CheckedKind, subject_id: UUID, *, looked_at: datetime) -> None:
    """All work of these technicians was judged at `looked_at`: once more when it is settled, then no more."""
    k = work_checks.c
    these = (k.org_id == tx.org_id, k.kind == kind, k.subject_id == subject_id)
    tx.conn.execute(delete(work_checks).where(*these, k.made_at <= looked_at - SETTLED))
    again = update(work_checks).where(*these, k.made_at <= looked_at, k.due_at <= looked_at)
    tx.conn.execute(again.values(due_at=later(k.made_at, SETTLED)))


def note_end_of_agreement(tx: Tx, provider_id: UUID) -> bool:
    """Have the work of a provider's staff judged, once for each agreement that ended; whether this one was new."""
    v = service_providers.c
    ended = (
        update(service_providers)
        .where(
            v.org_id == tx.org_id,
            v.id == provider_id,
            v.valid_until <= tx.now(),
            or_(v.end_noted_for.is_(None), v.end_noted_for != v.valid_until),
        )
        .values(end_noted_for=v.valid_until)
    )
    if not tx.conn.execute(ended).rowcount:
        return False
    check_work_of(tx, CheckedKind.PROVIDER, provider_id)
    return True
