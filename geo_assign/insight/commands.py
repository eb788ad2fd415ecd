"""Sums a store's days, a few at a time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, Date, Insert, Uuid, delete, func, insert, literal, not_, or_, select

from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.insight.counting import (
    NOTHING,
    VERSION,
    counts_of,
    facts_of,
    loads_of,
    packed_counts,
    packed_loads,
)
from geo_assign.insight.summed import cohort_of, days_of_stores, is_true_at
from geo_assign.insight.tables import insight_changes, insight_days, insight_sums
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.tables import stores
from geo_assign.workforce.working_time import midnight
from geo_assign.workorders.tables import work_orders

DAYS_AT_ONCE = 8
_DAY = timedelta(days=1)


def sum_days(tx: Tx, store_id: UUID) -> bool:
    """Sum the next days of a store, `DAYS_AT_ONCE` at most; whether there were so many that there may be more.

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
    for day in days:
        _sum_day(tx, store_id, day, zone, at)
    return len(days) == DAYS_AT_ONCE


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
    own = d.org_id == tx.org_id, d.store_id == store_id
    first, last = tx.conn.execute(select(func.min(d.day), func.max(d.day)).where(*own)).one()
    if last is None:
        first, last = yesterday + _DAY, yesterday
    later = [last + _DAY * number for number in range(1, min((yesterday - last).days, DAYS_AT_ONCE) + 1)]
    earlier = [first - _DAY * number for number in range(1, min((first - earliest).days, DAYS_AT_ONCE) + 1)]
    return later + earlier


def _sum_day(tx: Tx, store_id: UUID, day: date, zone: ZoneInfo, at: datetime) -> None:
    span = midnight(day, zone), midnight(day + _DAY, zone)
    c, d = insight_changes.c, insight_days.c
    # Before the work is looked at: what changes meanwhile leaves a row that is seen after this.
    changes = c.org_id == tx.org_id, c.store_id == store_id, c.created_at >= span[0], c.created_at < span[1]
    tx.conn.execute(delete(insight_changes).where(*changes))
    tx.conn.execute(delete(insight_days).where(d.org_id == tx.org_id, d.store_id == store_id, d.day == day))
    cohort = _cohort(tx, store_id, span)
    facts = facts_of(tx.org_id, cohort, at)
    tx.conn.execute(
        insert(insight_days).values(
            org_id=tx.org_id,
            store_id=store_id,
            day=day,
            timezone=zone.key,
            begins_at=span[0],
            ends_at=span[1],
            summed_at=at,
            stands_until=tx.conn.execute(select(func.min(facts.c.unserved_from))).scalar_one(),
            version=VERSION,
        )
    )
    tx.conn.execute(_insert_sums(tx, store_id, day, counts_of(tx.org_id, cohort, facts), loads_of(tx.org_id, cohort)))


def _cohort(tx: Tx, store_id: UUID, span: Span) -> CTE:
    w = work_orders.c
    return cohort_of(tx.org_id, w.store_id == store_id, w.created_at >= span[0], w.created_at < span[1])


def _insert_sums(tx: Tx, store_id: UUID, day: date, counts: CTE, loads: CTE) -> Insert:
    counted = select(counts.c.group_id, packed_counts(counts).label("counts")).group_by(counts.c.group_id)
    loaded = select(loads.c.group_id, packed_loads(loads).label("loads")).group_by(loads.c.group_id)
    of_groups, loads_of_groups = counted.subquery("of_groups"), loaded.subquery("loads_of_groups")
    group_id = of_groups.c.group_id
    same_group = loads_of_groups.c.group_id.is_not_distinct_from(group_id)
    sums = select(
        literal(tx.org_id, Uuid()),
        literal(store_id, Uuid()),
        literal(day, Date()),
        func.row_number().over(),
        group_id,
        of_groups.c.counts,
        func.coalesce(loads_of_groups.c.loads, NOTHING),
    ).select_from(of_groups.outerjoin(loads_of_groups, same_group))
    return insert(insight_sums).from_select(["org_id", "store_id", "day", "part", "group_id", "counts", "loads"], sums)
