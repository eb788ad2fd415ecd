"""The call to a push service: claimed, sent with no transaction open, and then dropped or put off."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from webpush import WebPush
from webpush.types import WebPushKeys, WebPushSubscription

from geo_assign.access.domain import EVERYTHING
from geo_assign.access.queries import get_language
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import FieldProblem
from geo_assign.core.given_urls import find_objection
from geo_assign.core.outbound import (
    OutboundClient,
    OutboundError,
    OutboundInvalidUrlError,
    OutboundRefusedError,
)
from geo_assign.core.retry_after import retry_after_s
from geo_assign.core.secrets import SecretBox, SecretUnreadableError
from geo_assign.core.telemetry import get_logger, push_attempts
from geo_assign.core.vapid import VapidKeys
from geo_assign.phones.push_texts import push_document
from geo_assign.push.commands import claim_push, drop_push, drop_subscription, put_off_push
from geo_assign.push.domain import (
    DEADLINE_S,
    ClaimedPush,
    PushAddress,
    PushEndpointError,
    PushKind,
    PushOutcome,
    outcome_of_status,
    retry_s,
)
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.queries import get_store, get_technician
from geo_assign.workorders.domain import BookingState, OfferNotFoundError, OfferState, WorkOrderNotFoundError
from geo_assign.workorders.queries import get_offer, get_work_order, list_bookings

_READ_BYTES = 4_096

_log = get_logger()


class PushAttempt(NamedTuple):
    """How an attempt ended, and how long the push service asks to be left alone."""

    outcome: PushOutcome
    retry_after_s: float | None = None


class _Origin(NamedTuple):
    """What a token is for: the library reads these two of an endpoint, and would leave out the port."""

    scheme: str
    host: str


@dataclass(frozen=True, slots=True)
class PushSender:
    """Sends what is due. `database` is the application role's; safe to share between threads."""

    database: Database
    client: OutboundClient
    box: SecretBox
    keys: VapidKeys | None

    def send_next(self, org_id: UUID, subscription_id: UUID) -> PushOutcome | None:
        """Send the device's next message that is due. None: there is nothing (left) to send."""
        try:
            claimed = self.database.run(org_id, lambda tx: _claim(tx, self.box, subscription_id))
        except SecretUnreadableError:
            _log.error("push_secret_unreadable", subscription_id=str(subscription_id))
            return None
        if claimed is None or self.keys is None:
            return None
        message, document = claimed
        attempt = PushAttempt(PushOutcome.VOID) if document is None else self.attempt(self.keys, message, document)
        self.database.run(org_id, lambda tx: _record(tx, message, attempt, draw=random.random()))  # noqa: S311
        push_attempts.labels(attempt.outcome).inc()
        if attempt.outcome is PushOutcome.REFUSED:
            _log.warning("push_refused", subscription_id=str(subscription_id))
        return attempt.outcome

    def attempt(self, keys: VapidKeys, message: ClaimedPush, document: bytes) -> PushAttempt:
        """Call the push service. Touches no database, raises nothing that the network could bring about."""
        ttl_s = max(0, int((message.expires_at - message.at).total_seconds()))
        encrypted, authorization = _encrypt(keys, message.address, document)
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s),
            # What is newer of a work order takes the place of what still waits at the push service.
            "Topic": message.work_order_id.hex,
            "Urgency": "high",
        }
        try:
            answer = self.client.request(
                "POST",
                message.address.endpoint,
                deadline_s=DEADLINE_S,
                headers=headers,
                body=encrypted,
                max_bytes=_READ_BYTES,
                cut=True,
            )
        except (OutboundRefusedError, OutboundInvalidUrlError):
            return PushAttempt(PushOutcome.REFUSED)
        except OutboundError:
            return PushAttempt(PushOutcome.FAILED)
        return PushAttempt(outcome_of_status(answer.status), retry_after_s(answer.headers, asked_at=message.at))

    def check_endpoint(self, url: str) -> None:
        """Refuse an endpoint that could not be called, or ought not to be. Raises PushEndpointError."""
        objection = find_objection(
            self.client,
            url,
            malformed="Give the https URL that the browser gave, without credentials in it.",
            insecure="A push service is called over https.",
        )
        if objection is not None:
            raise PushEndpointError(objection, errors=[FieldProblem("/endpoint", PushEndpointError.code, objection)])


def _claim(tx: Tx, box: SecretBox, subscription_id: UUID) -> tuple[ClaimedPush, bytes | None] | None:
    """A message with its payload; None in the place of that which is true no more, or too late."""
    message = claim_push(tx, box, subscription_id)
    if message is None:
        return None
    try:
        if message.expires_at <= message.at or not _HOLDS[message.kind](tx, message):
            return message, None
        order = get_work_order(tx, EVERYTHING, message.work_order_id)
    except (WorkOrderNotFoundError, OfferNotFoundError):
        return message, None
    zone = get_zone(get_store(tx, EVERYTHING, order.store_id).timezone)
    language = get_language(tx, get_technician(tx, EVERYTHING, message.technician_id).user_id)
    return message, orjson.dumps(push_document(message, order, zone, language), option=orjson.OPT_UTC_Z)


def _is_offered(tx: Tx, message: ClaimedPush) -> bool:
    return message.offer_id is not None and get_offer(tx, message.offer_id).state is OfferState.OFFERED


def _is_assigned(tx: Tx, message: ClaimedPush) -> bool:
    return any(
        one.technician_id == message.technician_id and one.state is BookingState.ASSIGNED
        for one in list_bookings(tx, message.work_order_id)
    )


_HOLDS: dict[PushKind, Callable[[Tx, ClaimedPush], bool]] = {
    PushKind.OFFER: _is_offered,
    PushKind.ASSIGNED: _is_assigned,
    # What came to an end stays so; what came after it has replaced the message.
    PushKind.OFFER_WITHDRAWN: lambda _tx, _message: True,
    PushKind.UNASSIGNED: lambda _tx, _message: True,
}


def _record(tx: Tx, message: ClaimedPush, attempt: PushAttempt, *, draw: float) -> None:
    """Drop the message, or put it off; its deadline is the end of all tries."""
    if attempt.outcome is PushOutcome.GONE:
        drop_subscription(tx, message.subscription_id)
        return
    wait_s = max(retry_s(message.failures + 1, draw), attempt.retry_after_s or 0.0)
    until = tx.now() + timedelta(seconds=wait_s)
    if attempt.outcome is PushOutcome.FAILED and until < message.expires_at:
        put_off_push(tx, message, until=until)
    else:
        drop_push(tx, message)


def _encrypt(keys: VapidKeys, address: PushAddress, document: bytes) -> tuple[bytes, str]:
    """The body and the Authorization header. The library's object is not to be shared by threads."""
    library = WebPush(private_key=keys.private_pem, public_key=keys.public_pem, subscriber=keys.contact)
    subscription = WebPushSubscription(
        endpoint=address.endpoint, keys=WebPushKeys(auth=_url_safe(address.auth), p256dh=_url_safe(address.p256dh))
    )
    encrypted: bytes = library.get(document, subscription).encrypted
    parts = urlsplit(address.endpoint)
    authorization: str = library.vapid.get_authorization_header(
        endpoint=_Origin(parts.scheme, parts.netloc), subscriber=keys.contact, expiration=library.expiration
    )
    return encrypted, authorization


def _url_safe(text: str) -> str:
    return text.strip().rstrip("=").replace("+", "-").replace("/", "_")
