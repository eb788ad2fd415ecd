"""Filters of a technician's time: working hours, time off, other work."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Time,
    and_,
    case,
    cast,
    column,
    extract,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from geo_assign.core.expressions import of_each_row, word
from geo_assign.core.spans import Span
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.matching.filters.declaration import Adjustment, Facts, Filter, Needed, Subject, Sufficient, plain
from geo_assign.matching.parameters import Given, given
from geo_assign.matching.rows import ExplainedRow
from geo_assign.workforce.hours import DAYS
from geo_assign.workforce.hours_exceptions import dates_around
from geo_assign.workforce.tables import hours_exceptions, service_providers, stores, time_off
from geo_assign.workorders.domain import BOOKED, HOLDING

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_WALL_TIME = TIMESTAMP(timezone=False)

# Working hours --------------------------------------------------------------------------------------------------------


def _is_outside_hours(one: Subject) -> ColumnElement[bool]:
    """Technicians with exceptions near the slot are judged by the spans of the single dates, others by their week."""
    x, asked = hours_exceptions.alias("x"), one.asked
    near = x.c.local_date.between(asked.exceptions_from, asked.exceptions_until)
    has_exceptions = one.has(x, x.c.org_id == asked.org_id, x.c.technician_id == one.technician.c.id, near)
    return case((has_exceptions, _is_outside_dates(one)), else_=_is_outside_week(one))


def _is_outside_week(one: Subject) -> ColumnElement[bool]:
    """By minutes of the local week of the technician's own store."""
    t, s = one.technician.c, stores.alias("s")
    begins, ends = (func.timezone(s.c.timezone, at) for at in (one.asked.slot_start, one.asked.slot_end))
    day, hour, minute = (cast(extract(part, begins), Integer) for part in ("isodow", "hour", "minute"))
    first = (day - 1) * 1440 + hour * 60 + minute
    length = cast(func.ceil(extract("epoch", ends - begins) / 60), Integer)
    slot = select(func.int4range(first, first + func.greatest(1, length)))
    of_store = slot.where(s.c.org_id == one.asked.org_id, s.c.id == t.store_id).correlate_except(s).scalar_subquery()
    return and_(t.week_minutes.is_not(None), not_(t.week_minutes.op("@>", is_comparison=True)(of_store)))


def _is_outside_dates(one: Subject) -> ColumnElement[bool]:
    """By the working spans of each local date, from the evening before the slot on."""
    t, asked, s, x = one.technician.c, one.asked, stores.alias("s"), hours_exceptions.alias("x")
    begins, ends = (func.timezone(s.c.timezone, at) for at in (asked.slot_start, asked.slot_end))
    first, last = cast(cast(begins, Date), _WALL_TIME) - _DAY, cast(cast(ends, Date), _WALL_TIME)
    d = func.generate_series(first, last, _DAY).table_valued(column("day", _WALL_TIME)).render_derived(name="d")
    weekday = array([word(day) for day in DAYS])[cast(extract("isodow", d.c.day), Integer)]
    usual = func.coalesce(t.hours.op("->", return_type=JSONB())(weekday), cast(word("[]"), JSONB()))
    spans = case(
        (x.c.spans.is_not(None), x.c.spans),
        (t.hours.is_(None), cast(word('[["00:00", "24:00"]]'), JSONB())),
        else_=usual,
    )
    p = func.jsonb_array_elements(spans).table_valued(column("span", JSONB())).render_derived(name="p")
    from_, until = (cast(p.c.span[n].astext, Time) for n in (0, 1))
    whole = case((until <= from_, _DAY), else_=timedelta(0))
    works = func.range_agg(func.tsrange(d.c.day + from_, d.c.day + until + whole))
    begin, end = func.min(begins), func.min(ends)
    slot = func.tsrange(begin, func.greatest(end, begin + _MINUTE))
    that_day = and_(x.c.org_id == asked.org_id, x.c.technician_id == t.id, x.c.local_date == cast(d.c.day, Date))
    covered = (
        select(works.op("@>", is_comparison=True)(slot))
        .select_from(s.join(d, true()).outerjoin(x, that_day).join(p, true()))
        .where(s.c.org_id == asked.org_id, s.c.id == t.store_id)
        .correlate(one.technician)
        .scalar_subquery()
    )
    return not_(func.coalesce(covered, false()))


def _nearest_hours(question: Question, facts: Facts) -> Needed:
    """The working span nearest to the slot that is long enough for it; of one that has begun, what is left."""
    length, first = question.slot.end - question.slot.start, _next_minute(question.at)
    to_come = [(max(span[0], first), span[1]) for span in facts.works]
    long_enough = [span for span in to_come if span[1] - span[0] >= length]
    if not long_enough:
        return {}
    return {"hours": _told(min(long_enough, key=lambda span: _moved_by(question, span)))}


def _next_minute(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + _MINUTE


def _moved_by(question: Question, span: Span) -> timedelta:
    """How far the slot would have to move to lie in the span."""
    latest = span[1] - (question.slot.end - question.slot.start)
    start = min(max(question.slot.start, span[0]), latest)
    return abs(start - question.slot.start)


# Time off and other work ----------------------------------------------------------------------------------------------


def _has_time_off(one: Subject) -> ColumnElement[bool]:
    f, asked = time_off.alias("f"), one.asked
    return one.has(
        f,
        f.c.org_id == asked.org_id,
        f.c.technician_id == one.technician.c.id,
        f.c.ends_at > asked.slot_start,
        f.c.starts_at < asked.slot_end,
    )


def _is_busy(one: Subject) -> ColumnElement[bool]:
    t, b, asked = one.technician.c, one.sources.bookings.alias(), one.asked
    other_work = one.has(
        b,
        b.c.org_id == asked.org_id,
        b.c.technician_id == t.id,
        of_each_row(b.c.state.in_(HOLDING)),
        b.c.occupied_until > asked.busy_from,
        b.c.occupied_from < asked.slot_end,
        b.c.work_order_id.is_distinct_from(asked.work_order_id),
    )
    return or_(other_work, and_(t.provider_id.is_not(None), provider_full_at(one).is_not(None)))


def provider_full_at(one: Subject) -> ScalarSelect[int]:
    """The number of work orders that the provider takes on, where it has them on the slot's local day; else NULL."""
    return _of_full_provider(one)[0]


def provider_needs(one: Subject) -> ScalarSelect[int]:
    """How many work orders such a provider would have to take on for one more; NULL where it is not full."""
    return _of_full_provider(one)[1]


def _of_full_provider(one: Subject) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """Its capacity, which may have been lowered under what it has, and one more than what it has."""
    asked, v = one.asked, service_providers.alias("v")
    s, b = one.sources.technicians.alias(), one.sources.bookings.alias()
    taken = (
        select(func.count(b.c.work_order_id.distinct()))
        .select_from(s.join(b, and_(b.c.org_id == s.c.org_id, b.c.technician_id == s.c.id)))
        .where(
            s.c.org_id == asked.org_id,
            s.c.provider_id == v.c.id,
            b.c.state.in_(BOOKED),
            b.c.occupied_until > asked.day_start,
            b.c.starts_at < asked.day_end,
            b.c.ends_at > asked.day_start,
            b.c.work_order_id.is_distinct_from(asked.work_order_id),
        )
        .correlate_except(s, b)
        .scalar_subquery()
    )
    full = (v.c.org_id == asked.org_id, v.c.id == one.technician.c.provider_id, v.c.capacity <= taken)
    capacity, needed = select(v.c.capacity).where(*full), select(taken + 1).where(*full)
    return capacity.correlate_except(v).scalar_subquery(), needed.correlate_except(v).scalar_subquery()


def _busy_words(_question: Question, row: ExplainedRow) -> tuple[str, Needed]:
    if row.provider_full_at is None:
        return "has other work, or an open offer, at that time", {}
    orders = "1 work order" if row.provider_full_at == 1 else f"{row.provider_full_at} work orders"
    needed = {"capacity": row.provider_needs}
    return f"{row.provider_name} takes on {orders} a day, and has them on that day", needed


def _next_free(question: Question, facts: Facts) -> Needed:
    """The slot that was in the way, and from when on one as long, with the way there, would have been free."""
    buffer, length = question.policy.travel_buffer, question.slot.end - question.slot.start
    asked = (question.slot.start - buffer, question.slot.end)
    in_the_way = next((slot for busy, slot in facts.busy if busy[1] > asked[0] and busy[0] < asked[1]), None)
    if in_the_way is None:
        return {}
    free_from = question.slot.start
    for (start, until), _ in facts.busy:
        if start < free_from + length and until > free_from - buffer:
            free_from = until + buffer
    return {"conflict": _told(in_the_way), "free_from": free_from.isoformat()}


def _end_of_time_off(_question: Question, facts: Facts) -> Needed:
    return {"time_off_until": None if facts.off_until is None else facts.off_until.isoformat()}


def _told(span: Span) -> dict[str, str]:
    return {"start": span[0].isoformat(), "end": span[1].isoformat()}


def _exception_date(which: int) -> Callable[[Question], object]:
    return lambda question: dates_around((question.slot.start, question.slot.end))[which]


_BEGAN_AT = Sufficient("the slot began at {}", Adjustment.SLOT_START)

FILTERS = (
    Filter(
        code=ExclusionCode.OUTSIDE_HOURS,
        meaning="the slot is outside the working hours, in the zone of the home store",
        excludes=_is_outside_hours,
        words=plain("the slot is outside the working hours"),
        parameters=given(
            exceptions_from=Given(Date(), _exception_date(0)), exceptions_until=Given(Date(), _exception_date(1))
        ),
        remedy=_nearest_hours,
        undoes=True,
    ),
    Filter(
        code=ExclusionCode.TIME_OFF,
        meaning="has time off during the slot",
        excludes=_has_time_off,
        words=plain("has time off during the slot"),
        remedy=_end_of_time_off,
        sufficient={"time_off_until": _BEGAN_AT},
        undoes=True,
    ),
    Filter(
        code=ExclusionCode.SLOT_TAKEN,
        meaning="has other work, or an open offer, at that time, travel buffer included; or the provider has as much "
        "work that day as it takes on (`capacity`)",
        excludes=_is_busy,
        words=_busy_words,
        remedy=_next_free,
        sufficient={"capacity": Sufficient("the provider took on {} a day"), "free_from": _BEGAN_AT},
    ),
)
