"""Working hours: from what people write to minutes of a week that a database can compare.

Minutes count from Monday 00:00 of the local week. The week is written twice (0..20159), so that a visit across Sunday
midnight is one span like any other: it starts in the first week and may run into the second.
"""

import re
from collections.abc import Iterator, Sequence

from geo_assign.core.errors import InvalidError
from geo_assign.workforce.domain import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES

Span = tuple[int, int]
"""Minutes [start, end)."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def week_minutes(hours: Hours | None) -> str | None:
    """The int4multirange of `hours` as PostgreSQL reads it; None means always. Raises InvalidError.

    A span that ends at or before its start ends on the next day: a night shift, or a whole day from 00:00 to 00:00.
    """
    if hours is None:
        return None
    return "{" + ",".join(f"[{start},{end})" for start, end in two_weeks(hours)) + "}"


def two_weeks(hours: Hours) -> tuple[Span, ...]:
    """The working spans of two weeks in a row, sorted; overlapping and touching ones are one. Raises InvalidError."""
    return _merge([clipped for span in _spans(hours) for clipped in _repeat(span)])


def require_spans(spans: Sequence[Sequence[str]], pointer: str) -> None:
    """Raises InvalidError, at `pointer`, unless every span is a pair of wall times."""
    for index, span in enumerate(spans):
        _span(0, span, f"{pointer}/{index}")


def _spans(hours: Hours) -> Iterator[Span]:
    for day, spans in hours.items():
        if day not in DAYS:
            raise InvalidError.at(f"/hours/{day}", "bad_hours", f"A day is one of {', '.join(DAYS)}.")
        for index, span in enumerate(spans):
            yield _span(DAYS.index(day) * DAY_MINUTES, span, f"/hours/{day}/{index}")


def _span(midnight: int, span: Sequence[str], pointer: str) -> Span:
    clocks = [_minute(text) for text in span]
    if len(clocks) != 2 or None in clocks or clocks[0] == DAY_MINUTES:
        raise InvalidError.at(pointer, "bad_hours", 'Hours are pairs such as ["09:00", "18:00"].')
    start, end = (midnight + clock for clock in clocks if clock is not None)
    return start, end if start < end else end + DAY_MINUTES


def _minute(text: str) -> int | None:
    if _CLOCK.fullmatch(text) is None:
        return None
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _repeat(span: Span) -> Iterator[Span]:
    # One week earlier too: what runs over Sunday midnight is there on the first Monday morning.
    for shift in (-WEEK_MINUTES, 0, WEEK_MINUTES):
        start, end = max(span[0] + shift, 0), min(span[1] + shift, 2 * WEEK_MINUTES)
        if start < end:
            yield start, end


def _merge(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
