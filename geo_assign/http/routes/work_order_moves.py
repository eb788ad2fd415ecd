"""Work orders on the move: from lead to ticket, between stores and groups, from one technician to another."""

from geo_assign.dispatch.domain import NotALeadError
from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.routes.work_order_models import WorkOrderAnswer, work_order_answer
from geo_assign.workorders.domain import (
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
)

routes = Routes("Work orders")


@routes.post(
    "/v1/work-orders/{id}/convert",
    access=DISPATCHING,
    answer=WorkOrderAnswer,
    own_transactions=True,
    errors=(WorkOrderNotFoundError, WorkOrderChangedError, WorkOrderStateError, NotALeadError),
)
def convert_order(call: Call) -> Reply:
    """Make a ticket of a lead.

    Place, customer, slot, group and whoever has it go over; open offers close. Converting again answers the same
    ticket. `If-Match` is optional here.
    """
    return _reply(call.services.dispatcher.convert(call.caller, call.path["id"], call.if_match))


def _reply(order: WorkOrder) -> Reply:
    return Reply(work_order_answer(order), version=order.version)
