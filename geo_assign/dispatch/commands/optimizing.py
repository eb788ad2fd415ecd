"""Many waiting work orders together: who can go, and each chosen pair in a transaction of its own.

What lies between, the solving, holds no transaction: see `geo_assign.dispatch.batches`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, ActorKind, Caller
from geo_assign.core.db import Tx
from geo_assign.core.wire import Json
from geo_assign.dispatch.commands.assigning import Mode
from geo_assign.dispatch.commands.claiming import Recipient, claim_and_assign, recipient_from
from geo_assign.dispatch.searching import ring_at, slot_has_passed
from geo_assign.matching.batches import Choice, list_eligible, look_wider
from geo_assign.matching.domain import Question
from geo_assign.matching.queries import explain_exclusions, explain_one, find_distance_m, rank
from geo_assign.matching.questions import question_for_order
from geo_assign.receipts.coarse import shown_m, shown_s
from geo_assign.receipts.queries import get_decision
from geo_assign.routing.choosing import find_router
from geo_assign.routing.domain import RouterChoice, RouterName
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.commands import lock
from geo_assign.workorders.domain import State, WorkOrder, WorkOrderNotFoundError
from geo_assign.workorders.queries.listing import WorkOrderFilter, list_work_orders

MOST_ORDERS = 1_000
_EXPLAINED = 50  # orders whose exclusions are counted; each costs statements of its own
_TOLD = 10  # candidates in a receipt
_WAITING = (State.NEW, State.PENDING)
_SLOT_PASSED = "its slot has passed: give it another time, or assign it by hand"
LeftCode = Literal["not_waiting", "no_location", "slot_passed", "nobody_eligible", "all_taken"]
LEFT: Mapping[LeftCode, str] = {
    "no_location": "it has no location: fix the address, drop a pin, or assign it from the list",
    "slot_passed": _SLOT_PASSED,
    "nobody_eligible": "no technician can go",
    "all_taken": "all who can go get other work of this batch",
}
"""Why orders are left, by code; `not_waiting` is told by the order."""
_CHANGES = {
    "slot": "it is at another time",
    "place": "it is at another place",
    "skills": "it needs other skills",
    "store_id": "it belongs to another store",
    "group_id": "it belongs to another group",
}


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Which orders to solve together: these, or else what is pending in a store or group, or in the caller's scope.

    `mode`: offer or assign all of them; None: each as its store's trigger for acceptance says. `explain`: whether
    exclusions are counted where no technician can go.
    """

    work_order_ids: tuple[UUID, ...] = ()
    store_id: UUID | None = None
    group_id: UUID | None = None
    mode: Mode | None = None
    explain: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """An order that no technician gets, and why: a code, a sentence, and exclusions by reason where counted."""

    order: WorkOrder
    code: LeftCode
    detail: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The orders to solve, oldest first, and by their number who can go. `more`: there are more waiting than that.

    `routers`: those of the stores that rank by drive time. `without_eligible`: why, by number, orders would be left
    that no technician can take from where the technician is; one who comes from another order of the batch may.
    """

    at: datetime
    orders: tuple[WorkOrder, ...]
    questions: tuple[Question, ...]
    as_offers: tuple[bool, ...]
    routers: tuple[RouterChoice | None, ...]
    choice: Choice
    left: tuple[Left, ...]
    without_eligible: Mapping[int, Left]
    more: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """One order of a solved batch with who is to get it; `batch` goes into its receipt.

    `drive_s`: seconds by road, where a router told them. `coarse`: whether the distance may be told to a hundred metres
    only. `shown`: what a preview showed of the order.
    """

    order: WorkOrder
    technician_id: UUID
    name: str
    distance_m: float
    as_offer: bool
    batch: Mapping[str, object]
    coarse: bool = False
    shown: Mapping[str, Json] | None = None
    drive_s: float | None = None
    router: RouterName | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a pair could not be given any more: a code, an exclusion's where there is one, and a sentence.

    `technician_id`: who has the order now, or is asked.
    """

    code: str
    detail: str
    technician_id: UUID | None = None


def gather(tx: Tx, caller: Caller, wanted: BatchRequest) -> Gathered:
    """The waiting orders with all technicians who can take them, judged now.

    Raises WorkOrderNotFoundError for an order outside the caller's scope, NotFoundError for a store or group.
    """
    found, more = _list_wanted(tx, caller, wanted)
    now = tx.now()
    placed = [order for order in found if order.state in _WAITING and order.location is not None]
    rules = {store_id: get_store_rules(tx, EVERYTHING, store_id) for store_id in {one.store_id for one in placed}}
    waiting = [order for order in placed if not slot_has_passed(order, rules[order.store_id].settings, now)]
    as_offers = [_is_offered(rules[order.store_id], wanted.mode) for order in waiting]
    questions = [
        _question(order, rules[order.store_id], caller, at=now, as_offer=as_offer)
        for order, as_offer in zip(waiting, as_offers, strict=True)
    ]
    routers = [_router(tx, rules[order.store_id]) for order in waiting]
    choice = list_eligible(tx, dict(enumerate(questions)))
    without_eligible = choice.without_technician(questions)
    why = {
        n: _none_eligible(tx, waiting[n], questions[n], counted=wanted.explain and place < _EXPLAINED)
        for place, n in enumerate(without_eligible)
    }
    left = tuple(_not_to_solve(order) for order in found if order not in waiting)
    return Gathered(now, tuple(waiting), tuple(questions), tuple(as_offers), tuple(routers), choice, left, why, more)


def look_further(tx: Tx, gathered: Gathered, numbers: Sequence[int], *, nearest: int) -> Gathered:
    """More people for orders that all of their nearest were taken from."""
    choice = look_wider(tx, gathered.questions, gathered.choice, numbers, nearest=nearest)
    return replace(gathered, choice=choice)


def give_chosen(tx: Tx, caller: Caller, chosen: Chosen) -> Chosen | Lost:
    """Offer or assign one order of a solved batch, if it still waits and its technician can still go; else why not.

    What was given carries the distance as it is now, which its receipt tells, too. An order of a preview must be what
    was shown; one that this very batch gave already stays given.
    """
    try:
        order = lock(tx, chosen.order.id, scope=caller.scope)
    except WorkOrderNotFoundError:
        return Lost("work_order_not_found", "it is no longer in your scope")
    if order.state not in _WAITING or order.location is None:
        given = _find_given(tx, order, chosen)
        return given or Lost("not_waiting", _why_not_waiting(order), _holder_of(order))
    if changes := _changes_since(order, chosen.shown):
        return Lost("work_order_changed", f"{changes}, changed by {order.changed_by['name']}")
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    now = tx.now()
    if slot_has_passed(order, rules.settings, now):
        return Lost("slot_passed", _SLOT_PASSED)
    question = _question(order, rules, caller, at=now, as_offer=chosen.as_offer)
    verdict = explain_one(tx, question, chosen.technician_id)
    if verdict is None:
        return Lost("technician_not_found", f"{chosen.name} is no longer in your scope")
    if verdict.reasons:
        return Lost(verdict.reasons[0].code.value, "; ".join(reason.detail for reason in verdict.reasons))
    ranking = rank(tx, question, far=False)
    by_hand = caller.kind is not ActorKind.SYSTEM
    known = next((one for one in ranking.candidates if one.technician_id == chosen.technician_id), None)
    distance_m = find_distance_m(tx, question, chosen.technician_id) if known is None else known.distance_m
    chosen = _at_distance(chosen, chosen.distance_m if distance_m is None else distance_m, coarse=verdict.coarse)
    if known is not None:
        recipient = recipient_from(known, by_hand=by_hand)
    else:
        told_m = shown_m(chosen.distance_m, coarse=verdict.coarse)
        recipient = Recipient(chosen.technician_id, chosen.name, told_m, by_hand=by_hand)
    if chosen.drive_s is not None and chosen.router is not None:
        eta_s = shown_s(chosen.drive_s, coarse=verdict.coarse)
        recipient = replace(recipient, eta_s=eta_s, eta_provider=chosen.router.value)
    ranking = replace(ranking, batch=chosen.batch)
    if claim_and_assign(tx, caller, order, rules, recipient, at=now, as_offer=chosen.as_offer, ranking=ranking):
        return chosen
    return Lost("slot_taken", f"{chosen.name} has other work at that time")


def shown_of(order: WorkOrder) -> dict[str, Json]:
    """What a preview shows of an order, to be compared later. Its place is told by a digest: previews hold none."""
    point = None if order.location is None else order.location.point
    slot = [order.slot_start.isoformat(), order.slot_end.isoformat()] if order.slot_is_fixed else None
    return {
        "slot": slot,
        "place": None if point is None else sha256(f"{point.lat:.7f},{point.lon:.7f}".encode()).hexdigest(),
        "skills": sorted(order.skills),
        "store_id": str(order.store_id),
        "group_id": None if order.group_id is None else str(order.group_id),
    }


def _changes_since(order: WorkOrder, shown: Mapping[str, Json] | None) -> str:
    """What of an order is not as it was shown, in words; empty: nothing."""
    if shown is None:
        return ""
    now = shown_of(order)
    return " and ".join(words for name, words in _CHANGES.items() if now[name] != shown[name])


def _find_given(tx: Tx, order: WorkOrder, chosen: Chosen) -> Chosen | None:
    """What this batch gave already, with its distance."""
    if order.decision_id is None or _holder_of(order) != chosen.technician_id:
        return None
    batch = get_decision(tx, EVERYTHING, order.decision_id).batch
    if batch is None or batch["id"] != str(chosen.batch["id"]):
        return None
    return replace(chosen, distance_m=batch["chosen"]["distance_m"])


def _at_distance(chosen: Chosen, distance_m: float, *, coarse: bool) -> Chosen:
    told = {"name": chosen.name, "distance_m": round(distance_m, 1), "coarse": coarse}
    driven = {} if chosen.drive_s is None else {"drive_s": chosen.drive_s}
    batch = {**chosen.batch, "chosen": {**told, **driven}}
    return replace(chosen, distance_m=round(distance_m, 1), coarse=coarse, batch=batch)


def _holder_of(order: WorkOrder) -> UUID | None:
    """Who has the order, or is asked."""
    return order.technician_id or (None if order.offer is None else order.offer.technician_id)


def _question(order: WorkOrder, rules: StoreRules, caller: Caller, *, at: datetime, as_offer: bool) -> Question:
    """Who can take it: for automation, within the ring that its search has reached."""
    question = question_for_order(order, rules, at=at, scope=caller.scope, needs_duty=as_offer, limit=_TOLD)
    if caller.kind is not ActorKind.SYSTEM or not as_offer:
        return question
    ring = ring_at(rules.settings, order.search_started_at or at, at)
    return replace(question, policy=replace(question.policy, radius_m=ring.radius_m))


def _is_offered(rules: StoreRules, mode: Mode | None) -> bool:
    """Whether the technician is asked first."""
    return rules.settings.lead_acceptance if mode is None else mode == "offer"


def _router(tx: Tx, rules: StoreRules) -> RouterChoice | None:
    return find_router(tx.org_id, rules) if rules.settings.ranks_by_drive_time else None


def _list_wanted(tx: Tx, caller: Caller, wanted: BatchRequest) -> tuple[Sequence[WorkOrder], bool]:
    if wanted.store_id is not None:
        get_store(tx, caller.scope, wanted.store_id)
    if wanted.group_id is not None:
        get_group(tx, caller.scope, wanted.group_id)
    filters = WorkOrderFilter(
        states=() if wanted.work_order_ids else _WAITING,
        store_id=wanted.store_id,
        group_id=wanted.group_id,
        ids=wanted.work_order_ids,
    )
    page = list_work_orders(tx, caller.scope, filters, limit=MOST_ORDERS)
    if len(page.items) < len(set(wanted.work_order_ids)):
        raise WorkOrderNotFoundError
    return page.items, page.next_cursor is not None


def _not_to_solve(order: WorkOrder) -> Left:
    if order.state not in _WAITING:
        return Left(order, "not_waiting", _why_not_waiting(order))
    if order.location is not None:
        return Left(order, "slot_passed", _SLOT_PASSED)
    return Left(order, "no_location", LEFT["no_location"])


def _why_not_waiting(order: WorkOrder) -> str:
    by = f", changed by {order.changed_by['name']}"
    if order.technician_name is not None:
        return f"{order.technician_name} has it{by}"
    if order.offer is not None:
        return f"{order.offer.technician_name} is asked already{by}"
    return f"it is {order.state.value}{by}"


def left_again(order: WorkOrder, code: LeftCode, counts: Mapping[str, int]) -> Left:
    """An order that a preview left, with the words for its code."""
    return Left(order, code, _why_not_waiting(order) if code == "not_waiting" else LEFT[code], counts)


def _none_eligible(tx: Tx, order: WorkOrder, question: Question, *, counted: bool) -> Left:
    counts = explain_exclusions(tx, question).counts if counted else {}
    return Left(
        order, "nobody_eligible", LEFT["nobody_eligible"], {code.value: count for code, count in sorted(counts.items())}
    )
