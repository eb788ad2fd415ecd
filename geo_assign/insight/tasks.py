"""Which stores have days to sum, across organizations, in fair turns."""

from datetime import date, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Date, ScalarSelect, Select, and_, cast, func, literal, or_, select

from geo_assign.core.db import Database
from geo_assign.core.expressions import row_exists
from geo_assign.core.lanes import Due
from geo_assign.core.rows import AnyColumn
from geo_assign.core.tables import INSTANT
from geo_assign.insight.commands import sum_days
from geo_assign.insight.counting import VERSION
from geo_assign.insight.tables import insight_changes, insight_days
from geo_assign.workforce.tables import stores
from geo_assign.workorders.tables import work_orders

_AT_ONCE = 64


def list_stores_to_sum(worker: Database) -> Due:
    """Stores with days whose sums are missing or no longer true; the first of each organization before any second.

    Within an organization those first of which the newest days are missing: only what is summed of all of its stores is
    told from sums.
    """
    with worker.across_organizations() as conn:
        return [(row.org_id, row.id) for row in conn.execute(_stores_to_sum(worker.clock.now(conn)))]


def sum_store(application: Database, org_id: UUID, store_id: UUID) -> bool:
    """Sum the next days of a store; whether there may be more."""
    return application.run(org_id, partial(sum_days, store_id=store_id))


def _stores_to_sum(now: datetime) -> Select[UUID, UUID]:
    s = stores.c
    back_to = _first_day().desc().nulls_first()
    turn = func.row_number().over(partition_by=s.org_id, order_by=(back_to, s.id)).label("turn")
    due = select(s.org_id, s.id, turn).where(or_(_is_unfinished(now), _has_untrue_days(now))).subquery("due")
    return select(due.c.org_id, due.c.id).order_by(due.c.turn, due.c.id).limit(_AT_ONCE)


def _first_day() -> ScalarSelect[date]:
    s, d = stores.c, insight_days.c
    days = d.org_id == s.org_id, d.store_id == s.id
    return select(func.min(d.day)).where(*days).correlate(stores).scalar_subquery()


def _today(at: AnyColumn) -> ColumnElement[date]:
    return cast(func.timezone(stores.c.timezone, at), Date)


def _is_unfinished(now: datetime) -> ColumnElement[bool]:
    """Whether days from the organization's first work to yesterday are not summed, as far as first and last tell."""
    s, w, d = stores.c, work_orders.c, insight_days.c
    days = d.org_id == s.org_id, d.store_id == s.id
    begun = select(func.min(w.created_at)).where(w.org_id == s.org_id)
    begun_at = begun.correlate(stores).scalar_subquery()
    first = _first_day()
    last = select(func.max(d.day)).where(*days).correlate(stores).scalar_subquery()
    today = _today(literal(now, INSTANT))
    return and_(
        _today(begun_at) < today,
        or_(last.is_(None), last < today - 1, first > _today(begun_at)),
    )


def _has_untrue_days(now: datetime) -> ColumnElement[bool]:
    s, d, c = stores.c, insight_days.c, insight_changes.c
    own = d.org_id == s.org_id, d.store_id == s.id
    of_another = row_exists(insight_days, *own, or_(d.timezone != s.timezone, d.version != VERSION))
    over = row_exists(insight_days, *own, d.stands_until < now)
    both = insight_days.join(
        insight_changes,
        and_(c.org_id == d.org_id, c.store_id == d.store_id, c.created_at >= d.begins_at, c.created_at < d.ends_at),
    )
    return or_(of_another, over, row_exists(both, *own))
