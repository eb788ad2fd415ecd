"""Webhooks: who is called when something happens, and what became of each call."""

from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from pydantic import SecretStr

from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.core.idempotency import SecretShownError
from geo_assign.core.secrets import SecretKeysMissingError
from geo_assign.http.editing import create_with_secret, stale_as
from geo_assign.http.operations import LISTENING, Call, Reply, Routes
from geo_assign.http.routes.webhook_models import (
    DeliveriesQuery,
    DeliveryAnswer,
    DeliveryAttemptAnswer,
    RedrivenAnswer,
    RotatedWebhookAnswer,
    SecretWebhookAnswer,
    WebhookAnswer,
    WebhookBody,
    WebhookPatch,
    WebhookTestAnswer,
)
from geo_assign.http.schemas import Listing, PageQuery, changes
from geo_assign.webhooks import queries
from geo_assign.webhooks.commands import deliveries, subscriptions
from geo_assign.webhooks.domain import (
    OLD_SECRET_SIGNS_FOR,
    Delivery,
    Webhook,
    WebhookInactiveError,
    WebhookUrlError,
)

routes = Routes("Webhooks")


@routes.get("/v1/webhooks", access=LISTENING, query=PageQuery, answer=Listing[WebhookAnswer])
def list_webhooks(call: Call[PageQuery, None]) -> Reply:
    """List webhooks.

    Oldest first.
    """
    with call.transaction() as tx:
        page = queries.list_webhooks(tx, call.caller.scope, limit=call.query.limit, cursor=call.query.cursor)
    items = [WebhookAnswer(**_shown(webhook)) for webhook in page.items]
    return Reply(Listing[WebhookAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/webhooks",
    access=LISTENING,
    body=WebhookBody,
    example={"url": "https://example.com/hooks/dispatch", "events": ["work_order.assigned", "work_order.cancelled"]},
    answer=SecretWebhookAnswer,
    status=201,
    creates=True,
    own_transactions=True,
    errors=(WebhookUrlError, SecretKeysMissingError, SecretShownError),
)
def create_webhook(call: Call[None, WebhookBody]) -> Reply:
    """Create a webhook.

    Events that happen from now on are sent to its URL. The answer contains the secret, this once.
    """
    body = call.body
    sender = call.services.webhooks
    sender.check_url(body.url)
    new = subscriptions.NewWebhook(
        url=body.url,
        events=_stored(body.events),
        store_ids=body.store_ids or None,
        description=body.description,
        active=body.active,
    )

    def reply(made: tuple[Webhook, SecretStr]) -> Reply:
        webhook, secret = made
        shown = SecretWebhookAnswer(**_shown(webhook), secret=secret.get_secret_value())
        return Reply(shown, version=webhook.version, headers={"Location": f"/v1/webhooks/{webhook.id}"})

    with call.transaction() as tx:
        return create_with_secret(
            tx,
            call.attempt,
            create=lambda row_id: subscriptions.create_webhook(tx, sender.box, call.caller, new, webhook_id=row_id),
            reply=reply,
            instead="Use `POST /v1/webhooks/{id}/rotate-secret` for a new one.",
        )


@routes.get("/v1/webhooks/{id}", access=LISTENING, answer=WebhookAnswer, errors=(NotFoundError,))
def get_webhook(call: Call[None, None], id: UUID) -> Reply:
    """Read a webhook.

    Without its secret.
    """
    with call.transaction() as tx:
        return _reply(queries.get_webhook(tx, call.caller.scope, id))


@routes.patch(
    "/v1/webhooks/{id}",
    access=LISTENING,
    body=WebhookPatch,
    example={"active": False},
    answer=WebhookAnswer,
    versioned=True,
    own_transactions=True,
    errors=(NotFoundError, StaleError, WebhookUrlError),
)
def update_webhook(call: Call[None, WebhookPatch], id: UUID) -> Reply:
    """Change a webhook.

    While it is not active, events are not kept for it. What waited before goes on when it is active again.
    """
    sent = changes(call.body)
    if "url" in sent:
        with call.transaction() as tx:
            queries.get_webhook(tx, call.caller.scope, id)
        call.services.webhooks.check_url(sent["url"])
    if "events" in sent:
        sent["events"] = _stored(sent["events"])
    if "store_ids" in sent:
        sent["store_ids"] = sent["store_ids"] or None
    with call.transaction() as tx, stale_as(lambda current: WebhookAnswer(**_shown(current))):
        return _reply(subscriptions.update_webhook(tx, call.caller, id, changes=sent, version=call.if_match))


@routes.delete("/v1/webhooks/{id}", access=LISTENING, status=204, errors=(NotFoundError,))
def delete_webhook(call: Call[None, None], id: UUID) -> Reply:
    """Delete a webhook.

    With its log and all deliveries that wait.
    """
    with call.transaction() as tx:
        subscriptions.delete_webhook(tx, call.caller, id)
    return Reply()


@routes.post(
    "/v1/webhooks/{id}/rotate-secret",
    access=LISTENING,
    answer=RotatedWebhookAnswer,
    errors=(NotFoundError, SecretKeysMissingError),
)
def rotate_webhook_secret(call: Call[None, None], id: UUID) -> Reply:
    """Replace the secret of a webhook.

    For a day each event is signed with both secrets.
    """
    with call.transaction() as tx:
        webhook, secret = subscriptions.rotate_secret(tx, call.services.webhooks.box, call.caller, id)
        until = tx.now() + OLD_SECRET_SIGNS_FOR
    shown = RotatedWebhookAnswer(**_shown(webhook), secret=secret.get_secret_value(), previous_secret_until=until)
    return Reply(shown, version=webhook.version)


@routes.post(
    "/v1/webhooks/{id}/test",
    access=LISTENING,
    answer=WebhookTestAnswer,
    own_transactions=True,
    errors=(NotFoundError,),
)
def test_webhook(call: Call[None, None], id: UUID) -> Reply:
    """Send a test event to a webhook.

    A signed `ping`, at once. The answer says what the receiver said; it is not logged as a delivery.
    """
    outcome = call.services.webhooks.test(call.caller, id)
    return Reply(
        WebhookTestAnswer(
            ok=outcome.error is None,
            status_code=outcome.status_code,
            duration_ms=outcome.duration_ms,
            error=outcome.error,
            response=outcome.response,
        )
    )


@routes.get(
    "/v1/webhooks/{id}/deliveries",
    access=LISTENING,
    query=DeliveriesQuery,
    answer=Listing[DeliveryAnswer],
    errors=(NotFoundError,),
)
def list_webhook_deliveries(call: Call[DeliveriesQuery, None], id: UUID) -> Reply:
    """List the deliveries of a webhook.

    Those of the last 30 days and those that wait, newest first, with every attempt.
    """
    query = call.query
    with call.transaction() as tx:
        page = queries.list_deliveries(
            tx, call.caller.scope, id, states=query.state, events=query.event, limit=query.limit, cursor=query.cursor
        )
    items = [_delivery(delivery) for delivery in page.items]
    return Reply(Listing[DeliveryAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/webhooks/{id}/deliveries/{delivery_id}/redrive",
    access=LISTENING,
    answer=DeliveryAnswer,
    errors=(NotFoundError, WebhookInactiveError),
)
def redrive_webhook_delivery(call: Call[None, None], id: UUID, delivery_id: UUID) -> Reply:
    """Send a delivery again.

    Under its id, whatever its state. Later events of the same subject wait for it.
    """
    with call.transaction() as tx:
        deliveries.redrive(tx, call.caller, id, delivery_id)
        return Reply(_delivery(queries.get_delivery(tx, call.caller.scope, id, delivery_id)))


@routes.post(
    "/v1/webhooks/{id}/redrive",
    access=LISTENING,
    answer=RedrivenAnswer,
    errors=(NotFoundError, WebhookInactiveError),
)
def redrive_webhook(call: Call[None, None], id: UUID) -> Reply:
    """Send all dead deliveries of a webhook again."""
    with call.transaction() as tx:
        return Reply(RedrivenAnswer(redriven=deliveries.redrive_dead(tx, call.caller, id)))


def _stored(events: str | tuple[str, ...]) -> tuple[str, ...] | None:
    return None if isinstance(events, str) else events


class _ShownWebhook(TypedDict):
    """The members of `WebhookAnswer`."""

    id: UUID
    url: str
    events: Literal["all"] | list[str]
    store_ids: list[UUID]
    description: str | None
    active: bool
    disabled_because: str | None
    failures: int
    paused_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


def _shown(webhook: Webhook) -> _ShownWebhook:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": "all" if webhook.events is None else list(webhook.events),
        "store_ids": list(webhook.store_ids or ()),
        "description": webhook.description,
        "active": webhook.active,
        "disabled_because": webhook.disabled_because,
        "failures": webhook.failures,
        "paused_until": webhook.opened_until,
        "version": webhook.version,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    }


def _reply(webhook: Webhook) -> Reply:
    return Reply(WebhookAnswer(**_shown(webhook)), version=webhook.version)


def _delivery(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=delivery.id,
        event=delivery.event_type,
        subject_id=delivery.subject_id,
        state=delivery.state,
        data=delivery.data,
        occurred_at=delivery.occurred_at,
        created_at=delivery.created_at,
        next_attempt_at=delivery.next_attempt_at,
        expires_at=delivery.expires_at,
        finished_at=delivery.finished_at,
        last_error=delivery.last_error,
        attempts=[DeliveryAttemptAnswer.model_validate(attempt) for attempt in delivery.attempts],
    )
