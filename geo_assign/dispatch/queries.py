"""Reads of what automation is going to do."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Scope
from geo_assign.core.db import Tx
from geo_assign.dispatch.ladder import Ladder, LadderSearch, NextTechnician, climb, closed_ladder
from geo_assign.dispatch.searching import slot_has_passed, trigger_for
from geo_assign.matching.domain import MAX_LIMIT, ExclusionCode
from geo_assign.matching.queries import explain_each, rank
from geo_assign.matching.questions import question_for_order
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.queries import list_seen_technicians
from geo_assign.workforce.store_rules import StoreRules, get_store_rules
from geo_assign.workorders.domain import (
    TAKEN,
    TERMINAL,
    Location,
    LocationSource,
    OfferState,
    PendingReason,
    State,
    Warned,
    WorkOrder,
)
from geo_assign.workorders.queries import get_work_order, list_lead_offers
from geo_assign.workorders.queries.coarse import coarse_distance_m, list_coarse

# What is looked at again by itself; the rest waits for a person.
_GOES_ON = frozenset({PendingReason.NOBODY_ELIGIBLE, PendingReason.OFFERS_EXHAUSTED, PendingReason.TO_BE_SOLVED})


# What a person may pass over: not where a technician is, and no filter that refuses the choice itself.
_PASSED_OVER = frozenset(
    {
        ExclusionCode.WRONG_GROUP,
        ExclusionCode.AGREEMENT_EXPIRED,
        ExclusionCode.MISSING_SKILL,
        ExclusionCode.OUTSIDE_HOURS,
        ExclusionCode.TIME_OFF,
    }
)
_NEVER_SOON = timedelta(days=-36_500)


def list_choice_warnings(tx: Tx, order: WorkOrder, chosen: Mapping[UUID, str]) -> tuple[Warned, ...]:
    """What automation would have held against technicians whom a person chose for an order.

    `chosen` gives the JSON pointer at which each was named.
    """
    rules = get_store_rules(tx, EVERYTHING, order.store_id)
    # Belonging, skills and hours need no place: without one the store's will do, and no phone's position is needed.
    placed = order if order.location else replace(order, location=Location(rules.store.location, LocationSource.PIN))
    question = question_for_order(placed, rules, at=tx.now(), needs_duty=False)
    question = replace(question, policy=replace(question.policy, soon=_NEVER_SOON))
    verdicts = explain_each(tx, question, list(chosen))
    return tuple(
        Warned(reason.code, pointer, f"{verdicts[technician_id].name}: {reason.detail}.")
        for technician_id, pointer in chosen.items()
        if technician_id in verdicts
        for reason in verdicts[technician_id].reasons
        if reason.code in _PASSED_OVER
    )


def get_ladder(tx: Tx, scope: Scope, work_order_id: UUID) -> Ladder:
    """The technicians whom automation asked for a work order, and whom it would ask if none accepts.

    Raises WorkOrderNotFoundError. Positions are those of this moment: a ladder is a forecast, not a promise. Distances
    of technicians who are shown coarsely are rounded; the order follows the exact ones. Technicians who have not been
    asked are named only to callers who see them; of those who have been, the work order itself tells.
    """
    order = get_work_order(tx, scope, work_order_id)
    rules, at = get_store_rules(tx, EVERYTHING, order.store_id), tx.now()
    offers = list_lead_offers(tx, order.id, since=order.search_started_at)
    closed = _why_no_offer_is_made(order, rules, at=at)
    if closed is not None:
        return _as_shown(tx, scope, closed_ladder(offers, closed))
    waiting = {offer.technician_id for offer in offers if offer.state is OfferState.OFFERED}
    # A technician who is asked later is asked for the time that others hold already.
    fixed = replace(order, slot_is_fixed=order.slot_is_fixed or bool(waiting))
    question = question_for_order(fixed, rules, at=at, limit=MAX_LIMIT)
    found = rank(tx, question, explain=False).candidates
    people = [
        NextTechnician(one.technician_id, one.name, one.distance_m) for one in found if one.technician_id not in waiting
    ]
    search = LadderSearch(rules.settings, order.search_started_at or at, at, offers, people)
    ladder = climb(
        search,
        zone=get_zone(rules.store.timezone),
        by_itself=_runs(order, rules),
        truncated=len(found) == MAX_LIMIT,
    )
    return _as_shown(tx, scope, ladder, coarse={one.technician_id for one in found if one.coarse})


def _as_shown(tx: Tx, scope: Scope, ladder: Ladder, coarse: Collection[UUID] = ()) -> Ladder:
    """As the caller may see it: distances of `coarse`, and of those who are coarse to the caller, are rounded."""
    ladder = _naming_seen(tx, scope, ladder)
    rounded = {*coarse, *list_coarse(tx, scope, {rung.technician_id for rung in ladder.rungs})}
    rungs = (
        replace(rung, distance_m=coarse_distance_m(rung.distance_m))
        if rung.distance_m is not None and rung.technician_id in rounded
        else rung
        for rung in ladder.rungs
    )
    return replace(ladder, rungs=tuple(rungs))


def _naming_seen(tx: Tx, scope: Scope, ladder: Ladder) -> Ladder:
    """The ladder without planned rungs of technicians whom the caller does not see; `truncated` if there are any."""
    planned = {rung.technician_id for rung in ladder.rungs if rung.outcome == "planned"}
    if scope.everything or not planned:
        return ladder
    hidden = planned - list_seen_technicians(tx, scope, planned)
    rungs = tuple(rung for rung in ladder.rungs if rung.outcome != "planned" or rung.technician_id not in hidden)
    return replace(ladder, rungs=rungs, truncated=ladder.truncated or bool(hidden))


def _why_no_offer_is_made(order: WorkOrder, rules: StoreRules, *, at: datetime) -> str | None:
    """The sentence for work that is not going to be offered; None where it may be."""
    if order.state in TERMINAL:
        return f"No technician is asked: the work order is {order.state.value}."
    if order.state in TAKEN:
        return f"No technician is asked: {order.technician_name} has it."
    if order.crew_size or order.waits_for_a_crew:
        return "No other technician is asked: a person puts a crew together."
    if order.location is None:
        return "No technician is asked before the work order has a location."
    if slot_has_passed(order, rules.settings, at):
        return "No other technician is asked: the slot has passed."
    if not rules.settings.lead_acceptance:
        return "No technician is asked: the store assigns the nearest who is available at once."
    return None


def _runs(order: WorkOrder, rules: StoreRules) -> bool:
    """Whether automation goes on without being told to."""
    if trigger_for(rules.settings, order.kind) != "on":
        return False
    return order.state is not State.PENDING or order.pending_reason in _GOES_ON
