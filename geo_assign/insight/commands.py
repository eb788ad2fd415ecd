"""Sums a store's days, a month of them at a time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Insert,
    Uuid,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    true,
)

from geo_assign.core.db import Tx
from geo_assign.core.rows import AnyColumn
from geo_assign.core.spans import Span, merge
from geo_assign.insight.counting import (
    NOTHING,
    VERSION,
    counts_of,
    facts_of,
    loads_of,
    packed_counts,
    packed_loads,
)
from geo_assign.insight.duty_hours import count_hours, list_duty_times, pack_hours
from geo_assign.insight.summed import cohort_of, days_of_stores, is_true_at
from geo_assign.insight.tables import insight_changes, insight_days, insight_sums
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.tables import stores, technicians
from geo_assign.workforce.working_time import midnight
from geo_assign.workorders.tables import work_orders

DAYS_AT_ONCE = 31
ORDERS_AT_ONCE = 4_000
_DAY = timedelta(days=1)


class StoreDays(NamedTuple):
    """Days of a store's calendar, of which each has ended."""

    store_id: UUID
    zone: ZoneInfo
    days: Sequence[date]

    def span_of(self, day: date) -> Span:
        return midnight(day, self.zone), midnight(day + _DAY, self.zone)

    @property
    def spans(self) -> list[Span]:
        """As few as possible."""
        return merge(map(self.span_of, self.days))

    def take(self, tx: Tx) -> "StoreDays":
        """The first of them, so that there are few enough work orders; one at least."""
        w = work_orders.c
        day = cast(func.timezone(self.zone.key, w.created_at), Date)
        own = w.org_id == tx.org_id, w.store_id == self.store_id, _is_in(self.spans, w.created_at)
        orders = dict(tx.conn.execute(select(day, func.count()).where(*own).group_by(day)).all())
        taken, number = 1, orders.get(self.days[0], 0)
        for following in self.days[1:]:
            number += orders.get(following, 0)
            if number > ORDERS_AT_ONCE:
                break
            taken += 1
        return self._replace(days=self.days[:taken])


def sum_days(tx: Tx, store_id: UUID) -> bool:
    """Sum the next days of a store, `DAYS_AT_ONCE` at most; whether there may be more.

    First those whose sums are no longer true, then those that have ended since, then back to the organization's first
    work order. False, too, while another worker sums the store's.
    """
    name = f"insight/{tx.org_id}/{store_id}"
    is_free = tx.conn.execute(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))).scalar_one()
    if not is_free:
        return False
    s = stores.c
    zone = get_zone(tx.conn.execute(select(s.timezone).where(s.org_id == tx.org_id, s.id == store_id)).scalar_one())
    at = tx.now()
    days = [*_no_longer_true(tx, store_id, zone, at), *_missing(tx, store_id, zone, at)][:DAYS_AT_ONCE]
    if not days:
        return False
    # As for reading: a month of work is found by index.
    tx.conn.execute(select(func.set_config("random_page_cost", "1.1", true())))
    taken = StoreDays(store_id, zone, days).take(tx)
    _sum(tx, taken, at)
    return len(days) == DAYS_AT_ONCE or len(taken.days) < len(days)


def _no_longer_true(tx: Tx, store_id: UUID, zone: ZoneInfo, at: datetime) -> Sequence[date]:
    """Days to sum anew. Those of another time zone or another version are forgotten: others take their places."""
    d = insight_days.c
    own = d.org_id == tx.org_id, d.store_id == store_id
    tx.conn.execute(delete(insight_days).where(*own, or_(d.timezone != zone.key, d.version != VERSION)))
    days = (
        select(d.day)
        .select_from(days_of_stores(tx.org_id))
        .where(d.store_id == store_id, not_(is_true_at(tx.org_id, at)))
        .order_by(d.day.desc())
        .limit(DAYS_AT_ONCE)
    )
    return tx.conn.execute(days).scalars().all()


def _missing(tx: Tx, store_id: UUID, zone: ZoneInfo, at: datetime) -> list[date]:
    """Days that have ended and are not summed: those after the last that is, else backwards from the first."""
    d, w = insight_days.c, work_orders.c
    # The organization's first, not the store's: days on which all stores are summed need no look at the work.
    begun = select(func.min(w.created_at)).where(w.org_id == tx.org_id)
    begun_at = tx.conn.execute(begun).scalar_one()
    if begun_at is None:
        return []
    earliest, yesterday = begun_at.astimezone(zone).date(), at.astimezone(zone).date() - _DAY
    c = insight_changes.c
    # Duty from before there was any work: its days are never summed.
    earlier = c.org_id == tx.org_id, c.store_id == store_id, c.created_at < midnight(earliest, zone)
    tx.conn.execute(delete(insight_changes).where(*earlier))
    own = d.org_id == tx.org_id, d.store_id == store_id
    first, last = tx.conn.execute(select(func.min(d.day), func.max(d.day)).where(*own)).one()
    if last is None:
        first, last = yesterday + _DAY, yesterday
    later = [last + _DAY * number for number in range(1, min((yesterday - last).days, DAYS_AT_ONCE) + 1)]
    before = [first - _DAY * number for number in range(1, min((first - earliest).days, DAYS_AT_ONCE) + 1)]
    return later + before


def _sum(tx: Tx, of: StoreDays, at: datetime) -> None:
    c, d = insight_changes.c, insight_days.c
    # Before the work is looked at: what changes meanwhile leaves a row that is seen after this.
    changes = c.org_id == tx.org_id, c.store_id == of.store_id, _is_in(of.spans, c.created_at)
    tx.conn.execute(delete(insight_changes).where(*changes))
    tx.conn.execute(delete(insight_days).where(d.org_id == tx.org_id, d.store_id == of.store_id, d.day.in_(of.days)))
    w = work_orders.c
    cohort = cohort_of(tx.org_id, w.store_id == of.store_id, _is_in(of.spans, w.created_at))
    facts = facts_of(tx.org_id, cohort, at)
    f = facts.c
    stand = select(f.day, func.min(f.unserved_from)).group_by(f.day)
    stands_until = dict(tx.conn.execute(stand).all())
    hours = _hours_of(tx, of)
    tx.conn.execute(
        insert(insight_days),
        [
            {
                "org_id": tx.org_id,
                "store_id": of.store_id,
                "day": day,
                "timezone": of.zone.key,
                "begins_at": begins_at,
                "ends_at": ends_at,
                "summed_at": at,
                "stands_until": stands_until.get(day),
                "version": VERSION,
                "hours": hours.get(day),
            }
            for day in of.days
            for begins_at, ends_at in [of.span_of(day)]
        ],
    )
    tx.conn.execute(_insert_sums(tx, of.store_id, counts_of(tx.org_id, cohort, facts), loads_of(tx.org_id, cohort)))


def _hours_of(tx: Tx, of: StoreDays) -> dict[date, bytes]:
    """When the store's technicians were on duty and free, packed; nothing for a store without any duty."""
    return {
        day: pack_hours(hours)
        for span in of.spans
        for times in list_duty_times(tx, span, technicians.c.store_id == of.store_id)
        for day, hours in count_hours(times, span, of.zone).items()
    }


def _is_in(spans: Sequence[Span], at: AnyColumn) -> ColumnElement[bool]:
    return or_(*(and_(at >= first, at < last) for first, last in spans))


def _insert_sums(tx: Tx, store_id: UUID, counts: CTE, loads: CTE) -> Insert:
    c, has = counts.c, loads.c
    counted = select(c.day, c.group_id, packed_counts(counts).label("counts")).group_by(c.day, c.group_id)
    loaded = select(has.day, has.group_id, packed_loads(loads).label("loads")).group_by(has.day, has.group_id)
    of_groups, loads_of_groups = counted.subquery("of_groups"), loaded.subquery("loads_of_groups")
    o, of = of_groups.c, loads_of_groups.c
    same = and_(of.day == o.day, of.group_id.is_not_distinct_from(o.group_id))
    sums = select(
        literal(tx.org_id, Uuid()),
        literal(store_id, Uuid()),
        o.day,
        func.row_number().over(partition_by=o.day),
        o.group_id,
        o.counts,
        func.coalesce(of.loads, NOTHING),
    ).select_from(of_groups.outerjoin(loads_of_groups, same))
    return insert(insight_sums).from_select(["org_id", "store_id", "day", "part", "group_id", "counts", "loads"], sums)
