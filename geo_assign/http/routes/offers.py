"""The technician's answers."""

from datetime import datetime
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.dispatch.commands import answering
from geo_assign.http.long_poll import WaitingPageQuery, WaitQuery, reply_when_new
from geo_assign.http.operations import TECHNICIANS, Call, Lane, Reply, Routes
from geo_assign.http.routes.presence import own_technician
from geo_assign.http.routes.work_order_models import (
    OfferAnswer,
    OfferedWorkAnswer,
    ScheduledWorkAnswer,
    offer_answer,
    work_order_answer,
)
from geo_assign.http.schemas import Body, Listing, OptionalNote
from geo_assign.workforce.domain import InactiveError
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


class OwnOffersAnswer(Listing[OfferedWorkAnswer]):
    """Your open offers, oldest first."""

    server_now: datetime


class OwnScheduleAnswer(Listing[ScheduledWorkAnswer]):
    """Your work, by time."""

    server_now: datetime


class RejectBody(Body):
    """Why not. The reason decides whether you may be asked again for the same work."""

    reason: RejectReason
    note: OptionalNote = None


@routes.get("/v1/me/offers", access=TECHNICIANS, query=WaitQuery, answer=OwnOffersAnswer, tagged=True, lane=Lane.PHONES)
def list_my_offers(call: Call[WaitQuery, None]) -> Reply:
    """List your open offers.

    With customer, address, slot, distance and the time left to answer.
    """
    technician_id = own_technician(call)

    def build(tx: Tx) -> OwnOffersAnswer:
        now = tx.now()
        items = [
            OfferedWorkAnswer.model_construct(
                **{**dict(offer_answer(offer)), "server_now": now}, work_order=work_order_answer(order)
            )
            for offer, order in list_offers_with_orders(tx, technician_id)
        ]
        return OwnOffersAnswer.model_construct(items=items, next_cursor=None, server_now=now)

    return reply_when_new(
        call, technician_id, wait_s=call.query.wait_s, version_of=lambda versions: versions.offers, build=build
    )


@routes.get(
    "/v1/me/schedule",
    access=TECHNICIANS,
    query=WaitingPageQuery,
    answer=OwnScheduleAnswer,
    tagged=True,
    lane=Lane.PHONES,
    errors=(InactiveError,),
)
def list_my_schedule(call: Call[WaitingPageQuery, None]) -> Reply:
    """List your work.

    By time, with your `role` in it; what you are to come along to from the moment that your time is held for it.
    """
    technician_id, query = own_technician(call), call.query

    def build(tx: Tx) -> OwnScheduleAnswer:
        page = list_schedule(tx, technician_id, limit=query.limit, cursor=query.cursor)
        items = [
            ScheduledWorkAnswer.model_construct(**dict(work_order_answer(one.order)), role=one.role)
            for one in page.items
        ]
        return OwnScheduleAnswer.model_construct(items=items, next_cursor=page.next_cursor, server_now=tx.now())

    return reply_when_new(
        call, technician_id, wait_s=query.wait_s, version_of=lambda versions: versions.schedule, build=build
    )


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
