"""Reads of exceptions from the weekly hours, and of working time and time off as a whole."""

from collections.abc import Collection
from datetime import UTC, date, timedelta
from uuid import UUID

from sqlalchemy import and_, select

from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.rows import AnySelect
from geo_assign.core.spans import Span
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
    rows = tx.conn.execute(_select(tx, [technician_id], first, last))
    return [HoursException(row.technician_id, row.local_date, row.spans, row.note) for row in rows]


def list_working_times(tx: Tx, technician_ids: Collection[UUID], within: Span) -> dict[UUID, WorkingTime]:
    """Hours, zone, and the exceptions that concern `within`, of each of these technicians. Two statements."""
    exceptions: dict[UUID, dict[date, WallSpans]] = {}
    for row in tx.conn.execute(_select(tx, technician_ids, *dates_around(within))):
        exceptions.setdefault(row.technician_id, {})[row.local_date] = row.spans
    t = technicians.c
    joined = technicians.join(stores, and_(stores.c.org_id == t.org_id, stores.c.id == t.store_id))
    statement = select(t.id, t.hours, stores.c.timezone).select_from(joined)
    rows = tx.conn.execute(statement.where(t.org_id == tx.org_id, t.id.in_(technician_ids)))
    return {row.id: WorkingTime(row.hours, get_zone(row.timezone), exceptions.get(row.id, {})) for row in rows}


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


def _select(tx: Tx, technician_ids: Collection[UUID], first: date, last: date) -> AnySelect:
    x = hours_exceptions.c
    return (
        select(x.technician_id, x.local_date, x.spans, x.note)
        .where(x.org_id == tx.org_id, x.technician_id.in_(technician_ids), x.local_date.between(first, last))
        .order_by(x.technician_id, x.local_date)
    )
