"""A technician for a work order, looked at before the work is given."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.dispatch.choices import AssignmentPreview, OtherWork, get_assignment_preview, tell_drives
from geo_assign.http.operations import READING, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import ReasonAnswer
from geo_assign.http.routes.routing_models import DriveByRoadAnswer, RoutingAnswer
from geo_assign.http.routes.work_order_models import Id, OpenSlotBody
from geo_assign.http.schemas import Answer, Body, SlotAnswer
from geo_assign.matching.domain import Candidate, Provenance
from geo_assign.privacy.domain import How
from geo_assign.receipts.coarse import shown_m, shown_way
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import WorkOrderNotFoundError, WorkOrderStateError

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
    following: OtherWorkAnswer | None = Field(description="What comes just after, that day.")
    provenance: Provenance | None = Field(description="Where the way begins.")
    distance_m: float | None
    eta_s: float | None = Field(description="The way to the work.")
    travel_after_s: float | None = Field(description="The way on to `following`.")
    eta_is_calibrated: bool = Field(description="`eta_s` holds what the store's drives have taught.")
    eta_factor: float | None = Field(description="What they have taught: `eta_s` is multiplied with it.")
    drive: DriveByRoadAnswer | None = Field(description="The way to the work as a router told it.")
    drive_after: DriveByRoadAnswer | None = Field(description="The way on, likewise.")
    routing: RoutingAnswer | None = Field(description="How a router was asked; null: the store has none.")
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

    Whether the technician can go, when the way there would end and how long the way on is, what is in the way, and who
    is nearer; also at another `slot`. Drive times are the router's where the store has one. Nothing is changed or held.
    """
    body = call.body
    slot = body.slot.ends() if body.slot else None
    with call.transaction() as tx:
        choice = get_assignment_preview(tx, call.caller.scope, id, body.technician_id, slot)
    if choice.roads is not None:
        call.leave_turn()
        choice = tell_drives(choice, call.services.drives)
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
        "following": _other(choice.following),
        "provenance": choice.provenance,
        "distance_m": choice.distance_m,
        "eta_s": choice.eta_s,
        "travel_after_s": choice.travel_after_s,
        "eta_is_calibrated": choice.eta_is_calibrated,
        "eta_factor": choice.eta_factor,
        "drive": choice.drive,
        "drive_after": choice.drive_after,
        "routing": choice.routing,
        "arrives_at": choice.arrives_at,
        "nearer": [_nearer(one, choice) for one in choice.nearer],
        "server_now": choice.at,
    }


def _other(work: OtherWork | None) -> dict[str, object] | None:
    if work is None:
        return None
    return {"start": work.start, "end": work.end, "work_order_id": work.work_order_id, "number": work.number}


def _nearer(one: Candidate, choice: AssignmentPreview) -> dict[str, object]:
    return {
        "technician_id": one.technician_id,
        "name": one.name,
        "distance_m": shown_m(one.distance_m, coarse=one.coarse),
        "eta_s": shown_way(one)[1] * choice.factor_for(one),
    }
