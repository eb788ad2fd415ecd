"""Service providers: external companies with a base and an agreement."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import TakenError
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.http.editing import create_once, naming_work, stale_as, unsent
from geo_assign.http.operations import STORE_SETTINGS, Call, Reply, Routes
from geo_assign.http.schemas import (
    Answer,
    Body,
    ChangesQuery,
    Instant,
    Listing,
    OptionalPoint,
    Patch,
    PointAnswer,
    ShortText,
    Slug,
    changes,
)
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import CheckedKind, InUseError, ServiceProvider, WorksFrom

routes = Routes("Service providers")

GroupIds = Annotated[tuple[UUID, ...], Field(max_length=200)]
Capacity = Annotated[int, Field(ge=1, le=100_000)]


class ProvidersQuery(ChangesQuery):
    """Which service providers."""

    active: bool | None = Field(None, description="Only those worked with, or only those not any more.")


class ProviderBody(Body):
    """An external company to work with."""

    name: ShortText
    slug: Slug | None = Field(None, description="Made from the name when left out; it cannot be changed later.")
    base: OptionalPoint = None
    works_from: Annotated[WorksFrom, Field(strict=False)] = Field(
        WorksFrom.STAFF,
        description="`staff`: each from the own location. `base`: all from the base, without phones or duty.",
    )
    capacity: Capacity | None = Field(
        None, description="Work orders that its staff may hold on one local day together."
    )
    valid_from: Instant | None = Field(None, description="When the agreement begins; null: it has begun.")
    valid_until: Instant | None = Field(None, description="When the agreement ends; null: it does not.")
    group_ids: GroupIds = Field((), description="The service groups that may give it work.")


class ProviderPatch(Patch):
    """What to change of a service provider; null clears `base`, `capacity`, `valid_from` and `valid_until`."""

    name: ShortText = unsent()
    base: OptionalPoint = unsent()
    works_from: Annotated[WorksFrom, Field(strict=False)] = unsent()
    capacity: Capacity | None = unsent()
    valid_from: Instant | None = unsent()
    valid_until: Instant | None = unsent()
    group_ids: GroupIds = unsent()
    active: bool = unsent()


class ProviderAnswer(Answer):
    """An external company."""

    id: UUID
    slug: str
    name: str
    base: PointAnswer | None
    works_from: WorksFrom
    capacity: int | None = Field(description="Work orders its staff may hold a day.")
    valid_from: datetime | None
    valid_until: datetime | None
    group_ids: list[UUID]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


@routes.get("/v1/service-providers", access=STORE_SETTINGS, query=ProvidersQuery, answer=Listing[ProviderAnswer])
def list_service_providers(call: Call[ProvidersQuery, None]) -> Reply:
    """List service providers.

    Those of your scope, by name.
    """
    query = call.query
    with call.transaction() as tx:
        page = queries.list_providers(
            tx,
            call.caller.scope,
            active=query.active,
            updated_since=query.updated_since,
            limit=query.limit,
            cursor=query.cursor,
        )
    items = [_answer(provider) for provider in page.items]
    return Reply(Listing[ProviderAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/service-providers",
    access=STORE_SETTINGS,
    body=ProviderBody,
    example={
        "name": "Fixers",
        "base": {"lat": 41.15, "lon": -8.61},
        "works_from": "staff",
        "group_ids": ["01a2019c-3a77-7d0f-b0a5-0f1e2d3c4b5a"],
        "valid_until": "2026-12-31T23:00:00Z",
    },
    answer=ProviderAnswer,
    status=201,
    creates=True,
    errors=(TakenError,),
)
def create_service_provider(call: Call[None, ProviderBody]) -> Reply:
    """Create a service provider.

    A store administrator names at least one service group of the own stores.
    """
    body = call.body
    new = commands.NewProvider(
        name=body.name,
        slug=body.slug,
        base=body.base.point() if body.base else None,
        works_from=body.works_from,
        capacity=body.capacity,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        group_ids=body.group_ids,
    )
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.create_provider(tx, call.caller, new, provider_id=row_id),
            read=lambda row_id: queries.get_provider(tx, call.caller.scope, row_id),
            reply=_created,
        )


@routes.get("/v1/service-providers/{id}", access=STORE_SETTINGS, answer=ProviderAnswer, errors=(NotFoundError,))
def get_service_provider(call: Call[None, None], id: UUID) -> Reply:
    """Read a service provider."""
    with call.transaction() as tx:
        return _reply(queries.get_provider(tx, call.caller.scope, id))


@routes.patch(
    "/v1/service-providers/{id}",
    access=STORE_SETTINGS,
    body=ProviderPatch,
    example={"capacity": 8},
    answer=ProviderAnswer,
    versioned=True,
    errors=(NotFoundError, StaleError, InUseError),
)
def update_service_provider(call: Call[None, ProviderPatch], id: UUID) -> Reply:
    """Change a service provider.

    All of its groups have to be in your stores.
    """
    sent = changes(call.body)
    if sent.get("base") is not None:
        sent["base"] = sent["base"].point()
    with (
        call.transaction() as tx,
        stale_as(_answer),
        naming_work(tx, call.caller.scope, CheckedKind.PROVIDER, id),
    ):
        reply = _reply(commands.update_provider(tx, call.caller, id, changes=sent, version=call.if_match))
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.PROVIDER, id)
    return reply


@routes.delete("/v1/service-providers/{id}", access=STORE_SETTINGS, status=204, errors=(NotFoundError, InUseError))
def delete_service_provider(call: Call[None, None], id: UUID) -> Reply:
    """Deactivate a service provider.

    Refused while it has active technicians; `work_orders` names what they have to do.
    """
    with call.transaction() as tx, naming_work(tx, call.caller.scope, CheckedKind.PROVIDER, id):
        commands.deactivate_provider(tx, call.caller, id)
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.PROVIDER, id)
    return Reply()


def _answer(provider: ServiceProvider) -> ProviderAnswer:
    return ProviderAnswer.model_validate(provider)


def _reply(provider: ServiceProvider) -> Reply:
    return Reply(_answer(provider), version=provider.version)


def _created(provider: ServiceProvider) -> Reply:
    location = f"/v1/service-providers/{provider.id}"
    return Reply(_answer(provider), version=provider.version, headers={"Location": location})
