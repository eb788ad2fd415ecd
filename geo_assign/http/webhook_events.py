"""The events that are sent to other systems, as the API document's section `webhooks`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import BaseModel, Field

from geo_assign.access.domain import QuotaNearlyUsedEvent
from geo_assign.http.event_details import sent_detail
from geo_assign.http.json_schemas import Json, References, reference
from geo_assign.http.routes.event_models import PresenceEventAnswer, QuotaEventAnswer, WorkOrderEventAnswer
from geo_assign.http.schemas import Answer
from geo_assign.webhooks.domain import OUTGOING_EVENTS, OutgoingEvent
from geo_assign.workforce.domain import PresenceChangedEvent


class WorkOrderWebhook(WorkOrderEventAnswer):
    """What a receiver is told of a work order, as things stood right after the change."""

    organization_id: UUID = Field(description="Whose event it is: one receiver may serve several organizations.")


class PresenceWebhook(PresenceEventAnswer):
    """What a receiver is told when a technician goes on or off duty."""

    organization_id: UUID = Field(description="Whose event it is: one receiver may serve several organizations.")


class QuotaWebhook(QuotaEventAnswer):
    """What a receiver is told when four fifths of a quota are used."""

    organization_id: UUID = Field(description="Whose event it is: one receiver may serve several organizations.")


class WorkOrderMessage(Answer):
    """What is sent of a work order."""

    type: str = Field(description="The event's name.")
    timestamp: datetime = Field(description="When it happened.")
    data: WorkOrderWebhook


class PresenceMessage(Answer):
    """What is sent of a technician's duty."""

    type: str = Field(description="The event's name.")
    timestamp: datetime = Field(description="When it happened.")
    data: PresenceWebhook


class QuotaMessage(Answer):
    """What is sent of a quota."""

    type: str = Field(description="The event's name.")
    timestamp: datetime = Field(description="When it happened.")
    data: QuotaWebhook


_MESSAGES: Mapping[str, type[BaseModel]] = {
    PresenceChangedEvent.type_name: PresenceMessage,
    QuotaNearlyUsedEvent.type_name: QuotaMessage,
}


@dataclass(frozen=True)
class SentEvent:
    """One type of event: its name, the message that tells it and, of a work order, the shape of its `detail`."""

    name: str
    message: type[BaseModel]
    detail: type[BaseModel] | None = None


@cache
def list_sent_events() -> Sequence[SentEvent]:
    """Every event that a webhook may listen to."""
    return [_sent(event) for event in OUTGOING_EVENTS.values()]


def _sent(event: OutgoingEvent) -> SentEvent:
    if event.detail is None:
        return SentEvent(event.name, _MESSAGES[event.name])
    words = event.name.replace(".", "_").split("_")
    detail = sent_detail(event, "".join(word.capitalize() for word in words) + "Detail")
    return SentEvent(event.name, WorkOrderMessage, detail)


def webhooks_of(references: References) -> Json:
    """The section `webhooks`: one POST to the receiver for each type of event."""
    return {event.name: {"post": _post(event, references)} for event in list_sent_events()}


def _post(event: SentEvent, references: References) -> Json:
    message = {"allOf": [references[event.message, "serialization"], _of_this_event(event, references)]}
    return {
        "operationId": f"receive_{event.name.replace('.', '_')}",
        "tags": ["Webhooks"],
        "summary": f"Receive `{event.name}`",
        "parameters": [reference("parameters", name) for name in SIGNATURE_HEADERS],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {"2XX": {"description": "Taken. 410 ends the webhook; others are sent again."}},
    }


def _of_this_event(event: SentEvent, references: References) -> Json:
    """What a message of this event has besides those of others: its type, and what its `detail` holds."""
    properties: Json = {"type": {"const": event.name}}
    if event.detail is not None:
        properties["data"] = {"properties": {"detail": references[event.detail, "serialization"]}}
    return {"properties": properties}


def _header(name: str, meaning: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": meaning}


SIGNATURE_HEADERS: Mapping[str, Json] = {
    "event": _header("webhook-id", "The same in every attempt: remember it, and take each event once."),
    "sent": _header("webhook-timestamp", "Seconds since 1970, when this attempt was made."),
    "signature": _header("webhook-signature", "Standard Webhooks: `v1,` and the signature in base64."),
}
