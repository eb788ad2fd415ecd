"""A candidate's day around the wanted slot: what fills it and when he works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from geo_assign.core.db import Tx
from geo_assign.matching.domain import Question
from geo_assign.workforce.local_time import get_zone, local_instant
from geo_assign.workforce.tables import stores, technicians
from geo_assign.workorders.queries import list_booked_times

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Day:
    """Bookings and working hours as instants; hours may begin before and end after the local day."""

    bookings: list[dict[str, Any]] = field(default_factory=list)
    hours: list[dict[str, datetime]] = field(default_factory=list)


def get_days(tx: Tx, question: Question, technician_ids: Sequence[UUID]) -> dict[UUID, Day]:
    """The question's local day of each of these technicians."""
    if not technician_ids:
        return {}
    days: dict[UUID, Day] = {}
    t = technicians.c
    zones = and_(stores.c.org_id == t.org_id, stores.c.id == t.store_id)
    statement = select(t.id, t.hours, stores.c.timezone).join(stores, zones)
    for row in tx.conn.execute(statement.where(t.org_id == tx.org_id, t.id.in_(technician_ids))):
        days[row.id] = Day(hours=_hours(row.hours, question, get_zone(row.timezone)))
    for booked in list_booked_times(tx, technician_ids, question.day_start, question.day_end):
        shown = {"start": booked.start, "end": booked.end, "kind": booked.kind, "state": booked.state}
        days[booked.technician_id].bookings.append(shown)
    return days


def _hours(hours: dict[str, Any] | None, question: Question, zone: ZoneInfo) -> list[dict[str, datetime]]:
    if hours is None:
        return [{"start": question.day_start, "end": question.day_end}]
    today = question.slot.start.astimezone(zone).date()
    spans = [*_of_day(hours, today - timedelta(days=1), zone), *_of_day(hours, today, zone)]
    return [
        {"start": start, "end": end} for start, end in spans if end > question.day_start and start < question.day_end
    ]


def _of_day(hours: dict[str, Any], day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for start, end in hours.get(_WEEKDAYS[day.weekday()], ()):
        # An end that is not after its start lies on the next day: a night shift.
        last = day if end > start else day + timedelta(days=1)
        yield _instant(day, start, zone), _instant(last, end, zone)


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return local_instant(datetime.combine(day + timedelta(days=1), time(0)), zone)
    return local_instant(datetime.combine(day, time.fromisoformat(clock)), zone)
