"""What lists of work orders are filtered by, each said so that an index of its own is found by it.

Row security lets only leakproof operators reach an index: comparisons of columns do, functions of texts, lists and
JSON do not. What those decide is found by a function of the owner (`finding`), or judged row by row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from geo_assign.core.db import Tx
from geo_assign.core.geo import BoundingBox
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.workorders.domain import BOOKED, BUCKETS, NEEDING_YOU, TERMINAL, Bucket, Kind, PendingReason, State
from geo_assign.workorders.tables import LONG_SLOT, bookings, work_orders

_w = work_orders.c


@dataclass(frozen=True, slots=True)
class WorkOrderFilter:
    """Which work orders: empty means any.

    `technician_id` has, had or is offered the work; `slot_from` and `slot_to` meet the slot; each word of `text` is
    found in the order's number, the customer, the address, the device, the notes or the external id; `returned_to` is
    the dispatcher to whom a group sent it back; `updated_since` and `created_from` include the instant, `created_to`
    does not; `within` leaves out what has no place.
    """

    states: Collection[State] = ()
    store_id: UUID | None = None
    group_id: UUID | None = None
    kind: Kind | None = None
    external_id: str | None = None
    ids: Collection[UUID] = ()
    buckets: Collection[Bucket] = ()
    pending_reasons: Collection[PendingReason] = ()
    technician_id: UUID | None = None
    skill: str | None = None
    slot_from: datetime | None = None
    slot_to: datetime | None = None
    text: str | None = None
    has_location: bool | None = None
    alarm: bool | None = None
    returned_to: UUID | None = None
    updated_since: datetime | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    within: BoundingBox | None = None


def conditions_of(tx: Tx, wanted: WorkOrderFilter) -> list[ColumnElement[bool]]:
    """All that is wanted but skill and text: those are found (`finding`)."""
    asked = {name: getattr(wanted, name) for name in WorkOrderFilter.__dataclass_fields__ if name in _CONDITIONS}
    conditions = [_CONDITIONS[name](value) for name, value in asked.items() if value is False or value]
    if wanted.technician_id is not None:
        conditions.append(_w.id.in_(_work_of(tx, wanted.technician_id)))
    if wanted.slot_from is not None:
        conditions += _ends_after(tx, wanted.slot_from)
    return conditions


@dataclass(frozen=True, slots=True)
class PartOfTime:
    """What a filter wants of one column of time."""

    column: AnyColumn
    conditions: Sequence[ColumnElement[bool]]


def find_part_of_time(tx: Tx, wanted: WorkOrderFilter) -> PartOfTime | None:
    """The part of time that the filter wants, if any; of several the first."""
    for column, names in _TIMES.items():
        bounds = {name: getattr(wanted, name) for name in names}
        if any(bound is not None for bound in bounds.values()):
            return PartOfTime(column, conditions_of(tx, WorkOrderFilter(**bounds)))
    return None


_TIMES: Mapping[AnyColumn, Sequence[str]] = {
    _w.slot_start: ("slot_from", "slot_to"),
    _w.updated_at: ("updated_since",),
    _w.created_at: ("created_from", "created_to"),
}


def _work_of(tx: Tx, technician_id: UUID) -> AnySelect:
    b = bookings.c
    return select(b.work_order_id).where(b.org_id == tx.org_id, b.technician_id == technician_id, b.state.in_(BOOKED))


def _ends_after(tx: Tx, instant: datetime) -> Iterator[ColumnElement[bool]]:
    """The slots that end after an instant, found by when they start.

    Few slots are long. The others start at most as long before, and the longest of all tells how far back any does.
    """
    lasts = _w.slot_end - _w.slot_start
    longest = select(lasts).where(_w.org_id == tx.org_id, lasts > LONG_SLOT).order_by(lasts.desc()).limit(1)
    reach: timedelta = tx.conn.execute(longest).scalar_one_or_none() or LONG_SLOT
    yield _w.slot_end > instant
    yield _w.slot_start > instant - reach
    if reach > LONG_SLOT:
        yield or_(_w.slot_start > instant - LONG_SLOT, lasts > LONG_SLOT)


def _has_alarm() -> ColumnElement[bool]:
    # A JSON null is none either. The first half is what an index is found by.
    return and_(_w.alarm.is_not(None), func.jsonb_typeof(_w.alarm) != "null")


def _in_buckets(buckets: Collection[Bucket]) -> ColumnElement[bool]:
    """As `WorkOrder.bucket` has it."""
    alarmed = func.coalesce(_w.alarm["code"].astext.in_(sorted(NEEDING_YOU)), false())
    of_state = _w.state.in_([state for state, bucket in BUCKETS.items() if bucket in buckets])
    live = _w.state.not_in(sorted(TERMINAL))
    if Bucket.NEEDS_YOU in buckets:
        matching = or_(of_state, and_(live, alarmed))
    else:
        matching = and_(of_state, or_(_w.state.in_(sorted(TERMINAL)), not_(alarmed)))
    # Implied where nothing closed is wanted; said on its own the index of live orders is found by it.
    return matching if Bucket.CLOSED in buckets else and_(live, matching)


def _lies_within(view: BoundingBox) -> ColumnElement[bool]:
    across = (or_ if view.west > view.east else and_)(_w.lon >= view.west, _w.lon <= view.east)
    return and_(_w.lat.between(view.south, view.north), across)


_CONDITIONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "states": lambda states: _w.state.in_(list(states)),
    "store_id": lambda store_id: _w.store_id == store_id,
    "group_id": lambda group_id: _w.group_id == group_id,
    "kind": lambda kind: _w.kind == kind,
    "external_id": lambda external_id: _w.external_id == external_id,
    "ids": lambda ids: _w.id.in_(list(ids)),
    "buckets": _in_buckets,
    "pending_reasons": lambda reasons: _w.pending_reason.in_(list(reasons)),
    "slot_to": lambda instant: _w.slot_start < instant,
    "has_location": lambda located: _w.lat.is_not(None) if located else _w.lat.is_(None),
    "alarm": lambda alarmed: _has_alarm() if alarmed else ~_has_alarm(),
    "returned_to": lambda user_id: _w.returned_to == user_id,
    "updated_since": lambda instant: _w.updated_at >= instant,
    "created_from": lambda instant: _w.created_at >= instant,
    "within": _lies_within,
    "created_to": lambda instant: _w.created_at < instant,
}
