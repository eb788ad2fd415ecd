"""Leads and work orders: create, read, edit, cancel, assign."""

from collections.abc import Sequence
from typing import Literal, cast
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import ConflictError, InvalidError, NotFoundError
from geo_assign.dispatch.commands import assigning, orders, progress
from geo_assign.dispatch.commands.crews import TechnicianOffDutyError
from geo_assign.dispatch.domain import WorkOrderUnderWayError
from geo_assign.dispatch.queries import list_choice_warnings
from geo_assign.following.queries import has_customer_link
from geo_assign.http.idempotency import replayed
from geo_assign.http.operations import DISPATCHING, LEAD_WRITING, OWN_WORK, TECHNICIANS, Call, Reply, Routes
from geo_assign.http.routes.event_models import EventAnswer
from geo_assign.http.routes.new_orders import new_order_of, require_place
from geo_assign.http.routes.work_order_models import (
    Collaborators,
    Id,
    LeadBody,
    OpenSlotBody,
    TicketBody,
    WorkOrderAnswer,
    WorkOrderDetailAnswer,
    WorkOrderPatch,
    collaborator_pointers,
    work_order_answer,
    work_order_detail,
)
from geo_assign.http.schemas import Body, Listing, OptionalNote, PageQuery, changes
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.local_time import WallTimeDoesNotExistError
from geo_assign.workorders.domain import (
    Corrections,
    DuplicateExternalIdError,
    Kind,
    SlotTakenError,
    State,
    Warned,
    WorkOrder,
    WorkOrderChangedError,
    WorkOrderNotFoundError,
    WorkOrderStateError,
    slot_warnings,
)
from geo_assign.workorders.queries import get_work_order, list_events, list_group_stays

routes = Routes("Work orders")


class CancelBody(Body):
    """Why it is cancelled."""

    reason: OptionalNote = Field(None, description="Kept in the history.")


class AssignBody(Body):
    """The technician that a dispatcher chose. `offer` asks, `assign` assigns at once."""

    technician_id: Id
    collaborator_ids: Collaborators = ()
    mode: Literal["offer", "assign"] = Field("assign", description="`offer` asks the technician; `assign` does not.")
    slot: OpenSlotBody | None = Field(None, description="Move it to this time in the same step.")


Step = Literal["travelling", "on_site", "in_progress", "completed"]


class StatusBody(Body):
    """The technician's next step: one of `status` and `state`, which mean the same."""

    status: Step | None = Field(None, description="What the technician does now.")
    state: Step | None = Field(None, description="The same.")
    note: OptionalNote = None

    def step(self) -> State:
        """Raises InvalidError where neither is given, and where they differ."""
        given = {name: step for name in ("status", "state") if (step := getattr(self, name)) is not None}
        if not given:
            raise InvalidError.at("/status", "missing", "Say where the work stands, such as travelling.")
        if len(set(given.values())) > 1:
            raise InvalidError.at("/status", "status_differs", "`status` and `state` mean the same: give one of them.")
        return State(next(iter(given.values())))


@routes.post(
    "/v1/leads",
    access=LEAD_WRITING,
    body=LeadBody,
    example={
        "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
        "customer": {"name": "Eva Lima", "phone": "+351 910 000 000", "email": "eva@example.com"},
        "address": "Rua das Flores 12, Porto",
        "slot": {"start": "2026-05-21T10:00:00", "end": "2026-05-21T11:00:00"},
        "skills": ["screen"],
        "device": {"type": "phone", "brand": "Fairphone", "issue": "broken screen"},
    },
    answer=WorkOrderAnswer,
    status=201,
    creates=True,
    own_transactions=True,
    errors=(InvalidError, DuplicateExternalIdError, InactiveError, WallTimeDoesNotExistError),
)
def create_lead(call: Call[None, LeadBody]) -> Reply:
    """Create a lead.

    Locates it and starts its assignment. Geocoding takes part within its time budget; if it fails or is slow the
    lead is created all the same, says why it is pending, and the worker goes on. The same `Idempotency-Key` answers
    the same lead in its present state.
    """
    require_place(call.body)
    return _create(call, Kind.LEAD)


@routes.post(
    "/v1/tickets",
    access=LEAD_WRITING,
    body=TicketBody,
    example={
        "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20",
        "customer": {"name": "Eva Lima", "phone": "+351 910 000 000", "email": "eva@example.com"},
        "device": {"type": "phone", "issue": "battery"},
        "assignee_id": "01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11",
    },
    answer=WorkOrderAnswer,
    status=201,
    creates=True,
    own_transactions=True,
    errors=(InvalidError, DuplicateExternalIdError, InactiveError, WallTimeDoesNotExistError),
)
def create_ticket(call: Call[None, TicketBody]) -> Reply:
    """Create a ticket.

    Work that was taken in at a desk or by a point of sale. With `assignee_id` the technician has it at once.
    Otherwise the store's trigger for tickets decides; where it is off the ticket is pending as `unassigned`, with
    or without an address.
    """
    return _create(call, Kind.TICKET)


@routes.get("/v1/work-orders/{id}", access=OWN_WORK, answer=WorkOrderDetailAnswer, errors=(WorkOrderNotFoundError,))
def get_order(call: Call[None, None], id: UUID) -> Reply:
    """Read a work order.

    With its way through the groups.
    """
    with call.transaction() as tx:
        order = get_work_order(tx, call.caller.scope, id)
        linked = has_customer_link(tx, order.id)
        detail = work_order_detail(order, list_group_stays(tx, order.id), has_customer_link=linked)
        return Reply(detail, version=order.version)


@routes.patch(
    "/v1/work-orders/{id}",
    access=LEAD_WRITING,
    body=WorkOrderPatch,
    example={"location": {"lat": 41.15, "lon": -8.61}, "notes": "ring twice"},
    answer=WorkOrderAnswer,
    versioned=True,
    own_transactions=True,
    errors=(
        WorkOrderNotFoundError,
        WorkOrderChangedError,
        WorkOrderStateError,
        WorkOrderUnderWayError,
        SlotTakenError,
        WallTimeDoesNotExistError,
        DuplicateExternalIdError,
    ),
)
def edit_order(call: Call[None, WorkOrderPatch], id: UUID) -> Reply:
    """Correct a work order.

    A new address is looked up, a location is a pin. Under 100 m only distances change. Farther away an open offer
    is checked again; an accepted one stays and the order carries an alarm. A new slot moves the time of the
    assigned technicians, or changes nothing: 409 `slot_taken`.
    """
    body = call.body
    slot: OpenSlotBody | None = changes(body).get("slot")
    edit = orders.Edit(
        fields=_corrections(body),
        address=body.address,
        location=body.location.point() if body.location else None,
        slot=slot.ends() if slot else None,
    )
    order = call.services.dispatch.edit(call.caller, id, edit, call.if_match)
    return _reply(order, slot_warnings(order, order.updated_at) if slot else ())


@routes.get(
    "/v1/work-orders/{id}/events",
    access=OWN_WORK,
    query=PageQuery,
    answer=Listing[EventAnswer],
    errors=(WorkOrderNotFoundError,),
    replica=True,
)
def list_order_events(call: Call[PageQuery, None], id: UUID) -> Reply:
    """List the history of a work order.

    Oldest first.
    """
    with call.transaction() as tx:
        order = get_work_order(tx, call.caller.scope, id)
        page = list_events(tx, order.id, limit=call.query.limit, cursor=call.query.cursor)
    items = [EventAnswer.model_validate(entry) for entry in page.items]
    return Reply(Listing[EventAnswer].model_construct(items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/work-orders/{id}/cancel",
    access=LEAD_WRITING,
    body=CancelBody,
    example={"reason": "the customer called"},
    answer=WorkOrderAnswer,
    errors=(WorkOrderNotFoundError, WorkOrderChangedError, WorkOrderStateError),
)
def cancel_order(call: Call[None, CancelBody], id: UUID) -> Reply:
    """Cancel a work order.

    An open offer closes and the time is freed at once.
    """
    with call.transaction() as tx:
        return _reply(orders.cancel(tx, call.caller, id, reason=call.body.reason, version=call.if_match))


@routes.post(
    "/v1/work-orders/{id}/auto-assign",
    access=LEAD_WRITING,
    answer=WorkOrderAnswer,
    own_transactions=True,
    errors=(WorkOrderNotFoundError,),
)
def auto_assign_order(call: Call[None, None], id: UUID) -> Reply:
    """Assign a work order automatically.

    Looks for the nearest available technician now, whatever the store's trigger says. A work order that has a
    technician, or an open offer, stays as it is.
    """
    with call.transaction() as tx:
        order = get_work_order(tx, call.caller.scope, id)
    call.services.dispatch.evaluate(call.caller.org_id, order.id, caller=call.caller, forced=True)
    return _reply(call.services.dispatch.read(call.caller, order.id))


@routes.post(
    "/v1/work-orders/{id}/assign",
    access=DISPATCHING,
    body=AssignBody,
    example={"technician_id": "01a2019c-4d1e-7c21-8f0e-2a5b0b7f3c11", "mode": "offer"},
    answer=WorkOrderAnswer,
    versioned=True,
    errors=(
        WorkOrderNotFoundError,
        WorkOrderChangedError,
        WorkOrderStateError,
        NotFoundError,
        InactiveError,
        SlotTakenError,
        NotFoundError,
        ConflictError,
        TechnicianOffDutyError,
        WallTimeDoesNotExistError,
    ),
)
def assign_order(call: Call[None, AssignBody], id: UUID) -> Reply:
    """Assign a work order to a technician.

    Or offer it, with `mode` `offer`. Open offers are withdrawn. `collaborator_ids` come along, at most ten. With a
    `slot` it is moved to that time in the same step.
    Assigned, all of them have the work at once. Offered, the store's `crew_policy` decides whether the lead
    engineer answers for all or each gets an offer. When technicians have no time, 409 `slot_taken` names them, and
    the `earliest_common_slot` within two weeks. Hours, time off, skills or another store or group do not stand in the
    way; `warnings` names them.
    """
    chosen: AssignBody = call.body
    with call.transaction() as tx:
        order = assigning.assign(
            tx,
            call.caller,
            id,
            chosen.technician_id,
            mode=chosen.mode,
            version=call.if_match,
            collaborator_ids=chosen.collaborator_ids,
            slot=chosen.slot.ends() if chosen.slot else None,
        )
        pointers = {chosen.technician_id: "/technician_id", **collaborator_pointers(chosen.collaborator_ids)}
        return _reply(order, list_choice_warnings(tx, order, pointers))


@routes.post(
    "/v1/work-orders/{id}/unassign",
    access=DISPATCHING,
    answer=WorkOrderAnswer,
    versioned=True,
    errors=(WorkOrderNotFoundError, WorkOrderChangedError, WorkOrderStateError),
)
def unassign_order(call: Call[None, None], id: UUID) -> Reply:
    """Unassign a work order.

    The technicians are released and open offers withdrawn; it is pending until a dispatcher decides.
    """
    with call.transaction() as tx:
        return _reply(assigning.unassign(tx, call.caller, id, version=call.if_match))


@routes.post(
    "/v1/work-orders/{id}/status",
    access=TECHNICIANS,
    body=StatusBody,
    example={"status": "travelling"},
    answer=WorkOrderAnswer,
    errors=(WorkOrderNotFoundError, WorkOrderStateError),
)
def advance_order(call: Call[None, StatusBody], id: UUID) -> Reply:
    """Report the status of your work.

    `travelling`, `on_site`, `in_progress`, `completed`.
    """
    with call.transaction() as tx:
        return _reply(progress.advance(tx, call.caller, id, call.body.step(), note=call.body.note))


def _create(call: Call[None, LeadBody], kind: Kind) -> Reply:
    body = call.body
    new = new_order_of(kind, body)
    order, again = call.services.dispatch.create(call.caller, new, call.attempt)
    # A moment ago by the database's clock: no transaction is needed to ask it again.
    warnings = slot_warnings(order, order.updated_at)
    if body.assignee_id is not None:
        with call.transaction() as tx:
            warnings += list_choice_warnings(tx, order, {body.assignee_id: "/assignee_id"})
    reply = _reply(order, warnings, headers={"Location": f"/v1/work-orders/{order.id}"})
    return replayed(reply) if again else reply


def _corrections(body: WorkOrderPatch) -> Corrections:
    """The members of a PATCH that are corrected as they are; null is empty where a work order needs a value."""
    sent = changes(body)
    empty: Corrections = {"device": {}, "skills": (), "metadata": {}}
    given = {name: empty.get(name) if sent[name] is None else sent[name] for name in _CORRECTED if name in sent}
    return cast(
        Corrections,
        {name: value.model_dump() if isinstance(value, Body) else value for name, value in given.items()},
    )


_CORRECTED = tuple(Corrections.__annotations__)


def _reply(order: WorkOrder, warnings: Sequence[Warned] = (), headers: dict[str, str] | None = None) -> Reply:
    return Reply(work_order_answer(order, warnings), version=order.version, headers=headers or {})
