"""Automatic assignment: evaluate a work order that waits, and do what its store's trigger says."""

from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.asking import ask_more, find_technician
from geo_assign.dispatch.commands.claiming import Recipient, claim_and_assign
from geo_assign.dispatch.commands.collecting import collect
from geo_assign.dispatch.commands.crews import fill_vacancies
from geo_assign.dispatch.commands.impossible import accept_reasons
from geo_assign.dispatch.commands.ranking import Ranker, by_line
from geo_assign.dispatch.searching import slot_has_passed, trigger_for
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import find_and_lock_due, lock, recheck_pending, set_deadlines, set_pending
from geo_assign.workorders.domain import (
    TAKEN,
    TERMINAL,
    AutomationOff,
    Kind,
    NeedsLocation,
    Pending,
    PendingReason,
    SlotPassed,
    SlotPassedAlarm,
    State,
    Unassigned,
    WantedTaken,
    WorkOrder,
)
from geo_assign.workorders.queries import get_work_order


def evaluate(
    tx: Tx,
    caller: Caller,
    work_order_id: UUID,
    *,
    forced: bool = False,
    collected: bool = False,
    ranker: Ranker = by_line,
) -> WorkOrder:
    """Offer or assign the work order to the nearest available technician, or say why it is pending.

    An order that a technician has, or that is over, stays as it is; only collaborators and parallel offers that are
    missing are added. `forced`: a person asked for it, so it is evaluated even if the trigger is off or the work waits
    for a person. `collected`: it was solved together with others and goes on by itself. `ranker` may raise
    DriveTimesWantedError. Returns the work order as it stands afterwards.
    """
    return _evaluate(tx, caller, lock(tx, work_order_id), forced=forced, collected=collected, ranker=ranker)


def evaluate_if_due(tx: Tx, caller: Caller, work_order_id: UUID, *, ranker: Ranker = by_line) -> WorkOrder | None:
    """The same, as long as it is due and no other transaction holds it; None otherwise."""
    order = find_and_lock_due(tx, work_order_id)
    return None if order is None else _evaluate(tx, caller, order, forced=False, collected=False, ranker=ranker)


def _evaluate(tx: Tx, caller: Caller, order: WorkOrder, *, forced: bool, collected: bool, ranker: Ranker) -> WorkOrder:
    if order.state not in (State.NEW, State.PENDING):
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return _ask_missing(tx, caller, order, ranker)
    if waits_for_a_person(order) and not forced:
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    by_hand = trigger_for(rules.settings, order.kind) == "off" and not forced
    if order.wanted_technician_id is not None:
        _assign_wanted(tx, caller, order, rules, order.wanted_technician_id)
    elif by_hand and order.kind is Kind.TICKET:
        # In the pool at once: a workshop's work needs no address to be given out.
        set_pending(tx, caller, order, Pending(Unassigned()), at=tx.now())
    elif order.location is None:
        _wait_for_location(tx, caller, order)
    elif by_hand:
        set_pending(tx, caller, order, Pending(AutomationOff()), at=tx.now())
    elif slot_has_passed(order, rules.settings, tx.now()):
        _leave_passed_slot(tx, caller, order)
    elif collected or forced or not collect(tx, caller, order, rules):
        find_technician(tx, caller, order, rules, forced=forced, ranker=ranker)
    return get_work_order(tx, EVERYTHING, order.id)


def settings_changed(tx: Tx, store_id: UUID) -> None:
    """A store has other triggers or limits: evaluate its pending work again."""
    recheck_pending(tx, at=tx.now(), store_id=store_id, reasons=_DECIDED_BY_SETTINGS)


def _ask_missing(tx: Tx, caller: Caller, order: WorkOrder, ranker: Ranker) -> WorkOrder:
    """Ask the technicians who are missing of an order that is taken or offered."""
    if order.state in TERMINAL or (order.state in TAKEN and not order.vacancies):
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    if order.vacancies:
        fill_vacancies(tx, caller, order, rules, ranker=ranker)
    else:
        ask_more(tx, caller, order, rules, ranker=ranker)
    return get_work_order(tx, EVERYTHING, order.id)


def waits_for_a_person(order: WorkOrder) -> bool:
    """Whether automation leaves this to people: they took it back, or have to put another crew together."""
    return order.pending_reason in _LEFT_TO_PEOPLE or order.waits_for_a_crew


def _assign_wanted(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, technician_id: UUID) -> None:
    """Assign the technician whom the lead named; where that time is taken, a person decides."""
    now = tx.now()
    wanted = Recipient(technician_id, get_technician(tx, EVERYTHING, technician_id).name, by_hand=True)
    if not claim_and_assign(tx, caller, order, rules, wanted, at=now, as_offer=False, ranking=None):
        after = Pending(WantedTaken(wanted=technician_id, counts={"slot_taken": 1}))
        set_pending(tx, caller, order, after, at=now, sets={"wanted_technician_id": None})
        return
    accept_reasons(tx, order.id)


def _wait_for_location(tx: Tx, caller: Caller, order: WorkOrder) -> None:
    if order.pending_reason in LOCATION_REASONS:
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return
    set_pending(tx, caller, order, Pending(NeedsLocation()), at=tx.now())


def _leave_passed_slot(tx: Tx, caller: Caller, order: WorkOrder) -> None:
    """A person decides: another time, or a technician who goes all the same."""
    if order.pending_reason is PendingReason.SLOT_PASSED and order.alarm is not None:
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return
    set_pending(tx, caller, order, Pending(SlotPassed()), at=tx.now(), raises=SlotPassedAlarm())


_LEFT_TO_PEOPLE = frozenset({PendingReason.UNASSIGNED, PendingReason.WANTED_TAKEN, PendingReason.OFFERS_EXHAUSTED})

_DECIDED_BY_SETTINGS = (
    PendingReason.AUTOMATION_OFF,
    PendingReason.SUGGESTED,
    PendingReason.NOBODY_ELIGIBLE,
    PendingReason.SLOT_PASSED,
)

LOCATION_REASONS = frozenset(
    {PendingReason.NEEDS_LOCATION, PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE}
)
