"""What free time is made of: whom to look at, and what they have to do."""

from functools import lru_cache

from sqlalchemy import ColumnElement, FromClause, and_, any_, case, not_, or_, select

from geo_assign.core.postgis import place
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Statement
from geo_assign.matching.filters import FILTERS
from geo_assign.matching.history import PAST, People, as_of
from geo_assign.matching.places import starts_from_store
from geo_assign.matching.rows import AppointmentRow, BaseRow, BookedThenRow, StopRow
from geo_assign.matching.shapes import (
    ASKED_OF_ONE,
    Shape,
    is_in_scope,
    let_through,
    provider_of,
    subject_of,
    viewer_for,
)
from geo_assign.matching.sources import LIVE
from geo_assign.workforce.tables import technician_groups
from geo_assign.workorders.domain import BOOKED, HOLDING
from geo_assign.workorders.past import order_state_then
from geo_assign.workorders.tables import bookings, work_orders
from geo_assign.workorders.visibility import is_coarse


@lru_cache(maxsize=64)
def bases(shape: Shape) -> Statement[BaseRow]:
    """The technicians whom nothing excludes that holds whatever the slot, by distance of their base: `fetch` of them.

    Of the store, or of the group; with `technician_ids` only these.
    """
    t, c = LIVE.technicians.alias(), LIVE.current_positions.alias()
    origin, of = place(ASKED_OF_ONE.lat, ASKED_OF_ONE.lon), t.c.org_id == ASKED_OF_ONE.org_id
    base_m = t.c.base_geog.geodesic_m(origin)

    def of_phone(value: ColumnElement[float], at_base: ColumnElement[float]) -> ColumnElement[float]:
        phone = select(value).where(c.c.org_id == ASKED_OF_ONE.org_id, c.c.technician_id == t.c.id)
        return case((t.c.at_base, at_base), else_=phone.correlate(t).scalar_subquery())

    coarse = and_(not_(t.c.at_base), is_coarse(viewer_for(shape), t, at=ASKED_OF_ONE.at))
    lasting = [code for code in shape.filters if FILTERS[code].lasting]
    named_ones = or_(ASKED_OF_ONE.technician_ids.is_(None), t.c.id == any_(ASKED_OF_ONE.technician_ids))
    # No filter that lasts looks at a place.
    passes = let_through(shape, subject_of(shape, t, t), filters=lasting)
    rows = select(
        t.c.id,
        t.c.name,
        *provider_of(t),
        base_m.label("base_m"),
        starts_from_store(t, ASKED_OF_ONE).label("from_store"),
        and_(t.c.home_lat.is_not(None), not_(t.c.at_base)).label("from_home"),
        of_phone(c.c.geog.geodesic_m(origin), base_m).label("live_m"),
        coarse.label("coarse"),
        t.c.base_lat,
        t.c.base_lon,
        of_phone(c.c.lat, t.c.base_lat).label("live_lat"),
        of_phone(c.c.lon, t.c.base_lon).label("live_lon"),
    ).where(of, _belongs(shape, t), named_ones, is_in_scope(shape, t), *passes)
    return Statement.of(BaseRow, rows.order_by(base_m, t.c.id).limit(ASKED_OF_ONE.fetch))


def _stops() -> AnySelect:
    b, w, asked = bookings.alias("b"), work_orders.alias("w"), ASKED_OF_ONE
    return (
        select(
            b.c.technician_id,
            b.c.occupied_from,
            b.c.occupied_until,
            b.c.ends_at,
            b.c.state.in_(HOLDING).label("holds"),
            w.c.geog.geodesic_m(place(asked.lat, asked.lon)).label("distance_m"),
            w.c.lat,
            w.c.lon,
        )
        .select_from(b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.org_id == asked.org_id,
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.within_start,
            b.c.occupied_from < asked.within_end,
        )
        .order_by(b.c.technician_id, b.c.ends_at)
    )


STOPS = Statement.of(StopRow, _stops())
"""What `technician_ids` have or had between two instants, each with its distance to the origin in metres."""


def _appointments() -> AnySelect:
    b, w, asked = bookings.alias("b"), work_orders.alias("w"), ASKED_OF_ONE
    return (
        select(b.c.technician_id, b.c.work_order_id, b.c.ends_at)
        .select_from(b.join(w, and_(w.c.org_id == b.c.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.org_id == asked.org_id,
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.within_start,
            b.c.ends_at <= asked.within_end,
            w.c.geog.is_not(None),
        )
    )


APPOINTMENTS = Statement.of(AppointmentRow, _appointments())
"""When what `technician_ids` have or had at a known place ends, between two instants."""


def _booked_then() -> AnySelect:
    b, w, asked = as_of(People.NAMED).bookings.alias(), work_orders.alias("w"), PAST
    return (
        select(
            b.c.technician_id,
            b.c.starts_at,
            b.c.ends_at,
            w.c.kind,
            order_state_then(asked.org_id, asked.at, b.c.work_order_id).label("state"),
        )
        .select_from(b.join(w, and_(w.c.org_id == asked.org_id, w.c.id == b.c.work_order_id)))
        .where(
            b.c.technician_id == any_(asked.technician_ids),
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.day_start,
            b.c.starts_at < asked.day_end,
        )
        .order_by(b.c.starts_at)
    )


BOOKED_THEN = Statement.of(BookedThenRow, _booked_then())
"""What filled the day of `technician_ids` at the question's instant, in order of start."""


def _belongs(shape: Shape, technician: FromClause) -> ColumnElement[bool]:
    if not shape.by_group:
        return technician.c.store_id == ASKED_OF_ONE.store_id
    m = technician_groups.alias("m")
    members = select(m.c.technician_id).where(m.c.org_id == ASKED_OF_ONE.org_id, m.c.group_id == ASKED_OF_ONE.group_id)
    return technician.c.id.in_(members)
