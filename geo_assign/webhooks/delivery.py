"""The call to a receiver: one attempt from claim to record, with no transaction open during the call."""

import random
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Caller, Scope
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import FieldProblem, NotFoundError
from geo_assign.core.given_urls import find_objection
from geo_assign.core.ids import new_id
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundError,
    OutboundResponse,
)
from geo_assign.core.retry_after import retry_after_s
from geo_assign.core.secrets import SecretBox, SecretUnreadableError
from geo_assign.core.telemetry import counter, get_logger, histogram
from geo_assign.webhooks.commands.deliveries import ClaimedDelivery, claim, note_answer, open_secrets, record
from geo_assign.webhooks.domain import DEADLINE_S, PING, DeliveryState, DeliveryVerdict, Fault, Outcome, WebhookUrlError
from geo_assign.webhooks.queries import get_webhook
from geo_assign.webhooks.signing import body_of, headers_of

_ATTEMPTS = counter("webhook_attempts", "Attempts to deliver an event, by outcome.", ("outcome",))
_ENDED = counter("webhook_deliveries", "Deliveries that came to an end.", ("state",))
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _state in (DeliveryState.DELIVERED, DeliveryState.DEAD):
    _ENDED.labels(_state.value)
_CALL_S = histogram("webhook_call_seconds", "Duration of calls to receivers.")

_READ_BYTES = 16_384
_KEPT_BYTES = 1_024

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what is due. `database` is the application role's; safe to share between threads."""

    database: Database
    client: OutboundClient
    box: SecretBox

    def send_next(self, org_id: UUID, webhook_id: UUID) -> bool:
        """Make one attempt of one delivery that is due. False: there is nothing (left) to send to this webhook."""
        try:
            job = self.database.run(org_id, lambda tx: claim(tx, self.box, webhook_id))
        except NotFoundError:
            return False
        except SecretUnreadableError:
            _log.error("webhook_secret_unreadable", webhook_id=str(webhook_id))
            return False
        if job is None:
            return False
        outcome = self.attempt(job)
        verdict = self.database.run(org_id, lambda tx: record(tx, job, outcome, draw=random.random()))  # noqa: S311
        _tell(job, outcome, verdict)
        return True

    def attempt(self, job: ClaimedDelivery) -> Outcome:
        """Call the receiver. Touches no database, raises nothing that the network could bring about."""
        body = body_of(job.event_type, occurred_at=job.occurred_at, data=job.data)
        headers = headers_of(job.delivery_id, body, job.secrets, at=job.at)
        began = monotonic()
        try:
            with _CALL_S.time():
                answer = self.client.request(
                    "POST", job.url, deadline_s=DEADLINE_S, headers=headers, body=body, max_bytes=_READ_BYTES, cut=True
                )
        except OutboundError as error:
            return Outcome(duration_ms=_ms_since(began), error=error.code)
        return outcome_of(answer, duration_ms=_ms_since(began), asked_at=job.at)

    def test(self, caller: Caller, webhook_id: UUID) -> Outcome:
        """Send a signed ping now, whatever waits, and say what came back. Raises NotFoundError.

        A receiver that takes it is sent what waits for it at once, if it was being left alone.
        """
        job = self.database.run(caller.org_id, lambda tx: _ping(tx, caller.scope, self.box, webhook_id))
        outcome = self.attempt(job)
        if outcome.error is None:
            self.database.run(caller.org_id, lambda tx: note_answer(tx, webhook_id))
        return outcome

    def check_url(self, url: str) -> None:
        """Refuse a URL that could not be called, or ought not to be. Raises WebhookUrlError."""
        objection = find_objection(
            self.client,
            url,
            malformed="Give an https URL with a host and without credentials in it.",
            insecure="Over the open internet a webhook is https.",
        )
        if objection is not None:
            raise WebhookUrlError(objection, errors=[FieldProblem("/url", WebhookUrlError.code, objection)])


def outcome_of(answer: OutboundResponse, *, duration_ms: int, asked_at: datetime) -> Outcome:
    """What a complete answer means: any 2xx is a yes."""
    status = answer.status
    error = None
    if status == 410:
        error = Fault.GONE
    elif 300 <= status < 400:
        error = Fault.REDIRECT
    elif not 200 <= status < 300:
        error = Fault.STATUS
    return Outcome(
        duration_ms=duration_ms,
        status_code=status,
        error=error,
        response=_beginning(answer),
        retry_after_s=None if error is None else retry_after_s(answer.headers, asked_at=asked_at),
    )


def _ping(tx: Tx, scope: Scope, box: SecretBox, webhook_id: UUID) -> ClaimedDelivery:
    webhook, now = get_webhook(tx, scope, webhook_id), tx.now()
    return ClaimedDelivery(
        webhook_id=webhook_id,
        delivery_id=new_id(),
        number=1,
        url=webhook.url,
        event_type=PING,
        occurred_at=now,
        at=now,
        data={"organization_id": str(tx.org_id), "webhook_id": str(webhook_id)},
        secrets=open_secrets(tx, box, webhook_id, at=now),
    )


def _beginning(answer: OutboundResponse) -> str:
    # PostgreSQL keeps no NUL in a text.
    return answer.body[:_KEPT_BYTES].decode("utf-8", errors="ignore").replace("\0", "")


def _ms_since(began: float) -> int:
    return round((monotonic() - began) * 1000)


def _tell(job: ClaimedDelivery, outcome: Outcome, verdict: DeliveryVerdict | None) -> None:
    """Count an attempt, and log what an operator may have to look at. Neither URL nor body is written."""
    _ATTEMPTS.labels(outcome.error or "delivered").inc()
    if verdict is None or verdict.state is DeliveryState.WAITING:
        return
    _ENDED.labels(verdict.state).inc()
    if verdict.state is DeliveryState.DEAD:
        ids = {"webhook_id": str(job.webhook_id), "delivery_id": str(job.delivery_id)}
        _log.warning("webhook_delivery_dead", **ids, error=outcome.error, status_code=outcome.status_code)
