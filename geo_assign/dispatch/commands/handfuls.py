"""Work orders that are due, several in one transaction: what is written of them is written together at its end.

They are judged one after the other, each by the statements of a single evaluation and after the time and the offer of
the one before are handful. So all of it ends as if they had been evaluated one by one. What takes another way than an
offer to one technician is left to that, and so is what would have to wait for another transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, system_caller
from geo_assign.core.db import Tx
from geo_assign.dispatch.commands.asking import begin, count_declined, exhausted, none_eligible, question_in_ring
from geo_assign.dispatch.commands.automation import waits_for_a_person
from geo_assign.dispatch.commands.claiming import give, recipient_from
from geo_assign.dispatch.commands.collecting import collects
from geo_assign.dispatch.searching import is_exhausted, parallel_limit, ring_at, slot_has_passed, trigger_for
from geo_assign.matching.queries import all_are_placed, rank
from geo_assign.receipts.commands import Receipt, record_receipts
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import (
    NewOffer,
    apply_changes,
    claim_and_ask,
    lock_due,
    set_deadlines,
    tell_of_offers,
)
from geo_assign.workorders.domain import Change, Offer, State, WorkOrder
from geo_assign.workorders.queries import list_lead_offers_of

# What waits for one of the orders, such as an answer, waits no longer than this and one more ranking.
_AT_MOST_S = 1.0


@dataclass(frozen=True, slots=True)
class HandfulLeft:
    """What a handful has not judged: first those that are evaluated by themselves, then the rest, as they came."""

    alone: Sequence[UUID] = ()
    rest: Sequence[UUID] = ()


def evaluate_handful(tx: Tx, work_order_ids: Sequence[UUID]) -> HandfulLeft:
    """Ask the next technician for each of these orders that is due, up to the first that takes another way.

    Orders that another transaction holds are passed over: that one judges them.
    """
    orders = lock_due(tx, work_order_ids)
    rules = {store_id: get_store_rules(tx, EVERYTHING, store_id) for store_id in {o.store_id for o in orders.values()}}
    now = tx.now()
    plain = {order.id for order in orders.values() if _is_plain(order, rules[order.store_id], at=now)}
    due = [order_id for order_id in work_order_ids if order_id in orders]
    together = list(takewhile(lambda order_id: order_id in plain, due))
    judged, handful, until = 0, _Handful(), monotonic() + _AT_MOST_S
    offers = list_lead_offers_of(tx, together) if together else {}
    for order_id in together:
        order = orders[order_id]
        if not _judge(tx, order, rules[order.store_id], offers[order_id], handful):
            plain.discard(order_id)
            break
        judged += 1
        if monotonic() > until:
            break
    handful.write(tx)
    left = due[judged:]
    alone = list(takewhile(lambda order_id: order_id not in plain, left))
    return HandfulLeft(alone, left[len(alone) :])


@dataclass(slots=True)
class _Handful:
    """What of the orders judged so far no ranking looks at, to be written; what is known for all that come."""

    receipts: list[Receipt] = field(default_factory=list)
    changes: list[tuple[WorkOrder, Change]] = field(default_factory=list)
    made: list[NewOffer] = field(default_factory=list)
    all_are_placed: bool | None = None

    def add(self, order: WorkOrder, change: Change, receipt: Receipt | None = None) -> None:
        self.changes.append((order, change))
        if receipt is not None:
            self.receipts.append(receipt)

    def write(self, tx: Tx) -> None:
        record_receipts(tx, self.receipts)
        if self.made:
            tell_of_offers(tx, self.made)
        if self.changes:
            apply_changes(tx, self.changes)


def _is_plain(order: WorkOrder, rules: StoreRules, *, at: datetime) -> bool:
    """Whether automation does nothing with the order but to offer it to one technician, the nearest by straight line.

    As `evaluate` and `find_technician` judge it.
    """
    settings = rules.settings
    waits = order.state in (State.NEW, State.PENDING) and not waits_for_a_person(order)
    is_given_out = order.location is not None and order.wanted_technician_id is None and not collects(order, rules)
    asks = trigger_for(settings, order.kind) == "on" and settings.lead_acceptance
    one = parallel_limit(settings) == 1 and not settings.ranks_by_drive_time
    return waits and is_given_out and asks and one and not slot_has_passed(order, settings, at)


def _judge(tx: Tx, order: WorkOrder, rules: StoreRules, offers: Sequence[Offer], handful: _Handful) -> bool:
    """Offer a plain order to the nearest, or say why there is none; False where that technician is not to be had."""
    by, settings, started_at = system_caller(tx.org_id), rules.settings, begin(tx, order)
    now = tx.now()
    declined = count_declined([one for one in offers if one.offered_at >= started_at])
    if is_exhausted(settings, declined=declined):
        handful.add(order, exhausted(by, declined, at=now))
        return True
    ring = ring_at(settings, started_at, now)
    question = question_in_ring(order, rules, ring, at=now)
    if question.is_soon and handful.all_are_placed is None:
        handful.all_are_placed = all_are_placed(tx, question)
    ranking = rank(tx, question, in_passing=True, all_are_placed=bool(handful.all_are_placed))
    if not ranking.candidates:
        found = none_eligible(by, order, ranking, ring=ring, at=now)
        if found.change is None:
            set_deadlines(tx, order.id, evaluate_due_at=found.again, looks_again_at=found.again)
        else:
            handful.add(order, found.change, found.receipt)
        return True
    nearest = recipient_from(ranking.candidates[0])
    given = give(by, order, rules, nearest, at=now, as_offer=True, ranking=ranking)
    assert given.offer is not None
    if not claim_and_ask(tx, order, given.offer, travel_buffer=settings.travel_buffer):
        return False
    handful.add(order, given.change, given.receipt)
    handful.made.append(given.offer)
    return True
