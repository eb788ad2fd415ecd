"""Silences: times on duty in which a technician's device was not heard from for a quarter of an hour or longer.

One that lasts is seen from the newest position; one that is over is written down where it ends: by the next position,
or by going off duty.
"""

from datetime import datetime
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.ids import new_id
from geo_assign.positions.domain import UNREACHABLE_AFTER, Current, KnownState, SilenceEnd
from geo_assign.positions.queries import find_current_position
from geo_assign.positions.tables import silences
from geo_assign.workforce.queries import find_said_silence


def find_silence_begin(
    heard_at: datetime | None, *, on_duty_since: datetime | None, until: datetime
) -> datetime | None:
    """When the silence began that lasts at `until`; None off duty, and where the device was heard from lately."""
    if on_duty_since is None:
        return None
    began_at = on_duty_since if heard_at is None else max(heard_at, on_duty_since)
    return began_at if until - began_at > UNREACHABLE_AFTER else None


def find_broken_silence(before: KnownState, after: Current | None, *, received_at: datetime) -> datetime | None:
    """When the silence began that what has just been received ends; None if there was none, or it goes on."""
    if not before.on_duty or after is None or after.heard_at != received_at:
        return None
    since = next((duty.started_at for duty in before.duty if duty.ended_at is None), None)
    heard_at = None if before.current is None else before.current.heard_at
    return find_silence_begin(heard_at, on_duty_since=since, until=received_at)


def note_silence(tx: Tx, technician_id: UUID, *, began_at: datetime, ended_at: datetime, ended_by: SilenceEnd) -> None:
    """Write down a silence that is over, with why, if the app said so since it began."""
    said = find_said_silence(tx, technician_id)
    reason = said.reason if said is not None and began_at <= said.at <= ended_at else None
    tx.conn.execute(
        silences.insert().values(
            org_id=tx.org_id,
            id=new_id(),
            technician_id=technician_id,
            began_at=began_at,
            ended_at=ended_at,
            ended_by=ended_by,
            reason=reason,
        )
    )


def end_silence(tx: Tx, technician_id: UUID, *, on_duty_since: datetime) -> None:
    """Write down the silence in which the technician goes off duty, if it is one."""
    position, now = find_current_position(tx, technician_id), tx.now()
    heard_at = None if position is None else position.heard_at
    began_at = find_silence_begin(heard_at, on_duty_since=on_duty_since, until=now)
    if began_at is not None:
        note_silence(tx, technician_id, began_at=began_at, ended_at=now, ended_by=SilenceEnd.OFF_DUTY)
