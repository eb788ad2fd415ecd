"""The log of looks, and everything that is kept about one person in one document."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Text, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import EVERYTHING
from geo_assign.access.tables import one_time_links, sessions, users
from geo_assign.completion.domain import OrderImage
from geo_assign.completion.queries import list_images
from geo_assign.completion.tables import work_order_images
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.paging import Page, decode, encode, page
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.pins.tables import pin_evidence
from geo_assign.positions.queries import find_current_position
from geo_assign.positions.tables import position_track, silences
from geo_assign.privacy.domain import How, LiveView, View
from geo_assign.privacy.tables import live_views, location_views
from geo_assign.push.tables import push_subscriptions
from geo_assign.workforce.domain import Technician
from geo_assign.workforce.store_rules import list_countries
from geo_assign.workforce.tables import duty_intervals, hours_exceptions, time_off, trackers
from geo_assign.workorders.contacts import find_email, list_phones
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries import HistoryEntry, get_work_order, list_events
from geo_assign.workorders.tables import bookings, drives, offers, work_orders

# Rows of each kind in an export; the track has pages.
EXPORTED = 10_000
EVENTS_EXPORTED = 200
# Rows that are fetched and held at once.
AT_ONCE = 500


_Rows = Generator[dict[str, object], None, None]


class ExportedRows:
    """Rows of an export, newest first, `AT_ONCE` in memory. Iterate once, while the transaction is open.

    Afterwards `truncated` tells whether there are more than were wanted, and `last` is the last one of those wanted.
    """

    def __init__(self, rows: _Rows, wanted: int) -> None:
        self._rows, self._wanted = rows, wanted
        self.truncated = False
        self.last: Mapping[str, object] | None = None

    def __iter__(self) -> Iterator[dict[str, object]]:
        for number, row in enumerate(self._rows):
            if number == self._wanted:
                self.truncated = True
                break
            self.last = row
            yield row
        self._rows.close()

    @property
    def next_cursor(self) -> str | None:
        """Of a track, where its next page starts."""
        return encode(_place_in_track(self.last)) if self.truncated and self.last is not None else None


@dataclass(frozen=True, slots=True)
class TechnicianExport:
    """What is kept about a technician. Everything but the track comes with the first page alone.

    Of each of the `lists` no more than the newest 10,000 are told.
    """

    track: ExportedRows
    parts: Mapping[str, object] = field(default_factory=dict)
    lists: Mapping[str, ExportedRows] = field(default_factory=dict)


def list_views(tx: Tx, technician_id: UUID, *, limit: int, cursor: str | None = None) -> Page[View]:
    """Who looked where this technician was, newest first; looks on the live stream as one for each minute."""
    before = None if cursor is None else _place(*decode(cursor, datetime.fromisoformat, UUID, How))
    found = {_key(view): view for view in _list_live(tx, technician_id, before, limit=limit + 1)}
    # A row of an older version may tell of the same minute.
    found |= {_key(view): view for view in _list_noted(tx, technician_id, before, limit=limit + 1)}
    views = [found[key] for key in sorted(found, reverse=True)[: limit + 1]]
    return page(views, limit, lambda view: (view.minute.isoformat(), view.viewer_id, view.how))


_Place = tuple[datetime, UUID, str]


def _place(minute: datetime, viewer_id: UUID, how: How) -> _Place:
    return minute, viewer_id, how.value


def _key(view: View) -> _Place:
    return view.minute, view.viewer_id, view.how.value


def _list_noted(tx: Tx, technician_id: UUID, before: _Place | None, *, limit: int) -> list[View]:
    v = location_views.c
    order = (v.minute, v.viewer_id, v.how)
    statement = select(*(v[name] for name in View.__dataclass_fields__)).where(
        v.org_id == tx.org_id, v.technician_id == technician_id
    )
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    rows = tx.conn.execute(statement.order_by(*(column.desc() for column in order)).limit(limit)).mappings()
    return [View(**{**row, "how": How(row["how"])}) for row in rows]


def _list_live(tx: Tx, technician_id: UUID, before: _Place | None, *, limit: int) -> list[View]:
    """By minute, in no order; the newest `limit` and more. Each row has at least a minute, and hours are read whole."""
    v = live_views.c
    whose = [v.org_id == tx.org_id, v.technician_id == technician_id]
    if before is not None:
        whose.append(v.hour <= before[0])
    hours = select(v.hour).where(*whose).order_by(v.hour.desc(), v.viewer_id.desc())
    # What is before the cursor may lie in its hour alone for none of that hour's rows.
    full = hours if before is None else hours.where(v.hour <= before[0] - timedelta(hours=1))
    oldest = tx.conn.execute(full.offset(limit - 1).limit(1)).scalar_one_or_none()
    if oldest is not None:
        whose.append(v.hour >= oldest)
    rows = tx.conn.execute(select(*(v[name] for name in LiveView.__dataclass_fields__)).where(*whose)).mappings()
    views = [view for row in rows for view in LiveView(**row).by_minute()]
    return views if before is None else [view for view in views if _key(view) < before]


def export_technician(tx: Tx, technician: Technician, *, limit: int, cursor: str | None = None) -> TechnicianExport:
    """Everything kept about a technician, without secrets; the track from its newest point back, by pages."""
    track = _track(tx, technician.id, limit=limit, cursor=cursor)
    if cursor is not None:
        return TechnicianExport(track)
    of_technician = {
        "duty": _of(tx, duty_intervals, technician.id, newest=duty_intervals.c.started_at),
        "time_off": _of(tx, time_off, technician.id, newest=time_off.c.starts_at),
        "hours_exceptions": _of(tx, hours_exceptions, technician.id, newest=hours_exceptions.c.local_date),
        "offers": _of(tx, offers, technician.id, newest=offers.c.offered_at),
        "work": _of(tx, bookings, technician.id, newest=bookings.c.starts_at),
        "location_views": ExportedRows(_views(tx, technician.id), EXPORTED),
        "images": _of(tx, work_order_images, technician.id, newest=work_order_images.c.created_at),
        "drives": _of(tx, drives, technician.id, newest=drives.c.began_at),
        "arrivals": _of(tx, pin_evidence, technician.id, newest=pin_evidence.c.at),
        "silences": _of(tx, silences, technician.id, newest=silences.c.began_at),
        "trackers": _of(tx, trackers, technician.id, newest=trackers.c.created_at),
        "push_subscriptions": _of(tx, push_subscriptions, technician.id, newest=push_subscriptions.c.created_at),
        "sessions": _of_user(tx, sessions, technician.user_id),
        "one_time_links": _of_user(tx, one_time_links, technician.user_id),
    }
    position = find_current_position(tx, technician.id)
    profile = {"technician": asdict(technician), "user": _user(tx, technician.user_id)}
    known = {"current_position": None if position is None else asdict(position)}
    return TechnicianExport(track, {**profile, **known}, of_technician)


@dataclass(frozen=True, slots=True)
class CustomersOrder:
    """A work order of the customer, with its history and images."""

    order: WorkOrder
    events: Sequence[HistoryEntry]
    images: Sequence[OrderImage]


def export_customer(
    tx: Tx, *, phone: str | None, email: str | None, limit: int, cursor: str | None = None
) -> Page[CustomersOrder]:
    """The work orders of the customer with this phone number or e-mail address, oldest first.

    Numbers are compared in E.164 and by their digits, addresses without regard to case and to what stands around them.
    Raises InvalidError without either.
    """
    w = work_orders.c
    statement = select(w.id).where(w.org_id == tx.org_id, or_(*_is_customer(tx, phone, email)))
    if cursor is not None:
        created_at, last_id = decode(cursor, datetime.fromisoformat, UUID)
        statement = statement.where(or_(w.created_at > created_at, and_(w.created_at == created_at, w.id > last_id)))
    ids = tx.conn.execute(statement.order_by(w.created_at, w.id).limit(limit + 1)).scalars().all()
    found = [CustomersOrder(get_work_order(tx, EVERYTHING, one), _events(tx, one), list_images(tx, one)) for one in ids]
    return page(found, limit, lambda one: (one.order.created_at.isoformat(), one.order.id))


def _is_customer(tx: Tx, phone: str | None, email: str | None) -> list[ColumnElement[bool]]:
    customer = work_orders.c.customer
    ways: list[ColumnElement[bool]] = []
    if phone is not None:
        digits = re.sub(r"\D", "", phone)
        if not digits:
            raise InvalidError.at("/phone", "no_digits", "A phone number has digits.")
        numbers = {number for country in (*list_countries(tx), None) for number in list_phones(phone, country)}
        kept = func.string_to_array(work_orders.c.customer_phones, " ", type_=ARRAY(Text))
        ways.append(kept.overlap(sorted(numbers)))
        ways.append(func.regexp_replace(customer["phone"].astext, r"\D", "", "g") == digits)
    if email is not None:
        ways.append(func.lower(customer["email"].astext) == email.lower())
        ways.append(customer["email_normalized"].astext == find_email(email))
    if not ways:
        raise InvalidError.at("/phone", "missing", "Name the customer's phone number or e-mail address.")
    return ways


def _events(tx: Tx, order_id: UUID) -> Sequence[HistoryEntry]:
    return list_events(tx, order_id, limit=EVENTS_EXPORTED).items


def _track(tx: Tx, technician_id: UUID, *, limit: int, cursor: str | None) -> ExportedRows:
    """By the device's own times, which the track's key is in the order of: a page is read and no more."""
    t = position_track.c
    order = (t.recorded_at, t.device, t.used_at)
    statement = select(*_shown(position_track)).where(t.org_id == tx.org_id, t.technician_id == technician_id)
    if cursor is not None:
        recorded_at, device, used_at = decode(cursor, datetime.fromisoformat, str, datetime.fromisoformat)
        # A time used is never later than the device's: the days after the cursor's are not looked at.
        statement = statement.where(tuple_(*order) < tuple_(recorded_at, device, used_at), t.used_at <= recorded_at)
    return _newest(tx, statement, *order, wanted=limit)


def _place_in_track(point: Mapping[str, object]) -> tuple[str, str, str]:
    recorded_at, device, used_at = (point[name] for name in ("recorded_at", "device", "used_at"))
    assert isinstance(recorded_at, datetime)
    assert isinstance(used_at, datetime)
    return recorded_at.isoformat(), str(device), used_at.isoformat()


def _of(tx: Tx, table: Table, technician_id: UUID, *, newest: AnyColumn) -> ExportedRows:
    whose = (table.c.org_id == tx.org_id, table.c.technician_id == technician_id)
    return _newest(tx, select(*_shown(table)).where(*whose), newest, wanted=EXPORTED)


def _views(tx: Tx, technician_id: UUID) -> _Rows:
    shown, cursor = [str(column.name) for column in _shown(location_views)], None
    while True:
        found = list_views(tx, technician_id, limit=AT_ONCE, cursor=cursor)
        for view in found.items:
            yield {name: getattr(view, name) for name in shown}
        cursor = found.next_cursor
        if cursor is None:
            return


def _user(tx: Tx, user_id: UUID | None) -> dict[str, object] | None:
    statement = select(*_shown(users)).where(users.c.org_id == tx.org_id, users.c.id == user_id)
    return next((dict(row) for row in tx.conn.execute(statement).mappings()), None)


def _of_user(tx: Tx, table: Table, user_id: UUID | None) -> ExportedRows:
    statement = select(*_shown(table)).where(table.c.org_id == tx.org_id, table.c.user_id == user_id)
    return _newest(tx, statement, table.c.created_at, wanted=EXPORTED)


# Secrets, and what only repeats another column in a form that databases like.
_LEFT_OUT = {
    "org_id",
    "technician_id",
    "token_hash",
    "password_hash",
    "occupies",
    "geog",
    "content",
    "sha256",
    "address_encrypted",
    "endpoint_hash",
    "address_key",
    "visit_id",
    "counted",
    "spent",
}


def _shown(table: Table) -> list[AnyColumn]:
    return [column for column in table.c if column.name not in _LEFT_OUT]


def _newest(tx: Tx, statement: AnySelect, *order: AnyColumn, wanted: int) -> ExportedRows:
    """The newest `wanted` rows by `order`; one more is asked for, which tells that there are more."""
    newest_first = statement.order_by(*(column.desc() for column in order)).limit(wanted + 1)
    return ExportedRows(_read(tx, newest_first), wanted)


def _read(tx: Tx, statement: AnySelect) -> _Rows:
    """By a cursor of the database."""
    with tx.conn.execute(statement, execution_options={"yield_per": AT_ONCE}) as result:
        for row in result.mappings():
            yield dict(row)
