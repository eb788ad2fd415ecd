"""Saved views by id: the caller's own, and those that others share."""

from datetime import datetime
from typing import cast
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import Caller, TakenError
from geo_assign.core.errors import NotFoundError, StaleError
from geo_assign.http.editing import create_once, stale_as, unsent
from geo_assign.http.operations import DISPATCHING, Call, Reply, Routes
from geo_assign.http.routes.saved_views import SavedViewBody
from geo_assign.http.schemas import Answer, Listing, Patch, Query, ShortText, Slug, changes
from geo_assign.workforce import commands
from geo_assign.workforce.domain import NotYourViewError, SavedView, TooManyViewsError
from geo_assign.workforce.saved_views import get_seen_view, list_seen_views

routes = Routes("Me")

_MAX_BYTES = 16 * 1024
_CONTENT = ("columns", "sort", "filters")


class ViewsQuery(Query):
    """Of which page."""

    page: Slug | None = None


class ViewBody(SavedViewBody):
    """A view of a page's list. The service keeps columns, sort and filters and does not interpret them."""

    name: ShortText = Field(description="Your own views have different names.")
    page: Slug = Field("pending", description="The page whose list it is.")
    shared: bool = Field(False, description="For all users of the console.")


class ViewPatch(Patch):
    """What to change."""

    name: ShortText = unsent()
    shared: bool = unsent("For all users of the console.")
    columns: list[ShortText] = unsent("Which are shown, in order.")
    sort: list[ShortText] = unsent("By which columns; `-` for descending.")
    filters: dict[str, object] = unsent("Which rows are shown.")


class ViewOwnerAnswer(Answer):
    """Whose it is."""

    id: UUID
    name: str


class ViewAnswer(Answer):
    """A view, your own or a shared one."""

    id: UUID
    name: str
    page: str = Field(description="The page whose list it is.")
    shared: bool = Field(description="For all users of the console.")
    own: bool = Field(description="Yours.")
    may_change: bool = Field(description="Whether you may change and delete it.")
    owner: ViewOwnerAnswer
    columns: list[str] = Field(description="Which are shown, in order.")
    sort: list[str] = Field(description="By which columns; `-` for descending.")
    filters: dict[str, object] = Field(description="Which rows are shown.")
    updated_at: datetime
    version: int


@routes.get("/v1/views", access=DISPATCHING, query=ViewsQuery, answer=Listing[ViewAnswer])
def list_shared_views(call: Call[ViewsQuery, None]) -> Reply:
    """List views.

    Your own and those that others share, by name.
    """
    with call.transaction() as tx:
        views = list_seen_views(tx, call.caller.id, call.query.page)
    return Reply(Listing[ViewAnswer](items=[_answer(call.caller, view) for view in views]))


@routes.post(
    "/v1/views",
    access=DISPATCHING,
    body=ViewBody,
    example={"name": "Late today", "columns": ["number", "slot"], "sort": ["deadline"], "shared": True},
    answer=ViewAnswer,
    status=201,
    creates=True,
    max_body_bytes=_MAX_BYTES,
    errors=(TakenError, TooManyViewsError),
)
def create_shared_view(call: Call[None, ViewBody]) -> Reply:
    """Keep a view.

    For yourself or, `shared`, for all users of the console.
    """
    body, caller = call.body, call.caller
    content = body.model_dump(mode="json", include=set(_CONTENT))
    new = commands.NewView(name=body.name, page=body.page, shared=body.shared, content=content)
    with call.transaction() as tx:
        return create_once(
            tx,
            call.attempt,
            create=lambda view_id: commands.create_view(tx, caller, new, view_id),
            read=lambda view_id: get_seen_view(tx, caller.id, view_id),
            reply=lambda view: _reply(caller, view, headers={"Location": f"/v1/views/{view.id}"}),
        )


@routes.get("/v1/views/{id}", access=DISPATCHING, answer=ViewAnswer, errors=(NotFoundError,))
def get_shared_view(call: Call[None, None], id: UUID) -> Reply:
    """Read a view.

    One of your own, or a shared one.
    """
    with call.transaction() as tx:
        return _reply(call.caller, get_seen_view(tx, call.caller.id, id))


@routes.patch(
    "/v1/views/{id}",
    access=DISPATCHING,
    body=ViewPatch,
    example={"columns": ["number", "customer", "slot"], "shared": True},
    answer=ViewAnswer,
    versioned=True,
    max_body_bytes=_MAX_BYTES,
    errors=(NotFoundError, NotYourViewError, StaleError, TakenError),
)
def change_shared_view(call: Call[None, ViewPatch], id: UUID) -> Reply:
    """Change a view.

    Your own; administrators change shared ones, too.
    """
    wanted = cast("commands.ViewChanges", changes(call.body))
    caller = call.caller
    with call.transaction() as tx, stale_as(lambda view: _answer(caller, view)):
        return _reply(caller, commands.change_view(tx, caller, id, wanted, version=call.if_match))


@routes.delete("/v1/views/{id}", access=DISPATCHING, status=204, errors=(NotFoundError, NotYourViewError))
def delete_shared_view(call: Call[None, None], id: UUID) -> Reply:
    """Delete a view.

    Your own; administrators delete shared ones, too.
    """
    with call.transaction() as tx:
        commands.delete_view(tx, call.caller, id)
    return Reply()


def _answer(caller: Caller, view: SavedView) -> ViewAnswer:
    content = SavedViewBody.model_validate(view.content)
    return ViewAnswer(
        id=view.id,
        name=view.name,
        page=view.page,
        shared=view.shared,
        own=view.user_id == caller.id,
        may_change=commands.may_change_view(caller, view),
        owner=ViewOwnerAnswer(id=view.user_id, name=view.user_name),
        columns=content.columns,
        sort=content.sort,
        filters=content.filters,
        updated_at=view.updated_at,
        version=view.version,
    )


def _reply(caller: Caller, view: SavedView, headers: dict[str, str] | None = None) -> Reply:
    return Reply(_answer(caller, view), version=view.version, headers=headers or {})
