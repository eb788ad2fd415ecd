"""Exceptions from a technician's weekly hours, by local date of the home store."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field

from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.http.operations import STORE_SETTINGS, Call, Reply, Routes
from geo_assign.http.routes.technicians import WallSpan
from geo_assign.http.schemas import Answer, Body, Listing, LocalDate, OptionalNote, Query
from geo_assign.workforce import commands, queries
from geo_assign.workforce.domain import CheckedKind, HoursException
from geo_assign.workforce.hours_exceptions import get_hours_exception, list_hours_exceptions

routes = Routes("Technicians")

_LONGEST = timedelta(days=366)


class HoursExceptionsQuery(Query):
    """From which date to which, both included."""

    first: LocalDate = Field(alias="from")
    last: LocalDate = Field(alias="to")


class HoursExceptionBody(Body):
    """What the technician works on that date; an empty list means no work."""

    spans: Annotated[
        list[WallSpan],
        Field(
            max_length=12,
            description="Wall times of the home store. A span that ends at or before its start ends on the next day.",
            examples=[[["10:00", "14:00"]]],
        ),
    ]
    note: OptionalNote = None


class HoursExceptionAnswer(Answer):
    """What a technician works on one local date, instead of that weekday's hours."""

    date: LocalDate = Field(description="The local date.")
    spans: Sequence[Sequence[str]] = Field(description="Wall times of the home store, each from and to.")
    note: str | None


@routes.get(
    "/v1/technicians/{id}/hours-exceptions",
    access=STORE_SETTINGS,
    query=HoursExceptionsQuery,
    answer=Listing[HoursExceptionAnswer],
    errors=(NotFoundError, InvalidError),
)
def list_exceptions_from_hours(call: Call[HoursExceptionsQuery, None], id: UUID) -> Reply:
    """List exceptions from weekly hours.

    The dates on which the weekly hours of a technician do not hold, up to a year of them.
    """
    first, last = call.query.first, call.query.last
    if not timedelta(0) <= last - first <= _LONGEST:
        raise InvalidError.at("/to", "span_of_dates", "It should lie on or after `from`, at most 366 days later.")
    with call.transaction() as tx:
        technician = queries.get_technician(tx, call.caller.scope, id)
        found = list_hours_exceptions(tx, technician.id, first=first, last=last)
    return Reply(Listing[HoursExceptionAnswer](items=[_answer(one) for one in found]))


@routes.get(
    "/v1/technicians/{id}/hours-exceptions/{date:slug}",
    access=STORE_SETTINGS,
    answer=HoursExceptionAnswer,
    errors=(NotFoundError,),
)
def get_exception_from_hours(call: Call[None, None], id: UUID, date: str) -> Reply:
    """Read an exception from weekly hours.

    What the technician works on one date.
    """
    with call.transaction() as tx:
        technician = queries.get_technician(tx, call.caller.scope, id)
        return Reply(_answer(get_hours_exception(tx, technician.id, _date(date))))


@routes.put(
    "/v1/technicians/{id}/hours-exceptions/{date:slug}",
    access=STORE_SETTINGS,
    body=HoursExceptionBody,
    example={"spans": [["10:00", "14:00"]], "note": "short day"},
    answer=HoursExceptionAnswer,
    errors=(NotFoundError,),
)
def put_exception_from_hours(call: Call[None, HoursExceptionBody], id: UUID, date: str) -> Reply:
    """Set an exception from weekly hours.

    The spans that begin on that date are replaced, with what a night shift among them reaches into the next; the
    end of the night before stays. The date is one of the home store's calendar. Appointments that exist are not
    moved; those that the technician cannot keep carry an alarm.
    """
    body = call.body
    with call.transaction() as tx:
        exception = HoursException(id, _date(date), body.spans, body.note)
        reply = Reply(_answer(commands.set_hours_exception(tx, call.caller, exception)))
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.TECHNICIAN, id)
    return reply


@routes.delete(
    "/v1/technicians/{id}/hours-exceptions/{date:slug}",
    access=STORE_SETTINGS,
    status=204,
    errors=(NotFoundError,),
)
def delete_exception_from_hours(call: Call[None, None], id: UUID, date: str) -> Reply:
    """Delete an exception from weekly hours.

    The weekly hours hold again on this date.
    """
    with call.transaction() as tx:
        commands.remove_hours_exception(tx, call.caller, id, local_date=_date(date))
    call.services.dispatch.judge_work_of(call.caller.org_id, CheckedKind.TECHNICIAN, id)
    return Reply()


def _date(text: str) -> date:
    """The path's date. Raises NotFoundError: at what is no date there is nothing."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFoundError(f"{text!r} is not a date such as 2026-05-21.") from error


def _answer(exception: HoursException) -> HoursExceptionAnswer:
    return HoursExceptionAnswer(date=exception.local_date, spans=list(exception.spans), note=exception.note)
