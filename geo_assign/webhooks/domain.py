"""Webhooks: what may be listened to, what a receiver's answer means, and when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.access.domain import QuotaNearlyUsedEvent
from geo_assign.core.errors import ConflictError, InvalidError
from geo_assign.core.wire import JsonObject, Member, members
from geo_assign.workforce.domain import PresenceChangedEvent
from geo_assign.workorders.domain import EVENTS, GroupRejectedEvent, WorkOrderEvent, WorkOrderEventData


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """A kind of event that other systems are told: its name, when it is sent, and the members of its `data`.

    `detail` holds the members of the member `detail`; None where there is none.
    """

    name: str
    sent_when: str
    data: tuple[Member, ...]
    detail: tuple[Member, ...] | None = None


_ORGANIZATION = Member(
    "organization_id", UUID, "The organization that it happened in.", optional=False, free_text=False
)


def _of_work_order(event: type[WorkOrderEvent]) -> OutgoingEvent:
    data = (_ORGANIZATION, *members(WorkOrderEventData))
    # Where a member holds free text it is missing.
    detail = [replace(one, optional=one.optional or one.free_text) for one in event.members() if one.leaves_the_house]
    return OutgoingEvent(event.type_name(), _first_line(event), data, tuple(detail))


def _first_line(event: type) -> str:
    return (event.__doc__ or "").splitlines()[0]


OUTGOING_EVENTS: Mapping[str, OutgoingEvent] = {
    outgoing.name: outgoing
    for outgoing in (
        *(_of_work_order(event) for event in EVENTS.values() if event.published and event is not GroupRejectedEvent),
        *(
            OutgoingEvent(event.type_name, _first_line(event), (_ORGANIZATION, *members(event)))
            for event in (PresenceChangedEvent, QuotaNearlyUsedEvent)
        ),
    )
}
"""What may be listened to, by name. The API document and `docs/webhooks.md` are held against it."""
EVENT_TYPES = tuple(OUTGOING_EVENTS)
PING = "ping"
"""The event that only a test sends."""

DEADLINE_S = 10.0
"""A receiver has this long to answer completely."""
LEASE = timedelta(seconds=DEADLINE_S + 5)
"""A worker that sends a delivery holds it this long; if the worker dies, another may send it then."""
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
TRIED_FOR = timedelta(days=3)
KEPT_FOR = timedelta(days=30)
EVENTS_KEPT_FOR = timedelta(days=30)
"""How long the feed can be read back. Events are forgotten a day later, so that no reader is told less."""
EVENTS_FORGOTTEN_AFTER = EVENTS_KEPT_FOR + timedelta(days=1)

_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 4 * 3600.0
_FAILURES_TO_OPEN = 5
_FIRST_OPEN_S = 10.0
_LONGEST_OPEN_S = 300.0
_DOUBLINGS = 32


class DeliveryState(StrEnum):
    """What became of telling one event to one receiver."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class Fault(StrEnum):
    """Why an attempt failed, where a receiver answered; without an answer it is the code of an OutboundError."""

    STATUS = "status"
    REDIRECT = "redirect"
    GONE = "gone"
    # It was not even tried any more before its time was over.
    EXPIRED = "expired"


class WebhookUrlError(InvalidError):
    """This URL cannot be called.

    It is malformed, or leads to a private address that the operator has not allowed; `detail` says which.
    """

    code = "webhook_url_invalid"


class WebhookInactiveError(ConflictError):
    """The webhook is not active.

    Nothing is sent to it until it is activated again.
    """

    code = "webhook_inactive"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription. `events` None: all of them; `store_ids` None: those of the whole organization.

    `disabled_because`: why the service switched it off, else None.

    `failures` in a row without an answer that speaks for the receiver; until `opened_until` it is left alone.
    """

    id: UUID
    url: str
    description: str | None
    events: tuple[str, ...] | None
    active: bool
    disabled_because: str | None
    failures: int
    opened_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    store_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One try. `error` None: it was taken. `response` is the beginning of what the receiver said."""

    number: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    response: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one receiver. `attempts` are those whose end is known, oldest first."""

    id: UUID
    webhook_id: UUID
    event_type: str
    subject_id: UUID
    state: DeliveryState
    data: JsonObject
    occurred_at: datetime
    created_at: datetime
    next_attempt_at: datetime | None
    expires_at: datetime
    finished_at: datetime | None
    last_error: str | None
    attempts: tuple[DeliveryAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `error` None: the receiver took it."""

    duration_ms: int
    status_code: int | None = None
    error: str | None = None
    response: str | None = None
    retry_after_s: float | None = None

    @property
    def blames_receiver(self) -> bool:
        """Whether it tells of the receiver as a whole rather than of this one event."""
        return self.error is not None and (
            self.status_code is None or self.status_code == 429 or self.status_code >= 500
        )


@dataclass(frozen=True, slots=True)
class DeliveryVerdict:
    """What becomes of a delivery after an attempt; `next_attempt_at` only while it waits."""

    state: DeliveryState
    next_attempt_at: datetime | None = None


def judge(outcome: Outcome, *, failures: int, at: datetime, expires_at: datetime, draw: float) -> DeliveryVerdict:
    """Delivered, once more later, or dead. `failures` include this one; `draw` is a random number from 0 to 1.

    The last attempt falls on the deadline itself, so that no delivery dies earlier than it was promised.
    """
    if outcome.error is None:
        return DeliveryVerdict(DeliveryState.DELIVERED)
    if outcome.error == Fault.GONE or at >= expires_at:
        return DeliveryVerdict(DeliveryState.DEAD)
    wait_s = max(retry_s(failures, draw), outcome.retry_after_s or 0.0)
    return DeliveryVerdict(DeliveryState.WAITING, min(at + timedelta(seconds=wait_s), expires_at))


def retry_s(failures: int, draw: float) -> float:
    """Seconds to wait after so many failures: full jitter, that is anything up to a limit that doubles each time.

    Receivers that came back together are so not called together.
    """
    return draw * min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(failures - 1, _DOUBLINGS))


def open_s(failures: int) -> float | None:
    """Seconds that a receiver is left alone after so many failures in a row; None: not yet."""
    if failures < _FAILURES_TO_OPEN:
        return None
    return min(_LONGEST_OPEN_S, _FIRST_OPEN_S * 2.0 ** min(failures - _FAILURES_TO_OPEN, _DOUBLINGS))
