"""A work order's slot: read as it is given, and moved together with the time that is held for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.dispatch.commands.answering import WITHDRAWN_RESCHEDULED, crew_broken, withdraw
from geo_assign.dispatch.commands.conflicts import slot_taken
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.workforce.local_time import as_instant, get_zone
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import change, claim_time, lock_people, recheck_pending, set_bookings
from geo_assign.workorders.domain import UNDER_WAY, BookingState, EventKind, PendingReason, State, WorkOrder
from geo_assign.workorders.queries import Held, list_held


def slot_of(
    rules: StoreRules, start: datetime | None, end: datetime | None, *, now: datetime
) -> tuple[datetime, datetime]:
    """The slot as instants; none given means as soon as possible, for the store's usual duration.

    Raises WallTimeDoesNotExistError, InvalidError for a slot that does not go forward.
    """
    zone = get_zone(rules.store.timezone)
    first = now if start is None else as_instant(start, zone)
    last = first + rules.settings.default_duration if end is None else as_instant(end, zone)
    if last <= first:
        raise InvalidError.at("/slot/end", "slot_not_forward", "The slot must end after it starts.")
    return first, last


def reschedule(tx: Tx, caller: Caller, order: WorkOrder, start: datetime, end: datetime | None) -> None:
    """Move a locked order to another slot, and everybody who has it; nobody asks for their working hours.

    Open offers are withdrawn: the order is due, to be asked for anew. Raises WorkOrderUnderWayError, SlotTakenError
    with everybody who has no time then, and as `slot_of`; then nothing is changed.
    """
    if order.state in UNDER_WAY:
        raise WorkOrderUnderWayError(f"{order.technician_name} is {order.state.value}", state=order.state.value)
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    start, end = slot_of(rules, start, end, now=tx.now())
    if order.slot_given and (start, end) == (order.slot_start, order.slot_end):
        return
    held = list_held(tx, order.id)
    lock_people(tx, [one.technician_id for one in held])
    now = tx.now()
    moved = replace(order, slot_start=start, slot_end=end, slot_given=True)
    withdraw(tx, order, WITHDRAWN_RESCHEDULED)
    values: dict[str, Any] = {"slot_start": start, "slot_end": end, "slot_given": True}
    if order.state is State.ASSIGNED:
        _move_time(tx, caller, moved, rules, held, at=now)
    else:
        values |= _asked_anew(order, at=now)
        set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    detail = {"from": _shown(order), "to": _shown(moved)}
    change(tx, caller, order, EventKind.RESCHEDULED, at=now, detail=detail, **values)
    recheck_pending(tx, at=now, store_ids=[order.store_id])


def _move_time(
    tx: Tx, caller: Caller, moved: WorkOrder, rules: StoreRules, held: Sequence[Held], *, at: datetime
) -> None:
    """Free what everybody holds and claim the new time for all of them, in the order of their ids."""
    crew = sorted((one for one in held if one.state is BookingState.ASSIGNED), key=lambda one: one.technician_id)
    set_bookings(tx, moved.id, BookingState.RELEASED, at=at)
    for one in crew:
        claimed = claim_time(
            tx,
            moved,
            one.technician_id,
            state=BookingState.ASSIGNED,
            travel_buffer=rules.settings.travel_buffer,
            at=at,
            role=one.role,
        )
        if claimed is None:
            raise slot_taken(tx, caller, moved, rules, {person.technician_id: person.name for person in crew}, at=at)


def _asked_anew(order: WorkOrder, *, at: datetime) -> dict[str, Any]:
    """Due at once. Whoever was asked has to be found again; a crew by the person who put it together."""
    if order.state is not State.OFFERED:
        return {"evaluate_due_at": at}
    detail: dict[str, Any] = {"withdrawn": WITHDRAWN_RESCHEDULED}
    if order.crew_size:
        detail["crew"] = crew_broken(order, WITHDRAWN_RESCHEDULED)
    return {
        "state": State.PENDING,
        "pending_reason": PendingReason.NOBODY_ELIGIBLE,
        "pending_detail": detail,
        "evaluate_due_at": at,
    }


def _shown(order: WorkOrder) -> dict[str, str]:
    return {"start": order.slot_start.isoformat(), "end": order.slot_end.isoformat()}
