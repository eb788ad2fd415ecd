"""A work order's history, and the events that are sent to other systems."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import Quota
from geo_assign.http.event_details import history_detail
from geo_assign.http.routes.people_models import Actor
from geo_assign.http.schemas import Answer, PartialAnswer, Shaped
from geo_assign.workorders.domain import EventKind, Kind, State

EventDetailAnswer = history_detail()


class EventAnswer(Answer):
    """One entry of a work order's history."""

    id: UUID
    at: datetime
    kind: EventKind
    actor: Actor
    state: State
    detail: Annotated[Mapping[str, object], Shaped(EventDetailAnswer)]


class WorkOrderEventAnswer(PartialAnswer):
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
    metadata: Mapping[str, str] = Field({}, description="What your own system keeps with it.")
    detail: Annotated[Mapping[str, object], Shaped(EventDetailAnswer)]


class PresenceEventAnswer(Answer):
    """An outgoing event: a technician went on or off duty."""

    technician_id: UUID
    on_duty: bool
    at: datetime


class QuotaEventAnswer(Answer):
    """An outgoing event: four fifths of a quota are used. `renews_at` null: it does not by itself."""

    quota: Quota
    used: int = Field(description="How much is used.")
    limit: int = Field(description="How much there is.")
    renews_at: datetime | None
    at: datetime


EventData = Annotated[Mapping[str, object], Shaped(WorkOrderEventAnswer | PresenceEventAnswer | QuotaEventAnswer)]
"""The data of an outgoing event as it is stored: plain JSON."""
