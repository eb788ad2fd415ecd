"""Work orders on the move: from lead to ticket, between stores and groups, from one technician to another."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import EVERYTHING, Permission
from geo_assign.core.errors import ForbiddenError, NotFoundError
from geo_assign.dispatch.commands import moving, reallocating
from geo_assign.dispatch.commands.crews import TechnicianOffDutyError
from geo_assign.dispatch.domain import NoSenderGroupError, NotALeadError, WorkOrderUnderWayError
from geo_assign.dispatch.queries import list_choice_warnings
from geo_assign.http.operations import DISPATCHING, OWN_STORES, Access, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import Id, OpenSlotBody, WorkOrderAnswer, work_order_answer
from geo_assign.http.schemas import Answer, Body, Listing, OptionalNote
from geo_assign.workforce.destinations import Destination, list_destinations
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import (
    DuplicateExternalIdError,
    SlotTakenError,
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
)

routes = Routes("Work orders")

_REFUSED = (WorkOrderNotFoundError, WorkOrderChangedError, WorkOrderStateError)
_STAYS = (
    *_REFUSED,
    NotFoundError,
    InactiveError,
    WorkOrderUnderWayError,
    ForbiddenError,
    DuplicateExternalIdError,
)


class RejectGroupBody(Body):
    """Why it goes back. `force`: also while its technician is on the way or at work."""

    note: OptionalNote = None
    force: bool = Field(False, description="Also work that is under way.")


class ReassignGroupBody(RejectGroupBody):
    """Which group is to look after it, of whatever store."""

    group_id: Id


class TransferBody(RejectGroupBody):
    """Which store it goes to, and perhaps which group of it."""

    store_id: Id
    group_id: Id | None = None


class ReallocateBody(Body):
    """The technician who gets it instead: `assign` assigns at once, `offer` asks."""

    technician_id: Id
    mode: Literal["offer", "assign"] = Field("assign", description="`offer` asks the technician; `assign` does not.")
    force: bool = Field(False, description="Also work that is under way.")
    reason: OptionalNote = Field(None, description="Kept in the history.")
    slot: OpenSlotBody | None = Field(None, description="Move it to this time in the same step.")


class GroupNameAnswer(Answer):
    """A group by name."""

    id: UUID
    name: str


class DestinationAnswer(GroupNameAnswer):
    """A store by name, with its groups."""

    groups: list[GroupNameAnswer]


@routes.post(
    "/v1/work-orders/{id}/convert",
    access=DISPATCHING,
    answer=WorkOrderAnswer,
    own_transactions=True,
    errors=(*_REFUSED, NotALeadError),
)
def convert_order(call: Call[None, None], id: UUID) -> Reply:
    """Convert a lead to a ticket.

    Location, customer, slot, group and assigned technicians go over; open offers close. Converting again answers
    the same ticket. `If-Match` is optional here.
    """
    return _reply(call.services.dispatch.convert(call.caller, id, call.if_match))


@routes.get("/v1/destinations", access=OWN_STORES, answer=Listing[DestinationAnswer])
def list_places_to_send_to(call: Call[None, None]) -> Reply:
    """List destinations.

    The open stores and their groups, by name: where work can be sent to. For API keys and technicians only their own.
    """
    caller = call.caller
    within = EVERYTHING if caller.role in DISPATCHING.roles else caller.scope
    with call.transaction() as tx:
        items = [_destination(one) for one in list_destinations(tx, within)]
    return Reply(Listing[DestinationAnswer].model_construct(items=items, next_cursor=None))


@routes.post(
    "/v1/work-orders/{id}/transfer",
    access=DISPATCHING,
    body=TransferBody,
    example={"store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20", "note": "nearer to the customer"},
    answer=WorkOrderAnswer,
    versioned=True,
    own_transactions=True,
    errors=_STAYS,
)
def transfer_order(call: Call[None, TransferBody], id: UUID) -> Reply:
    """Transfer a work order to another store.

    Open offers are withdrawn and assigned technicians released; then the other store's zone, trigger and map key
    apply. You need not see that store. From `travelling` on it takes `force`, and of a dispatcher the permission to
    use it.
    """
    body = call.body
    goal = moving.Goal(body.store_id, body.group_id, body.note, body.force)
    return _reply(
        call.services.dispatch.run_then_reassign(
            call.caller,
            id,
            lambda tx: moving.transfer(tx, call.caller, id, goal, version=call.if_match),
        )
    )


@routes.post(
    "/v1/work-orders/{id}/reassign-group",
    access=DISPATCHING,
    body=ReassignGroupBody,
    example={"group_id": "01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a", "note": "an oven"},
    answer=WorkOrderAnswer,
    versioned=True,
    own_transactions=True,
    errors=_STAYS,
)
def reassign_order_group(call: Call[None, ReassignGroupBody], id: UUID) -> Reply:
    """Reassign a work order to another group.

    And to its store if that is another. Its clock goes on. Technicians of the new group keep the work, all others
    are released. An order that comes back to the same group more than three times carries an alarm.
    """
    body = call.body
    return _reply(
        call.services.dispatch.run_then_reassign(
            call.caller,
            id,
            lambda tx: moving.reassign_group(
                tx, call.caller, id, body.group_id, note=body.note, force=body.force, version=call.if_match
            ),
        )
    )


@routes.post(
    "/v1/work-orders/{id}/reject-group",
    access=DISPATCHING,
    body=RejectGroupBody,
    example={"note": "not one of ours"},
    answer=WorkOrderAnswer,
    versioned=True,
    own_transactions=True,
    errors=(*_STAYS, NoSenderGroupError),
)
def reject_order_group(call: Call[None, RejectGroupBody], id: UUID) -> Reply:
    """Send a work order back to the group before.

    `returned_to` is the dispatcher who sent it, or null when that dispatcher is gone or logged out: then it lies in
    the group's queue. The store may want a note.
    """
    body = call.body
    return _reply(
        call.services.dispatch.run_then_reassign(
            call.caller,
            id,
            lambda tx: moving.reject_group(
                tx, call.caller, id, note=body.note, force=body.force, version=call.if_match
            ),
        )
    )


@routes.post(
    "/v1/work-orders/{id}/reallocate",
    access=Access(roles=DISPATCHING.roles, permission=Permission.REALLOCATE),
    body=ReallocateBody,
    example={"technician_id": "01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11", "mode": "assign", "reason": "ill"},
    answer=WorkOrderAnswer,
    versioned=True,
    errors=(
        *_REFUSED,
        NotFoundError,
        InactiveError,
        SlotTakenError,
        WorkOrderUnderWayError,
        TechnicianOffDutyError,
        WallTimeDoesNotExistError,
    ),
)
def reallocate_order(call: Call[None, ReallocateBody], id: UUID) -> Reply:
    """Reallocate a work order to another technician.

    The technician who had it is told and free, the new one has it or gets an offer. From `travelling` on it takes
    `force` with a `reason`, and of a dispatcher the permission to use it; such work keeps its slot. It is written into
    the audit trail.
    """
    body = call.body
    with call.transaction() as tx:
        order = reallocating.reallocate(
            tx,
            call.caller,
            id,
            body.technician_id,
            mode=body.mode,
            force=body.force,
            reason=body.reason,
            version=call.if_match,
            slot=body.slot.ends() if body.slot else None,
        )
        warnings = list_choice_warnings(tx, order, {body.technician_id: "/technician_id"})
    return Reply(work_order_answer(order, warnings), version=order.version)


def _destination(one: Destination) -> DestinationAnswer:
    groups = [GroupNameAnswer(id=group_id, name=name) for group_id, name in one.groups]
    return DestinationAnswer(id=one.id, name=one.name, groups=groups)


def _reply(order: WorkOrder) -> Reply:
    return Reply(work_order_answer(order), version=order.version)
