"""A dispatcher's choice: assign or offer to somebody, take it back. The human wins over automation."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from geo_assign.access.domain import Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import ConflictError
from geo_assign.dispatch.commands.answering import WITHDRAWN_ASSIGNED, withdraw
from geo_assign.matching.commands import record_decision
from geo_assign.matching.domain import Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import StoreRules, get_store_rules, question_for_order
from geo_assign.workforce.domain import InactiveError, Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workorders.commands import (
    EVERYTHING,
    actor,
    change,
    claim_time,
    insert_offer,
    lock,
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
    withdraw(tx, order, WITHDRAWN_ASSIGNED)
    _give(tx, caller, order, technician, rules, ranking=ranking, mode=mode)
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


def _give(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    technician: Technician,
    rules: StoreRules,
    *,
    ranking: Ranking | None,
    mode: Mode,
) -> None:
    now = tx.now()
    as_offer = mode == "offer"
    buffer = rules.settings.travel_buffer
    state = BookingState.OFFERED if as_offer else BookingState.ASSIGNED
    booking_id = claim_time(tx, order, technician.id, state=state, travel_buffer=buffer, at=now)
    if booking_id is None:
        raise _slot_taken(tx, caller, order, technician, buffer)
    decision_id = None
    if ranking is not None:
        decision_id = record_decision(
            tx,
            ranking,
            work_order_id=order.id,
            mode="manual",
            outcome="offered" if as_offer else "assigned",
            actor=actor(caller),
            chosen=technician.id,
        )
    detail = {"technician_id": str(technician.id), "technician_name": technician.name, "by_hand": True}
    if as_offer:
        expires_at = now + rules.settings.tat
        chosen = _chosen(ranking, technician.id)
        offer_id = insert_offer(
            tx,
            order,
            technician.id,
            booking_id,
            at=now,
            expires_at=expires_at,
            automatic=False,
            decision_id=decision_id,
            distance_m=chosen[0],
            eta_s=chosen[1],
        )
        detail |= {"offer_id": str(offer_id), "expires_at": expires_at.isoformat()}
    change(
        tx,
        caller,
        order,
        EventKind.OFFERED if as_offer else EventKind.ASSIGNED,
        at=now,
        detail=detail,
        state=State.OFFERED if as_offer else State.ASSIGNED,
        technician_id=None if as_offer else technician.id,
        pinned=not as_offer,
        decision_id=decision_id or order.decision_id,
        evaluate_due_at=None,
    )


def _ranking(tx: Tx, order: WorkOrder, rules: StoreRules) -> Ranking | None:
    """The receipt of a choice by hand: who else could have gone. None without a location."""
    if order.location is None:
        return None
    return rank(tx, question_for_order(order, rules, at=tx.now(), needs_duty=False, limit=10))


def _chosen(ranking: Ranking | None, technician_id: UUID) -> tuple[float | None, float | None]:
    for candidate in ranking.candidates if ranking is not None else ():
        if candidate.technician_id == technician_id:
            return candidate.distance_m, candidate.eta_s
    return None, None


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
