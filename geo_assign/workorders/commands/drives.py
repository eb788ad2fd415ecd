"""Drives as they were estimated and as they were: from the status `travelling` to `on_site`."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Double, delete, func, literal, null, select, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.core.db import Tx
from geo_assign.core.geo import Point, haversine_m, road_s
from geo_assign.positions.domain import CurrentPosition, Flag, is_fresh
from geo_assign.positions.queries import find_current_position
from geo_assign.workforce.commands.store_etas import set_eta_factors
from geo_assign.workforce.domain import STRAIGHT_LINE, MeasuredRatio, factors_of
from geo_assign.workforce.local_time import get_zone
from geo_assign.workforce.store_rules import StoreRules
from geo_assign.workorders.domain import WorkOrder
from geo_assign.workorders.queries.drives import FRESH_S, EndedDrive
from geo_assign.workorders.tables import drives

MEASURED_FOR = timedelta(days=90)
"""Drives that began longer ago tell nothing of today's traffic, and are deleted."""

# After so long a drive counts half: roads, traffic and people change.
_HALF_LIFE = timedelta(days=21)
_ACCURATE_M = 200.0
# A shorter drive is mostly finding a place to park; a longer one had a stop.
_LEAST_S, _MOST_S = 120.0, 4 * 3_600.0
# The same of a router, which knows no crossing and no queue.
_LEAST_ROUTED_S = 60.0
# Outside of this the status came late or early.
_LEAST_RATIO, _MOST_RATIO = 0.25, 8.0
_DOUBTFUL = frozenset({Flag.MOCK_LOCATION, Flag.IMPLAUSIBLE_JUMP, Flag.CLOCK_AHEAD})


def note_departure(tx: Tx, order: WorkOrder, technician_id: UUID, rules: StoreRules, *, at: datetime) -> None:
    """A technician sets out to a locked work order: note what the drive is estimated to take, and what was told."""
    d = drives.c
    tx.conn.execute(delete(drives).where(d.org_id == tx.org_id, d.work_order_id == order.id))
    position = find_current_position(tx, technician_id)
    if order.location is None or position is None or not _is_known(position, at):
        return
    estimated_s = road_s(haversine_m(Point(position.lat, position.lon), order.location.point))
    if not _LEAST_S <= estimated_s <= _MOST_S:
        return
    hour = at.astimezone(get_zone(rules.store.timezone)).hour
    values = {
        "technician_id": technician_id,
        "store_id": rules.store.id,
        "provider": STRAIGHT_LINE,
        "hour": hour,
        "began_at": at,
        "estimated_s": estimated_s,
        "told_s": estimated_s * (rules.find_eta_factor(STRAIGHT_LINE, at) or 1.0),
    }
    tx.conn.execute(insert(drives).values(org_id=tx.org_id, work_order_id=order.id, **values))


def note_drive_end(tx: Tx, order_id: UUID, technician_id: UUID, *, at: datetime) -> None:
    """The technician says to be on site: note how long the drive was, or forget one that tells nothing."""
    d = drives.c
    this = (d.org_id == tx.org_id, d.work_order_id == order_id, d.seconds.is_(None))
    took_s = func.extract("epoch", at - d.began_at)
    ratio = took_s / d.estimated_s
    telling = (d.technician_id == technician_id, took_s <= _MOST_S, ratio.between(_LEAST_RATIO, _MOST_RATIO))
    tx.conn.execute(update(drives).where(*this, *telling).values(seconds=took_s))
    tx.conn.execute(delete(drives).where(*this))


def note_routed_drive(tx: Tx, rules: StoreRules, drive: EndedDrive, provider: str, estimated_s: float) -> None:
    """Keep what a router estimated for a drive that has ended, beside the straight line's estimate.

    One that tells nothing is not kept, nor that of a drive which was forgotten meanwhile.
    """
    d = drives.c
    if estimated_s < _LEAST_ROUTED_S or not _LEAST_RATIO <= drive.seconds / estimated_s <= _MOST_RATIO:
        return
    told_s = estimated_s * (rules.find_eta_factor(provider, drive.began_at) or 1.0)
    same = ("org_id", "work_order_id", "technician_id", "store_id", "hour", "began_at", "seconds")
    other = select(
        *(d[name] for name in same), literal(provider), literal(estimated_s, Double()), literal(told_s, Double())
    ).where(
        d.org_id == tx.org_id,
        d.work_order_id == drive.work_order_id,
        d.provider == STRAIGHT_LINE,
        d.began_at == drive.began_at,
        d.seconds.is_not(None),
    )
    into = insert(drives).from_select([*same, "provider", "estimated_s", "told_s"], other)
    tx.conn.execute(into.on_conflict_do_nothing())


def calibrate_store(tx: Tx, store_id: UUID) -> None:
    """Learn the factors of a store anew from its drives of 90 days; those of fewer than ten drives are none."""
    d = drives.c
    set_eta_factors(tx, store_id, factors_of(_measure(tx, store_id)))
    done = (d.org_id == tx.org_id, d.store_id == store_id, d.seconds.is_not(None))
    tx.conn.execute(update(drives).where(*done, d.counted.is_(False)).values(counted=True))


def _measure(tx: Tx, store_id: UUID) -> list[MeasuredRatio]:
    """For each provider and hour, and each provider's whole day: the median, to which older drives count less."""
    d, now = drives.c, tx.now()
    ages = func.extract("epoch", now - d.began_at) / _HALF_LIFE.total_seconds()
    one = (
        select(d.provider, d.hour, (d.seconds / d.estimated_s).label("ratio"), func.power(0.5, ages).label("weight"))
        .where(
            d.org_id == tx.org_id,
            d.store_id == store_id,
            d.seconds.is_not(None),
            d.began_at >= now - MEASURED_FOR,
        )
        .cte("one")
    )
    o = one.c
    each = union_all(select(one), select(o.provider, null(), o.ratio, o.weight)).subquery("each").c
    group = (each.provider, each.hour)
    # Equal ratios are reached together.
    reached = func.sum(each.weight).over(partition_by=group, order_by=each.ratio)
    whole = func.sum(each.weight).over(partition_by=group)
    r = select(*group, each.ratio, (reached >= whole / 2).label("is_beyond")).subquery("reached").c
    median = func.min(r.ratio).filter(r.is_beyond)
    rows = tx.conn.execute(select(r.provider, r.hour, func.count(), median).group_by(r.provider, r.hour))
    return [MeasuredRatio(*row) for row in rows]


def delete_old_drives(conn: Connection, *, now: datetime, limit: int = 5_000) -> int:
    """Delete drives of every organization that tell nothing any more; returns how many."""
    d = drives.c
    key = (d.org_id, d.work_order_id)
    old = select(*key).where(d.began_at < now - MEASURED_FOR).limit(limit)
    return conn.execute(delete(drives).where(tuple_(*key).in_(old))).rowcount


def forget_driver(tx: Tx, technician_id: UUID) -> None:
    """Forget whose drives these were."""
    d = drives.c
    of_technician = (d.org_id == tx.org_id, d.technician_id == technician_id)
    tx.conn.execute(update(drives).where(*of_technician).values(technician_id=null()))


def _is_known(position: CurrentPosition, at: datetime) -> bool:
    return (
        is_fresh(position.used_at, at, FRESH_S)
        and (position.accuracy_m is None or position.accuracy_m <= _ACCURATE_M)
        and not position.mock
        and not position.implausible
        and _DOUBTFUL.isdisjoint(position.flags)
    )
