"""A dispatcher's choice: assign or offer to a technician, take it back. The human wins over automation."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.claiming import Recipient, recipient_from, record_assignment
from geo_assign.dispatch.commands.crews import (
    CrewMember,
    ask_along,
    asks_whole_crew,
    claim_together,
    get_collaborators,
    require_fit,
)
from geo_assign.dispatch.commands.impossible import accept_reasons
from geo_assign.dispatch.commands.rescheduling import set_slot, slot_of
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import withdraw
from geo_assign.matching.domain import Ranking
from geo_assign.matching.queries import rank
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import (
    apply_change,
    lock,
    lock_people,
    require_version,
    require_way,
    set_bookings,
)
from geo_assign.workorders.domain import (
    TAKEN,
    BookingRole,
    BookingState,
    Change,
    Pending,
    State,
    Unassigned,
    UnassignedEvent,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import list_bookings

Mode = Literal["offer", "assign"]
WantedSlot = tuple[datetime, datetime | None]
"""As a person says it: instants or wall times of the store; without an end for the store's usual duration."""


def assign(
    tx: Tx,
    caller: Caller,
    order_id: UUID,
    technician_id: UUID,
    *,
    mode: Mode,
    version: int | None,
    collaborator_ids: Sequence[UUID] = (),
    slot: WantedSlot | None = None,
) -> WorkOrder:
    """Give an order to the technician whom a person chose, at once or as an offer; open offers are withdrawn.

    With a `slot` it is moved to that time in the same step.

    Collaborators are assigned together with the lead, or held until the lead accepts, or asked as well: the store's
    policy says which.

    Only what cannot be is refused: taken time of any of them (SlotTakenError, naming who and the other booking if the
    caller may see it), an order that is taken or over (WorkOrderStateError), an offer to a technician off duty, a
    version that another person has changed (WorkOrderChangedError), and a slot as `slot_of` does. Offering it to the
    technician and crew who have the open offer changes nothing: the deadline stays, and nothing is told again.
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if mode == "offer" and slot is None and _is_offered_to(order, technician_id, collaborator_ids):
        return order
    after = State.OFFERED if mode == "offer" else State.ASSIGNED
    if order.state in TAKEN:
        raise WorkOrderStateError(f"{order.technician_name} has this work; take it back first", state=order.state.value)
    if order.state is not after:
        require_way(order, after)
    lead = get_technician(tx, caller.scope, technician_id)
    require_fit(lead, to_ask=mode == "offer")
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    to_ask = mode == "offer" and asks_whole_crew(rules)
    crew = get_collaborators(tx, caller, collaborator_ids, leads=[lead.id], to_ask=to_ask)
    wanted = at_slot(order, rules, slot, now=tx.now())
    ranking = rank_choice(tx, wanted, rules)
    lock_people(tx, {lead.id, *collaborator_ids, *(one.technician_id for one in list_bookings(tx, order.id))})
    freed = withdraw(tx, order, WithdrawnBecause.ASSIGNED_BY_HAND)
    if wanted is not order:
        order = set_slot(tx, caller, order, wanted.slot_start, wanted.slot_end, at=tx.now())
    _assign_together(tx, caller, order, rules, recipient_of(lead, ranking), crew=crew, mode=mode, ranking=ranking)
    accept_reasons(tx, order_id)
    wake_for(tx, freed, at=tx.now())
    return lock(tx, order_id)


def _is_offered_to(order: WorkOrder, technician_id: UUID, collaborator_ids: Sequence[UUID]) -> bool:
    """Whether exactly this technician is asked to lead it, with exactly this crew."""
    asked_to_lead = [one.technician_id for one in order.offers if one.role is BookingRole.PRIMARY]
    crew = {one.id for one in order.collaborators}
    return order.state is State.OFFERED and asked_to_lead == [technician_id] and crew == set(collaborator_ids)


def _assign_together(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    lead: Recipient,
    *,
    crew: Sequence[Technician],
    mode: Mode,
    ranking: Ranking | None,
) -> None:
    now, as_offer = tx.now(), mode == "offer"
    members = [CrewMember(one.id, one.name) for one in crew]
    all_members = [CrewMember(lead.technician_id, lead.name, BookingRole.PRIMARY), *members]
    state = BookingState.OFFERED if as_offer else BookingState.ASSIGNED
    held = claim_together(tx, caller, order, rules, all_members, state=state, at=now)
    record_assignment(
        tx,
        caller,
        order,
        rules,
        lead,
        booking_id=held[lead.technician_id],
        at=now,
        as_offer=as_offer,
        ranking=ranking,
        crew={one.id: one.name for one in crew},
    )
    if as_offer and asks_whole_crew(rules):
        # The order as it stands now: asking the collaborators must not set it back.
        offered = lock(tx, order.id)
        for member in members:
            ask_along(tx, caller, offered, rules, member, booking_id=held[member.technician_id], at=now)


def unassign(tx: Tx, caller: Caller, order_id: UUID, *, version: int | None) -> WorkOrder:
    """Take an order back from the technician who has it or is asked: pending, until a person moves it."""
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if order.state not in (State.OFFERED, State.ASSIGNED):
        raise WorkOrderStateError(
            f"a work order that is {order.state.value} has no technician to take it from, or is under way",
            state=order.state.value,
        )
    now = tx.now()
    freed = withdraw(tx, order, WithdrawnBecause.ASSIGNED_BY_HAND)
    freed += set_bookings(tx, order.id, BookingState.RELEASED, at=now)
    event = UnassignedEvent(technician_id=order.technician_id, technician_name=order.technician_name, reason=None)
    apply_change(tx, order, Change(by=caller, at=now, event=event, after=Pending(Unassigned())))
    wake_for(tx, freed, at=now)
    return lock(tx, order_id)


def at_slot(order: WorkOrder, rules: StoreRules, slot: WantedSlot | None, *, now: datetime) -> WorkOrder:
    """The order as it would be at another slot; itself where it is there already, or none is wanted.

    Raises as `slot_of`.
    """
    if slot is None:
        return order
    start, end = slot_of(rules, *slot, now=now)
    if order.slot_is_fixed and (start, end) == (order.slot_start, order.slot_end):
        return order
    return replace(order, slot_start=start, slot_end=end, slot_is_fixed=True)


def rank_choice(tx: Tx, order: WorkOrder, rules: StoreRules) -> Ranking | None:
    """The receipt of a choice by hand: who else could have gone. None without a location."""
    if order.location is None:
        return None
    return rank(tx, question_for_order(order, rules, at=tx.now(), needs_duty=False, limit=10))


def recipient_of(technician: Technician, ranking: Ranking | None) -> Recipient:
    """A technician whom a person chose, with the distance where the ranking knows it."""
    for one in ranking.candidates if ranking is not None else ():
        if one.technician_id == technician.id:
            return recipient_from(one, by_hand=True)
    return Recipient(technician.id, technician.name, by_hand=True)
