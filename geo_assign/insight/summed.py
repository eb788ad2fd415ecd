"""Reads counts of a period: from sums where a day is summed and nothing changed since, live for all other work.

Which days are summed is asked first, then everything is read by one statement, of one moment, which looks at these
days again: a day that changed in between is asked for anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    LargeBinary,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import viewer_of
from geo_assign.core.binary_rows import binary_rows
from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.spans import Span, intersect, intersect_all, subtract
from geo_assign.insight.counting import NOTHING, VERSION, counts_of, facts_of, loads_of, packed_counts, packed_loads
from geo_assign.insight.domain import InsightQuestion
from geo_assign.insight.duty_hours import count_hours, list_duty_times, pack_hours
from geo_assign.insight.packing import PackedDays, PeriodTally
from geo_assign.insight.tables import insight_changes, insight_days, insight_sums
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.tables import stores, technician_groups, technicians
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.tables import work_orders
from geo_assign.workorders.visibility import sees_work_order

_ATTEMPTS = 3
_NO_STORE = cast(null(), Uuid)
_BEFORE_ALL = cast(literal("0001-01-01"), Date)


class Run(NamedTuple):
    """Days of one store that are summed and follow one another."""

    store_id: UUID
    begins_at: datetime
    ends_at: datetime


class ZoneSpans(NamedTuple):
    """Spans of whole days of a time zone, and the stores in it."""

    zone: ZoneInfo
    store_ids: Sequence[UUID]
    spans: Sequence[Span]

    @property
    def days(self) -> int:
        """How many days of stores these are."""
        ends = ((start.astimezone(self.zone).date(), end.astimezone(self.zone).date()) for start, end in self.spans)
        return len(self.store_ids) * sum((last - first).days for first, last in ends)


def is_true_at(org_id: UUID, at: datetime) -> ColumnElement[bool]:
    """Whether the sums of a row of `insight_days`, joined with its store, are what would be counted at `at`."""
    d, c = insight_days.c, insight_changes.c
    changed = row_exists(
        insight_changes,
        c.org_id == org_id,
        c.store_id == d.store_id,
        c.created_at >= d.begins_at,
        c.created_at < d.ends_at,
    )
    return and_(
        d.version == VERSION,
        d.timezone == stores.c.timezone,
        d.summed_at <= at,
        or_(d.stands_until.is_(None), d.stands_until >= at),
        ~changed,
    )


def days_of_stores(org_id: UUID) -> FromClause:
    """The days of an organization that are summed, each with its store."""
    d, s = insight_days.c, stores.c
    return insight_days.join(stores, and_(s.org_id == org_id, s.id == d.store_id, d.org_id == org_id))


def read_tally(tx: Tx, scope: Scope, question: InsightQuestion) -> PeriodTally:
    """What was counted of the question's work, as far as the caller sees it."""
    # A few days of work are found by index: the default takes disks for slow, and reads whole tables instead.
    tx.conn.execute(select(func.set_config("random_page_cost", "1.1", true())))
    nothing = [ZoneSpans(zone, ids, []) for zone, ids in _stores_by_zone(tx, scope, question).items()]
    summed, counted = nothing, None
    for _ in range(_ATTEMPTS if _sums_tell_all(scope) else 0):
        summed = _summed(tx, scope, question)
        counted = _read(tx, scope, question, summed)
        if counted is not None:
            break
    else:
        summed, counted = nothing, _read(tx, scope, question, nothing)
    assert counted is not None, "without sums nothing is missing"
    unsummed = _gaps(question, summed if _sums_tell_hours(scope, question) else nothing)
    return PeriodTally.made_of([*counted, *_live_hours(tx, scope, question, unsummed)])


def _sums_tell_all(scope: Scope) -> bool:
    """Whether stores and groups decide what the caller sees: an API key also sees what it made, wherever that is."""
    return scope.everything or (scope.api_key_id is None and scope.technician_id is None)


def _sums_tell_hours(scope: Scope, question: InsightQuestion) -> bool:
    """Whether the sums tell who was on duty: those are of a store's own technicians, of whatever group."""
    return _sums_tell_all(scope) and question.group_id is None and not scope.group_ids


def _gaps(question: InsightQuestion, summed: Sequence[ZoneSpans]) -> list[ZoneSpans]:
    return [zone._replace(spans=subtract([question.within], zone.spans)) for zone in summed]


def _summed(tx: Tx, scope: Scope, question: InsightQuestion) -> list[ZoneSpans]:
    """The days that are summed for all stores of a time zone: few spans, so that the rest is planned well."""
    runs = defaultdict[UUID, list[Span]](list)
    for run in _runs(tx, question):
        runs[run.store_id].append((run.begins_at, run.ends_at))
    zones = _stores_by_zone(tx, scope, question)
    return [ZoneSpans(zone, ids, intersect_all([runs[store_id] for store_id in ids])) for zone, ids in zones.items()]


def _stores_by_zone(tx: Tx, scope: Scope, question: InsightQuestion) -> dict[ZoneInfo, list[UUID]]:
    s = stores.c
    asked = select(s.id, s.timezone).where(s.org_id == tx.org_id).order_by(s.id)
    if question.store_ids:
        asked = asked.where(s.id.in_(question.store_ids))
    elif not scope.everything and not scope.group_ids and scope.api_key_id is None:
        asked = asked.where(s.id.in_(scope.store_ids))
    zones = defaultdict[ZoneInfo, list[UUID]](list)
    for row in tx.conn.execute(asked):
        zones[get_zone(row.timezone)].append(row.id)
    return zones


def _runs(tx: Tx, question: InsightQuestion) -> list[Run]:
    d = insight_days.c
    first, last = question.within
    before = func.lag(d.ends_at).over(partition_by=d.store_id, order_by=d.begins_at)
    begins_run = case((before == d.begins_at, 0), else_=1).label("begins_run")
    summed = select(d.store_id, d.begins_at, d.ends_at, begins_run).select_from(days_of_stores(tx.org_id))
    summed = summed.where(d.begins_at >= first, d.ends_at <= last, is_true_at(tx.org_id, question.at))
    if question.store_ids:
        summed = summed.where(d.store_id.in_(question.store_ids))
    days = summed.subquery("days")
    run = func.sum(days.c.begins_run).over(partition_by=days.c.store_id, order_by=days.c.begins_at).label("run")
    numbered = select(days, run).subquery("numbered")
    n = numbered.c
    rows = tx.conn.execute(select(n.store_id, func.min(n.begins_at), func.max(n.ends_at)).group_by(n.store_id, n.run))
    return [Run(*row) for row in rows]


def _read(tx: Tx, scope: Scope, question: InsightQuestion, summed: Sequence[ZoneSpans]) -> list[PackedDays] | None:
    """None where a day of those summed has changed since."""
    parts: list[AnySelect] = [_of_store(_NO_STORE, number=literal(0))]
    if any(zone.spans for zone in summed):
        used = _used(tx, question, summed)
        parts += [_of_days(used, with_hours=_sums_tell_hours(scope, question)), _of_sums(tx, scope, question, used)]
    gaps = _gaps(question, summed)
    if any(zone.spans for zone in gaps):
        parts += _live(tx, scope, question, gaps)
    with binary_rows(tx.conn):
        rows = tx.conn.execute(union_all(*parts)).all()
    if sum(row.number or 0 for row in rows) != sum(zone.days for zone in summed):
        return None
    return [
        PackedDays(row.store_id, row.days, row.lengths or (), row.counts or b"", row.loads or b"", row.hours or b"")
        for row in rows
        if row.store_id is not None
    ]


def _live(tx: Tx, scope: Scope, question: InsightQuestion, gaps: Sequence[ZoneSpans]) -> Iterator[AnySelect]:
    w = work_orders.c
    within = or_(
        *(
            and_(w.store_id.in_(zone.store_ids), or_(*(_begins_in(w.created_at, span) for span in zone.spans)))
            for zone in gaps
            if zone.spans
        )
    )
    cohort = cohort_of(tx.org_id, within, *_seen(tx, scope, question, work_orders))
    counts = counts_of(tx.org_id, cohort, facts_of(tx.org_id, cohort, question.at))
    loads = loads_of(tx.org_id, cohort)
    for of, packed in ((counts, packed_counts(counts)), (loads, packed_loads(loads))):
        by_day = select(of.c.day, of.c.store_id, packed.label("packed")).group_by(of.c.day, of.c.store_id).subquery()
        name = "counts" if of is counts else "loads"
        yield _of_store(by_day.c.store_id, day=by_day.c.day, **{name: by_day.c.packed}).group_by(by_day.c.store_id)


def _live_hours(tx: Tx, scope: Scope, question: InsightQuestion, gaps: Sequence[ZoneSpans]) -> Iterator[PackedDays]:
    t, m = technicians.c, technician_groups.c
    seen = [] if _sums_tell_hours(scope, question) else [sees_technician(viewer_of(tx, scope))]
    if question.group_id is not None:
        own = m.org_id == tx.org_id, m.technician_id == t.id
        seen.append(row_exists(technician_groups, *own, m.group_id == question.group_id))
    for zone in gaps:
        for first, last in intersect(zone.spans, [(datetime.min.replace(tzinfo=UTC), question.at)]):
            for times in list_duty_times(tx, (first, last), t.store_id.in_(zone.store_ids), *seen):
                hours = count_hours(times, (first, last), zone.zone)
                packed = b"".join(map(pack_hours, hours.values()))
                yield PackedDays(times.store_id, [day.toordinal() for day in hours], hours=packed)


def _begins_in(at: ColumnElement[datetime], span: Span) -> ColumnElement[bool]:
    return and_(at >= span[0], at < span[1])


def _of_store(
    store_id: AnyColumn,
    *,
    day: AnyColumn | None = None,
    counts: AnyColumn | None = None,
    loads: AnyColumn | None = None,
    hours: AnyColumn | None = None,
    number: AnyColumn | None = None,
) -> AnySelect:
    """A part of what is read, of a store: rows of days put together, or a number of days that are summed."""
    ordinals = null() if day is None else func.array_agg(day - _BEFORE_ALL + 1)
    lengths = null() if counts is None else func.array_agg(func.octet_length(counts))
    packed = (null() if part is None else func.string_agg(part, NOTHING) for part in (counts, loads, hours))
    return select(
        store_id.label("store_id"),
        cast(ordinals, ARRAY(Integer)).label("days"),
        cast(lengths, ARRAY(Integer)).label("lengths"),
        *(cast(part, LargeBinary).label(name) for part, name in zip(packed, ("counts", "loads", "hours"), strict=True)),
        cast(null() if number is None else number, Integer).label("number"),
    )


def _used(tx: Tx, question: InsightQuestion, summed: Sequence[ZoneSpans]) -> CTE:
    d = insight_days.c
    within = or_(
        *(
            and_(d.store_id.in_(zone.store_ids), or_(*(_begins_in(d.begins_at, span) for span in zone.spans)))
            for zone in summed
            if zone.spans
        )
    )
    return (
        select(d.store_id, d.day, d.hours)
        .select_from(days_of_stores(tx.org_id))
        .where(within, is_true_at(tx.org_id, question.at))
        .cte("used")
        .prefix_with("MATERIALIZED")
    )


def _of_days(used: CTE, *, with_hours: bool) -> AnySelect:
    u = used.c
    hours = {"day": u.day, "hours": u.hours} if with_hours else {}
    return _of_store(u.store_id, number=func.count(), **hours).group_by(u.store_id)


def _of_sums(tx: Tx, scope: Scope, question: InsightQuestion, used: CTE) -> AnySelect:
    """A store at a time: put together at once, the sums of a year would be sorted by their stores on the disk."""
    s, u = insight_sums.c, used.c
    days = select(u.store_id, func.array_agg(u.day).label("days")).group_by(u.store_id).subquery("days_of")
    of_store = (
        _of_store(s.store_id, day=s.day, counts=s.counts, loads=s.loads)
        .where(s.org_id == tx.org_id, s.store_id == days.c.store_id, s.day == func.any(days.c.days))
        .where(*_seen(tx, scope, question, insight_sums))
        .group_by(s.store_id)
        .correlate(days)
        .lateral("of_store")
    )
    return select(*of_store.c).select_from(days.join(of_store, true()))


def cohort_of(org_id: UUID, *conditions: ColumnElement[bool]) -> CTE:
    """The organization's work orders under these conditions, with what `counting` needs of them."""
    w, s = work_orders.c, stores.c
    return (
        select(
            w.id,
            w.store_id,
            w.group_id,
            w.kind,
            w.state,
            w.created_at,
            w.slot_start,
            w.slot_end,
            w.location_source,
            w.location_confidence,
            w.location_learned.is_not(None).label("is_learned"),
            s.timezone,
        )
        .select_from(work_orders.join(stores, and_(s.org_id == org_id, s.id == w.store_id)))
        .where(w.org_id == org_id, *conditions)
        .cte("cohort")
    )


def _seen(tx: Tx, scope: Scope, question: InsightQuestion, table: FromClause) -> list[ColumnElement[bool]]:
    conditions = [sees_work_order(viewer_of(tx, scope), table)]
    if question.store_ids:
        conditions.append(table.c.store_id.in_(question.store_ids))
    if question.group_id is not None:
        conditions.append(table.c.group_id == question.group_id)
    return conditions
