"""Create, edit, cancel."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.access.quotas import count_lead
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.geo import Point
from geo_assign.core.idempotency import Attempt, claim
from geo_assign.core.ids import new_id
from geo_assign.core.wire import FreeText
from geo_assign.dispatch.commands.impossible import review_alarm
from geo_assign.dispatch.commands.locating import LocatedPlace, move
from geo_assign.dispatch.commands.rescheduling import reschedule, slot_of
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import withdraw
from geo_assign.geocoding.coordinates import find_typed_point
from geo_assign.pins.commands import forget_evidence, learn_from_hand
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_group, get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import (
    apply_change,
    insert_work_order,
    lock,
    require_free_external_id,
    require_version,
    require_way,
    set_bookings,
    set_deadlines,
)
from geo_assign.workorders.contacts import read_contact
from geo_assign.workorders.domain import (
    TERMINAL,
    WAITING,
    BookingState,
    CancelledEvent,
    Change,
    ChangedEvent,
    Columns,
    Corrections,
    DuplicateExternalIdError,
    Kind,
    LocationSource,
    NewOrder,
    Over,
    SameState,
    State,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderStateError,
)

# If the process that creates a lead dies half-way, the worker goes on with it after this.
TAKEN_OVER_AFTER = timedelta(seconds=15)
_NOT_TOLD = frozenset({"customer_phones", "location_source"})


@dataclass(frozen=True, slots=True)
class Edit:
    """What is edited: `address` and `location` move the order, `slot` its time.

    A slot is a start, and an end or the store's usual duration; without an offset they are the store's wall times.
    """

    fields: Corrections
    address: str | None = None
    location: Point | None = None
    slot: tuple[datetime, datetime | None] | None = None


def create(
    tx: Tx, caller: Caller, new: NewOrder, attempt: Attempt | None, *, due_in: timedelta = TAKEN_OVER_AFTER
) -> tuple[UUID, bool]:
    """Write a new order with its idempotency key; returns its id and whether an earlier attempt had made it.

    The worker goes on with it after `due_in`, if no one else has.

    Raises InvalidError, with the member, for a store, group or technician outside the caller's scope and for a slot
    that does not go forward; InactiveError for a closed store, WallTimeDoesNotExistError, KeyReusedError,
    DuplicateExternalIdError, QuotaExceededError.
    """
    order_id = new_id()
    if attempt is not None:
        earlier = claim(tx, attempt, order_id)
        if earlier is not None:
            return earlier, True
    with _refusing_unknown("store"):
        rules = get_store_rules(tx, caller.scope, new.store_id)
    _require_possible(tx, caller, new, rules)
    now = tx.now()
    if new.kind is Kind.LEAD:
        count_lead(tx)
    slot = slot_of(rules, new.slot_start, new.slot_end, now=now)
    contact = read_contact(new.customer, rules.country)
    insert_work_order(tx, caller, _with_typed_place(new), order_id, contact=contact, slot=slot, due_at=now + due_in)
    return order_id, False


def _with_typed_place(new: NewOrder) -> NewOrder:
    """`new`, where coordinates were typed as its address, with these as its pin."""
    typed = None if new.location is not None else find_typed_point(new.address or "")
    return new if typed is None else replace(new, location=typed, location_source=LocationSource.PIN)


def _require_possible(tx: Tx, caller: Caller, new: NewOrder, rules: StoreRules) -> None:
    """Raises InactiveError or InvalidError for a store, technician or group that cannot have it."""
    if not rules.store.active:
        raise InactiveError(f"{rules.store.name} is closed and takes no new work.")
    if new.assignee_id is not None:
        of_the_store = replace(caller.scope, store_ids=caller.scope.store_ids | {new.store_id})
        with _refusing_unknown("technician", "/assignee_id"):
            chosen = get_technician(tx, of_the_store, new.assignee_id)
        if not chosen.active:
            raise InactiveError("The chosen technician no longer works here.")
    if new.group_id is None:
        return
    with _refusing_unknown("group"):
        group = get_group(tx, caller.scope, new.group_id)
    if group.store_id != new.store_id:
        raise InvalidError.at("/group_id", "group_of_another_store", "The group belongs to another store.")


@contextmanager
def _refusing_unknown(what: str, pointer: str = "") -> Iterator[None]:
    """Point at the id that names nothing here: what is created has several, so "not found" would not say which."""
    try:
        yield
    except NotFoundError as error:
        at = pointer or f"/{what}_id"
        raise InvalidError.at(at, f"unknown_{what}", f"There is no such {what} here.") from error


def edit(tx: Tx, caller: Caller, order_id: UUID, changes: Edit, *, version: int | None) -> bool:
    """Change an order; returns whether its address now waits to be geocoded.

    A new location is a pin: no geocoder overwrites it. A new address of an order without a pin is looked up again;
    coordinates typed as one are a pin, until another address follows.
    A new slot raises as `reschedule`, another external id DuplicateExternalIdError.
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if order.state in TERMINAL:
        raise WorkOrderStateError(f"a work order that is {order.state.value} cannot be edited", state=order.state.value)
    now = tx.now()
    sets = _corrected(tx, order, changes.fields)
    new_address = changes.address is not None and changes.address != order.address
    pinned = order.is_pinned
    if new_address:
        forget_evidence(tx, order_id)
        sets["address"] = changes.address
        if pinned and _is_pinned_by_address(order):
            pinned, sets["location_source"] = False, LocationSource.CLIENT
    if sets:
        event = ChangedEvent(fields=tuple(sorted(sets.keys() - _NOT_TOLD)))
        change = Change(by=caller, at=now, event=event, after=SameState(order.state), sets=sets)
        with refusing(work_orders_external_id_key=DuplicateExternalIdError()):
            apply_change(tx, order, change)
    if "skills" in sets and order.state not in WAITING:
        review_alarm(tx, lock(tx, order_id))
    if changes.slot is not None:
        reschedule(tx, caller, lock(tx, order_id), *changes.slot)
    place = changes.location or (find_typed_point(changes.address or "") if new_address and not pinned else None)
    if place is not None:
        if changes.location is not None and caller.kind is ActorKind.USER:
            learn_from_hand(tx, lock(tx, order_id), changes.location)
        move(tx, caller, lock(tx, order_id), LocatedPlace(place, LocationSource.PIN), at=now)
        return False
    if not new_address or pinned:
        return False
    set_deadlines(tx, order_id, geocode_due_at=now + TAKEN_OVER_AFTER, geocode_attempts=0)
    return True


def _is_pinned_by_address(order: WorkOrder) -> bool:
    """Whether an order's pin is the coordinates that its address names, and none that a person moved."""
    return order.location is not None and find_typed_point(order.address or "") == order.location.point


def _corrected(tx: Tx, order: WorkOrder, fields: Corrections) -> Columns:
    """What corrections are written as: as they are, and with a customer what can be read of the contact."""
    sets = cast(Columns, {**fields})
    if sets.get("external_id") is not None:
        require_free_external_id(tx, order.store_id, fields["external_id"], order_id=order.id)
    if "skills" in sets:
        sets["skills"] = list(sets["skills"])
    if "customer" in sets:
        contact = read_contact(sets["customer"], get_store_rules(tx, EVERYTHING, order.store_id).country)
        sets |= {"customer": contact.customer, "customer_phones": contact.phones}
    return sets


def cancel(tx: Tx, caller: Caller, order_id: UUID, *, reason: str | None, version: int | None = None) -> WorkOrder:
    """Cancel an order: open offers close and times are freed in the same transaction. Repeating it changes nothing."""
    order = lock(tx, order_id, scope=caller.scope)
    if order.state is State.CANCELLED:
        return order
    require_version(tx, order, version)
    require_way(order, State.CANCELLED)
    freed = withdraw(tx, order, WithdrawnBecause.WORK_ORDER_CANCELLED)
    now = tx.now()
    freed += set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    event = CancelledEvent(reason=None if reason is None else FreeText(reason))
    apply_change(tx, order, Change(by=caller, at=now, event=event, after=Over(State.CANCELLED)))
    wake_for(tx, freed, at=now)
    return lock(tx, order_id)
