"""Web Push: subscriptions of devices, what they are told, and what a push service's answer means."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from geo_assign.core.errors import ConflictError, InvalidError, UnavailableError

MOST_SUBSCRIPTIONS = 10
"""So many a technician has at the most."""
DEADLINE_S = 5.0
"""A push service has this long to answer."""
LEASE = timedelta(seconds=DEADLINE_S + 5)
"""A worker that sends a message holds it this long; if the worker dies, another may send it then."""
TOLD_FOR = timedelta(hours=12)
"""What has no deadline of its own is worth telling for so long."""

_FIRST_RETRY_S = 2.0
_LONGEST_RETRY_S = 120.0
_DOUBLINGS = 16


class PushKind(StrEnum):
    """What a technician is told: an offer, that it is gone, work that was given, work that was taken away."""

    OFFER = "offer"
    OFFER_WITHDRAWN = "offer_withdrawn"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"


class PushOutcome(StrEnum):
    """How an attempt ended. `gone`: the subscription is over. `refused`: trying this message again is no use."""

    DELIVERED = "delivered"
    GONE = "gone"
    REFUSED = "refused"
    FAILED = "failed"
    # Nothing was sent: what was to be told was true no more, or too late.
    VOID = "void"


class PushEndpointError(InvalidError):
    """This endpoint cannot be called.

    It is malformed, or leads to a private address that the operator has not allowed; `detail` says which.
    """

    code = "push_endpoint_invalid"


class TooManySubscriptionsError(ConflictError):
    """A technician has at most 10 push subscriptions.

    Delete one that is not used any more.
    """

    code = "too_many_push_subscriptions"


class PushNotSetUpError(UnavailableError):
    """Web Push is not set up.

    The operator has to set `GEO_ASSIGN_VAPID_PRIVATE_KEY`: `geo-assign push-keys` prints one.
    """

    code = "push_not_set_up"


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Where a device is reached, and the keys that only it can read with. None of it is logged."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @property
    def service(self) -> str:
        """The origin of the push service: scheme, host and port."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A device that wants to be woken; it ends with its session. `service`: the push service's origin."""

    id: UUID
    technician_id: UUID
    session_id: UUID
    service: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedPush:
    """A message to send now. `message_id` fences it off from what replaces it; `failures` are those before."""

    subscription_id: UUID
    technician_id: UUID
    work_order_id: UUID
    message_id: UUID
    kind: PushKind
    offer_id: UUID | None
    expires_at: datetime
    at: datetime
    failures: int
    address: PushAddress


def outcome_of_status(status: int) -> PushOutcome:
    """What a push service's answer means: any 2xx is a yes; a redirect is not followed and tried again."""
    if 200 <= status < 300:
        return PushOutcome.DELIVERED
    if status in {404, 410}:
        return PushOutcome.GONE
    if status in {408, 425, 429} or status >= 500 or 300 <= status < 400:
        return PushOutcome.FAILED
    return PushOutcome.REFUSED


def retry_s(failures: int, draw: float) -> float:
    """Seconds to wait after so many failures: between half of a limit and all of it, which doubles each time."""
    limit = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(failures - 1, _DOUBLINGS))
    return limit * (0.5 + 0.5 * draw)
