"""When several people can do something together: within the working hours of all, beside what each has to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.spans import Span, clip, subtract
from geo_assign.free_time.gaps import earliest_common_gap
from geo_assign.workforce.hours_exceptions import list_away, list_working_times
from geo_assign.workforce.working_time import WorkingTime, working_spans
from geo_assign.workorders.queries import list_occupied_spans

LOOKS_AHEAD = timedelta(days=14)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Diary:
    """What decides about a technician's time: working hours, what bookings occupy (travel included), time off."""

    working: WorkingTime
    occupied: Sequence[Span] = ()
    away: Sequence[Span] = ()


def earliest_common_slot(
    diaries: Iterable[Diary], duration: timedelta, *, after: datetime, travel_buffer: timedelta
) -> Span | None:
    """The earliest slot of `duration` that begins on a full minute, at `after` or within two weeks of it.

    All work through the whole of it, and have `travel_buffer` free before it.
    """
    first = _full_minute(after)
    within = (first, first + LOOKS_AHEAD + duration)
    free = [_whole_minutes(_free(diary, within, travel_buffer)) for diary in diaries]
    return earliest_common_gap(free, duration, first)


def find_common_slot(
    tx: Tx,
    technician_ids: Sequence[UUID],
    duration: timedelta,
    *,
    after: datetime,
    travel_buffer: timedelta,
    except_for: UUID,
) -> Span | None:
    """The earliest slot in which all of them could come; what work order `except_for` holds does not count."""
    within = (after - travel_buffer, after + LOOKS_AHEAD + duration + _MINUTE)
    occupied = list_occupied_spans(tx, technician_ids, within, except_for=except_for)
    away = list_away(tx, technician_ids, within)
    diaries = [
        Diary(working, occupied.get(technician_id, ()), away.get(technician_id, ()))
        for technician_id, working in list_working_times(tx, technician_ids, within).items()
    ]
    return earliest_common_slot(diaries, duration, after=after, travel_buffer=travel_buffer)


def _free(diary: Diary, within: Span, travel_buffer: timedelta) -> list[Span]:
    """Where a slot may lie: after a booking there has to be time for the way."""
    taken = [(start, end + travel_buffer) for start, end in diary.occupied]
    return subtract(clip(working_spans(diary.working, within), within), [*taken, *diary.away])


def _whole_minutes(spans: Iterable[Span]) -> list[Span]:
    return [(first, end) for start, end in spans if (first := _full_minute(start)) < end]


def _full_minute(at: datetime) -> datetime:
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + _MINUTE
