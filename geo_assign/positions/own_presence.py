"""What a technician's app asks about its own user: on duty, by which device, until when, and heard from or not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.core.spans import Span, subtract
from geo_assign.positions.domain import CurrentPosition, is_fresh, is_reachable
from geo_assign.positions.queries import find_current_position
from geo_assign.workforce.domain import OpenDuty
from geo_assign.workforce.duties import find_open_duty
from geo_assign.workforce.hours_exceptions import list_away, list_working_times
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import get_store_rules
from geo_assign.workforce.working_time import working_spans

# As far as the end of the present hours, and the beginning of the next, are looked for.
_AHEAD = timedelta(days=14)


class Reachability(StrEnum):
    """Whether the device was heard from within 15 minutes, longer ago, or never."""

    HEARD = "heard"
    SILENT = "silent"
    NEVER_HEARD = "never_heard"


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """How a moment lies to the working hours, time off left out.

    `until`: when the present hours end; None outside of them, and where they have no end within two weeks.
    `next_start`: when the next ones begin; None within hours, and where there are none within two weeks.
    """

    within: bool
    until: datetime | None
    next_start: datetime | None


@dataclass(frozen=True, slots=True)
class OwnPresence:
    """A technician's presence as the technician sees it.

    `device` is the one that sends the positions: of this time on duty, or, before any came, the one on which it began.
    `changed_at` is when duty last began or ended. Off duty, `since`, `session_id` and `device` are None.
    """

    on_duty: bool
    changed_at: datetime | None
    since: datetime | None
    session_id: UUID | None
    device: str | None
    hours: WorkingHours
    reachability: Reachability
    heard_at: datetime | None
    position_at: datetime | None
    position_fresh: bool


def get_own_presence(tx: Tx, technician_id: UUID) -> OwnPresence:
    """Raises NotFoundError."""
    technician, now = get_technician(tx, EVERYTHING, technician_id), tx.now()
    duty, position = find_open_duty(tx, technician_id), find_current_position(tx, technician_id)
    heard_at = None if position is None else position.heard_at
    position_at = None if position is None else position.used_at
    freshness_s = get_store_rules(tx, EVERYTHING, technician.store_id).settings.freshness_s
    return OwnPresence(
        on_duty=technician.on_duty,
        changed_at=technician.duty_changed_at,
        since=None if duty is None else duty.started_at,
        session_id=None if duty is None else duty.session_id,
        device=None if duty is None else _tracking_device(duty, position),
        hours=_hours(tx, technician_id, now),
        reachability=_reachability(heard_at, now),
        heard_at=heard_at,
        position_at=position_at,
        position_fresh=is_fresh(position_at, now, freshness_s),
    )


def find_tracking_device(tx: Tx, technician_id: UUID, duty: OpenDuty) -> str | None:
    """The device that sends the positions of this time on duty; before any came, the one on which it began."""
    return _tracking_device(duty, find_current_position(tx, technician_id))


def hours_at(spans: list[Span], now: datetime, horizon: datetime) -> WorkingHours:
    """`spans`: the working hours around `now`, sorted and apart; what ends at `horizon` has no known end."""
    for start, end in spans:
        if start <= now < end:
            return WorkingHours(within=True, until=end if end < horizon else None, next_start=None)
        if start > now:
            return WorkingHours(within=False, until=None, next_start=start)
    return WorkingHours(within=False, until=None, next_start=None)


def _tracking_device(duty: OpenDuty, position: CurrentPosition | None) -> str | None:
    if position is not None and position.used_at >= duty.started_at and position.device:
        return position.device
    return duty.device


def _hours(tx: Tx, technician_id: UUID, now: datetime) -> WorkingHours:
    within = (now, now + _AHEAD)
    working = list_working_times(tx, [technician_id], within)[technician_id]
    away = list_away(tx, [technician_id], within).get(technician_id, [])
    return hours_at(subtract(working_spans(working, within), away), now, within[1])


def _reachability(heard_at: datetime | None, now: datetime) -> Reachability:
    if heard_at is None:
        return Reachability.NEVER_HEARD
    return Reachability.HEARD if is_reachable(heard_at, now) else Reachability.SILENT
