"""The technician's answers."""

from typing import Any
from uuid import UUID

from geo_assign.dispatch.commands import answering
from geo_assign.http.operations import TECHNICIANS, AnyCall, Call, Lane, Reply, Routes
from geo_assign.http.routes.work_order_models import (
    OfferAnswer,
    OfferedWorkAnswer,
    ScheduledWorkAnswer,
    offer_answer,
    work_order_answer,
)
from geo_assign.http.schemas import Body, Listing, OptionalNote, PageQuery
from geo_assign.workorders.domain import (
    OfferAnsweredError,
    OfferExpiredError,
    OfferNotFoundError,
    OfferWithdrawnError,
    RejectionDisabledError,
    RejectReason,
    WorkOrderCancelledError,
)
from geo_assign.workorders.queries import list_offers_with_orders, list_schedule

routes = Routes("Offers")

_OVER = (OfferNotFoundError, OfferExpiredError, OfferWithdrawnError, WorkOrderCancelledError, OfferAnsweredError)


class RejectBody(Body):
    """Why not. The reason decides whether you may be asked again for the same work."""

    reason: RejectReason
    note: OptionalNote = None


@routes.get("/v1/me/offers", access=TECHNICIANS, answer=Listing[OfferedWorkAnswer], lane=Lane.PHONES)
def list_my_offers(call: Call[None, None]) -> Reply:
    """List your open offers.

    With customer, address, slot, distance and the time left to answer.
    """
    with call.transaction() as tx:
        found = list_offers_with_orders(tx, _technician(call))
    items = [
        OfferedWorkAnswer.model_construct(**dict(offer_answer(offer)), work_order=work_order_answer(order))
        for offer, order in found
    ]
    return Reply(Listing[OfferedWorkAnswer].model_construct(items=items, next_cursor=None))


@routes.get(
    "/v1/me/schedule",
    access=TECHNICIANS,
    query=PageQuery,
    answer=Listing[ScheduledWorkAnswer],
    lane=Lane.PHONES,
)
def list_my_schedule(call: Call[PageQuery, None]) -> Reply:
    """List your work.

    By time, with your `role` in it. Work that you are to come along to is there from the moment that your time is
    held for it.
    """
    with call.transaction() as tx:
        page = list_schedule(tx, _technician(call), limit=call.query.limit, cursor=call.query.cursor)
    items = [
        ScheduledWorkAnswer.model_construct(**dict(work_order_answer(one.order)), role=one.role) for one in page.items
    ]
    return Reply(Listing[ScheduledWorkAnswer].model_construct(items=items, next_cursor=page.next_cursor))


@routes.post("/v1/offers/{id}/accept", access=TECHNICIANS, answer=OfferAnswer, errors=_OVER, lane=Lane.PHONES)
def accept_offer(call: Call[None, None], id: UUID) -> Reply:
    """Accept an offer.

    Repeating it answers the same.
    """
    with call.transaction() as tx:
        return Reply(offer_answer(answering.accept(tx, call.caller, id)))


@routes.post(
    "/v1/offers/{id}/reject",
    access=TECHNICIANS,
    body=RejectBody,
    example={"reason": "too_far", "note": "on the other side of the river"},
    answer=OfferAnswer,
    errors=(*_OVER, RejectionDisabledError),
    lane=Lane.PHONES,
    own_transactions=True,
)
def reject_offer(call: Call[None, RejectBody], id: UUID) -> Reply:
    """Reject an offer.

    With a reason; the next candidate gets an offer at once.
    """
    body = call.body
    return Reply(offer_answer(call.services.dispatch.reject(call.caller, id, body.reason, body.note)))


def _technician(call: AnyCall) -> UUID:
    technician_id: Any = call.caller.technician_id
    return technician_id  # type: ignore[no-any-return]
