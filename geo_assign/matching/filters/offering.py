"""Filters of offers: how many at a time, and what was answered before."""

from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, or_

from geo_assign.core.expressions import count_rows
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters.declaration import Adjustment, Facts, Filter, Needed, Subject, Sufficient, plain
from geo_assign.matching.parameters import Given, given
from geo_assign.matching.rows import ExplainedRow
from geo_assign.workorders.domain import OfferState

REFUSED = (OfferState.REJECTED, OfferState.EXPIRED)


def _has_enough_offers(one: Subject) -> ColumnElement[bool]:
    o, asked = one.sources.offers.alias(), one.asked
    open_offers = count_rows(
        o,
        o.c.org_id == asked.org_id,
        o.c.technician_id == one.technician.c.id,
        o.c.state == OfferState.OFFERED,
        o.c.work_order_id.is_distinct_from(asked.work_order_id),
    )
    return asked.offer_limit <= open_offers


def _was_asked_before(one: Subject) -> ColumnElement[bool]:
    o, asked = one.sources.offers.alias(), one.asked
    return one.has(
        o,
        o.c.org_id == asked.org_id,
        o.c.work_order_id == asked.work_order_id,
        o.c.technician_id == one.technician.c.id,
        or_(o.c.final, and_(o.c.state.in_(REFUSED), o.c.responded_at > asked.cooled_off)),
    )


def _enough_offers(question: Question, _row: ExplainedRow) -> tuple[str, Needed]:
    return f"has {question.policy.offer_limit} or more offers to answer", {}


def _cooled_off(question: Question) -> datetime:
    return question.at - question.policy.cool_off


def _end_of_cool_off(question: Question, facts: Facts) -> Needed:
    """When the technician might have been asked again; null after a refusal for good."""
    if facts.refused or facts.answered_at is None:
        return {"cooled_off_at": None}
    return {"cooled_off_at": (facts.answered_at + question.policy.cool_off).isoformat()}


FILTERS = (
    Filter(
        code=ExclusionCode.OFFER_LIMIT,
        meaning="has as many open offers as the store allows",
        excludes=_has_enough_offers,
        words=_enough_offers,
        parameters=given(offer_limit=Given(Integer(), lambda question: question.policy.offer_limit)),
        remedy=lambda _question, facts: {"offer_limit": facts.open_offers + 1},
        sufficient={"offer_limit": Sufficient("{} offers at a time were allowed", Adjustment.OFFER_LIMIT)},
        lasting=True,
    ),
    Filter(
        code=ExclusionCode.REJECTED_BEFORE,
        meaning="was asked for this work order and did not take it: see "
        "[states](states.md#who-is-asked-again-for-the-same-work-order)",
        excludes=_was_asked_before,
        words=plain("was asked for this work order and did not take it"),
        applies=lambda question: question.work_order_id is not None,
        parameters=given(cooled_off=Given(INSTANT, _cooled_off)),
        remedy=_end_of_cool_off,
        sufficient={"cooled_off_at": Sufficient("technicians might be asked again before {}")},
    ),
)
