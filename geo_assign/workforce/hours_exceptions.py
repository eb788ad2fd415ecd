"""Reads of exceptions from the weekly hours, and of working time and time off as a whole."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Date, Uuid, and_, any_, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.rows import AnySelect
from geo_assign.core.spans import Span
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workforce.domain import HoursException
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.tables import hours_exceptions, stores, technicians, time_off
from geo_assign.workforce.working_time import WallSpans, WorkingTime


def get_hours_exception(tx: Tx, technician_id: UUID, day: date) -> HoursException:
    """Raises NotFoundError."""
    found = list_hours_exceptions(tx, technician_id, first=day, last=day)
    if not found:
        raise NotFoundError
    return found[0]


def list_hours_exceptions(tx: Tx, technician_id: UUID, *, first: date, last: date) -> list[HoursException]:
    """A technician's exceptions from `first` to `last`, both included, by date."""
    rows = _list_exceptions(tx, [technician_id], first, last)
    return [HoursException(row.technician_id, row.local_date, row.spans, row.note) for row in rows]


def list_working_times(tx: Tx, technician_ids: Collection[UUID], within: Span) -> dict[UUID, WorkingTime]:
    """Hours, zone, and the exceptions that concern `within`, of each of these technicians. One statement."""
    first, last = dates_around(within)
    given = {"org_id": tx.org_id, "ids": list(technician_ids), "first": first, "last": last}
    return {row.id: _working_time(row) for row in tx.fetch(_HOURS, given)}


def _working_time(row: "_HoursRow") -> WorkingTime:
    exceptions = {date.fromisoformat(day): spans for day, spans in (row.exceptions or {}).items()}
    return WorkingTime(row.hours, get_zone(row.timezone), exceptions)


def list_away(tx: Tx, technician_ids: Collection[UUID], within: Span) -> dict[UUID, list[Span]]:
    """These technicians' time off that touches `within`, whole; who has none is absent."""
    f, (start, end) = time_off.c, within
    found: dict[UUID, list[Span]] = {}
    rows = tx.conn.execute(
        select(f.technician_id, f.starts_at, f.ends_at).where(
            f.org_id == tx.org_id, f.technician_id.in_(technician_ids), f.ends_at > start, f.starts_at < end
        )
    )
    for row in rows:
        found.setdefault(row.technician_id, []).append((row.starts_at, row.ends_at))
    return found


def dates_around(within: Span) -> tuple[date, date]:
    """The first and the last local date, in whatever zone, whose spans may reach into `within`."""
    start, end = (instant.astimezone(UTC).date() for instant in within)
    # A zone is at most 14 hours away, and a night shift begins on the evening before.
    return start - timedelta(days=2), end + timedelta(days=1)


class _ExceptionRow(NamedTuple):
    technician_id: UUID
    local_date: date
    spans: WallSpans
    note: str | None


class _HoursRow(NamedTuple):
    id: UUID
    hours: Mapping[str, WallSpans] | None
    timezone: str
    exceptions: Mapping[str, WallSpans] | None


def _list_exceptions(tx: Tx, technician_ids: Collection[UUID], first: date, last: date) -> list[_ExceptionRow]:
    given = {"org_id": tx.org_id, "ids": list(technician_ids), "first": first, "last": last}
    return tx.fetch(_EXCEPTIONS, given)


# Part of each explained ranking, so they are rendered once.
_ASKED = Parameters(org_id=Uuid(), ids=ARRAY(Uuid()), first=Date(), last=Date())


def _exceptions() -> AnySelect:
    x = hours_exceptions.c
    return (
        select(x.technician_id, x.local_date, x.spans, x.note)
        .where(x.org_id == _ASKED.org_id, x.technician_id == any_(_ASKED.ids))
        .where(x.local_date.between(_ASKED.first, _ASKED.last))
        .order_by(x.technician_id, x.local_date)
    )


def _hours() -> AnySelect:
    t, s = technicians.c, stores.c
    joined = technicians.join(stores, and_(s.org_id == _ASKED.org_id, s.id == t.store_id))
    x = hours_exceptions.c
    of_days = (
        select(func.jsonb_object_agg(func.to_char(x.local_date, "YYYY-MM-DD"), x.spans))
        .where(x.org_id == _ASKED.org_id, x.technician_id == t.id, x.local_date.between(_ASKED.first, _ASKED.last))
        .correlate(technicians)
        .scalar_subquery()
    )
    rows = select(t.id, t.hours, s.timezone, of_days.label("exceptions")).select_from(joined)
    return rows.where(t.org_id == _ASKED.org_id, t.id == any_(_ASKED.ids))


_EXCEPTIONS = Statement.of(_ExceptionRow, _exceptions())
_HOURS = Statement.of(_HoursRow, _hours())
