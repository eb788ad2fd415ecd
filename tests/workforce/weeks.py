"""Working hours as a reader judges them: the question that the statements put to PostgreSQL, asked in Python."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo_assign.workforce.domain import Hours
from geo_assign.workforce.hours import DAY_MINUTES, two_weeks

_MINUTE = timedelta(minutes=1)


def covers(hours: Hours | None, *, start: int, length: int) -> bool:
    """Whether work from minute `start` of the week (0..10079) for `length` minutes lies within the working hours."""
    return hours is None or any(begin <= start and start + length <= end for begin, end in two_weeks(hours))


def week_span(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """A slot as minute of the local week, and its length in minutes of the wall clock."""
    local_start = start.astimezone(zone).replace(tzinfo=None)
    local_end = end.astimezone(zone).replace(tzinfo=None)
    # In the hour that happens twice the wall clock may stand still or run backwards: then elapsed time says more.
    elapsed = local_end - local_start if local_end > local_start else end - start
    floor = local_start.replace(second=0, microsecond=0)
    length = -((floor - local_start - elapsed) // _MINUTE)
    return floor.weekday() * DAY_MINUTES + floor.hour * 60 + floor.minute, length
