"""When a technician works, as instants: the weekly hours of each local date, or the exception that replaces them.

A date's spans are those that begin on it: a night shift belongs to the evening on which it starts, so an exception for
Saturday leaves the end of Friday's night as it is. Wall times are those of the technician's home store, read anew each
time: a store that moves to another zone takes its people's hours along.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from geo_assign.core.spans import Span, merge
from geo_assign.workforce.domain import Hours
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.local_time import local_instant

WallSpans = Sequence[Sequence[str]]
"""Spans of one local date as people write them: [["10:00", "14:00"]]; one that ends at or before its start ends on the
next day, and an empty list means no work."""

_ALWAYS: WallSpans = (("00:00", "24:00"),)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A technician's weekly hours (None: always), what replaces them on single dates, and the zone of both."""

    hours: Hours | None
    zone: ZoneInfo
    exceptions: Mapping[date, WallSpans] = field(default_factory=dict)

    def spans_of(self, day: date) -> WallSpans:
        """The spans that begin on this local date."""
        exceptional = self.exceptions.get(day)
        if exceptional is not None:
            return exceptional
        return _ALWAYS if self.hours is None else self.hours.get(DAYS[day.weekday()], ())


def working_spans(working: WorkingTime, within: Span) -> list[Span]:
    """The working spans that reach into `within`, whole: they may begin before and end after it."""
    start, end = within
    first, last = start.astimezone(working.zone).date() - _DAY, end.astimezone(working.zone).date()
    spans: list[Span] = []
    day = first
    while day <= last:
        spans += _instants(day, working.spans_of(day), working.zone)
        day += _DAY
    return [span for span in merge(spans) if span[1] > start and span[0] < end]


def local_dates(within: Span, zone: ZoneInfo) -> Iterator[date]:
    """The local dates that `within` touches."""
    start, end = within
    day = start.astimezone(zone).date()
    while day <= (end - timedelta.resolution).astimezone(zone).date():
        yield day
        day += _DAY


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local date begins."""
    return _instant(day, "00:00", zone)


def _instants(day: date, spans: WallSpans, zone: ZoneInfo) -> Iterator[Span]:
    for start, end in spans:
        last = day if end > start else day + _DAY
        yield _instant(day, start, zone), _instant(last, end, zone)


# A fleet keeps few different hours: the same wall times are asked for again and again.
@lru_cache(maxsize=16_384)
def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return local_instant(datetime.combine(day + _DAY, time(0)), zone)
    return local_instant(datetime.combine(day, time.fromisoformat(clock)), zone)
