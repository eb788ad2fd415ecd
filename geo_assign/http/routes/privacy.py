"""Exports of personal data, the log of looks, erasure and the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

from pydantic import Field, WithJsonSchema

from geo_assign.access.domain import ActorKind, AuditAction, AuditFilter, AuditSubject
from geo_assign.access.queries import list_audit_entries
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.http.json_schemas import NamedSchema
from geo_assign.http.operations import ADMINISTRATORS, TECHNICIANS, AnyCall, Call, Reply, Routes
from geo_assign.http.response import list_to_json, to_json
from geo_assign.http.routes.completion import ImageAnswer, image_answer
from geo_assign.http.routes.event_models import EventAnswer
from geo_assign.http.routes.export_models import ExportAnswer
from geo_assign.http.routes.technicians import TechnicianAnswer, technician_answer
from geo_assign.http.routes.work_order_models import WorkOrderAnswer, work_order_answer
from geo_assign.http.schemas import (
    Answer,
    ContactText,
    Instant,
    Listing,
    LocalDate,
    PageQuery,
    PartialAnswer,
    Shaped,
)
from geo_assign.privacy import commands
from geo_assign.privacy.domain import How, OpenWorkError, View
from geo_assign.privacy.queries import AT_ONCE, TechnicianExport, list_views
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import WorkOrderNotFoundError, WorkOrderStateError

routes = Routes("Privacy")


class ExportQuery(PageQuery):
    """Which part of the track; everything else comes with the first page."""

    limit: int = Field(1_000, ge=1, le=10_000, description="Points of the track on a page.")


class CustomerQuery(PageQuery):
    """Whose work orders: one of the two is enough."""

    phone: ContactText | None = None
    email: ContactText | None = None
    limit: int = Field(50, ge=1, le=100, description="Work orders on a page.")


def _listed(names: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [*get_args(names)]})


class AuditQuery(PageQuery):
    """Which entries of the audit trail."""

    actor_id: UUID | None = None
    subject_id: UUID | None = None
    action: str | None = Field(None, max_length=100, description="Such as `technician.erased`.")
    since: Instant | None = None
    until: Instant | None = None


class ViewerAnswer(Answer):
    """Who looked: a person, or a machine with an API key."""

    id: UUID
    kind: str = Field(description="User, technician or API key.")
    name: str


class LocationViewAnswer(Answer):
    """Looks at where a technician was, by one viewer in one way within one minute."""

    viewer: ViewerAnswer
    how: How
    first_at: datetime = Field(description="The first look.")
    last_at: datetime = Field(description="The last look.")
    count: int = Field(description="Looks within the minute.")


class CustomersOrderAnswer(Answer):
    """A work order of the customer, with its history and images."""

    work_order: WorkOrderAnswer
    events: Sequence[EventAnswer]
    images: Sequence[ImageAnswer]


class AuditDetailAnswer(PartialAnswer):
    """What was done, without secrets or customers' data. Which members there are depends on the action."""

    fields: Sequence[str] | None = Field(None, description="The names of what was changed.")
    role: str | None = Field(None, description="The role that a new user got.")
    scopes: Sequence[str] | None = None
    required_of: str | None = Field(None, description="Of whom a second factor is demanded.")
    language: str | None = Field(None, description="Of users who chose none.")
    issuer: str | None = Field(None, description="The identity provider.")
    left: int | None = Field(None, description="How many recovery codes are left.")
    settings: Annotated[Mapping[str, object], Shaped(StoreSettings)] | None = Field(
        None, description="The settings that were chosen, without those that follow the defaults."
    )
    provider: str | None = Field(None, description="The geocoding provider of a map key.")
    date: LocalDate | None = Field(None, description="The date of an exception from the working hours.")
    delivery: UUID | None = Field(None, description="The delivery that was sent again.")
    deliveries: int | None = Field(None, description="How many deliveries were sent again.")
    replaced: UUID | None = Field(None, description="The technician who had the work.")
    replaced_by: UUID | None = Field(None, description="The technician who has the work instead.")
    mode: str | None = Field(None, description="How the work was handed over.")
    state: str | None = Field(None, description="The state that the work order came to.")
    reason: str | None = Field(None, description="The reason that was given.")
    forced: bool | None = Field(None, description="Whether work under way was moved, too.")
    act: str | None = Field(None, description="What was undone.")
    visits: int | None = Field(None, description="How many visits agreed on a learned pin.")
    quota: str | None = Field(None, description="Which quota is used up, or nearly.")
    used: int | None = Field(None, description="How much of it was used.")
    limit: int | None = Field(None, description="How much there is.")
    limits: Mapping[str, int | None] | None = Field(None, description="What the operator chose, by quota.")


# Entries are kept for good: one of an older version may say what is not listed.
_Action = Annotated[str, _listed(AuditAction), NamedSchema("AuditAction")]
_Subject = Annotated[str, _listed(AuditSubject), NamedSchema("AuditSubject")]


class AuditEntryAnswer(Answer):
    """Who did what to whom."""

    id: UUID
    at: datetime
    actor_kind: ActorKind = Field(description="User, technician, API key, or the service.")
    actor_id: UUID | None
    action: _Action = Field(description="Such as `technician.erased`.")
    subject_kind: _Subject = Field(description="What it was done to, such as `technician`.")
    subject_id: UUID | None = Field(description="Null: it has no id of its own.")
    detail: Annotated[Mapping[str, object], Shaped(AuditDetailAnswer)]


@routes.get(
    "/v1/me/location-views",
    access=TECHNICIANS,
    query=PageQuery,
    answer=Listing[LocationViewAnswer],
    own_transactions=True,
    errors=(InactiveError,),
)
def list_location_views(call: Call[PageQuery, None]) -> Reply:
    """List who looked at your location.

    When and how, newest first. Looks of the last second may still be missing.
    """
    technician_id = _own_id(call)
    call.services.views.flush()
    with call.transaction() as tx:
        page = list_views(tx, technician_id, limit=call.query.limit, cursor=call.query.cursor)
    return Reply(Listing[LocationViewAnswer](items=[_view(view) for view in page.items], next_cursor=page.next_cursor))


@routes.get(
    "/v1/technicians/{id}/location-views",
    access=ADMINISTRATORS,
    query=PageQuery,
    answer=Listing[LocationViewAnswer],
    own_transactions=True,
    errors=(NotFoundError,),
)
def list_location_views_of_technician(call: Call[PageQuery, None], id: UUID) -> Reply:
    """List who looked at a technician's location.

    When and how, newest first: what the technician reads as well.
    """
    call.services.views.flush()
    with call.transaction() as tx:
        technician = get_technician(tx, call.caller.scope, id)
        page = list_views(tx, technician.id, limit=call.query.limit, cursor=call.query.cursor)
    return Reply(Listing[LocationViewAnswer](items=[_view(view) for view in page.items], next_cursor=page.next_cursor))


@routes.get(
    "/v1/me/export",
    access=TECHNICIANS,
    query=ExportQuery,
    answer=ExportAnswer,
    own_transactions=True,
    errors=(InactiveError,),
)
def export_me(call: Call[ExportQuery, None]) -> Reply:
    """Export what is kept about you.

    As one document; your track by pages.
    """
    return _export(call, _own_id(call))


@routes.get(
    "/v1/technicians/{id}/export",
    access=ADMINISTRATORS,
    query=ExportQuery,
    answer=ExportAnswer,
    own_transactions=True,
    errors=(NotFoundError,),
)
def export_technicians_data(call: Call[ExportQuery, None], id: UUID) -> Reply:
    """Export what is kept about a technician.

    As one document; the track by pages. The technician can see that it was exported.
    """
    return _export(call, id)


@routes.post(
    "/v1/technicians/{id}/erase",
    access=ADMINISTRATORS,
    answer=TechnicianAnswer,
    errors=(NotFoundError, OpenWorkError),
)
def erase_technician(call: Call[None, None], id: UUID) -> Reply:
    """Erase a technician.

    Name, log-in, home, hours, duty, positions and track. The work that was done stays, without the name. Refused
    while the technician has work or open offers. It cannot be undone.
    """
    with call.transaction() as tx:
        return Reply(technician_answer(commands.erase_technician(tx, call.caller, id)))


@routes.post(
    "/v1/work-orders/{id}/erase-customer",
    access=ADMINISTRATORS,
    answer=WorkOrderAnswer,
    errors=(WorkOrderNotFoundError, WorkOrderStateError),
)
def erase_customer(call: Call[None, None], id: UUID) -> Reply:
    """Erase the customer of a work order.

    Of one that is over: name, phone, e-mail, address, location, notes, what was wrong; also in its history,
    receipts and outgoing events. It cannot be undone.
    """
    with call.transaction() as tx:
        order = commands.erase_customer(tx, call.caller, id)
    return Reply(work_order_answer(order), version=order.version)


@routes.get(
    "/v1/customers/export",
    access=ADMINISTRATORS,
    query=CustomerQuery,
    answer=Listing[CustomersOrderAnswer],
    errors=(InvalidError,),
)
def export_customers_data(call: Call[CustomerQuery, None]) -> Reply:
    """Export the work orders of a customer.

    By phone number or e-mail address, with their histories, oldest first.
    """
    query = call.query
    with call.transaction() as tx:
        page = commands.export_customer(
            tx, call.caller, phone=query.phone, email=query.email, limit=query.limit, cursor=query.cursor
        )
    items = [
        CustomersOrderAnswer.model_construct(
            work_order=work_order_answer(one.order),
            events=[EventAnswer.model_validate(event) for event in one.events],
            images=[image_answer(image) for image in one.images],
        )
        for one in page.items
    ]
    return Reply(Listing[CustomersOrderAnswer].model_construct(items=items, next_cursor=page.next_cursor))


@routes.get("/v1/audit", access=ADMINISTRATORS, query=AuditQuery, answer=Listing[AuditEntryAnswer])
def list_audit(call: Call[AuditQuery, None]) -> Reply:
    """List the audit trail.

    Who did what to whom, newest first.
    """
    query = call.query
    wanted = AuditFilter(query.actor_id, query.subject_id, query.action, query.since, query.until)
    with call.transaction() as tx:
        page = list_audit_entries(tx, wanted, limit=query.limit, cursor=query.cursor)
    items = [AuditEntryAnswer.model_validate(entry) for entry in page.items]
    return Reply(Listing[AuditEntryAnswer](items=items, next_cursor=page.next_cursor))


def _export(call: Call[ExportQuery, None], technician_id: UUID) -> Reply:
    call.services.views.flush()
    with call.transaction() as tx:
        found = commands.export_technician(
            tx, call.caller, technician_id, limit=call.query.limit, cursor=call.query.cursor
        )
        at, document = tx.now(), _document(found)
    call.services.views.note(call.caller, How.EXPORT, [technician_id], at=at)
    return Reply(document)


def _document(found: TechnicianExport) -> bytes:
    """Read and rendered a few at a time, so that rows are held as text alone."""
    items = list_to_json(found.track, at_once=AT_ONCE)
    lists = {name: list_to_json(rows, at_once=AT_ONCE) for name, rows in found.lists.items()}
    truncated = [name for name, rows in found.lists.items() if rows.truncated]
    track = {"items": items, "next_cursor": found.track.next_cursor}
    return to_json({"track": track, "truncated": truncated, **found.parts, **lists})


def _view(view: View) -> LocationViewAnswer:
    return LocationViewAnswer(
        viewer=ViewerAnswer(id=view.viewer_id, kind=view.viewer_kind, name=view.viewer_name),
        how=view.how,
        first_at=view.first_at,
        last_at=view.last_at,
        count=view.count,
    )


def _own_id(call: AnyCall) -> UUID:
    if call.caller.technician_id is None:
        raise InactiveError("There is no active technician for this user.")
    return call.caller.technician_id
