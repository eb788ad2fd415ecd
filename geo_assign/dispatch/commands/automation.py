"""Automatic assignment: look at a work order that nobody has, and do what its store's trigger says."""

from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.asking import ask_more, find_technician
from geo_assign.dispatch.commands.claiming import Recipient, claim_and_assign
from geo_assign.dispatch.commands.collecting import collect
from geo_assign.dispatch.commands.crews import fill_vacancies
from geo_assign.dispatch.searching import trigger_for
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import lock, recheck_pending, set_deadlines, to_pending
from geo_assign.workorders.domain import TAKEN, TERMINAL, Kind, PendingReason, State, WorkOrder


def evaluate(
    tx: Tx, caller: Caller, work_order_id: UUID, *, forced: bool = False, collected: bool = False
) -> WorkOrder:
    """Offer or assign the work order to the nearest who is available, or say why it is pending.

    Whatever has somebody, or is over, stays as it is, but for somebody who is missing in a crew or among those who are
    asked at once. `forced`: a person asked for it, so neither a trigger that is off matters nor that the work waits for
    a person. `collected`: it was solved together with others and goes on by itself. Returns the work order as it stands
    afterwards.
    """
    order = lock(tx, work_order_id)
    if order.state not in (State.NEW, State.PENDING):
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return _complete(tx, caller, order)
    if _waits_for_a_person(order) and not forced:
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    by_hand = trigger_for(rules.settings, order.kind) == "off" and not forced
    if order.wanted_technician_id is not None:
        _give_to_wanted(tx, caller, order, rules, order.wanted_technician_id)
    elif by_hand and order.kind is Kind.TICKET:
        # In the pool at once: a workshop's work needs no address to be given out.
        to_pending(tx, caller, order, PendingReason.UNASSIGNED, at=tx.now())
    elif order.location is None:
        _wait_for_location(tx, caller, order)
    elif by_hand:
        to_pending(tx, caller, order, PendingReason.AUTOMATION_OFF, at=tx.now())
    elif collected or forced or not collect(tx, caller, order, rules):
        find_technician(tx, caller, order, rules, forced=forced)
    return lock(tx, work_order_id)


def settings_changed(tx: Tx, store_id: UUID) -> None:
    """A store has other triggers or limits: look again at its work that nobody has."""
    recheck_pending(tx, at=tx.now(), store_ids=[store_id], reasons=_HANGS_ON_SETTINGS)


def _complete(tx: Tx, caller: Caller, order: WorkOrder) -> WorkOrder:
    """Ask those who are missing of an order that somebody has, or is asked to take."""
    if order.state in TERMINAL or (order.state in TAKEN and not order.vacancies):
        return order
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    if order.vacancies:
        fill_vacancies(tx, caller, order, rules)
    else:
        ask_more(tx, caller, order, rules)
    return lock(tx, order.id)


def _waits_for_a_person(order: WorkOrder) -> bool:
    """Whether automation leaves this to people: they took it back, or have to put together another crew."""
    return order.pending_reason in _LEFT_TO_PEOPLE or "crew" in (order.pending_detail or {})


def _give_to_wanted(tx: Tx, caller: Caller, order: WorkOrder, rules: StoreRules, technician_id: UUID) -> None:
    """The lead named its technician, once: only his time decides, and if it is taken a person has to."""
    now = tx.now()
    wanted = Recipient(technician_id, get_technician(tx, EVERYTHING, technician_id).name, by_hand=True)
    if not claim_and_assign(tx, caller, order, rules, wanted, at=now, as_offer=False, ranking=None):
        detail = {"wanted": str(technician_id), "counts": {"slot_taken": 1}}
        reason = PendingReason.WANTED_TAKEN
        to_pending(tx, caller, order, reason, at=now, detail=detail, wanted_technician_id=None)


def _wait_for_location(tx: Tx, caller: Caller, order: WorkOrder) -> None:
    if order.pending_reason in LOCATION_REASONS:
        set_deadlines(tx, order.id, evaluate_due_at=None)
        return
    to_pending(tx, caller, order, PendingReason.NEEDS_LOCATION, at=tx.now())


_LEFT_TO_PEOPLE = frozenset({PendingReason.UNASSIGNED, PendingReason.WANTED_TAKEN, PendingReason.OFFERS_EXHAUSTED})

_HANGS_ON_SETTINGS = (PendingReason.AUTOMATION_OFF, PendingReason.SUGGESTED, PendingReason.NOBODY_ELIGIBLE)

LOCATION_REASONS = frozenset(
    {PendingReason.NEEDS_LOCATION, PendingReason.MAP_KEY_MISSING, PendingReason.GEOCODER_UNAVAILABLE}
)
