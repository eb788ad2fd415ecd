"""The calendar of leads and tickets per technician."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.paging import MAX_LIMIT
from geo_assign.core.spans import Span
from geo_assign.http.operations import READING, AnyCall, Call, Reply, Routes
from geo_assign.http.response import to_json
from geo_assign.http.routes.people_models import ProviderNameAnswer
from geo_assign.http.schemas import Answer, LocalDateOrInstant, PageQuery, TimeZoneName
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.queries import get_group, get_store
from geo_assign.workforce.working_time import local_dates, midnight
from geo_assign.workorders.domain import Kind, State
from geo_assign.workorders.queries.calendar import (
    CalendarQuestion,
    Entry,
    Fill,
    TechnicianRow,
    common_zone,
    list_calendar,
    list_unassigned,
)

routes = Routes("Calendar")

_LONGEST_DAYS = 42
# Days of 25 hours are days, too.
_LONGEST = timedelta(days=_LONGEST_DAYS, hours=3)
_DAY = timedelta(days=1)
# A week of 200 technicians comes at once, a longer span with fewer on a page.
_MOST_TECHNICIAN_DAYS = 7 * MAX_LIMIT


class CalendarQuery(PageQuery):
    """Whose time, from when to when. Dates are days of the store's calendar, both included; times are half-open."""

    first: LocalDateOrInstant = Field(alias="from")
    last: LocalDateOrInstant = Field(alias="to")
    store_id: UUID | None = Field(None, description="People of this store and of its groups, and its work.")
    group_id: UUID | None = Field(None, description="People of this group, and its work.")
    timezone: TimeZoneName | None = Field(
        None, description="Whose days; the store's, or that of all your stores, when left out."
    )
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT, description="Technicians on a page; fewer come beyond a week.")


class SpanAnswer(Answer):
    """Half-open, in UTC."""

    start: datetime
    end: datetime


class CalendarDayAnswer(SpanAnswer):
    """The local day `date`, until the next local midnight: 23, 24 or 25 hours."""

    date: date


class ColourAnswer(Answer):
    """`family`: leads have one, tickets another. `fill`: unassigned, offered, assigned, under way, done."""

    family: Kind
    fill: Fill


class CalendarCustomerAnswer(Answer):
    """The customer by name."""

    name: str | None


class CalendarEntryAnswer(Answer):
    """A lead or ticket in a row; role, way and offer's deadline only in a technician's row."""

    work_order_id: UUID
    number: str
    title: str
    kind: Kind
    state: State
    store_id: UUID
    colour: ColourAnswer
    role: str | None = Field(description="`primary` leads the work.")
    slot: SpanAnswer
    occupied_from: datetime | None = Field(description="When the way there begins.")
    offer_expires_at: datetime | None = Field(description="Null: no open offer.")
    priority: int = Field(description="Higher comes first.")
    pinned: bool = Field(description="Automation does not undo it.")
    customer: CalendarCustomerAnswer
    has_location: bool = Field(description="Whether the address is located.")


class CalendarRowAnswer(Answer):
    """One technician's row: what fills the time, and what is free. `busy` is held by work that is not yours to see."""

    id: UUID
    name: str
    store_id: UUID
    provider: ProviderNameAnswer | None
    on_duty: bool
    active: bool
    bookings: list[CalendarEntryAnswer]
    busy: list[SpanAnswer]
    hours: list[SpanAnswer]
    free: list[SpanAnswer]
    time_off: list[SpanAnswer]


class UnassignedRowAnswer(Answer):
    """The unassigned work. `truncated`: there are more than the `items` shown, `total` in all."""

    items: list[CalendarEntryAnswer]
    total: int
    truncated: bool


class CalendarAnswer(Answer):
    """A page of people with their time, by name; days and unassigned work are those of the whole span."""

    items: list[CalendarRowAnswer]
    next_cursor: str | None
    unassigned: UnassignedRowAnswer
    days: list[CalendarDayAnswer]
    timezone: str
    span: SpanAnswer
    server_now: datetime


@routes.get(
    "/v1/calendar",
    access=READING,
    query=CalendarQuery,
    answer=CalendarAnswer,
    errors=(NotFoundError, InvalidError),
    replica=True,
)
def read_calendar(call: Call[CalendarQuery, None]) -> Reply:
    """Read the calendar.

    Leads and tickets per technician with hours, time off and free gaps, and the unassigned ones. Of one store or
    group, or of all that you see; at most 42 days. An open offer holds time in its technician's row.
    """
    query = call.query
    scope = call.caller.scope
    with call.transaction() as tx:
        zone = _zone(tx, call, query)
        at = tx.as_of()
        within = _span(query, zone)
        question = CalendarQuestion(
            within=within,
            at=at,
            store_id=query.store_id,
            group_id=query.group_id,
            limit=most_on_a_page(query.limit, within),
            cursor=query.cursor,
        )
        people = list_calendar(tx, scope, question)
        waiting = list_unassigned(tx, scope, question)
    return Reply(
        to_json(
            {
                "items": [_technician(row) for row in people.items],
                "next_cursor": people.next_cursor,
                "unassigned": {
                    "items": [_entry(entry) for entry in waiting.items],
                    "total": waiting.total,
                    "truncated": waiting.total > len(waiting.items),
                },
                "days": [_day(day, zone) for day in local_dates(question.within, zone)],
                "timezone": zone.key,
                "span": _shown(question.within),
                "server_now": at,
            }
        )
    )


def _zone(tx: Tx, call: AnyCall, query: CalendarQuery) -> ZoneInfo:
    """Whose calendar the days are of. Raises NotFoundError for a store or group outside the scope."""
    scope = call.caller.scope
    store = get_store(tx, scope, query.store_id) if query.store_id is not None else None
    if query.group_id is not None:
        group = get_group(tx, scope, query.group_id)
        wider = replace(scope, store_ids=scope.store_ids | {group.store_id})
        store = store or get_store(tx, wider, group.store_id)
    if query.timezone is not None:
        return get_zone(query.timezone)
    return get_zone(store.timezone) if store is not None else common_zone(tx, scope)


def _span(query: CalendarQuery, zone: ZoneInfo) -> Span:
    """Raises InvalidError for a span that does not go forward, or is longer than 42 days."""
    start, end = _instant(query.first, zone), _instant(query.last, zone, days_on=1)
    if start >= end:
        raise InvalidError.at("/to", "span_not_forward", "It should come after `from`.")
    if end - start > _LONGEST:
        raise InvalidError.at("/to", "span_too_long", f"A calendar has at most {_LONGEST_DAYS} days.")
    return start, end


def most_on_a_page(limit: int, within: Span) -> int:
    """How many technicians an answer holds: `limit`, or fewer where the span is longer than a week."""
    days = max(1, round((within[1] - within[0]) / _DAY))
    return min(limit, _MOST_TECHNICIAN_DAYS // days)


def _instant(given: date, zone: ZoneInfo, *, days_on: Literal[0, 1] = 0) -> datetime:
    return given if isinstance(given, datetime) else midnight(given + days_on * _DAY, zone)


def _day(day: date, zone: ZoneInfo) -> dict[str, object]:
    return {"date": day, "start": midnight(day, zone), "end": midnight(day + _DAY, zone)}


def _technician(row: TechnicianRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "store_id": row.store_id,
        "provider": row.provider,
        "on_duty": row.on_duty,
        "active": row.active,
        "bookings": [_entry(entry) for entry in row.bookings],
        "busy": _spans(row.busy),
        "hours": _spans(row.hours),
        "free": _spans(row.free),
        "time_off": _spans(row.time_off),
    }


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "work_order_id": entry.work_order_id,
        "number": entry.number,
        "title": entry.title,
        "kind": entry.kind,
        "state": entry.state,
        "store_id": entry.store_id,
        "colour": {"family": entry.family, "fill": entry.fill},
        "role": entry.role,
        "slot": {"start": entry.start, "end": entry.end},
        "occupied_from": entry.occupied_from,
        "offer_expires_at": entry.offer_expires_at,
        "priority": entry.priority,
        "pinned": entry.pinned,
        "customer": {"name": entry.customer_name},
        "has_location": entry.has_location,
    }


def _spans(spans: Iterable[Span]) -> list[dict[str, datetime]]:
    return [_shown(span) for span in spans]


def _shown(span: Span) -> dict[str, datetime]:
    return {"start": span[0], "end": span[1]}
