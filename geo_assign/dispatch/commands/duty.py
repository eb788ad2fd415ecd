"""Going on and off duty, with what it means for the work: offers are taken back, waiting work is looked at again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import withdraw_of_technician
from geo_assign.workforce.commands.duty import end_duty, start_duty
from geo_assign.workorders.domain import WithdrawnBecause


def go_on_duty(tx: Tx, technician_id: UUID) -> bool:
    """Begin a duty interval; returns whether the technician was off duty before."""
    changed = start_duty(tx, technician_id)
    if changed:
        wake_for(tx, [technician_id], at=tx.now())
    return changed


def go_off_duty(tx: Tx, caller: Caller, technician_id: UUID) -> list[UUID]:
    """End the duty interval and withdraw every open offer at once; no rejection is counted.

    Returns the work orders that wait for their next candidate: evaluate each in a transaction of its own.
    """
    if not end_duty(tx, technician_id):
        return []
    return withdraw_of_technician(tx, caller, technician_id, WithdrawnBecause.TECHNICIAN_OFFLINE)


def positions_returned(tx: Tx, technician_ids: Sequence[UUID], *, at: datetime) -> None:
    """These were silent, and pinged again."""
    wake_for(tx, technician_ids, at=at)
