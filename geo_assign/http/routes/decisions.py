"""Receipts: what was decided, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Listing, PageQuery, Query
from geo_assign.privacy.domain import How
from geo_assign.receipts.queries import DecisionNotFoundError, get_decision, list_decisions
from geo_assign.receipts.why import explain
from geo_assign.workorders.domain import WorkOrderNotFoundError

routes = Routes("Decisions")


class WhyQuery(Query):
    """About whom."""

    technician_id: UUID


class DecisionAnswer(Answer):
    """A receipt: the question, the policy, who could go in order, who could not and why, and what came of it."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: str
    outcome: str
    actor: Mapping[str, Any]
    chosen_technician_id: UUID | None
    query: Mapping[str, Any]
    policy: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any]
    batch: Mapping[str, Any] | None


class WhyAnswer(Answer):
    """One technician in a decision, with a sentence that says it all.

    `verdict` is `chosen`, `candidate`, `excluded`, `not_considered` or `unknown`. `reconstructed`: the receipt does not
    name him, so he was judged as things stood then, as far as that is kept; `track_expired`: where he was is not.
    """

    technician_id: UUID
    name: str
    verdict: str
    rank: int | None
    distance_m: float | None
    gap_m: float | None
    reasons: Sequence[Mapping[str, Any]]
    sentence: str
    reconstructed: bool
    track_expired: bool


@routes.get("/v1/decisions/{id}", access=READING, answer=DecisionAnswer, errors=(DecisionNotFoundError,))
def read_decision(call: Call[None, None], id: UUID) -> Reply:
    """One receipt."""
    with call.transaction() as tx:
        return Reply(DecisionAnswer.model_validate(get_decision(tx, call.caller.scope, id)))


@routes.get(
    "/v1/work-orders/{id}/decisions",
    access=READING,
    query=PageQuery,
    answer=Listing[DecisionAnswer],
    errors=(WorkOrderNotFoundError,),
)
def list_order_decisions(call: Call[PageQuery, None], id: UUID) -> Reply:
    """The receipts of a work order, oldest first."""
    with call.transaction() as tx:
        page = list_decisions(tx, call.caller.scope, id, limit=call.query.limit, cursor=call.query.cursor)
    items = [DecisionAnswer.model_validate(decision) for decision in page.items]
    return Reply(Listing[DecisionAnswer].model_construct(items=items, next_cursor=page.next_cursor))


@routes.get(
    "/v1/decisions/{id}/why",
    access=READING,
    query=WhyQuery,
    answer=WhyAnswer,
    errors=(DecisionNotFoundError, NotFoundError),
)
def explain_decision(call: Call[WhyQuery, None], id: UUID) -> Reply:
    """Why this technician was chosen, came later, or could not go, and what would have had to differ."""
    with call.transaction() as tx:
        decision = get_decision(tx, call.caller.scope, id)
        why, at = explain(tx, call.caller.scope, decision, call.query.technician_id), tx.as_of()
    if why.distance_m is not None:
        call.services.views.note(call.caller, How.DECISION, [why.technician_id], at=at)
    return Reply(WhyAnswer.model_validate(why))
