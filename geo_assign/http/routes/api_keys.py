"""API keys: how machines log in."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access import queries as access
from geo_assign.access.commands import revoke_api_key
from geo_assign.access.domain import ApiKey, ApiScope, TakenError
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.idempotency import SecretShownError
from geo_assign.http.editing import create_with_secret
from geo_assign.http.operations import ADMINISTRATORS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, Listing, PageQuery, ShortText
from geo_assign.workforce import commands, queries

routes = Routes("API keys")


class ApiKeyBody(Body):
    """A key to be made."""

    name: ShortText
    scopes: Annotated[tuple[ApiScope, ...], Field(min_length=1, max_length=10)]
    store_ids: Annotated[tuple[UUID, ...], Field(max_length=200)] = Field(
        (), description="Hold the key to these stores; none: the whole organization."
    )


class ApiKeyAnswer(Answer):
    """A key without its secret: `hint` is how its token ends."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    store_ids: list[UUID]
    created_at: datetime
    revoked_at: datetime | None


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new key. `token` is told this once; a retry answers 409 `secret_shown`."""

    token: str


@routes.get("/v1/api-keys", access=ADMINISTRATORS, query=PageQuery, answer=Listing[ApiKeyAnswer])
def list_api_keys(call: Call[PageQuery, None]) -> Reply:
    """List API keys.

    By name, revoked ones too.
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
    errors=(TakenError, SecretShownError),
)
def create_api_key(call: Call[None, ApiKeyBody]) -> Reply:
    """Create an API key.

    The answer contains the token, this once.
    """
    body = call.body

    def create(row_id: UUID) -> tuple[ApiKey, str]:
        return commands.create_key(
            tx, call.caller, name=body.name, scopes=body.scopes, store_ids=body.store_ids, api_key_id=row_id
        )

    def reply(made: tuple[ApiKey, str]) -> Reply:
        key, token = made
        shown = NewApiKeyAnswer(**_answers(tx, [key])[0].model_dump(), token=token)
        return Reply(shown, headers={"Location": f"/v1/api-keys/{key.id}"})

    with call.transaction() as tx:
        return create_with_secret(
            tx, call.attempt, create=create, reply=reply, instead="Revoke that key and create another."
        )


@routes.get("/v1/api-keys/{id}", access=ADMINISTRATORS, answer=ApiKeyAnswer, errors=(NotFoundError,))
def get_api_key(call: Call[None, None], id: UUID) -> Reply:
    """Read an API key.

    Without its secret.
    """
    with call.transaction() as tx:
        return Reply(_answers(tx, [access.get_api_key(tx, id)])[0])


@routes.delete("/v1/api-keys/{id}", access=ADMINISTRATORS, status=204, errors=(NotFoundError,))
def delete_api_key(call: Call[None, None], id: UUID) -> Reply:
    """Revoke an API key.

    It is refused from its next request on.
    """
    with call.transaction() as tx:
        revoke_api_key(tx, call.caller, id)
    return Reply()


def _answers(tx: Tx, keys: Collection[ApiKey]) -> list[ApiKeyAnswer]:
    stores = queries.list_key_stores(tx, [key.id for key in keys])
    return [
        ApiKeyAnswer(
            id=key.id,
            name=key.name,
            hint=key.hint,
            scopes=list(key.scopes),
            store_ids=list(stores[key.id]),
            created_at=key.created_at,
            revoked_at=key.revoked_at,
        )
        for key in keys
    ]
