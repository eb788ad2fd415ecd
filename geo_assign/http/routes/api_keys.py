"""API keys: how machines log in."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from geo_assign.access import queries as access
from geo_assign.access.commands import revoke_api_key, rotate_api_key
from geo_assign.access.domain import ApiKey, ApiScope, KeyRevokedError, TakenError
from geo_assign.access.key_terms import KeyTerms, WebOrigin
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.idempotency import SecretShownError
from geo_assign.http.editing import create_with_secret, stale_as, unsent
from geo_assign.http.operations import ADMINISTRATORS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, Instant, Listing, PageQuery, Patch, ShortText, changes
from geo_assign.workforce import commands, queries

routes = Routes("API keys")

Scopes = Annotated[tuple[ApiScope, ...], Field(min_length=1, max_length=10)]
StoreIds = Annotated[tuple[UUID, ...], Field(max_length=200)]
WebOrigins = Annotated[tuple[WebOrigin, ...], Field(max_length=50, description="Sites of a publishable key.")]
LeadsPerDay = Annotated[int | None, Field(ge=1, le=100_000, description="Of a publishable key; usually 200.")]


class ApiKeyBody(Body):
    """A key to be made. One with the scope `widget` has no other, and needs stores and sites."""

    name: ShortText
    scopes: Scopes
    store_ids: StoreIds = Field((), description="Hold the key to these stores; none: the whole organization.")
    expires_at: Instant | None = None
    web_origins: WebOrigins = ()
    leads_per_day: LeadsPerDay = None


class ApiKeyPatch(Patch):
    """What changes. The token stays as it is."""

    name: ShortText = unsent()
    scopes: Scopes = unsent()
    store_ids: StoreIds = unsent()
    expires_at: Instant | None = None
    web_origins: WebOrigins = unsent("Sites of a publishable key.")
    leads_per_day: LeadsPerDay = None


class RotationBody(Body):
    """For how long the present token works beside the new one."""

    overlap_hours: float = Field(24, ge=0, le=24 * 30, description="0: the present token ends at once.")


class ApiKeyAnswer(Answer):
    """A key without its token, whose end is `hint`. One with `web_origins` and `leads_per_day` has another `kind`."""

    id: UUID
    name: str
    kind: Literal["secret", "publishable"]
    hint: str
    scopes: list[str]
    store_ids: list[UUID]
    web_origins: list[str]
    leads_per_day: int | None
    created_at: datetime
    created_by: str | None = Field(description="The user's name.")
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None
    previous_token_until: datetime | None = Field(description="The token before works until then.")


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new key. `token` is told this once; a retry answers 409 `secret_shown`."""

    token: str


@routes.get("/v1/api-keys", access=ADMINISTRATORS, query=PageQuery, answer=Listing[ApiKeyAnswer])
def list_api_keys(call: Call[PageQuery, None]) -> Reply:
    """List API keys.

    By name; also those that have ended.
    """
    with call.transaction() as tx:
        page = access.list_api_keys(tx, limit=call.query.limit, cursor=call.query.cursor)
        items = _answers(tx, page.items)
    return Reply(Listing[ApiKeyAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/api-keys",
    access=ADMINISTRATORS,
    body=ApiKeyBody,
    example={"name": "Web form", "scopes": ["leads:write"], "store_ids": ["01a2019c-3960-7b1d-9a52-6a0a5b3a8d20"]},
    answer=NewApiKeyAnswer,
    status=201,
    creates=True,
    errors=(TakenError, InvalidError, SecretShownError),
)
def create_api_key(call: Call[None, ApiKeyBody]) -> Reply:
    """Create an API key.

    The answer contains the token, this once.
    """
    body = call.body

    def create(row_id: UUID) -> tuple[ApiKey, str]:
        return commands.create_key(
            tx,
            call.caller,
            name=body.name,
            scopes=body.scopes,
            store_ids=body.store_ids,
            terms=KeyTerms(body.expires_at, body.web_origins, body.leads_per_day),
            api_key_id=row_id,
        )

    def reply(made: tuple[ApiKey, str]) -> Reply:
        key, token = made
        location = {"Location": f"/v1/api-keys/{key.id}"}
        return Reply(_with_token(tx, key, token), version=key.version, headers=location)

    with call.transaction() as tx:
        return create_with_secret(
            tx, call.attempt, create=create, reply=reply, instead="Revoke that key and create another, or rotate it."
        )


@routes.get("/v1/api-keys/{id}", access=ADMINISTRATORS, answer=ApiKeyAnswer, errors=(NotFoundError,))
def get_api_key(call: Call[None, None], id: UUID) -> Reply:
    """Read an API key.

    Without its token.
    """
    with call.transaction() as tx:
        return _reply(tx, access.get_api_key(tx, id))


@routes.patch(
    "/v1/api-keys/{id}",
    access=ADMINISTRATORS,
    body=ApiKeyPatch,
    example={"web_origins": ["https://shop.example"]},
    answer=ApiKeyAnswer,
    versioned=True,
    errors=(NotFoundError, KeyRevokedError, TakenError, InvalidError),
)
def update_api_key(call: Call[None, ApiKeyPatch], id: UUID) -> Reply:
    """Change an API key.

    It acts from the key's next request on.
    """
    with call.transaction() as tx, stale_as(lambda current: _answers(tx, [current])[0]):
        key = commands.update_key(tx, call.caller, id, changes=changes(call.body), version=call.if_match)
        return _reply(tx, key)


@routes.post(
    "/v1/api-keys/{id}/rotate",
    access=ADMINISTRATORS,
    body=RotationBody,
    example={"overlap_hours": 24},
    answer=NewApiKeyAnswer,
    errors=(NotFoundError, KeyRevokedError),
)
def rotate_token(call: Call[None, RotationBody], id: UUID) -> Reply:
    """Replace the token of an API key.

    The answer contains the new one, this once. The present one works until `previous_token_until`.
    """
    with call.transaction() as tx:
        key, token = rotate_api_key(tx, call.caller, id, overlap=timedelta(hours=call.body.overlap_hours))
        return Reply(_with_token(tx, key, token), version=key.version)


@routes.delete("/v1/api-keys/{id}", access=ADMINISTRATORS, status=204, errors=(NotFoundError,))
def delete_api_key(call: Call[None, None], id: UUID) -> Reply:
    """Revoke an API key.

    It is refused from its next request on.
    """
    with call.transaction() as tx:
        revoke_api_key(tx, call.caller, id)
    return Reply()


def _reply(tx: Tx, key: ApiKey) -> Reply:
    return Reply(_answers(tx, [key])[0], version=key.version)


def _with_token(tx: Tx, key: ApiKey, token: str) -> NewApiKeyAnswer:
    return NewApiKeyAnswer(**_members(key, queries.list_key_stores(tx, [key.id])[key.id]), token=token)


def _answers(tx: Tx, keys: Collection[ApiKey]) -> list[ApiKeyAnswer]:
    stores = queries.list_key_stores(tx, [key.id for key in keys])
    return [ApiKeyAnswer(**_members(key, stores[key.id])) for key in keys]


def _members(key: ApiKey, store_ids: Collection[UUID]) -> dict[str, Any]:
    """The members of `ApiKeyAnswer`."""
    of_key = {name: getattr(key, name) for name in ApiKeyAnswer.model_fields if hasattr(key, name)}
    kind = "publishable" if key.is_publishable else "secret"
    return {**of_key, "kind": kind, "scopes": list(key.scopes), "store_ids": list(store_ids)}
