"""Several technicians on one work order: holding the time of all at once, asking them, replacing who does not come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.core.errors import ConflictError, InvalidError
from geo_assign.dispatch.commands.answering import assign_if_complete
from geo_assign.dispatch.commands.claiming import recipient_from
from geo_assign.dispatch.commands.conflicts import slot_taken
from geo_assign.dispatch.commands.impossible import accept_reasons, review_alarm
from geo_assign.dispatch.commands.ranking import Ranker
from geo_assign.dispatch.commands.waking import wake_for
from geo_assign.dispatch.commands.withdrawing import broken_crew, withdraw
from geo_assign.dispatch.searching import slot_has_passed
from geo_assign.matching.domain import Candidate
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.domain import InactiveError, Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import (
    apply_change,
    claim_time,
    close_offer,
    insert_offer,
    lock,
    lock_people,
    require_version,
    set_bookings,
    set_pending,
)
from geo_assign.workorders.domain import (
    TAKEN,
    Booking,
    BookingRole,
    BookingState,
    Change,
    CollaboratorMissingAlarm,
    Columns,
    CrewChangedEvent,
    NamedTechnician,
    NobodyEligible,
    OfferedEvent,
    OfferState,
    Pending,
    SameState,
    State,
    WithdrawnBecause,
    WorkOrder,
    WorkOrderStateError,
)
from geo_assign.workorders.queries import get_offer, list_bookings

MOST_COLLABORATORS = 10

# How many candidates are looked at beside those who are missing: some may be taken in the same moment.
_TO_SPARE = 8


class TechnicianOffDutyError(ConflictError):
    """A technician who is off duty cannot answer an offer.

    Assign the work instead.
    """

    code = "technician_off_duty"


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A technician of a crew, with distance in metres and seconds on the road where a ranking knows them."""

    technician_id: UUID
    name: str
    role: BookingRole = BookingRole.COLLABORATOR
    distance_m: float | None = None
    eta_s: float | None = None
    chosen: bool = True


def asks_whole_crew(rules: StoreRules) -> bool:
    """Whether collaborators are asked too; otherwise they are told once the lead has accepted."""
    return rules.settings.crew_policy == "all_or_nothing"


def get_collaborators(
    tx: Tx, caller: Caller, technician_ids: Sequence[UUID], *, leads: Iterable[UUID], to_ask: bool
) -> list[Technician]:
    """The technicians whom a person chose as collaborators.

    Raises NotFoundError outside the scope, InvalidError for an id that is there twice or leads the work,
    InactiveError, and TechnicianOffDutyError when they are `to_ask` and one of them could not answer.
    """
    if len(set(technician_ids)) < len(technician_ids):
        raise InvalidError.at("/collaborator_ids", "duplicate", "A technician is named twice.")
    if not set(leads).isdisjoint(technician_ids):
        raise InvalidError.at(
            "/collaborator_ids", "also_lead", "The technician who leads the work cannot be a collaborator as well."
        )
    people = [get_technician(tx, caller.scope, technician_id) for technician_id in technician_ids]
    for person in people:
        require_fit(person, to_ask=to_ask)
    return people


def require_fit(technician: Technician, *, to_ask: bool) -> None:
    """Raises InactiveError, or TechnicianOffDutyError for a technician who is to be asked and cannot answer."""
    if not technician.active:
        raise InactiveError(f"{technician.name} no longer works here.")
    if to_ask and not (technician.on_duty or technician.at_base):
        raise TechnicianOffDutyError(f"{technician.name} is off duty and cannot answer; assign the work instead.")


def claim_together(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    members: Sequence[CrewMember],
    *,
    state: BookingState,
    at: datetime,
) -> Mapping[UUID, UUID]:
    """Hold the time of all members, or of none: the bookings by technician. The caller has called `lock_people`.

    Raises SlotTakenError, which undoes the whole transaction, with all who have no time and when they would.
    """
    booking_ids = {}
    for member in sorted(members, key=lambda one: one.technician_id):
        booking_id = claim_time(
            tx,
            order,
            member.technician_id,
            state=state,
            travel_buffer=rules.settings.travel_buffer,
            at=at,
            role=member.role,
        )
        if booking_id is None:
            names = {one.technician_id: one.name for one in members}
            raise slot_taken(tx, caller, order, rules, names, at=at)
        booking_ids[member.technician_id] = booking_id
    return booking_ids


def ask_along(
    tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, member: CrewMember, *, booking_id: UUID, at: datetime
) -> None:
    """Ask a technician whose time is held to come along."""
    expires_at = at + rules.settings.tat
    offer_id = insert_offer(
        tx,
        order,
        member.technician_id,
        booking_id,
        at=at,
        expires_at=expires_at,
        automatic=not member.chosen,
        decision_id=None,
        distance_m=member.distance_m,
        eta_s=member.eta_s,
        role=BookingRole.COLLABORATOR,
    )
    event = OfferedEvent(
        technician_id=member.technician_id,
        technician_name=member.name,
        role=BookingRole.COLLABORATOR,
        offer_id=offer_id,
        expires_at=expires_at,
        distance_m=None if member.distance_m is None else round(member.distance_m, 1),
        decision_id=None,
        by_hand=member.chosen,
    )
    apply_change(tx, order, Change(by=caller, at=at, event=event, after=SameState(order.state)))


def change_crew(
    tx: Tx, caller: Caller, order_id: UUID, technician_ids: Sequence[UUID], *, version: int | None
) -> WorkOrder:
    """Choose the collaborators of an order that is taken or offered. Those who stay keep their time.

    Who joins a taken order is assigned at once; while it is offered their time is held, or they are asked, as the
    store's policy says. Raises WorkOrderStateError when no technician leads it, SlotTakenError with all who have no
    time, and what `get_collaborators` raises; then nothing is changed.
    """
    order = lock(tx, order_id, scope=caller.scope)
    require_version(tx, order, version)
    if order.state not in TAKEN | {State.OFFERED}:
        raise WorkOrderStateError(
            f"no technician leads a work order that is {order.state.value}; assign it together with its collaborators",
            state=order.state.value,
        )
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    bookings = list_bookings(tx, order.id)
    present = {one.technician_id: one for one in bookings if one.role is BookingRole.COLLABORATOR}
    leads = [one.technician_id for one in bookings if one.role is BookingRole.PRIMARY]
    to_ask = order.state is State.OFFERED and asks_whole_crew(rules)
    get_collaborators(tx, caller, technician_ids, leads=leads, to_ask=False)
    new = [technician_id for technician_id in technician_ids if technician_id not in present]
    joining = get_collaborators(tx, caller, new, leads=leads, to_ask=to_ask)
    leaving = [one for technician_id, one in present.items() if technician_id not in technician_ids]
    if joining or leaving:
        lock_people(tx, [*(one.technician_id for one in leaving), *new])
        members = [CrewMember(one.id, one.name) for one in joining]
        _exchange_members(tx, caller, _with_fixed_slot(order), rules, leaving=leaving, joining=members)
        accept_reasons(tx, order.id, new)
        review_alarm(tx, lock(tx, order.id))
    return lock(tx, order_id)


def _exchange_members(
    tx: Tx,
    caller: Caller,
    order: WorkOrder,
    rules: StoreRules,
    *,
    leaving: Sequence[Booking],
    joining: Sequence[CrewMember],
) -> None:
    now = tx.now()
    for one in leaving:
        _release_booking(tx, order, one, at=now)
    offered = order.state is State.OFFERED
    state = BookingState.OFFERED if offered else BookingState.ASSIGNED
    claimed = claim_together(tx, caller, order, rules, joining, state=state, at=now)
    event = CrewChangedEvent(
        joined=_named(joining), left=tuple(NamedTechnician(one.technician_id, one.technician_name) for one in leaving)
    )
    size = len(order.collaborators) - len(leaving) + len(joining)
    change = Change(by=caller, at=now, event=event, after=SameState(order.state), sets={"crew_size": size})
    apply_change(tx, order, change)
    if offered:
        for member in joining if asks_whole_crew(rules) else ():
            booking_id = claimed[member.technician_id]
            ask_along(tx, caller, order, rules, member, booking_id=booking_id, at=now)
        assign_if_complete(tx, caller, lock(tx, order.id), at=now)
    wake_for(tx, [one.technician_id for one in leaving], at=now)


def _named(members: Sequence[CrewMember]) -> tuple[NamedTechnician, ...]:
    return tuple(NamedTechnician(one.technician_id, one.name) for one in members)


def _release_booking(tx: Tx, order: WorkOrder, booking: Booking, *, at: datetime) -> None:
    if booking.answer is OfferState.OFFERED and booking.offer_id is not None:
        offer = get_offer(tx, booking.offer_id)
        close_offer(tx, offer, OfferState.WITHDRAWN, at=at, reason=WithdrawnBecause.CREW_CHANGED)
    set_bookings(tx, order.id, BookingState.RELEASED, at=at, booking_id=booking.id)


def fill_vacancies(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, *, ranker: Ranker) -> None:
    """Replace collaborators who do not come: by the nearest who are available and on duty.

    Where none is left, or the slot has passed, the dispatcher is alarmed. An order that wants all or nothing is pending
    then and all its technicians are free; otherwise those who are left go on.
    """
    now, passed = tx.now(), slot_has_passed(order, rules.settings, tx.now())
    order = _with_fixed_slot(order)
    to_ask = order.state is State.OFFERED and asks_whole_crew(rules)
    present = {one.technician_id for one in list_bookings(tx, order.id)}
    candidates = [] if passed else _candidates(tx, order, rules, present, at=now, ranker=ranker)
    lock_people(tx, present | {one.technician_id for one in candidates})
    joined = _join(tx, order, rules, candidates, at=now)
    for member, booking_id in joined if to_ask else ():
        ask_along(tx, caller, order, rules, member, booking_id=booking_id, at=now)
    missing = order.vacancies - len(joined)
    if missing and to_ask:
        _give_up(tx, caller, order, missing, at=now)
        return
    if not to_ask:
        _note_joined(tx, caller, order, [member for member, _ in joined], missing=missing, at=now)
        if order.state is State.OFFERED:
            assign_if_complete(tx, caller, lock(tx, order.id), at=now)


def _candidates(
    tx: Tx, order: WorkOrder, rules: StoreRules, present: set[UUID], *, at: datetime, ranker: Ranker
) -> list[Candidate]:
    if order.location is None:
        return []
    wanted = order.vacancies + _TO_SPARE + len(present)
    ranking = ranker(tx, question_for_order(order, rules, at=at, limit=wanted), rules, explain=False)
    return [one for one in ranking.candidates if one.technician_id not in present]


def _join(
    tx: Tx, order: WorkOrder, rules: StoreRules, candidates: Sequence[Candidate], *, at: datetime
) -> list[tuple[CrewMember, UUID]]:
    """The nearest whose time can be held, with their bookings: as many as are missing, or fewer."""
    state = BookingState.OFFERED if order.state is State.OFFERED else BookingState.ASSIGNED
    joined: list[tuple[CrewMember, UUID]] = []
    for one in candidates:
        if len(joined) == order.vacancies:
            break
        booking_id = claim_time(
            tx,
            order,
            one.technician_id,
            state=state,
            travel_buffer=rules.settings.travel_buffer,
            at=at,
            role=BookingRole.COLLABORATOR,
        )
        if booking_id is not None:
            known = recipient_from(one)
            member = CrewMember(
                one.technician_id, one.name, distance_m=known.distance_m, eta_s=known.eta_s, chosen=False
            )
            joined.append((member, booking_id))
    return joined


def _note_joined(
    tx: Tx, caller: Caller, order: WorkOrder, joined: Sequence[CrewMember], *, missing: int, at: datetime
) -> None:
    """The crew goes on as large as it is; a collaborator who is still missing is the dispatcher's to find."""
    event = CrewChangedEvent(joined=_named(joined), missing=missing or None)
    sets: Columns = {"evaluate_due_at": None}
    if missing:
        sets["crew_size"] = order.crew_size - missing
    raises = CollaboratorMissingAlarm(missing=missing) if missing else None
    apply_change(
        tx, order, Change(by=caller, at=at, event=event, after=SameState(order.state), sets=sets, raises=raises)
    )


def _give_up(tx: Tx, caller: Caller, order: WorkOrder, missing: int, *, at: datetime) -> None:
    """All or nothing, and a collaborator is missing: all are free again, and a person decides."""
    freed = withdraw(tx, order, WithdrawnBecause.COLLABORATOR_MISSING)
    cause = NobodyEligible(crew=broken_crew(order, WithdrawnBecause.COLLABORATOR_MISSING))
    set_pending(tx, caller, order, Pending(cause), at=at, raises=CollaboratorMissingAlarm(missing=missing))
    wake_for(tx, freed, at=at)


def _with_fixed_slot(order: WorkOrder) -> WorkOrder:
    """The order with the slot for which others hold their time already, also where it means as soon as possible."""
    return replace(order, slot_is_fixed=True)
