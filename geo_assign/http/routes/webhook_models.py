"""The bodies and answers of webhooks: what is subscribed to, and what became of each delivery."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from geo_assign.http.editing import unsent
from geo_assign.http.json_schemas import NamedSchema
from geo_assign.http.routes.event_models import EventData
from geo_assign.http.schemas import Answer, Body, CommaList, LongText, PageQuery, Patch
from geo_assign.webhooks.domain import EVENT_TYPES, DeliveryState


def _known_event(name: str) -> str:
    if name not in EVENT_TYPES:
        raise PydanticCustomError("event_unknown", "Input should be one of the events that are sent")
    return name


EventName = Annotated[
    str,
    AfterValidator(_known_event),
    WithJsonSchema({"type": "string", "enum": [*EVENT_TYPES]}),
    NamedSchema("EventName"),
]
_OF_STORES = "Only what happens in these stores; none: in all that you look after."
Events = Annotated[
    Literal["all"] | Annotated[tuple[EventName, ...], Field(min_length=1, max_length=50, strict=False)],
    Field(description="Names of events, or `all`, which also means those that are added later."),
]
StoreIds = Annotated[tuple[UUID, ...], Field(max_length=200, strict=False, description=_OF_STORES)]
Url = Annotated[str, Field(min_length=1, max_length=2_000, examples=["https://example.com/hooks/dispatch"])]


class WebhookBody(Body):
    """A URL to call."""

    url: Url
    events: Events = "all"
    store_ids: StoreIds = ()
    description: LongText | None = None
    active: bool = True


class WebhookPatch(Patch):
    """What to change of a webhook."""

    url: Url = unsent()
    events: Events = unsent()
    store_ids: StoreIds = unsent()
    description: LongText | None = unsent()
    active: bool = unsent()


class WebhookAnswer(Answer):
    """A webhook without its secret.

    `disabled_because` `gone`: the receiver answered 410, so the webhook was switched off. `failures` in a row; until
    `paused_until` the receiver is left alone.
    """

    id: UUID
    url: str
    events: Literal["all"] | list[str] = Field(description="Names of events, or `all`.")
    store_ids: list[UUID] = Field(description="Of which stores; none: the whole organization.")
    description: str | None
    active: bool
    disabled_because: str | None
    failures: int
    paused_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class SecretWebhookAnswer(WebhookAnswer):
    """A webhook with its secret, which is told this once; a retry answers 409 `secret_shown`."""

    secret: str = Field(description="Signs what is sent.")


class RotatedWebhookAnswer(SecretWebhookAnswer):
    """A webhook with its new secret. Until `previous_secret_until` each call is signed with both."""

    previous_secret_until: datetime


class WebhookTestAnswer(Answer):
    """What the receiver said to a ping. `error` null: it took it."""

    ok: bool = Field(description="The receiver took it.")
    status_code: int | None
    duration_ms: int
    error: str | None
    response: str | None = Field(description="What the receiver said.")


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    state: CommaList[DeliveryState] = Field([], description="Only those in one of these states.")
    event: CommaList[EventName] = Field([], description="Only these events.")


class DeliveryAttemptAnswer(Answer):
    """One try. `error` null: the receiver took it; `response` is the first kilobyte of what it said."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    response: str | None


class DeliveryAnswer(Answer):
    """One event on its way. `id` is the `webhook-id` that the receiver saw, the same in every attempt."""

    id: UUID
    event: str = Field(description="Its type.")
    subject_id: UUID = Field(description="The work order or technician concerned.")
    state: DeliveryState
    data: EventData
    occurred_at: datetime = Field(description="When the event happened.")
    created_at: datetime
    next_attempt_at: datetime | None
    expires_at: datetime
    finished_at: datetime | None
    last_error: str | None = Field(description="Why the last attempt failed.")
    attempts: list[DeliveryAttemptAnswer]


class RedrivenAnswer(Answer):
    """How many deliveries are on their way again."""

    redriven: int = Field(description="How many are sent again.")
