"""Service groups: technicians and dispatchers who share work."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import TakenError
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.http.editing import create_once, stale_as, unsent
from geo_assign.http.operations import STORE_SETTINGS, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, ChangesQuery, Listing, Patch, ShortText, Slug, changes
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import ServiceGroup

routes = Routes("Service groups")


class GroupsQuery(ChangesQuery):
    """Which service groups."""

    store_id: UUID | None = None
    active: bool | None = Field(None, description="Only those that take work, or only those that do not.")


class GroupBody(Body):
    """A service group to be formed."""

    name: ShortText
    store_id: UUID
    slug: Slug | None = Field(None, description="Made from the name when left out; it cannot be changed later.")


class GroupPatch(Patch):
    """What to change of a service group."""

    name: ShortText = unsent()
    active: bool = unsent()


class GroupAnswer(Answer):
    """A service group."""

    id: UUID
    slug: str
    name: str
    store_id: UUID
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


@routes.get("/v1/service-groups", access=STORE_SETTINGS, query=GroupsQuery, answer=Listing[GroupAnswer])
def list_service_groups(call: Call[GroupsQuery, None]) -> Reply:
    """List service groups.

    Those of your scope, by name.
    """
    query = call.query
    with call.transaction() as tx:
        page = queries.list_groups(
            tx,
            call.caller.scope,
            store_id=query.store_id,
            active=query.active,
            updated_since=query.updated_since,
            limit=query.limit,
            cursor=query.cursor,
        )
    return Reply(Listing[GroupAnswer](items=[_answer(group) for group in page.items], next_cursor=page.next_cursor))


@routes.post(
    "/v1/service-groups",
    access=STORE_SETTINGS,
    body=GroupBody,
    example={"name": "Phones", "store_id": "01a2019c-3960-7b1d-9a52-6a0a5b3a8d20"},
    answer=GroupAnswer,
    status=201,
    creates=True,
    errors=(TakenError,),
)
def create_service_group(call: Call[None, GroupBody]) -> Reply:
    """Create a service group.

    In one of your stores.
    """
    body = call.body
    new = commands.NewGroup(name=body.name, store_id=body.store_id, slug=body.slug)
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda row_id: commands.create_group(tx, call.caller, new, group_id=row_id),
            read=lambda row_id: queries.get_group(tx, call.caller.scope, row_id),
            reply=_created,
        )


@routes.get("/v1/service-groups/{id}", access=STORE_SETTINGS, answer=GroupAnswer, errors=(NotFoundError,))
def get_service_group(call: Call[None, None], id: UUID) -> Reply:
    """Read a service group."""
    with call.transaction() as tx:
        return _reply(queries.get_group(tx, call.caller.scope, id))


@routes.patch(
    "/v1/service-groups/{id}",
    access=STORE_SETTINGS,
    body=GroupPatch,
    example={"name": "Phones and tablets"},
    answer=GroupAnswer,
    versioned=True,
    errors=(NotFoundError, StaleError),
)
def update_service_group(call: Call[None, GroupPatch], id: UUID) -> Reply:
    """Change a service group.

    Its name, and whether it takes work.
    """
    with call.transaction() as tx, stale_as(_answer):
        return _reply(commands.update_group(tx, call.caller, id, changes=changes(call.body), version=call.if_match))


@routes.delete("/v1/service-groups/{id}", access=STORE_SETTINGS, status=204, errors=(NotFoundError,))
def delete_service_group(call: Call[None, None], id: UUID) -> Reply:
    """Deactivate a service group.

    It takes no new work; the work that it has goes on.
    """
    with call.transaction() as tx:
        commands.deactivate_group(tx, call.caller, id)
    return Reply()


def _answer(group: ServiceGroup) -> GroupAnswer:
    return GroupAnswer.model_validate(group)


def _reply(group: ServiceGroup) -> Reply:
    return Reply(_answer(group), version=group.version)


def _created(group: ServiceGroup) -> Reply:
    return Reply(_answer(group), version=group.version, headers={"Location": f"/v1/service-groups/{group.id}"})
