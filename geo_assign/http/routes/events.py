"""The feed of outgoing events, for those who cannot receive webhooks."""

from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.access.queries import get_present_caller
from geo_assign.core.paging import DEFAULT_LIMIT, MAX_LIMIT, BadCursorError
from geo_assign.http.long_poll import MOST_S, waiting_place
from geo_assign.http.operations import LISTENING, Call, Reply, Routes
from geo_assign.http.routes.webhook_models import EventName
from geo_assign.http.schemas import Answer, CommaList, Query, Shaped
from geo_assign.http.webhook_events import PresenceWebhook, QuotaWebhook, WorkOrderWebhook
from geo_assign.webhooks.feed import CursorTooOldError, FeedFilter, FeedPage, read_feed

routes = Routes("Webhooks")


class FeedQuery(Query):
    """From where on, and which events."""

    after: str | None = Field(None, max_length=1_000, description="`next_cursor` of the answer before.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items on a page.")
    wait_s: float = Field(0, ge=0, le=MOST_S, description="Seconds to wait where there is nothing to tell.")
    event: CommaList[EventName] = Field([], description="Only these events.")
    store_id: CommaList[UUID] = Field([], description="Only events of these stores.")


class FeedEventAnswer(Answer):
    """An event as a webhook tells it; its `id` stays the same."""

    id: UUID
    type: str = Field(description="The event's name.")
    timestamp: datetime = Field(description="When it happened.")
    data: Annotated[Mapping[str, object], Shaped(WorkOrderWebhook | PresenceWebhook | QuotaWebhook)]


class FeedAnswer(Answer):
    """Events in order. Go on with `next_cursor`, which is always there: at once if `has_more`, else when you like."""

    items: list[FeedEventAnswer]
    next_cursor: str
    server_now: datetime
    has_more: bool = Field(description="There is more to read already, even if `items` is short or empty.")


@routes.get(
    "/v1/events",
    access=LISTENING,
    query=FeedQuery,
    answer=FeedAnswer,
    errors=(BadCursorError, CursorTooOldError),
)
def list_events(call: Call[FeedQuery, None]) -> Reply:
    """Read the events as a feed.

    The same as webhooks send, of the last 30 days, in order per work order. Without `after`, from the oldest on. With
    `wait_s` an answer without events comes after so long, one with events at once.
    """
    page, now = _read_when_new(call)
    items = [
        FeedEventAnswer(id=one.id, type=one.event_type, timestamp=one.occurred_at, data=one.data) for one in page.items
    ]
    return Reply(FeedAnswer(items=items, next_cursor=page.next_cursor, server_now=now, has_more=page.has_more))


def _read_when_new(call: Call[FeedQuery, None]) -> tuple[FeedPage, datetime]:
    """A page with something on it, or what there is after `wait_s`, and the time at which it was read.

    Raises OverloadedError where there is no place to wait, UnauthenticatedError when the caller's credentials end.
    """
    query, until = call.query, monotonic() + call.query.wait_s
    which = FeedFilter(events=query.event, store_ids=query.store_id)
    with call.transaction() as tx:
        page, now = read_feed(tx, call.caller.scope, which, after=query.after, limit=query.limit), tx.now()
    while not page.items and not page.has_more and (left_s := until - monotonic()) > 0:
        with waiting_place(call):
            call.services.feed.wait(call.caller.org_id, position=page.position, wait_s=left_s)
        with call.transaction() as tx:
            scope = get_present_caller(tx, call.caller).scope
            page, now = read_feed(tx, scope, which, after=page.next_cursor, limit=query.limit), tx.now()
        if call.services.feed.is_closed:
            break
    return page, now
