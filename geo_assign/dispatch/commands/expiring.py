"""Offers that were not answered in time, many of a store in one transaction.

Nothing is claimed here and no other order is woken: the orders are due at once, and who has become free is returned.
One transaction for all would keep answers to the first of them waiting for the last, so a set is small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import Caller, system_caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.withdrawing import pending_without_lead
from geo_assign.workorders.commands import (
    OverdueOffer,
    apply_changes,
    close_overdue,
    lock_overdue,
    release_bookings,
)
from geo_assign.workorders.domain import Change, Columns, OfferExpiredEvent, SameState

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ExpiredSet:
    """What was done: whose time is free, what is left to be closed one by one, and whether more is due."""

    closed: int
    freed: Sequence[UUID]
    with_crew: Sequence[UUID]
    is_full: bool


def expire_set(tx: Tx, store_id: UUID, *, limit: int = AT_ONCE) -> ExpiredSet:
    """Close the longest overdue offers of a store; each work order is due for the next candidate.

    Orders that another transaction holds are passed over. Offers of a crew are named, not closed: what becomes of the
    others is judged one by one. Of an order whose offers have expired together the first is closed.
    """
    overdue, is_full = lock_overdue(tx, store_id, limit=limit)
    now = tx.now()
    alone = [one for one in overdue if not one.has_crew]
    closed = close_overdue(tx, [one.offer.id for one in alone], at=now)
    expired = [one for one in alone if one.offer.id in closed]
    if expired:
        release_bookings(tx, [one.booking_id for one in expired], at=now)
        by = system_caller(tx.org_id)
        apply_changes(tx, [(one.order, _change(one, by=by, at=now)) for one in expired])
    return ExpiredSet(
        closed=len(expired),
        freed=[one.offer.technician_id for one in expired],
        with_crew=[one.offer.id for one in overdue if one.has_crew],
        is_full=is_full,
    )


def _change(one: OverdueOffer, *, by: Caller, at: datetime) -> Change:
    offer = one.offer
    event = OfferExpiredEvent(technician_id=offer.technician_id, role=offer.role, offer_id=offer.id)
    if one.is_led_by_others:
        after, sets = SameState(one.order.state), Columns(evaluate_due_at=at)
        return Change(by=by, at=at, event=event, after=after, sets=sets)
    return Change(by=by, at=at, event=event, after=pending_without_lead(one.order, event, at=at))
