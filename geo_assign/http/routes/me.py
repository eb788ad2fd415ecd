"""The caller's own account: profile, stores and groups in scope, duty."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import Field

from geo_assign.access.queries import get_organization, get_user
from geo_assign.core.db import Tx
from geo_assign.core.paging import MAX_LIMIT, Page
from geo_assign.dispatch.commands.duty import go_off_duty, go_on_duty
from geo_assign.http.csrf import csrf_token
from geo_assign.http.operations import ALL_ROLES, TECHNICIANS, Call, Reply, Routes
from geo_assign.http.routes.sessions import AccountAnswer
from geo_assign.http.schemas import Answer, Body, PointAnswer
from geo_assign.workforce.domain import InactiveError
from geo_assign.workforce.queries import get_technician, list_groups, list_stores

T = TypeVar("T")

routes = Routes("Me")


class OrganizationAnswer(Answer):
    """The organization that the caller belongs to."""

    id: UUID
    slug: str
    name: str


class VisibleStoreAnswer(Answer):
    """A store that the caller sees."""

    id: UUID
    slug: str
    name: str
    timezone: str
    location: PointAnswer


class VisibleGroupAnswer(Answer):
    """A service group that the caller sees."""

    id: UUID
    slug: str
    name: str
    store_id: UUID


class MeAnswer(Answer):
    """Who calls, and what the caller sees. `csrf_token` is null where no secret keys are configured."""

    user: AccountAnswer
    organization: OrganizationAnswer
    stores: list[VisibleStoreAnswer]
    groups: list[VisibleGroupAnswer]
    technician_id: UUID | None
    csrf_token: str | None
    server_now: datetime


class PresenceBody(Body):
    """Whether the technician works now."""

    on_duty: bool


class PresenceAnswer(Answer):
    """Whether the technician is on duty, and since when that is so."""

    on_duty: bool
    changed_at: datetime | None = Field(description="Since when.")


@routes.get("/v1/me", access=ALL_ROLES, answer=MeAnswer)
def get_me(call: Call[None, None]) -> Reply:
    """Read your account.

    With your organization, and the stores and service groups that you see.
    """
    caller, settings = call.caller, call.services.settings
    with call.transaction() as tx:
        stores = _all(lambda cursor: list_stores(tx, caller.scope, active=True, limit=MAX_LIMIT, cursor=cursor))
        groups = _all(lambda cursor: list_groups(tx, caller.scope, active=True, limit=MAX_LIMIT, cursor=cursor))
        return Reply(
            MeAnswer(
                user=AccountAnswer.model_validate(get_user(tx, caller.id)),
                organization=OrganizationAnswer.model_validate(get_organization(tx)),
                stores=[VisibleStoreAnswer.model_validate(store) for store in stores],
                groups=[VisibleGroupAnswer.model_validate(group) for group in groups],
                technician_id=caller.technician_id,
                csrf_token=csrf_token(settings, caller.session_id)
                if caller.session_id and settings.fernet_keys
                else None,
                server_now=tx.now(),
            )
        )


@routes.put(
    "/v1/me/presence",
    access=TECHNICIANS,
    body=PresenceBody,
    example={"on_duty": True},
    answer=PresenceAnswer,
    own_transactions=True,
    errors=(InactiveError,),
)
def put_presence(call: Call[None, PresenceBody]) -> Reply:
    """Go on or off duty.

    Positions are accepted on duty only. Going off duty withdraws your open offers at once.
    """
    caller, technician_id = call.caller, call.caller.technician_id
    if technician_id is None:
        raise InactiveError("There is no active technician for this user.")
    with call.transaction() as tx:
        waiting = _change(tx, call, technician_id)
        technician = get_technician(tx, caller.scope, technician_id)
    for order_id in waiting:
        call.services.dispatch.evaluate(caller.org_id, order_id)
    return Reply(PresenceAnswer(on_duty=technician.on_duty, changed_at=technician.duty_changed_at))


def _change(tx: Tx, call: Call[None, PresenceBody], technician_id: UUID) -> list[UUID]:
    if call.body.on_duty:
        go_on_duty(tx, technician_id)
        return []
    return go_off_duty(tx, call.caller, technician_id)


def _all(fetch: Callable[[str | None], Page[T]]) -> list[T]:
    """Every item of every page."""
    found: list[T] = []
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
