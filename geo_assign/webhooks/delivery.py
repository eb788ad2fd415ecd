"""The calls to a receiver, from claim to record, with no transaction open during a call."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from geo_assign.access.domain import Caller, Scope
from geo_assign.core.conversation import Conversation
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import FieldProblem, NotFoundError
from geo_assign.core.given_urls import find_objection
from geo_assign.core.ids import new_id
from geo_assign.core.outbound import OutboundClient, OutboundError, OutboundResponse
from geo_assign.core.retry_after import retry_after_s
from geo_assign.core.secrets import SecretBox, SecretUnreadableError
from geo_assign.core.telemetry import counter, get_logger, histogram
from geo_assign.webhooks.commands.deliveries import (
    Attempted,
    ClaimedDelivery,
    claim_some,
    note_answer,
    open_secrets,
    record_all,
)
from geo_assign.webhooks.domain import DEADLINE_S, PING, DeliveryState, DeliveryVerdict, Fault, Outcome, WebhookUrlError
from geo_assign.webhooks.queries import get_webhook
from geo_assign.webhooks.signing import body_of, headers_of

_ATTEMPTS = counter("webhook_attempts", "Attempts to deliver an event, by outcome.", ("outcome",))
_ENDED = counter("webhook_deliveries", "Deliveries that came to an end.", ("state",))
# Known from the start, so that the first of a kind is an increase to Prometheus.
for _state in (DeliveryState.DELIVERED, DeliveryState.DEAD):
    _ENDED.labels(_state.value)
_CALL_S = histogram("webhook_call_seconds", "Duration of calls to receivers.")

AT_ONCE = 32
"""Deliveries that are sent between two transactions, if the receiver answers quickly."""
# With the deadline of the last call this stays within the lease.
_BEGIN_WITHIN_S = 1.0
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
        jobs = self._turn(org_id, webhook_id, [], at_most=1)
        with Conversation(self.client) as talk:
            self._turn(org_id, webhook_id, _attempt_all(talk, jobs), at_most=0)
        return bool(jobs)

    def send_all(self, org_id: UUID, webhook_id: UUID, *, goes_on: Callable[[], bool]) -> bool:
        """Send all that is due to one webhook, as long as it `goes_on`; whether something was left.

        Some are sent between two transactions, each about another subject: that they were is written together with the
        claim of the next. One that dies in between has them sent again, in the same order of each subject.
        """
        attempts: list[Attempted] = []
        with Conversation(self.client) as talk:
            while jobs := self._turn(org_id, webhook_id, attempts, at_most=AT_ONCE if goes_on() else 0):
                attempts = _attempt_all(talk, jobs)
        return bool(attempts) and not goes_on()

    def _turn(
        self, org_id: UUID, webhook_id: UUID, attempts: Sequence[Attempted], *, at_most: int
    ) -> list[ClaimedDelivery]:
        """Record attempts and claim the next deliveries."""

        def turn(tx: Tx) -> tuple[list[DeliveryVerdict | None], list[ClaimedDelivery], bool]:
            verdicts = record_all(tx, webhook_id, attempts) if attempts else []
            try:
                return verdicts, claim_some(tx, self.box, webhook_id, at_most=at_most) if at_most else [], True
            except NotFoundError:
                return verdicts, [], True
            except SecretUnreadableError:
                return verdicts, [], False

        verdicts, jobs, is_readable = self.database.run(org_id, turn)
        for one, verdict in zip(attempts, verdicts, strict=True):
            if one.outcome is not None:
                _tell(one.job, one.outcome, verdict)
        if not is_readable:
            _log.error("webhook_secret_unreadable", webhook_id=str(webhook_id))
        return jobs

    def attempt(self, job: ClaimedDelivery) -> Outcome:
        """Call the receiver. Touches no database, raises nothing that the network could bring about."""
        with Conversation(self.client) as talk:
            return _attempt(talk, job)

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


def _attempt_all(talk: Conversation, jobs: Sequence[ClaimedDelivery]) -> list[Attempted]:
    """Attempt one after the other. What is not begun in time, or once the receiver has failed, is left to others."""
    began, stops = monotonic(), False
    attempts = []
    for job in jobs:
        stops = stops or monotonic() - began > _BEGIN_WITHIN_S
        outcome = None if stops else _attempt(talk, job)
        attempts.append(Attempted(job, outcome, random.random()))  # noqa: S311
        stops = stops or (outcome is not None and (outcome.blames_receiver or outcome.error == Fault.GONE))
    return attempts


def _attempt(talk: Conversation, job: ClaimedDelivery) -> Outcome:
    body = body_of(job.event_type, occurred_at=job.occurred_at, data=job.data)
    headers = headers_of(job.delivery_id, body, job.secrets, at=job.at)
    began = monotonic()
    try:
        with _CALL_S.time():
            answer = talk.post(job.url, deadline_s=DEADLINE_S, headers=headers, body=body, max_bytes=_READ_BYTES)
    except OutboundError as error:
        return Outcome(duration_ms=_ms_since(began), error=error.code)
    return outcome_of(answer, duration_ms=_ms_since(began), asked_at=job.at)


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
