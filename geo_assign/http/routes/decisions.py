"""Receipts: what was decided, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.routes.people_models import (
    Actor,
    ExclusionAnswer,
    PlaceKnowledgeAnswer,
    ProviderNameAnswer,
    Reason,
    WorkloadAnswer,
)
from geo_assign.http.routes.routing_models import DriveByRoadAnswer, RoutingAnswer
from geo_assign.http.schemas import (
    Answer,
    Listing,
    PageQuery,
    PartialAnswer,
    PointAnswer,
    Query,
    Shaped,
    SlotAnswer,
)
from geo_assign.matching.domain import CountsOf
from geo_assign.privacy.domain import How
from geo_assign.receipts.coarse import list_named
from geo_assign.receipts.domain import Decision, DecisionNotFoundError
from geo_assign.receipts.queries import get_decision, list_decisions, show_decisions
from geo_assign.receipts.why import explain
from geo_assign.routing.domain import NoDrive
from geo_assign.workorders.domain import WorkOrderNotFoundError

routes = Routes("Decisions")


class WhyQuery(Query):
    """About whom."""

    technician_id: UUID


class DecisionQueryAnswer(PartialAnswer):
    """What was asked. `origin` is missing once the customer was erased."""

    origin: PointAnswer | None = None
    slot: SlotAnswer
    at: datetime
    skills: list[str]
    store_id: UUID | None
    group_id: UUID | None
    needs_duty: bool = Field(description="Whether only technicians on duty count.")
    positions: Literal["live", "planned"] = Field(
        description="Judged by live positions, or by where technicians will be when the slot starts."
    )


class DecisionPolicyAnswer(PartialAnswer):
    """The store's rules at that time. Receipts of older versions have fewer of them."""

    radius_m: float
    freshness_s: float = Field(description="Older positions do not count.")
    soon: float = Field(description="Seconds: slots that start within this time are judged by live positions.")
    travel_buffer: float = Field(description="Seconds kept free before a visit.")
    offer_limit: int = Field(description="Open offers that a technician may have.")
    cool_off: float | None = Field(None, description="Seconds until the same technician may get another offer.")
    use_mock_positions: bool | None = Field(None, description="Whether simulated positions count.")


class DecisionCandidateAnswer(PartialAnswer):
    """A technician who could go. A receipt says how far away, and never where."""

    rank: int = Field(description="1 is the best.")
    technician_id: UUID
    name: str
    distance_m: float = Field(description="In a straight line.")
    eta_s: float
    drive: DriveByRoadAnswer | None = Field(None, description="What the router told.")
    no_drive: NoDrive | None = Field(None, description="Why it told none.")
    position: PlaceKnowledgeAnswer
    workload: WorkloadAnswer
    provider: ProviderNameAnswer | None
    coarse: bool = Field(description="Good to about a kilometre.")


class DecisionExclusionAnswer(ExclusionAnswer):
    """A technician who could not go, and why."""

    coarse: bool = Field(description="Good to about a kilometre.")


class DecisionCountsAnswer(PartialAnswer):
    """Exclusions by reason of the technicians who were looked at. Empty where no exclusions were looked for.

    Receipts of older versions do not say whose: they counted all of the scope.
    """

    excluded: dict[str, int] | None = Field(None, description="How many, by reason.")
    of: CountsOf | None = Field(None, description="Whose technicians are counted.")
    members: int | None = Field(None, description="How many of those were looked at.")
    could_go: int | None = Field(None, description="How many of the members could go, named or not.")
    others: int | None = Field(None, description="How many who belong elsewhere were looked at.")
    examined: int | None = Field(None, description="How many technicians were looked at.")
    truncated: bool | None = None


class DecisionBatchAnswer(Answer):
    """The batch that the work order was solved in."""

    id: UUID
    orders: int = Field(description="Orders in the batch.")
    assigned: int = Field(description="Orders that got a technician.")
    optimal_m: float = Field(description="The ways of all pairs together.")
    greedy_assigned: int = Field(description="Orders that one by one would have got one.")
    greedy_m: float = Field(description="The ways of those together.")
    truncated: bool
    more: bool = Field(description="Whether more orders waited.")


class DecisionAnswer(Answer):
    """A receipt: the question, the policy, who could go in order, who could not and why, and what came of it."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: Literal["automatic", "manual"] = Field(description="`manual`: a person chose.")
    outcome: Literal["offered", "assigned", "suggested", "nobody"] = Field(description="What came of it.")
    actor: Actor
    chosen_technician_id: UUID | None
    query: Annotated[Mapping[str, object], Shaped(DecisionQueryAnswer)]
    policy: Annotated[Mapping[str, object], Shaped(DecisionPolicyAnswer)]
    candidates: Sequence[Annotated[Mapping[str, object], Shaped(DecisionCandidateAnswer)]]
    excluded: Sequence[Annotated[Mapping[str, object], Shaped(DecisionExclusionAnswer)]]
    counts: Annotated[Mapping[str, object], Shaped(DecisionCountsAnswer)]
    batch: Annotated[Mapping[str, object], Shaped(DecisionBatchAnswer)] | None
    routing: Annotated[Mapping[str, object], Shaped(RoutingAnswer)] | None = Field(
        description="How a ranking by drive time came about; with a `problem` the straight line ranked."
    )


class WhyAnswer(Answer):
    """One technician in a decision, with a sentence that says it all.

    `reconstructed`: the receipt does not name the technician, who was judged as things stood then, as far as that is
    kept; `track_expired`: the track of that day is gone.
    """

    technician_id: UUID
    name: str
    verdict: Literal["chosen", "candidate", "excluded", "not_considered", "unknown"] = Field(
        description="What it says."
    )
    rank: int | None = Field(description="Place among the candidates.")
    distance_m: float | None
    gap_m: float | None = Field(description="How much farther than the best candidate.")
    reasons: Sequence[Reason]
    sentence: str
    reconstructed: bool
    track_expired: bool


@routes.get("/v1/decisions/{id}", access=READING, answer=DecisionAnswer, errors=(DecisionNotFoundError,), replica=True)
def read_decision(call: Call[None, None], id: UUID) -> Reply:
    """Read a decision.

    The receipt: who was considered, and what came of it. Each technician whose distance it tells can see that in the
    log of location views.
    """
    with call.transaction() as tx:
        (decision,) = show_decisions(tx, call.caller.scope, [get_decision(tx, call.caller.scope, id)])
        _note_views(call, [decision], at=tx.as_of())
    return Reply(DecisionAnswer.model_validate(decision))


@routes.get(
    "/v1/work-orders/{id}/decisions",
    access=READING,
    query=PageQuery,
    answer=Listing[DecisionAnswer],
    errors=(WorkOrderNotFoundError,),
    replica=True,
)
def list_order_decisions(call: Call[PageQuery, None], id: UUID) -> Reply:
    """List the decisions on a work order.

    Oldest first.
    """
    with call.transaction() as tx:
        page = list_decisions(tx, call.caller.scope, id, limit=call.query.limit, cursor=call.query.cursor)
        decisions = show_decisions(tx, call.caller.scope, page.items)
        _note_views(call, decisions, at=tx.as_of())
    items = [DecisionAnswer.model_validate(decision) for decision in decisions]
    return Reply(Listing[DecisionAnswer].model_construct(items=items, next_cursor=page.next_cursor))


@routes.get(
    "/v1/decisions/{id}/why",
    access=READING,
    query=WhyQuery,
    answer=WhyAnswer,
    errors=(DecisionNotFoundError, NotFoundError),
    replica=True,
)
def explain_decision(call: Call[WhyQuery, None], id: UUID) -> Reply:
    """Explain one technician in a decision.

    Why the technician was chosen, came later, or could not go, and what would have had to differ.
    """
    with call.transaction() as tx:
        decision = get_decision(tx, call.caller.scope, id)
        why, at = explain(tx, call.caller.scope, decision, call.query.technician_id), tx.as_of()
    if why.distance_m is not None:
        call.services.views.note(call.caller, How.DECISION, [why.technician_id], at=at)
    return Reply(WhyAnswer.model_validate(why))


def _note_views(call: Call[object, None], decisions: Sequence[Decision], *, at: datetime) -> None:
    """A distance tells where a technician was as a place does: enough of them, from several sides, are one."""
    seen = {technician_id for decision in decisions for technician_id in list_named(decision)}
    call.services.views.note(call.caller, How.DECISION, sorted(seen), at=at)
