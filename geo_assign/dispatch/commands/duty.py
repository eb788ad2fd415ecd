"""Going on and off duty, with what it means for the work: offers are taken back, waiting work is looked at again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.access.queries import has_session_of_device, list_live_sessions
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import withdraw_of_technician
from geo_assign.positions.own_presence import find_tracking_device
from geo_assign.positions.silences import end_silence
from geo_assign.push.commands import remove_ended_subscriptions
from geo_assign.workforce.commands.duty import carry_duty_on, end_duty, start_duty
from geo_assign.workforce.duties import find_open_duty
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.domain import WithdrawnBecause


def go_on_duty(tx: Tx, technician_id: UUID, *, by: Caller | None = None) -> bool:
    """Begin a duty interval; returns whether the technician was off duty before. `by`: whose session carries it."""
    changed = start_duty(tx, technician_id, by=by)
    if changed:
        wake_for(tx, [technician_id], at=tx.now())
    return changed


def go_off_duty(tx: Tx, caller: Caller, technician_id: UUID) -> list[UUID]:
    """End the duty interval and withdraw every open offer at once; no rejection is counted.

    Returns the work orders that wait for their next candidate: evaluate each in a transaction of its own.
    """
    duty = find_open_duty(tx, technician_id)
    if not end_duty(tx, technician_id):
        return []
    if duty is not None:
        end_silence(tx, technician_id, on_duty_since=duty.started_at)
    return withdraw_of_technician(tx, caller, technician_id, WithdrawnBecause.TECHNICIAN_OFFLINE)


def settle_duty(tx: Tx, caller: Caller, technician_id: UUID, *, logged_out: str | None = None) -> list[UUID]:
    """Go off duty if no session carries the duty any more; to be called when a session of the technician has ended.

    Duty ends with the technician's last session, and with the sessions of the device that sends the positions. The
    devices of ended sessions are woken no more. `logged_out` is the device whose user has just logged out: whatever
    other sessions are left of it, it sends no more.
    Returns as `go_off_duty`.
    """
    remove_ended_subscriptions(tx, technician_id)
    user_id = get_technician(tx, EVERYTHING, technician_id).user_id
    duty = find_open_duty(tx, technician_id)
    if duty is None or user_id is None:
        return []
    live = list_live_sessions(tx, user_id)
    tracking = find_tracking_device(tx, technician_id, duty)
    of_it = [session for session in live if session.device == tracking]
    # A device that no session ever named is a tracker with a token of its own: no log-out ends what it sends.
    was_of_session = tracking is not None and (tracking == duty.device or has_session_of_device(tx, user_id, tracking))
    is_gone = was_of_session and (not of_it or tracking == logged_out)
    if not live or is_gone:
        return go_off_duty(tx, caller, technician_id)
    if duty.session_id not in {session.id for session in live}:
        carry_duty_on(tx, technician_id, (of_it or live)[0].id)
    return []


def positions_returned(tx: Tx, technician_ids: Sequence[UUID], *, at: datetime) -> None:
    """These were silent, and pinged again."""
    wake_for(tx, technician_ids, at=at)
