"""Reads of the trackers of technicians."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, select, tuple_

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.workforce.domain import Tracker, TrackerApp
from geo_assign.workforce.tables import trackers


def get_tracker(tx: Tx, technician_id: UUID, tracker_id: UUID) -> Tracker:
    """Raises NotFoundError."""
    t = trackers.c
    row = tx.conn.execute(_select_trackers(tx, technician_id).where(t.id == tracker_id)).one_or_none()
    if row is None:
        raise NotFoundError
    return _to_tracker(row)


def list_trackers(
    tx: Tx, technician_id: UUID, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
) -> Page[Tracker]:
    """A technician's trackers, newest first; revoked ones too."""
    t = trackers.c
    statement = _select_trackers(tx, technician_id)
    if cursor is not None:
        last = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(tuple_(t.created_at, t.id) < tuple_(*(literal(value) for value in last)))
    rows = tx.conn.execute(statement.order_by(t.created_at.desc(), t.id.desc()).limit(limit + 1))
    return page([_to_tracker(row) for row in rows], limit, lambda one: (one.created_at.isoformat(), one.id))


def _to_tracker(row: ResultRow) -> Tracker:
    known = {name: getattr(row, name) for name in Tracker.__dataclass_fields__}
    return Tracker(**{**known, "app": TrackerApp(row.app)})


def _select_trackers(tx: Tx, technician_id: UUID) -> AnySelect:
    t = trackers.c
    shown = (t[name] for name in Tracker.__dataclass_fields__)
    return select(*shown).where(t.org_id == tx.org_id, t.technician_id == technician_id)
