"""A technician becomes free, or is there again: which waiting work orders are tried once more, and how many."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from geo_assign.access.domain import EVERYTHING
from geo_assign.core.db import Tx
from geo_assign.matching.batches import list_takeable
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import StoreRules, list_rules_for
from geo_assign.workorders.commands import wake
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries import count_due, list_searching

_WOKEN = 8
"""Orders of one store that one technician is tried for at once. The first usually gets the technician."""
_ENOUGH = 2 * _WOKEN
_LOOKED_AT = 40
_LOOKS = 5


def wake_for(tx: Tx, technician_ids: Iterable[UUID], *, at: datetime) -> None:
    """Have the worker look again at a few orders of each store that these technicians could take and none took.

    The orders go by priority, then age. What is not among them is looked at again by its own deadline. Call it once
    the time of the technicians is free.
    """
    for technician_id in sorted(set(technician_ids)):
        technician = get_technician(tx, EVERYTHING, technician_id)
        if technician.active:
            for rules in list_rules_for(tx, technician):
                _wake_in_store(tx, technician, rules, at=at)


def wake_unless_enough(tx: Tx, technician_id: UUID) -> bool:
    """The same for one technician; False, and nothing done, while more than enough is due in one of the stores anyhow.

    What is due is evaluated first: it may take the technician, and what none took need not be tried.
    """
    technician = get_technician(tx, EVERYTHING, technician_id)
    rules = list_rules_for(tx, technician) if technician.active else []
    now = tx.now()
    if any(count_due(tx, one.store.id, at=now, limit=_ENOUGH) == _ENOUGH for one in rules):
        return False
    for one in rules:
        _wake_in_store(tx, technician, one, at=now)
    return True


def _wake_in_store(tx: Tx, technician: Technician, rules: StoreRules, *, at: datetime) -> None:
    found: list[UUID] = []
    for orders in _searching(tx, technician, rules, at=at):
        needs_duty = rules.settings.lead_acceptance
        questions = {
            n: question_for_order(order, rules, at=at, needs_duty=needs_duty)
            for n, order in enumerate(orders)
            if not order.waits_for_a_crew
        }
        takeable = list_takeable(tx, technician.id, questions)
        found += [orders[n].id for n in sorted(takeable)]
        if len(found) >= _WOKEN:
            break
    if found:
        wake(tx, found[:_WOKEN], at=at)


def _searching(tx: Tx, technician: Technician, rules: StoreRules, *, at: datetime) -> Iterator[list[WorkOrder]]:
    """The store's orders that fit by skills and group, some at a time; far down the list they wait for their turn."""
    for look in range(_LOOKS):
        orders = list_searching(
            tx,
            rules.store.id,
            skills=technician.skills,
            group_ids=technician.group_ids,
            at=at,
            skip=look * _LOOKED_AT,
            limit=_LOOKED_AT,
        )
        yield orders
        if len(orders) < _LOOKED_AT:
            return
