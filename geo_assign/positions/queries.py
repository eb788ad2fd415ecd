"""What is known of positions. Who may see whom is for the callers to decide: location is private."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from geo_assign.core.db import Tx
from geo_assign.positions.domain import CurrentPosition, Presence, TrackPoint, presence
from geo_assign.positions.tables import current_positions, position_track
from geo_assign.workforce.tables import technicians

TRACK_LIMIT = 10_000


def find_current_position(tx: Tx, technician_id: UUID) -> CurrentPosition | None:
    """The newest position of one technician, on duty or not."""
    return next(iter(list_current_positions(tx, [technician_id])), None)


def list_current_positions(tx: Tx, technician_ids: Collection[UUID]) -> list[CurrentPosition]:
    """The newest positions, by technician; who never sent one is absent."""
    columns = current_positions.c
    rows = tx.conn.execute(
        select(*(columns[name] for name in CurrentPosition.__dataclass_fields__))
        .where(columns.org_id == tx.org_id, columns.technician_id.in_(technician_ids))
        .order_by(columns.technician_id)
    )
    return [CurrentPosition(**_values(row)) for row in rows.mappings()]


def list_track(
    tx: Tx, technician_id: UUID, *, since: datetime, until: datetime, limit: int = TRACK_LIMIT
) -> list[TrackPoint]:
    """Where a technician was in [since, until), oldest first, by the time used; at most `limit` points."""
    columns = position_track.c
    rows = tx.conn.execute(
        select(*(columns[name] for name in TrackPoint.__dataclass_fields__))
        .where(
            columns.org_id == tx.org_id,
            columns.technician_id == technician_id,
            columns.used_at >= since,
            columns.used_at < until,
        )
        .order_by(columns.used_at, columns.recorded_at, columns.device)
        .limit(limit)
    )
    return [TrackPoint(**_values(row)) for row in rows.mappings()]


def list_presence(
    tx: Tx, technician_ids: Collection[UUID], *, now: datetime, freshness_s: float
) -> dict[UUID, Presence]:
    """Presence of each technician at `now`; unknown ids are absent."""
    people, places = technicians.c, current_positions.c
    same = (places.org_id == people.org_id) & (places.technician_id == people.id)
    rows = tx.conn.execute(
        select(people.id, people.on_duty, places.heard_at, places.used_at)
        .select_from(technicians.outerjoin(current_positions, same))
        .where(people.org_id == tx.org_id, people.id.in_(technician_ids))
    )
    return {
        row.id: presence(
            on_duty=row.on_duty, heard_at=row.heard_at, used_at=row.used_at, now=now, freshness_s=freshness_s
        )
        for row in rows
    }


def _values(row: RowMapping) -> dict[str, Any]:
    return {**row, "flags": tuple(row["flags"])}
