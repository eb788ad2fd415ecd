"""A work order's history, and the events that are sent to other systems."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from geo_assign.http.routes.people_models import Actor, PersonAnswer
from geo_assign.http.routes.work_order_models import PendingDetailAnswer
from geo_assign.http.schemas import Answer, Shaped, SlotAnswer
from geo_assign.workorders.domain import BookingRole, EventKind, Kind, State


class EventDetailAnswer(PendingDetailAnswer):
    """What one entry says beyond its kind. Which members there are depends on the kind."""

    technician_id: UUID | None = Field(None, description="The technician whom it is about.")
    role: BookingRole | None = None
    offer_id: UUID | None = None
    accepted: UUID | None = Field(None, description="The collaborator who accepted.")
    distance_m: float | None = None
    eta_s: float | None = None
    moved_m: float | None = Field(None, description="How far the address moved; null for the first location.")
    decision_id: UUID | None = None
    expires_at: datetime | None = Field(None, description="When the time to answer is over.")
    by_hand: bool | None = Field(None, description="Whether a dispatcher chose the technician.")
    collaborators: Sequence[PersonAnswer] | None = Field(None, description="Who comes along.")
    collaborator_ids: Sequence[UUID] | None = Field(None, description="Who came along.")
    joined: Sequence[PersonAnswer] | None = Field(None, description="Who comes along from now on.")
    left: Sequence[PersonAnswer] | None = Field(None, description="Who does not come along any more.")
    missing: int | None = Field(None, description="How many collaborators are missing.")
    reason: str | None = Field(None, description="A code of the service, or what a person wrote.")
    note: str | None = None
    replaced_by: UUID | None = Field(None, description="The technician who has the work instead.")
    forced: bool | None = Field(None, description="Whether it was done although the work had begun.")
    lead_id: UUID | None = Field(None, description="The lead that the ticket was made of.")
    ticket_id: UUID | None = Field(None, description="The ticket that the lead became.")
    alarm: str | None = Field(None, description="The code of the alarm that this raised.")
    fields: Sequence[str] | None = Field(None, description="What was changed.")
    erased: bool | None = Field(None, description="The customer was erased.")
    address_problem: str | None = Field(None, description="Why the new address has no location.")
    before: SlotAnswer | None = Field(None, alias="from", description="The slot before.")
    after: SlotAnswer | None = Field(None, alias="to", description="The new slot.")
    from_store_id: UUID | None = None
    to_store_id: UUID | None = None
    from_group_id: UUID | None = None
    to_group_id: UUID | None = None


class EventAnswer(Answer):
    """One entry of a work order's history."""

    id: UUID
    at: datetime
    kind: EventKind
    actor: Actor
    state: State
    detail: Annotated[Mapping[str, Any], Shaped(EventDetailAnswer)]


class WorkOrderEventAnswer(Answer):
    """An outgoing event of a work order, as things stood right after the change. Texts that people typed are left out.

    `version` is the one that `If-Match` compares, so that you can tell whether you hold something newer.
    """

    work_order_id: UUID
    number: str
    kind: Kind
    state: State
    store_id: UUID
    assignee_id: UUID | None
    version: int
    at: datetime
    detail: Annotated[Mapping[str, Any], Shaped(EventDetailAnswer)]


class PresenceEventAnswer(Answer):
    """An outgoing event: a technician went on or off duty."""

    technician_id: UUID
    on_duty: bool
    at: datetime


EventData = Annotated[Mapping[str, Any], Shaped(WorkOrderEventAnswer | PresenceEventAnswer)]
"""The data of an outgoing event as it is stored: plain JSON."""
