"""The caller's own account: profile, stores and groups in scope."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import Field

from geo_assign.access.commands import set_organization_language, set_own_language
from geo_assign.access.domain import Caller
from geo_assign.access.queries import get_api_key, get_organization, get_user
from geo_assign.core.db import Tx
from geo_assign.core.languages import Language
from geo_assign.core.paging import MAX_LIMIT, Page
from geo_assign.http.csrf import csrf_token
from geo_assign.http.operations import ADMINISTRATORS, ALL_ROLES, OWN_STORES, Call, Lane, Reply, Routes
from geo_assign.http.routes.presence import PresenceAnswer, presence_answer
from geo_assign.http.routes.sessions import AccountAnswer
from geo_assign.http.schemas import Answer, Body, PointAnswer
from geo_assign.workforce.queries import list_groups, list_stores

T = TypeVar("T")

routes = Routes("Me")


class OrganizationAnswer(Answer):
    """The organization that the caller belongs to."""

    id: UUID
    slug: str
    name: str
    language: Language = Field(description="Of mails and push messages to users who chose none.")


class LanguageBody(Body):
    """The language that you are written to in."""

    language: Language | None = Field(description="Of mails and push messages. Null: the organization's.")


class OrganizationLanguageBody(Body):
    """The language of mails and push messages to users who chose none."""

    language: Language = Field(description="Which one.")


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


class OwnKeyAnswer(Answer):
    """The API key that calls. Without `store_ids` it is for the whole organization."""

    id: UUID
    name: str
    scopes: list[str]
    store_ids: list[UUID]
    expires_at: datetime | None


class MeAnswer(Answer):
    """Who calls, a `user` or an `api_key`, and what the caller sees.

    `csrf_token` is null where no secret keys are configured.
    """

    user: AccountAnswer | None
    api_key: OwnKeyAnswer | None
    organization: OrganizationAnswer
    stores: list[VisibleStoreAnswer]
    groups: list[VisibleGroupAnswer]
    technician_id: UUID | None
    presence: PresenceAnswer | None = Field(description="Of technicians.")
    session_expires_at: datetime | None = Field(description="When the log-in ends, unless it is used.")
    csrf_token: str | None
    server_now: datetime


@routes.get("/v1/me", access=OWN_STORES, answer=MeAnswer)
def get_me(call: Call[None, None]) -> Reply:
    """Read your account, or your API key.

    With your organization, and the stores and service groups that you see.
    """
    caller, settings = call.caller, call.services.settings
    with call.transaction() as tx:
        stores = _all(lambda cursor: list_stores(tx, caller.scope, active=True, limit=MAX_LIMIT, cursor=cursor))
        groups = _all(lambda cursor: list_groups(tx, caller.scope, active=True, limit=MAX_LIMIT, cursor=cursor))
        return Reply(
            MeAnswer(
                user=None if caller.role is None else AccountAnswer.model_validate(get_user(tx, caller.id)),
                api_key=_own_key(tx, caller) if caller.role is None else None,
                organization=OrganizationAnswer.model_validate(get_organization(tx)),
                stores=[VisibleStoreAnswer.model_validate(store) for store in stores],
                groups=[VisibleGroupAnswer.model_validate(group) for group in groups],
                technician_id=caller.technician_id,
                presence=None if caller.technician_id is None else presence_answer(tx, caller.technician_id),
                session_expires_at=caller.expires_at,
                csrf_token=csrf_token(settings, caller.session_id)
                if caller.session_id and settings.fernet_keys
                else None,
                server_now=tx.now(),
            )
        )


@routes.patch(
    "/v1/me", access=ALL_ROLES, body=LanguageBody, example={"language": "pt"}, answer=AccountAnswer, lane=Lane.PHONES
)
def update_me(call: Call[None, LanguageBody]) -> Reply:
    """Choose the language that you are written to in."""
    with call.transaction() as tx:
        return Reply(AccountAnswer.model_validate(set_own_language(tx, call.caller, call.body.language)))


@routes.put(
    "/v1/organization/language",
    access=ADMINISTRATORS,
    body=OrganizationLanguageBody,
    example={"language": "de"},
    answer=OrganizationAnswer,
)
def put_organization_language(call: Call[None, OrganizationLanguageBody]) -> Reply:
    """Choose the language for users who chose none."""
    with call.transaction() as tx:
        set_organization_language(tx, call.caller, call.body.language)
        return Reply(OrganizationAnswer.model_validate(get_organization(tx)))


def _own_key(tx: Tx, caller: Caller) -> OwnKeyAnswer:
    key = get_api_key(tx, caller.id)
    return OwnKeyAnswer(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        store_ids=sorted(caller.scope.store_ids),
        expires_at=key.expires_at,
    )


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
