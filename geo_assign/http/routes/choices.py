"""A technician for a work order, looked at before the work is given."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import road_s
from geo_assign.dispatch.choices import AssignmentPreview, OtherWork, get_assignment_preview
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import ReasonAnswer
from geo_assign.http.routes.work_order_models import Id, OpenSlotBody
from geo_assign.http.schemas import Answer, Body, SlotAnswer
from geo_assign.matching.domain import Candidate, Provenance
from geo_assign.privacy.domain import How
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import WorkOrderNotFoundError, WorkOrderStateError
from geo_assign.workorders.queries.coarse import coarse_distance_m

routes = Routes("Work orders")


class ChoiceBody(Body):
    """Who, and perhaps at another time than the work order's."""

    technician_id: Id
    slot: OpenSlotBody | None = None


class OtherWorkAnswer(SlotAnswer):
    """Other work of the technician; id and number only where it is yours to see."""

    work_order_id: UUID | None
    number: str | None


class NearerAnswer(Answer):
    """A technician who could go and is nearer."""

    technician_id: UUID
    name: str
    distance_m: float
    eta_s: float


class ChoiceAnswer(Answer):
    """What the choice would mean. `reasons` are automation's against it, which a person may pass over."""

    technician_id: UUID
    name: str
    slot: SlotAnswer
    available: bool = Field(description="There are no reasons against it.")
    reasons: list[ReasonAnswer]
    may_assign: bool = Field(description="An assignment would not be refused.")
    may_offer: bool = Field(description="An offer would not be refused.")
    conflict: OtherWorkAnswer | None = Field(description="What takes that time.")
    previous: OtherWorkAnswer | None = Field(description="What comes just before, that day.")
    provenance: Provenance | None = Field(description="Where the way begins.")
    distance_m: float | None
    eta_s: float | None
    eta_is_calibrated: bool = Field(description="`eta_s` holds what the store's drives have taught.")
    arrives_at: datetime | None = Field(description="At the earliest, from the work before or the present place.")
    nearer: list[NearerAnswer] = Field(description="Three at most, nearest first.")
    server_now: datetime


@routes.post(
    "/v1/work-orders/{id}/assign/preview",
    access=READING,
    body=ChoiceBody,
    example={"technician_id": "01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11"},
    answer=ChoiceAnswer,
    errors=(WorkOrderNotFoundError, NotFoundError, WorkOrderStateError, WallTimeDoesNotExistError),
)
def preview_assignment(call: Call[None, ChoiceBody], id: UUID) -> Reply:
    """Preview an assignment.

    Whether the technician can go, when the way there would end, what is in the way, and who is nearer; also at another
    `slot`. Nothing is changed or held.
    """
    body = call.body
    slot = body.slot.ends() if body.slot else None
    with call.transaction() as tx:
        choice = get_assignment_preview(tx, call.caller.scope, id, body.technician_id, slot)
    seen = [one.technician_id for one in choice.nearer]
    if choice.distance_m is not None:
        seen.append(choice.technician_id)
    call.services.views.note(call.caller, How.NEAREST, seen, at=choice.at)
    return Reply(to_json(_choice(choice)))


def _choice(choice: AssignmentPreview) -> dict[str, object]:
    return {
        "technician_id": choice.technician_id,
        "name": choice.name,
        "slot": {"start": choice.slot.start, "end": choice.slot.end},
        "available": not choice.reasons,
        "reasons": [{"code": one.code, "detail": one.detail, "needed": one.needed} for one in choice.reasons],
        "may_assign": choice.may_assign,
        "may_offer": choice.may_offer,
        "conflict": _other(choice.conflict),
        "previous": _other(choice.previous),
        "provenance": choice.provenance,
        "distance_m": choice.distance_m,
        "eta_s": choice.eta_s,
        "eta_is_calibrated": choice.eta_is_calibrated,
        "arrives_at": choice.arrives_at,
        "nearer": [_nearer(one) for one in choice.nearer],
        "server_now": choice.at,
    }


def _other(work: OtherWork | None) -> dict[str, object] | None:
    if work is None:
        return None
    return {"start": work.start, "end": work.end, "work_order_id": work.work_order_id, "number": work.number}


def _nearer(one: Candidate) -> dict[str, object]:
    distance_m = coarse_distance_m(one.distance_m) if one.coarse else one.distance_m
    return {
        "technician_id": one.technician_id,
        "name": one.name,
        "distance_m": distance_m,
        "eta_s": road_s(distance_m),
    }
