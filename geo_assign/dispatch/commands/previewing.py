"""Previews of batches as rows: kept for whom they were shown to, until they run out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.wire import Json
from geo_assign.dispatch.domain import PreviewNotFoundError
from geo_assign.dispatch.tables import batch_previews

KEPT = timedelta(hours=1)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class KeptPreview:
    """What was shown, as it was written down, and until when it may be given out."""

    plan: Mapping[str, Any]
    expires_at: datetime


def keep_preview(tx: Tx, caller: Caller, preview_id: UUID, plan: Mapping[str, Json]) -> datetime:
    """Write a preview down; returns until when."""
    now = tx.now()
    values = {"org_id": tx.org_id, "id": preview_id, "caller_id": caller.id, "plan": dict(plan)}
    tx.conn.execute(insert(batch_previews).values(**values, created_at=now, expires_at=now + KEPT))
    return now + KEPT


def get_preview(tx: Tx, caller: Caller, preview_id: UUID) -> KeptPreview:
    """What the caller was shown. Raises PreviewNotFoundError, also for another caller's and for one that is over."""
    p = batch_previews.c
    row = tx.conn.execute(
        select(p.plan, p.expires_at).where(
            p.org_id == tx.org_id, p.id == preview_id, p.caller_id == caller.id, p.expires_at > tx.now()
        )
    ).first()
    if row is None:
        raise PreviewNotFoundError
    return KeptPreview(row.plan, row.expires_at)


def delete_old_previews(conn: Connection) -> int:
    """Delete previews that ran out, in all organizations; returns how many, at most a thousand at a time."""
    p = batch_previews.c
    due = select(p.org_id, p.id).where(p.expires_at <= func.clock_timestamp()).limit(_BATCH)
    return conn.execute(delete(batch_previews).where(tuple_(p.org_id, p.id).in_(due))).rowcount
