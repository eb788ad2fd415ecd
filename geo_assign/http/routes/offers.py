"""The technician's answers."""

from typing import Any
from uuid import UUID

from geo_assign.dispatch.commands import answering
from geo_assign.http.operations import TECHNICIANS, Call, Lane, Reply, Routes
from geo_assign.http.routes.work_order_models import (
    OfferAnswer,
    OfferedWorkAnswer,
    WorkOrderAnswer,
    offer_answer,
    work_order_answer,
)
from geo_assign.http.schemas import Body, Listing, OptionalNote
from geo_assign.workorders.domain import (
    OfferAnsweredError,
    OfferExpiredError,
    OfferNotFoundError,
    OfferWithdrawnError,
    RejectionDisabledError,
    RejectReason,
    State,
    WorkOrderCancelledError,
)
from geo_assign.workorders.queries import WorkOrderFilter, list_offers_with_orders, list_work_orders

routes = Routes("Offers")

_OVER = (OfferNotFoundError, OfferExpiredError, OfferWithdrawnError, WorkOrderCancelledError, OfferAnsweredError)
_SCHEDULED = (State.ASSIGNED, State.TRAVELLING, State.ON_SITE, State.IN_PROGRESS)


class RejectBody(Body):
    """Why not. The reason decides whether you may be asked again for the same work."""

    reason: RejectReason
    note: OptionalNote = None


@routes.get("/v1/me/offers", access=TECHNICIANS, answer=Listing[OfferedWorkAnswer], lane=Lane.PHONES)
def list_my_offers(call: Call) -> Reply:
    """Your open offers with customer, address, slot, distance and the time left to answer."""
    with call.transaction() as tx:
        found = list_offers_with_orders(tx, _technician(call))
    items = [
        OfferedWorkAnswer.model_construct(**dict(offer_answer(offer)), work_order=work_order_answer(order))
        for offer, order in found
    ]
    return Reply(Listing[OfferedWorkAnswer].model_construct(items=items, next_cursor=None))


@routes.get("/v1/me/schedule", access=TECHNICIANS, answer=Listing[WorkOrderAnswer], lane=Lane.PHONES)
def list_my_schedule(call: Call) -> Reply:
    """The work that is yours, by time."""
    with call.transaction() as tx:
        page = list_work_orders(tx, call.caller.scope, WorkOrderFilter(states=_SCHEDULED), limit=200)
    own = [order for order in page.items if order.technician_id == call.caller.technician_id]
    own.sort(key=lambda order: order.slot_start)
    items = [work_order_answer(order) for order in own]
    return Reply(Listing[WorkOrderAnswer].model_construct(items=items, next_cursor=None))


@routes.post("/v1/offers/{id}/accept", access=TECHNICIANS, answer=OfferAnswer, errors=_OVER, lane=Lane.PHONES)
def accept_offer(call: Call) -> Reply:
    """Take the work. Repeating it answers the same."""
    with call.transaction() as tx:
        return Reply(offer_answer(answering.accept(tx, call.caller, call.path["id"])))


@routes.post(
    "/v1/offers/{id}/reject",
    access=TECHNICIANS,
    body=RejectBody,
    answer=OfferAnswer,
    errors=(*_OVER, RejectionDisabledError),
    lane=Lane.PHONES,
    own_transactions=True,
)
def reject_offer(call: Call) -> Reply:
    """Say no, with a reason; the next candidate is asked at once."""
    body: RejectBody = call.body
    return Reply(offer_answer(call.services.dispatcher.reject(call.caller, call.path["id"], body.reason, body.note)))


def _technician(call: Call) -> UUID:
    technician_id: Any = call.caller.technician_id
    return technician_id  # type: ignore[no-any-return]
