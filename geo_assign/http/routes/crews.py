"""Who comes along with the lead engineer."""

from uuid import UUID

from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.dispatch.commands.crews import TechnicianOffDutyError, change_crew
from geo_assign.dispatch.queries import list_choice_warnings
from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import (
    Collaborators,
    WorkOrderAnswer,
    collaborator_pointers,
    work_order_answer,
)
from geo_assign.http.schemas import Body
from geo_assign.workforce.domain import InactiveError
from geo_assign.workorders.domain import (
    SlotTakenError,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
)

routes = Routes("Work orders")


class CollaboratorsBody(Body):
    """All technicians who are to come along; an empty list releases those who do."""

    collaborator_ids: Collaborators


@routes.put(
    "/v1/work-orders/{id}/collaborators",
    access=DISPATCHING,
    body=CollaboratorsBody,
    example={"collaborator_ids": ["01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11"]},
    answer=WorkOrderAnswer,
    versioned=True,
    errors=(
        WorkOrderNotFoundError,
        NotFoundError,
        InvalidError,
        InactiveError,
        TechnicianOffDutyError,
        WorkOrderChangedError,
        WorkOrderStateError,
        SlotTakenError,
    ),
)
def put_collaborators(call: Call[None, CollaboratorsBody], id: UUID) -> Reply:
    """Replace the collaborators of a work order.

    Those who stay keep their time. When a new one has none, 409 `slot_taken` says who and why, and nothing changes.
    """
    ids = call.body.collaborator_ids
    with call.transaction() as tx:
        order = change_crew(tx, call.caller, id, ids, version=call.if_match)
        warnings = list_choice_warnings(tx, order, collaborator_pointers(ids))
    return Reply(work_order_answer(order, warnings), version=order.version)
