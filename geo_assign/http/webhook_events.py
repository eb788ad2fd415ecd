"""The events that are sent to other systems, as the API document's section `webhooks`."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field

from geo_assign.http.json_schemas import Json, References
from geo_assign.http.routes.event_models import PresenceEventAnswer, WorkOrderEventAnswer
from geo_assign.webhooks.domain import EVENT_TYPES

_OF_WORK_ORDERS = "work_order."


class WorkOrderWebhook(WorkOrderEventAnswer):
    """What a receiver is told of a work order, as things stood right after the change."""

    organization_id: UUID = Field(description="Whose event it is: one receiver may serve several organizations.")


class PresenceWebhook(PresenceEventAnswer):
    """What a receiver is told when a technician goes on or off duty."""

    organization_id: UUID = Field(description="Whose event it is: one receiver may serve several organizations.")


@dataclass(frozen=True)
class SentEvent:
    """One type of event: its name, and the shape of its data."""

    name: str
    data: type[BaseModel]


def list_sent_events() -> list[SentEvent]:
    """Every event that a webhook may listen to."""
    return [
        SentEvent(name, WorkOrderWebhook if name.startswith(_OF_WORK_ORDERS) else PresenceWebhook)
        for name in EVENT_TYPES
    ]


def webhooks_of(references: References) -> Json:
    """The section `webhooks`: one POST to the receiver for each type of event."""
    return {event.name: {"post": _post(event, references)} for event in list_sent_events()}


def _post(event: SentEvent, references: References) -> Json:
    message: Json = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": event.name},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": references[event.data, "serialization"],
        },
    }
    return {
        "operationId": f"receive_{event.name.replace('.', '_')}",
        "tags": ["Webhooks"],
        "summary": f"Receive `{event.name}`",
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in SIGNATURE_HEADERS],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {
            "2XX": {"description": "The event was taken."},
            "410": {"description": "The webhook is switched off."},
            "default": {"description": "The event is sent again."},
        },
    }


def _header(name: str, meaning: str) -> Json:
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": meaning}


SIGNATURE_HEADERS: Mapping[str, Json] = {
    "webhook-id": _header("webhook-id", "The same in every attempt: remember it, and take each event once."),
    "webhook-timestamp": _header("webhook-timestamp", "Seconds since 1970, when this attempt was made."),
    "webhook-signature": _header("webhook-signature", "Standard Webhooks: `v1,` and the signature in base64."),
}
