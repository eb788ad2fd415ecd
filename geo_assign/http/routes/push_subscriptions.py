"""Push subscriptions of a technician's devices."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import ForbiddenError, InvalidError, NotFoundError
from geo_assign.core.secrets import SecretKeysMissingError
from geo_assign.http.operations import TECHNICIANS, Call, Reply, Routes
from geo_assign.http.routes.presence import own_technician
from geo_assign.http.schemas import Answer, Body
from geo_assign.push.commands import put_subscription, remove_subscription
from geo_assign.push.domain import (
    PushAddress,
    PushEndpointError,
    PushNotSetUpError,
    TooManySubscriptionsError,
)
from geo_assign.push.keys import require_keys
from geo_assign.workforce.domain import InactiveError

routes = Routes("Me")

Endpoint = Annotated[str, Field(min_length=1, max_length=2_000)]
Key = Annotated[str, Field(min_length=1, max_length=200)]


class PushKeysBody(Body):
    """The keys of a subscription, `p256dh` and `auth`, in base64 for URLs."""

    p256dh: Key
    auth: Key


class PushSubscriptionBody(Body):
    """What a browser's `PushSubscription` is as JSON. `p256dh` and `auth` may also stand beside the `endpoint`."""

    endpoint: Endpoint
    keys: PushKeysBody | None = None
    p256dh: Key | None = None
    auth: Key | None = None
    expiration_time: float | None = Field(None, alias="expirationTime", description="Is not used.")

    def address(self) -> PushAddress:
        """Raises InvalidError where keys are missing."""
        p256dh, auth = (self.keys.p256dh, self.keys.auth) if self.keys is not None else (self.p256dh, self.auth)
        if p256dh is None or auth is None:
            raise InvalidError.at("/keys", "missing", "Send the keys `p256dh` and `auth` of the subscription.")
        return PushAddress(self.endpoint, p256dh, auth)


class PushSubscriptionAnswer(Answer):
    """A device that is woken as long as `session_id` lasts. Endpoint and keys are not told again."""

    id: UUID
    session_id: UUID
    service: str = Field(description="The push service.")
    created_at: datetime
    updated_at: datetime


@routes.put(
    "/v1/me/push-subscriptions/{id}",
    access=TECHNICIANS,
    body=PushSubscriptionBody,
    example={
        "endpoint": "https://push.example.com/send/4f1c",
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    },
    answer=PushSubscriptionAnswer,
    own_transactions=True,
    errors=(
        PushEndpointError,
        PushNotSetUpError,
        SecretKeysMissingError,
        TooManySubscriptionsError,
        NotFoundError,
        InactiveError,
        ForbiddenError,
    ),
)
def put_push_subscription(call: Call[None, PushSubscriptionBody], id: UUID) -> Reply:
    """Have this device woken by Web Push.

    Of offers and work that come and go, until the session ends. You choose the id; send the subscription again at each
    start of the app.
    """
    technician_id, session_id = own_technician(call), call.caller.session_id
    sender = call.services.push
    if session_id is None:
        raise ForbiddenError
    if sender.keys is None:
        raise PushNotSetUpError
    address = call.body.address()
    require_keys(address)
    sender.check_endpoint(address.endpoint)
    with call.transaction() as tx:
        put = put_subscription(tx, sender.box, technician_id, id, session_id=session_id, address=address)
    return Reply(PushSubscriptionAnswer.model_validate(put))


@routes.delete("/v1/me/push-subscriptions/{id}", access=TECHNICIANS, status=204, errors=(NotFoundError, InactiveError))
def delete_push_subscription(call: Call[None, None], id: UUID) -> Reply:
    """Have a device woken no more."""
    with call.transaction() as tx:
        remove_subscription(tx, own_technician(call), id)
    return Reply()
