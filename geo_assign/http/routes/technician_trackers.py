"""The tracker apps of a technician: each with a token of its own, shown once."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import Field

from geo_assign.access.domain import TakenError
from geo_assign.core.errors import NotFoundError
from geo_assign.core.idempotency import SecretShownError
from geo_assign.http.editing import create_with_secret
from geo_assign.http.operations import ALL_ROLES, AnyCall, Call, Reply, Routes
from geo_assign.http.proxies import service_url
from geo_assign.http.schemas import Answer, Body, Listing, PageQuery, ShortText
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import InactiveError, Tracker, TrackerApp
from geo_assign.workforce.tracker_setup import tracker_setup

routes = Routes("Trackers")


class NewTrackerBody(Body):
    """A tracker app to be set up."""

    name: ShortText = Field(description="Of the phone, as in the track.")
    app: TrackerApp


class TrackerAnswer(Answer):
    """A tracker app without its token: `hint` is how that ends."""

    id: UUID
    technician_id: UUID
    name: str
    app: TrackerApp
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None = Field(description="When it sent last, to the minute.")
    client: str | None = Field(description="App and version seen last.")
    outcome: str | None = Field(description="What became of what it sent last: verdict, reason, or why it was none.")


class NewTrackerAnswer(TrackerAnswer):
    """A new tracker app. `token`, and what follows it, is told this once; a retry answers 409 `secret_shown`."""

    token: str
    url: str = Field(description="Where the app sends to.")
    fields: Mapping[str, str] = Field(description="What to fill in, by the app's own names.")
    config_url: str | None = Field(description="Opened on the phone, it fills them in; null where the app has none.")
    qr_svg: str = Field(description="The same to scan, as SVG.")


@routes.get(
    "/v1/technicians/{id}/trackers",
    access=ALL_ROLES,
    query=PageQuery,
    answer=Listing[TrackerAnswer],
    errors=(NotFoundError,),
)
def list_trackers(call: Call[PageQuery, None], id: UUID) -> Reply:
    """List a technician's tracker apps.

    Newest first, revoked ones too.
    """
    with call.transaction() as tx:
        technician = commands.get_tracked_technician(tx, call.caller, id)
        page = queries.list_trackers(tx, technician.id, limit=call.query.limit, cursor=call.query.cursor)
    items = [TrackerAnswer.model_validate(tracker) for tracker in page.items]
    return Reply(Listing[TrackerAnswer](items=items, next_cursor=page.next_cursor))


@routes.post(
    "/v1/technicians/{id}/trackers",
    access=ALL_ROLES,
    body=NewTrackerBody,
    example={"name": "Ana's phone", "app": "owntracks"},
    answer=NewTrackerAnswer,
    status=201,
    creates=True,
    errors=(NotFoundError, TakenError, InactiveError, SecretShownError),
)
def create_tracker(call: Call[None, NewTrackerBody], id: UUID) -> Reply:
    """Set up a free tracker app for a technician.

    The answer contains its token, this once; it may send this technician's positions and nothing else.
    """
    body, technician_id = call.body, id

    def create(row_id: UUID) -> tuple[Tracker, str]:
        return commands.create_tracker(tx, call.caller, technician_id, name=body.name, app=body.app, tracker_id=row_id)

    with call.transaction() as tx:
        return create_with_secret(
            tx,
            call.attempt,
            create=create,
            reply=lambda made: _reply(call, *made),
            instead="Revoke that tracker app and set up another.",
        )


@routes.delete("/v1/technicians/{id}/trackers/{tracker_id}", access=ALL_ROLES, status=204, errors=(NotFoundError,))
def delete_tracker(call: Call[None, None], id: UUID, tracker_id: UUID) -> Reply:
    """Revoke a tracker app's token.

    It is refused from its next request on.
    """
    with call.transaction() as tx:
        commands.revoke_tracker(tx, call.caller, id, tracker_id=tracker_id)
    return Reply()


def _reply(call: AnyCall, tracker: Tracker, token: str) -> Reply:
    shown = TrackerAnswer.model_validate(tracker).model_dump()
    setup = tracker_setup(tracker.app, service_url=_service_url(call), token=token, name=tracker.name)
    answer = NewTrackerAnswer(
        **shown,
        token=token,
        url=setup.url,
        fields=setup.fields,
        config_url=setup.config_url,
        qr_svg=setup.qr_code(),
    )
    return Reply(answer)


def _service_url(call: AnyCall) -> str:
    return service_url(
        call.services.settings,
        peer=call.remote_address,
        host=call.headers.get("Host", ""),
        forwarded_host=call.headers.get("X-Forwarded-Host"),
        forwarded_proto=call.headers.get("X-Forwarded-Proto"),
    )
