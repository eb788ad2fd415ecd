"""Many waiting work orders, given out together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.dispatch.commands.optimizing import MOST_ORDERS, BatchRequest, Left
from geo_assign.dispatch.domain import PreviewNotFoundError
from geo_assign.dispatch.solved import Optimized, Pair
from geo_assign.http.idempotency import replayed
from geo_assign.http.operations import DISPATCHING, AnyCall, Call, Reply, Routes
from geo_assign.http.routes.routing_models import RoutingAnswer
from geo_assign.http.routes.work_order_models import Id
from geo_assign.http.schemas import Answer, Body
from geo_assign.privacy.domain import How
from geo_assign.workorders.domain import WorkOrderNotFoundError

routes = Routes("Work orders")


class OptimizeBody(Body):
    """Which orders: those named, or else what is pending in the store or group, or in your scope, oldest first.

    Or `preview_id` with `commit` and nothing else: what that preview showed.
    """

    work_order_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_ORDERS, strict=False)] = ()
    store_id: Id | None = None
    group_id: Id | None = None
    commit: bool = Field(False, description="Give them out. Otherwise nothing changes: a preview.")
    preview_id: Id | None = Field(None, description="The `id` of a preview of yours: give out what it showed.")
    mode: Literal["offer", "assign"] | None = Field(
        None, description="Ask the technicians, or assign at once. Left out: as each store's `lead_acceptance` says."
    )


class GreedyChoiceAnswer(Answer):
    """The technician that the order would have got, had the oldest orders been given to the nearest one by one."""

    technician_id: UUID
    distance_m: float
    drive_s: float | None = Field(description="Seconds by road, where a router was asked.")


class LostPairAnswer(Answer):
    """Why a pair could not be assigned any more: something changed meanwhile."""

    code: str = Field(description="Stable: decide by it.")
    detail: str = Field(description="As a sentence.")
    technician_id: UUID | None = Field(description="Who has the order now, or is asked.")


class AssignedPairAnswer(Answer):
    """One order and the technician who gets it. `outcome` is `planned` in a preview."""

    work_order_id: UUID
    number: str
    technician_id: UUID
    name: str
    distance_m: float
    drive_s: float | None = Field(description="Seconds by road, where a router was asked.")
    greedy: GreedyChoiceAnswer | None
    outcome: Literal["planned", "offered", "assigned", "lost"]
    lost: LostPairAnswer | None


class UnassignedOrderAnswer(Answer):
    """One order that stays unassigned: why, and the exclusions by reason, which are counted for the first fifty."""

    work_order_id: UUID
    number: str
    code: str = Field(description="Why: stable, decide by it.")
    detail: str = Field(description="Why, as a sentence.")
    counts: Mapping[str, int] = Field(description="How many technicians, by reason.")


class BatchTotalsAnswer(Answer):
    """The batch in numbers. `truncated`: of some orders only the nearest people were looked at; `more`: more wait."""

    orders: int = Field(description="Orders in the batch.")
    assigned: int = Field(description="Orders that get a technician.")
    optimal_m: float = Field(description="The ways of all pairs together.")
    bound_assigned: int | None = Field(description="No plan assigns more.")
    bound_m: float | None = Field(description="No plan that assigns as many is shorter. `optimal_m`: the best of all.")
    greedy_assigned: int = Field(description="Orders that one by one would have got one.")
    greedy_m: float = Field(description="The ways of those together.")
    optimal_s: float | None = Field(description="The drives of all pairs together, where a router told them.")
    bound_s: float | None = Field(description="No plan that assigns as many takes less; then `bound_m` is null.")
    greedy_s: float | None = Field(description="The drives one by one.")
    lost: int = Field(description="Pairs that could not be assigned any more.")
    truncated: bool
    more: bool


class OptimizationAnswer(Answer):
    """A solved batch; `id` is in the receipts of what was given."""

    id: UUID
    committed: bool = Field(description="False: a preview.")
    expires_at: datetime | None = Field(description="Until when a preview may be given out by its id.")
    pairs: Sequence[AssignedPairAnswer]
    unassigned: Sequence[UnassignedOrderAnswer]
    totals: BatchTotalsAnswer
    routing: RoutingAnswer | None = Field(description="How routers were asked; null: no store has one.")


@routes.post(
    "/v1/assignments/optimize",
    access=DISPATCHING,
    body=OptimizeBody,
    example={"store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20", "commit": False},
    answer=OptimizationAnswer,
    creates=True,
    own_transactions=True,
    errors=(WorkOrderNotFoundError, NotFoundError, PreviewNotFoundError),
)
def optimize_assignments(call: Call[None, OptimizeBody]) -> Reply:
    """Assign many work orders together.

    So that most get a technician and the sum of all ways is shortest: in metres, or in seconds of drive where a store
    ranks by it and its router tells them. Never worse than giving them to the nearest
    one by one, which the answer compares with. Each technician whose distance it tells can see that in the log of
    location views. With `commit` each pair is given in a transaction of its own: one
    that was taken meanwhile is `lost`, with the reason, and the others stand. With a `preview_id` that is what the
    preview showed, and nothing is solved again. A retry under the same `Idempotency-Key` answers what was given.
    """
    body = call.body
    dispatch = call.services.dispatch
    if body.preview_id is not None:
        _require_alone(body)
        found, again = dispatch.give_out_preview(call.caller, body.preview_id, attempt=call.attempt)
    else:
        wanted = BatchRequest(body.work_order_ids, body.store_id, body.group_id, body.mode)
        found, again = dispatch.optimize(call.caller, wanted, commit=body.commit, attempt=call.attempt)
    _note_views(call, found)
    reply = Reply(_answer(found))
    return replayed(reply) if again else reply


def _require_alone(body: OptimizeBody) -> None:
    """A preview says everything else itself."""
    if not body.commit:
        raise InvalidError.at("/preview_id", "not_committed", "A preview's id goes with `commit`.")
    if body.work_order_ids or body.store_id or body.group_id or body.mode:
        raise InvalidError.at("/preview_id", "not_alone", "A preview's id goes with `commit` alone: it says the rest.")


def _note_views(call: AnyCall, found: Optimized) -> None:
    """Log of whom a distance was told, as a search for the nearest does."""
    call.services.views.note(call.caller, How.NEAREST, sorted(found.technicians), at=found.at)


def _answer(found: Optimized) -> OptimizationAnswer:
    lost = sum(pair.lost is not None for pair in found.pairs)
    return OptimizationAnswer(
        id=found.id,
        committed=found.committed,
        expires_at=found.expires_at,
        pairs=[_pair(found, pair) for pair in found.pairs],
        unassigned=[_left(left) for left in found.left],
        totals=BatchTotalsAnswer(**asdict(found.totals), lost=lost),
        routing=None if found.routing is None else RoutingAnswer.model_validate(found.routing),
    )


def _pair(found: Optimized, pair: Pair) -> AssignedPairAnswer:
    chosen = pair.chosen
    given: Literal["offered", "assigned"] = "offered" if chosen.as_offer else "assigned"
    return AssignedPairAnswer(
        work_order_id=chosen.order.id,
        number=chosen.order.number,
        technician_id=chosen.technician_id,
        name=chosen.name,
        distance_m=chosen.distance_m,
        drive_s=chosen.drive_s,
        greedy=None if pair.greedy is None else GreedyChoiceAnswer.model_validate(pair.greedy),
        outcome="planned" if not found.committed else "lost" if pair.lost else given,
        lost=None if pair.lost is None else LostPairAnswer.model_validate(pair.lost),
    )


def _left(left: Left) -> UnassignedOrderAnswer:
    return UnassignedOrderAnswer(
        work_order_id=left.order.id,
        number=left.order.number,
        code=left.code,
        detail=left.detail,
        counts=left.counts,
    )
