"""Reads of the audit trail."""

import operator
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from geo_assign.access.domain import AuditEntry, AuditFilter
from geo_assign.access.tables import audit_entries
from geo_assign.core.db import Tx
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page


def list_audit_entries(
    tx: Tx, wanted: AuditFilter, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[AuditEntry]:
    """Who did what to whom, newest first."""
    a = audit_entries.c
    asked = (
        (a.actor_id, operator.eq, wanted.actor_id),
        (a.subject_id, operator.eq, wanted.subject_id),
        (a.action, operator.eq, wanted.action),
        (a.at, operator.ge, wanted.since),
        (a.at, operator.lt, wanted.until),
    )
    conditions = [compare(column, value) for column, compare, value in asked if value is not None]
    statement = select(*(a[name] for name in AuditEntry.__dataclass_fields__)).where(a.org_id == tx.org_id, *conditions)
    if cursor is not None:
        last = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(tuple_(a.at, a.id) < tuple_(*(literal(value) for value in last)))
    rows = tx.conn.execute(statement.order_by(a.at.desc(), a.id.desc()).limit(limit + 1))
    return page([AuditEntry(*row) for row in rows], limit, lambda entry: (entry.at.isoformat(), entry.id))
