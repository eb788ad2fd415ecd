"""A candidate's day around the wanted slot: what fills it, and the working hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from geo_assign.core.db import Tx
from geo_assign.core.spans import clip
from geo_assign.matching.domain import Question
from geo_assign.matching.queries import list_booked_then
from geo_assign.workforce.hours_exceptions import list_working_times
from geo_assign.workforce.working_time import WorkingTime, working_spans
from geo_assign.workorders.domain import Kind
from geo_assign.workorders.queries import BookedTime, list_booked_times


@dataclass(frozen=True, slots=True)
class Day:
    """Bookings and working hours as instants; shifts may begin before and end after the local day."""

    bookings: list[dict[str, object]] = field(default_factory=list)
    hours: list[dict[str, datetime]] = field(default_factory=list)


def get_days(tx: Tx, question: Question, technician_ids: Sequence[UUID], *, then: bool = False) -> dict[UUID, Day]:
    """The question's local day of each of these technicians; `then`: with the work known at the question's instant."""
    if not technician_ids:
        return {}
    working = list_working_times(tx, technician_ids, (question.day_start, question.day_end))
    days = {technician_id: Day(hours=_hours(question, one)) for technician_id, one in working.items()}
    for booked in _list_booked(tx, question, technician_ids, then=then):
        shown = {"start": booked.start, "end": booked.end, "kind": booked.kind, "state": booked.state}
        days[booked.technician_id].bookings.append(shown)
    return days


def _list_booked(tx: Tx, question: Question, technician_ids: Sequence[UUID], *, then: bool) -> list[BookedTime]:
    if not then:
        return list_booked_times(tx, technician_ids, question.day_start, question.day_end)
    rows = list_booked_then(tx, question, technician_ids)
    return [BookedTime(row.technician_id, row.starts_at, row.ends_at, Kind(row.kind), row.state) for row in rows]


def _hours(question: Question, working: WorkingTime) -> list[dict[str, datetime]]:
    today = (question.day_start, question.day_end)
    spans = working_spans(working, today)
    # A technician who works always has no shifts to show whole.
    return [{"start": start, "end": end} for start, end in (clip(spans, today) if working.hours is None else spans)]
