"""The feed: outgoing events, to be read back in order by those who cannot receive webhooks.

Events get their position when a reader first comes by, under the lock that fanning them out takes, in the order in
which they were written. What commits late gets a later position, so no reader who remembers the last one passes over
it. Of one subject the order is that in which it happened, because its events are written under its lock.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.domain import Scope
from geo_assign.core.db import Tx
from geo_assign.core.errors import GoneError
from geo_assign.core.outbox import lock_events, outbox, stores_of
from geo_assign.core.paging import BadCursorError, decode, encode
from geo_assign.core.rows import ResultRow
from geo_assign.core.wire import JsonObject
from geo_assign.webhooks.domain import EVENTS_KEPT_FOR
from geo_assign.webhooks.tables import event_feeds
from geo_assign.workorders.domain import without_strangers

PLACED_AT_ONCE = 5_000
SEEN_AT_ONCE = 5_000
"""A page looks at so many events at most, however few of them the caller may see."""
_CURSOR_KEPT_FOR = EVENTS_KEPT_FOR + timedelta(hours=12)
"""Who begins with the oldest event has half a day to go on; nothing is forgotten before a whole one."""
_LARGEST = 2**63 - 1


class CursorTooOldError(GoneError):
    """Events that came after this cursor may be forgotten: they are kept 30 days.

    Begin again with `restart_after`, which stands before the oldest event that is kept. What changed since
    `missed_since` is told by `GET /v1/work-orders?updated_since=`.
    """

    code = "cursor_too_old"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event. `id` is the same whenever it is read."""

    id: UUID
    event_type: str
    occurred_at: datetime
    data: JsonObject


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events in order, where to go on, and whether there is more to read at once. All to `position` were looked at."""

    items: Sequence[FeedEvent]
    position: int
    next_cursor: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which events: of these types, of these stores; empty: of all."""

    events: Collection[str] = ()
    store_ids: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class _Cursor:
    """All up to `position` was read; what came later happened after `at`, or was written after it."""

    position: int
    at: datetime


def read_feed(tx: Tx, scope: Scope, which: FeedFilter, *, after: str | None, limit: int) -> FeedPage:
    """The events that a caller may see after a cursor; without one, from the oldest that is kept.

    At least once: a reader who repeats a cursor is told the same again. Raises BadCursorError, CursorTooOldError.
    """
    cursor, now = None if after is None else _parse(tx.org_id, after), tx.now()
    is_behind = _place_waiting(tx, now)
    head = _head(tx)
    if cursor is None:
        cursor = _oldest(tx, now)
    elif cursor.at <= now - _CURSOR_KEPT_FOR:
        oldest = _oldest(tx, now)
        raise CursorTooOldError(restart_after=_text(tx.org_id, oldest), missed_since=cursor.at)
    elif cursor.position > head:
        raise BadCursorError("This cursor is ahead of all events: the database was restored. Begin without `after`.")
    seen_to = min(head, cursor.position + SEEN_AT_ONCE)
    rows = _read(tx, scope, which, after=cursor.position, to=seen_to, limit=limit)
    if len(rows) > limit:
        rows = rows[:limit]
        seen_to = rows[-1].position
    has_more = is_behind or seen_to < head
    at = now if seen_to == head else _happened_at(tx, seen_to) or cursor.at
    items = [FeedEvent(row.id, row.event_type, row.created_at, _data(tx, row.payload)) for row in rows]
    return FeedPage(items, seen_to, _text(tx.org_id, _Cursor(seen_to, at)), has_more)


def newest_position(tx: Tx) -> float:
    """The position of the newest event; infinite while one waits for its own."""
    o = outbox.c
    waits = (o.org_id == tx.org_id, o.position.is_(None), o.created_at > tx.now() - EVENTS_KEPT_FOR)
    is_waiting = tx.conn.execute(select(o.id).where(*waits).limit(1)).first() is not None
    return math.inf if is_waiting else _head(tx)


def _place_waiting(tx: Tx, now: datetime) -> bool:
    """Give the oldest events without a position theirs; returns whether there are more."""
    o = outbox.c
    waits = (o.org_id == tx.org_id, o.position.is_(None), o.created_at > now - EVENTS_KEPT_FOR)
    if tx.conn.execute(select(o.id).where(*waits).limit(1)).first() is None:
        return False
    lock_events(tx)
    f, number = event_feeds.c, func.row_number().over(order_by=o.sequence)
    tx.conn.execute(insert(event_feeds).values(org_id=tx.org_id, position=0).on_conflict_do_nothing())
    head = _head(tx)
    waiting = (
        select(o.id, number.label("number")).where(*waits).order_by(o.sequence).limit(PLACED_AT_ONCE).cte("waiting")
    )
    placed = update(outbox).where(o.org_id == tx.org_id, o.id == waiting.c.id).values(position=head + waiting.c.number)
    count = tx.conn.execute(placed).rowcount
    tx.conn.execute(update(event_feeds).where(f.org_id == tx.org_id).values(position=head + count))
    return count == PLACED_AT_ONCE


def _read(tx: Tx, scope: Scope, which: FeedFilter, *, after: int, to: int, limit: int) -> Sequence[ResultRow]:
    o = outbox.c
    statement = (
        select(o.id, o.event_type, o.created_at, o.payload, o.position)
        .where(o.org_id == tx.org_id, o.position > after, o.position <= to)
        .order_by(o.position)
        .limit(limit + 1)
    )
    if which.events:
        statement = statement.where(o.event_type.in_(which.events))
    if which.store_ids:
        statement = statement.where(_is_of(which.store_ids))
    if not scope.everything:
        statement = statement.where(_is_of(scope.store_ids))
    return tx.conn.execute(statement).all()


def _is_of(store_ids: Collection[UUID]) -> ColumnElement[bool]:
    return stores_of(outbox).op("&&")(literal(sorted(store_ids), ARRAY(Uuid())))


def _head(tx: Tx) -> int:
    """The last position given; 0 before the first."""
    position = select(event_feeds.c.position).where(event_feeds.c.org_id == tx.org_id)
    return tx.conn.execute(position).scalar_one_or_none() or 0


def _oldest(tx: Tx, now: datetime) -> _Cursor:
    """Before the oldest event that is kept."""
    o = outbox.c
    kept = (o.org_id == tx.org_id, o.position.is_not(None), o.created_at > now - EVENTS_KEPT_FOR)
    first = tx.conn.execute(select(o.position).where(*kept).order_by(o.position).limit(1)).scalar_one_or_none()
    return _Cursor(_head(tx) if first is None else first - 1, now)


def _happened_at(tx: Tx, position: int) -> datetime | None:
    o = outbox.c
    return tx.conn.execute(
        select(o.created_at).where(o.org_id == tx.org_id, o.position == position)
    ).scalar_one_or_none()


def _data(tx: Tx, payload: JsonObject) -> JsonObject:
    return {"organization_id": str(tx.org_id), **without_strangers(payload)}


def _text(org_id: UUID, cursor: _Cursor) -> str:
    return encode([_name(org_id), cursor.position, cursor.at.isoformat()])


def _parse(org_id: UUID, text: str) -> _Cursor:
    name, position, at = decode(text, str, int, datetime.fromisoformat)
    if name != _name(org_id) or not 0 <= position <= _LARGEST or at.tzinfo is None:
        raise BadCursorError
    return _Cursor(position, at)


def _name(org_id: UUID) -> str:
    """What tells an organization's cursors from those of another."""
    return org_id.hex[-8:]
