"""Reads of the duty that lasts."""

from uuid import UUID

from sqlalchemy import func, select

from geo_assign.access.queries import is_live_session
from geo_assign.core.db import Database, Tx
from geo_assign.core.lanes import Due
from geo_assign.workforce.domain import OpenDuty
from geo_assign.workforce.tables import duty_intervals

_AT_ONCE = 200


def find_open_duty(tx: Tx, technician_id: UUID) -> OpenDuty | None:
    """The technician's time on duty that lasts; None off duty."""
    d = duty_intervals.c
    statement = select(d.started_at, d.session_id, d.device).where(
        d.org_id == tx.org_id, d.technician_id == technician_id, d.ended_at.is_(None)
    )
    row = tx.conn.execute(statement).first()
    return None if row is None else OpenDuty(row.started_at, row.session_id, row.device)


def list_duties_without_session(worker: Database) -> Due:
    """The technicians whose duty is carried by a session that is over, across organizations, in turns."""
    d = duty_intervals.c
    turn = func.row_number().over(partition_by=d.org_id, order_by=d.started_at)
    over = select(d.org_id, d.technician_id).where(
        d.ended_at.is_(None), d.session_id.is_not(None), ~is_live_session(d.org_id, d.session_id)
    )
    with worker.across_organizations() as conn:
        rows = conn.execute(over.order_by(turn, d.started_at).limit(_AT_ONCE))
        return [(row.org_id, row.technician_id) for row in rows]
