"""The caller's own saved views."""

from datetime import datetime

from pydantic import Field

from geo_assign.core.errors import NotFoundError
from geo_assign.http.operations import ALL_ROLES, Call, Reply, Routes
from geo_assign.http.schemas import Answer, Body, Listing, ShortText
from geo_assign.workforce.commands import drop_view, save_view
from geo_assign.workforce.domain import SavedView, TooManyViewsError
from geo_assign.workforce.saved_views import get_view, list_views

routes = Routes("Me")

_MAX_BYTES = 16 * 1024


class SavedViewBody(Body):
    """Which columns, in which order of rows, of which rows. The service keeps it and does not interpret it."""

    columns: list[ShortText] = Field(
        default_factory=list,
        max_length=100,
        examples=[["number", "customer", "slot"]],
        description="Which are shown, in order.",
    )
    sort: list[ShortText] = Field(
        default_factory=list,
        max_length=10,
        examples=[["-priority", "created_at"]],
        description="By which columns; `-` for descending.",
    )
    filters: dict[str, object] = Field(
        default_factory=dict, examples=[{"state": ["pending"]}], description="Which rows are shown."
    )


class SavedViewAnswer(Answer):
    """A saved view."""

    name: str
    columns: list[str] = Field(description="Which are shown, in order.")
    sort: list[str] = Field(description="By which columns; `-` for descending.")
    filters: dict[str, object] = Field(description="Which rows are shown.")
    updated_at: datetime


@routes.get("/v1/me/views", access=ALL_ROLES, answer=Listing[SavedViewAnswer])
def list_saved_views(call: Call[None, None]) -> Reply:
    """List your saved views.

    By name.
    """
    with call.transaction() as tx:
        views = list_views(tx, call.caller.id)
    return Reply(Listing[SavedViewAnswer](items=[_answer(view) for view in views]))


@routes.get("/v1/me/views/{name:slug}", access=ALL_ROLES, answer=SavedViewAnswer, errors=(NotFoundError,))
def get_saved_view(call: Call[None, None], name: str) -> Reply:
    """Read a saved view.

    One of your own.
    """
    with call.transaction() as tx:
        return Reply(_answer(get_view(tx, call.caller.id, name)))


@routes.put(
    "/v1/me/views/{name:slug}",
    access=ALL_ROLES,
    body=SavedViewBody,
    example={"columns": ["number", "customer", "slot"], "sort": ["-priority"], "filters": {"state": ["pending"]}},
    answer=SavedViewAnswer,
    max_body_bytes=_MAX_BYTES,
    errors=(TooManyViewsError,),
)
def put_saved_view(call: Call[None, SavedViewBody], name: str) -> Reply:
    """Save a view under a name.

    It replaces the view that had the name, and is there on every screen on which you log in.
    """
    with call.transaction() as tx:
        return Reply(_answer(save_view(tx, call.caller.id, name, call.body.model_dump(mode="json"))))


@routes.delete("/v1/me/views/{name:slug}", access=ALL_ROLES, status=204, errors=(NotFoundError,))
def delete_saved_view(call: Call[None, None], name: str) -> Reply:
    """Delete a saved view.

    One of your own.
    """
    with call.transaction() as tx:
        drop_view(tx, call.caller.id, name)
    return Reply()


def _answer(view: SavedView) -> SavedViewAnswer:
    return SavedViewAnswer.model_validate({"name": view.name, "updated_at": view.updated_at, **view.content})
