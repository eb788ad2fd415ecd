"""How much technicians were on duty in each hour of the clock, and how much of that without work.

A technician counts for the home store, or for the groups that are asked about. Staff of a provider that works from its
base has no duty, and is not among them. Before the first duty that is known of a store nothing is known, neither of
what has not come yet: that is not the same as no technician on duty.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Subquery,
    and_,
    cast,
    column,
    extract,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE

from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.insight.counting import packed
from geo_assign.workforce.tables import duty_intervals, technicians
from geo_assign.workorders.domain import BookingState
from geo_assign.workorders.tables import bookings

HOURS_OF_DAY = 24
_QUARTER_S = 900
"""Every zone's clock is so many quarters of an hour from UTC: within one, the hour of the clock does not change."""
_WORKING = (BookingState.ASSIGNED, BookingState.DONE)

_Seconds = NDArray[np.float64]
HourSeconds = NDArray[np.int64]
"""Three rows of 24: how much of each hour of the clock is known, technicians' seconds on duty in it, and of them those
without work."""


class DutyTimes(NamedTuple):
    """When a store's technicians were on duty, and when without work, within a span: packed begins and ends."""

    store_id: UUID
    known_from: datetime
    on_duty: bytes
    free: bytes


def list_duty_times(tx: Tx, within: Span, *technicians_asked: ColumnElement[bool]) -> Sequence[DutyTimes]:
    """The times of the technicians under these conditions, by home store. A store without any duty is absent."""
    people = _people(tx.org_id, technicians_asked)
    times = _times(tx.org_id, people, within)
    p = people.c
    known = select(p.store_id, func.min(p.first_at).label("known_from")).where(p.first_at.is_not(None))
    known_of = known.group_by(p.store_id).subquery("known")
    on_duty, free = (_packed_spans(times, name) for name in ("on_duty", "free"))
    rows = tx.conn.execute(
        select(known_of.c.store_id, known_of.c.known_from, on_duty.c.spans, free.c.spans)
        .select_from(known_of)
        .outerjoin(on_duty, on_duty.c.store_id == known_of.c.store_id)
        .outerjoin(free, free.c.store_id == known_of.c.store_id)
    )
    return [DutyTimes(store_id, known_from, duty or b"", idle or b"") for store_id, known_from, duty, idle in rows]


def _people(org_id: UUID, asked: Sequence[ColumnElement[bool]]) -> CTE:
    t, d = technicians.c, duty_intervals.c
    own = d.org_id == org_id, d.technician_id == t.id
    first = select(d.started_at).where(*own).order_by(d.started_at).limit(1).correlate(technicians)
    return (
        select(t.id, t.store_id, first.scalar_subquery().label("first_at"))
        .where(t.org_id == org_id, *asked)
        .cte("people")
        .prefix_with("MATERIALIZED")
    )


def _times(org_id: UUID, people: CTE, within: Span) -> CTE:
    """Of each technician with duty in the span: when on duty, and when without work, as multiranges."""
    p, d, b = people.c, duty_intervals.c, bookings.c
    first, last = within
    # Times on duty do not overlap: of those that began before the span only the last may reach into it.
    one = duty_intervals.alias("before")
    before = select(func.max(one.c.started_at)).where(
        one.c.org_id == org_id, one.c.technician_id == p.id, one.c.started_at <= first
    )
    begins = func.coalesce(before.correlate(people).scalar_subquery(), first)
    spans = func.range_agg(func.tstzrange(d.started_at, func.coalesce(d.ended_at, last)))
    whole = func.tstzmultirange(func.tstzrange(first, last))
    on_duty = (
        select(p.id, p.store_id, spans.op("*", return_type=TSTZMULTIRANGE())(whole).label("on_duty"))
        .select_from(people.join(duty_intervals, and_(d.org_id == org_id, d.technician_id == p.id)))
        .where(d.started_at >= begins, d.started_at < last, or_(d.ended_at.is_(None), d.ended_at > first))
        .group_by(p.id, p.store_id)
        .cte("on_duty")
        .prefix_with("MATERIALIZED")
    )
    o = on_duty.c
    busy = (
        select(b.technician_id, func.range_agg(b.occupies).label("spans"))
        .where(b.org_id == org_id, b.technician_id.in_(select(o.id)), b.state.in_(_WORKING))
        .where(b.occupied_until > first, b.occupied_from < last)
        .group_by(b.technician_id)
        .subquery("busy")
    )
    nothing = cast(literal("{}"), TSTZMULTIRANGE)
    free = o.on_duty.op("-", return_type=TSTZMULTIRANGE())(func.coalesce(busy.c.spans, nothing))
    return (
        select(o.store_id, o.on_duty, free.label("free"))
        .select_from(on_duty.outerjoin(busy, busy.c.technician_id == o.id))
        .cte("times")
        .prefix_with("MATERIALIZED")
    )


def _packed_spans(times: CTE, name: str) -> Subquery:
    """The spans of each store, the begin and the end in microseconds, 8 bytes each."""
    part = func.unnest(times.c[name]).table_valued(column("span")).render_derived()
    span = part.c.span
    ends = (func.int8send(cast(extract("epoch", of(span)) * 1_000_000, BigInteger)) for of in (func.lower, func.upper))
    return (
        select(times.c.store_id, packed(*ends).label("spans"))
        .select_from(times.join(part, true()))
        .group_by(times.c.store_id)
        .subquery(f"packed_{name}")
    )


def count_hours(times: DutyTimes, within: Span, zone: ZoneInfo) -> dict[date, HourSeconds]:
    """The seconds of each hour of the clock, by the dates of the zone that the span touches."""
    edges = _edges(within)
    told = np.array([[max(times.known_from.timestamp(), edges[0]), max(times.known_from.timestamp(), edges[-1])]])
    seconds = [_within(edges, spans) for spans in (told, _seconds_of(times.on_duty), _seconds_of(times.free))]
    counted = defaultdict[date, _Seconds](lambda: np.zeros((3, HOURS_OF_DAY)))
    for place, edge in enumerate(edges[:-1]):
        local = datetime.fromtimestamp(edge, zone)
        counted[local.date()][:, local.hour] += [of_kind[place] for of_kind in seconds]
    return {day: np.rint(hours).astype(np.int64) for day, hours in counted.items()}


def pack_hours(hours: HourSeconds) -> bytes:
    """As it is kept of a day."""
    return hours.astype(">i4").tobytes()


def unpack_hours(kept: bytes) -> HourSeconds:
    """Of so many days as there are: an array of them."""
    return np.frombuffer(kept, ">i4").reshape(-1, 3, HOURS_OF_DAY).astype(np.int64)


def _edges(within: Span) -> _Seconds:
    first, last = (instant.timestamp() for instant in within)
    quarters = np.arange(first // _QUARTER_S + 1, np.ceil(last / _QUARTER_S)) * _QUARTER_S
    return np.concatenate([[first], quarters, [last]])


def _seconds_of(spans: bytes) -> _Seconds:
    return np.frombuffer(spans, ">i8").reshape(-1, 2) / 1e6


def _within(edges: _Seconds, spans: _Seconds) -> _Seconds:
    """How many seconds of the spans lie between each two edges."""
    return np.diff(_passed(edges, spans[:, 0]) - _passed(edges, spans[:, 1]))


def _passed(edges: _Seconds, instants: _Seconds) -> _Seconds:
    """At each edge, the seconds since each of the instants that have passed, together."""
    instants = np.sort(instants)
    sums = np.concatenate([[0.0], np.cumsum(instants)])
    number = np.searchsorted(instants, edges, "right")
    since: _Seconds = number * edges - sums[number]
    return since
