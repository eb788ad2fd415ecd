"""A dispatcher's choice: assign or offer to somebody, take it back. The human wins over automation."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import ConflictError
from geo_assign.dispatch.commands.answering import WITHDRAWN_ASSIGNED, withdraw
from geo_assign.dispatch.commands.giving import Recipient, give
from geo_assign.matching.domain import Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import StoreRules, get_store_rules, question_for_order
from geo_assign.workforce.domain import InactiveError, Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.commands import (
    EVERYTHING,
    change,
    lock,
    lock_people,
    require_version,
    require_way,
    set_bookings,
    wake,
)
from geo_assign.workorders.domain import (
    TAKEN,
    BookingState,
    EventKind,
    PendingReason,
    SlotTakenError,
    State,
    WorkOrder,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import find_booking_conflict, find_work_order

Mode = Literal["offer", "assign"]


class TechnicianOffDutyError(ConflictError):
    """Somebody who is off duty cannot answer an offer; assign the work instead."""

    code = "technician_off_duty"


def assign(
    tx: Tx, caller: Caller, order_id: UUID, technician_id: UUID, *, mode: Mode, version: int | None
) -> WorkOrder:
    """Give an order to the technician whom a person chose, at once or as an offer; open offers are withdrawn.

    Only what cannot be is refused: a taken slot (SlotTakenError, naming the other booking if the caller may see it),
    an order that has somebody or is over (WorkOrderStateError), an offer to somebody off duty, and a version that
    another person has changed (WorkOrderChangedError).
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    after = State.OFFERED if mode == "offer" else State.ASSIGNED
    if order.state in TAKEN:
        raise WorkOrderStateError(f"{order.technician_name} has this work; take it back first", state=order.state.value)
    if order.state is not after:
        require_way(order, after)
    technician = get_technician(tx, caller.scope, technician_id)
    _require_fit(technician, mode)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    ranking = _ranking(tx, order, rules)
    lock_people(tx, {technician.id, *(offer.technician_id for offer in order.offers)})
    withdraw(tx, order, WITHDRAWN_ASSIGNED)
    recipient = _recipient(technician, ranking)
    if not give(tx, caller, order, rules, recipient, at=tx.now(), as_offer=mode == "offer", ranking=ranking):
        raise _slot_taken(tx, caller, order, technician, rules.settings.travel_buffer)
    wake(tx, at=tx.now(), store_ids=[order.store_id])
    return lock(tx, order_id)


def unassign(tx: Tx, caller: Caller, order_id: UUID, *, version: int | None) -> WorkOrder:
    """Take an order back from whoever has it or is asked: pending, until a person or an event moves it."""
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if order.state not in (State.OFFERED, State.ASSIGNED):
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} has nobody to take it from, or is under way",
            state=order.state.value,
        )
    now = tx.now()
    withdraw(tx, order, WITHDRAWN_ASSIGNED)
    set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    detail = {"technician_id": str(order.technician_id) if order.technician_id else None}
    pending = {"state": State.PENDING, "pending_reason": PendingReason.UNASSIGNED, "pending_detail": {}}
    change(tx, caller, order, EventKind.UNASSIGNED, at=now, detail=detail, technician_id=None, pinned=False, **pending)
    wake(tx, at=now, store_ids=[order.store_id])
    return lock(tx, order_id)


def _ranking(tx: Tx, order: WorkOrder, rules: StoreRules) -> Ranking | None:
    """The receipt of a choice by hand: who else could have gone. None without a location."""
    if order.location is None:
        return None
    return rank(tx, question_for_order(order, rules, at=tx.now(), needs_duty=False, limit=10))


def _recipient(technician: Technician, ranking: Ranking | None) -> Recipient:
    for one in ranking.candidates if ranking is not None else ():
        if one.technician_id == technician.id:
            return Recipient(technician.id, technician.name, one.distance_m, one.eta_s, by_hand=True)
    return Recipient(technician.id, technician.name, by_hand=True)


def _require_fit(technician: Technician, mode: Mode) -> None:
    if not technician.active:
        raise InactiveError(f"{technician.name} no longer works here.")
    if mode == "offer" and not technician.on_duty:
        raise TechnicianOffDutyError


def _slot_taken(tx: Tx, caller: Caller, order: WorkOrder, technician: Technician, buffer: timedelta) -> SlotTakenError:
    start, end = order.slot_at(tx.now())
    other = find_booking_conflict(tx, technician.id, start - buffer, end, except_for=order.id)
    if other is None:
        return SlotTakenError(f"{technician.name} has other work at that time")
    facts = {"start": other.starts_at.isoformat(), "end": other.ends_at.isoformat()}
    seen = find_work_order(tx, caller.scope, other.work_order_id)
    if seen is not None:
        facts |= {"work_order_id": str(seen.id), "number": seen.number}
    return SlotTakenError(f"{technician.name} has other work at that time", conflict=facts)
