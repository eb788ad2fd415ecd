"""What is counted of work orders, in SQL: the same expressions for a day that is summed and for work that is not yet.

Each finding is a code with a number beside it: the key says what is counted, the value is a time in whole seconds, or 0
where there is none. `packing` reads them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    BigInteger,
    Date,
    Integer,
    LargeBinary,
    Numeric,
    Subquery,
    Text,
    and_,
    case,
    cast,
    column,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from geo_assign.core.expressions import row_exists
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.receipts.tables import decisions
from geo_assign.routing.domain import RouterName
from geo_assign.workorders.domain import BookingState, Kind, LocationSource, OfferState, State
from geo_assign.workorders.tables import bookings, drives, offers, work_order_events

VERSION = 3
"""Sums of another version are counted anew. Raise it whenever what is counted changes."""

LAST_MINUTE = 10
"""Answers that took this many minutes or longer are counted together."""

KINDS: Sequence[str] = tuple(Kind)
SOURCES: Sequence[str] = tuple(LocationSource)
CONFIDENCES: Sequence[str] = ("rooftop", "interpolated", "street", "area")
OUTCOMES: Sequence[str] = (
    OfferState.ACCEPTED,
    OfferState.REJECTED,
    OfferState.EXPIRED,
    OfferState.WITHDRAWN,
    OfferState.OFFERED,
)
PROVIDERS: Sequence[str] = tuple(RouterName)
MODES: Sequence[str] = ("automatic", "manual")

KEYS = 1 << 16
"""How many keys a finding may have."""
VALUES = 1 << 32
_HAS_TIME = (BookingState.ASSIGNED, BookingState.DONE)


class CountedFinding(IntEnum):
    """What a code counts."""

    WAITED = 1  # key: kind; value: seconds until a technician had it
    DEMAND = 2  # key: weekday, hour, whether it stayed unserved
    PLACE = 3  # key: source, confidence, whether a learned pin gave it
    OUTCOME = 4  # key: the offer's state
    TAKEN = 5  # value: seconds until an offer was accepted
    MINUTE = 6  # key: the minute in which it was
    TOOK = 7  # key: provider and hour; value: seconds of a drive
    ESTIMATED_OFF = 8
    TOLD_OFF = 9
    FARTHER_M = 10  # key: who chose; value: metres that who went was farther than the nearest
    FARTHER_S = 11  # key: who chose; value: seconds of drive time more than the quickest
    OUTSIDE = 12  # key: who chose; the chosen was not among those who could go


def _code(finding: CountedFinding, key: AnyColumn | None = None, seconds: AnyColumn | None = None) -> AnyColumn:
    code: AnyColumn = cast(literal(finding * KEYS), BigInteger)
    if key is not None:
        code = code + cast(key, BigInteger)
    code = code * VALUES
    return code if seconds is None else code + cast(func.greatest(func.round(seconds), 0), BigInteger)


def _place_in(column: AnyColumn, names: Sequence[str]) -> AnyColumn:
    """The number of a name among `names` from 1 on; 0 for null."""
    numbers = {name: number for number, name in enumerate(names, start=1)}
    return case(numbers, value=column, else_=0)


def _key(*digits: tuple[AnyColumn, int]) -> AnyColumn:
    """Digits of a number, each with how many values it may have."""
    key: AnyColumn = literal(0, Integer)
    for digit, base in digits:
        key = key * base + digit
    return key


def digits_of(key: int, *bases: int) -> list[int]:
    """What `_key` was made of."""
    digits = []
    for base in reversed(bases):
        key, digit = divmod(key, base)
        digits.append(digit)
    return digits[::-1]


DEMAND_BASES = (8, 24, 2)
PLACE_BASES = (len(SOURCES) + 1, len(CONFIDENCES) + 1, 2)
DRIVE_BASES = (len(PROVIDERS) + 1, 24)


def first_assigned(org_id: UUID, cohort: CTE) -> CTE:
    """When each order of the cohort first had a technician."""
    e = work_order_events.c
    return (
        select(e.work_order_id, func.min(e.at).label("at"))
        .where(e.org_id == org_id, e.state == State.ASSIGNED, e.work_order_id == cohort.c.id)
        .group_by(e.work_order_id)
        .cte("first_assigned")
    )


def facts_of(org_id: UUID, cohort: CTE, at: datetime) -> CTE:
    """A row for each order of the cohort: what is counted of it, in its store's days and hours.

    `cohort` has columns of work orders, `is_learned`, and the `timezone` of the store. `unserved_from` is when it
    counts as unserved, if it does or will.
    """
    c, first = cohort.c, first_assigned(org_id, cohort)
    begins = func.timezone(c.timezone, c.slot_start)
    is_unserved = and_(first.c.at.is_(None), c.state != State.CONVERTED)
    is_over = or_(c.slot_end < at, c.state == State.CANCELLED)
    waits_for = and_(is_unserved, c.state != State.CANCELLED, c.slot_end >= at)
    return (
        select(
            c.store_id,
            c.group_id,
            _place_in(c.kind, KINDS).label("kind"),
            _place_in(c.location_source, SOURCES).label("source"),
            _place_in(c.location_confidence, CONFIDENCES).label("confidence"),
            cast(c.is_learned, Integer).label("learned"),
            cast(func.timezone(c.timezone, c.created_at), Date).label("day"),
            extract("epoch", first.c.at - c.created_at).label("waited_s"),
            cast(extract("isodow", begins), Integer).label("weekday"),
            cast(extract("hour", begins), Integer).label("hour"),
            cast(and_(is_unserved, is_over), Integer).label("unserved"),
            case((waits_for, c.slot_end)).label("unserved_from"),
        )
        .select_from(cohort.outerjoin(first, first.c.work_order_id == c.id))
        .cte("facts")
        .prefix_with("MATERIALIZED")
    )


def counts_of(org_id: UUID, cohort: CTE, facts: CTE) -> CTE:
    """`day`, `store_id`, `group_id`, `code` and `number` of everything that is counted but the loads."""
    codes = union_all(
        *_of_orders(facts), *_of_offers(org_id, cohort), *_of_drives(org_id, cohort), *_of_choices(org_id, cohort)
    ).subquery("codes")
    c = codes.c
    of = c.day, c.store_id, c.group_id, c.code
    return select(*of, func.count().label("number")).group_by(*of).cte("counts")


def _of_orders(facts: CTE) -> Iterator[AnySelect]:
    f = facts.c
    demand = _key(*zip((f.weekday, f.hour, f.unserved), DEMAND_BASES, strict=True))
    place = _key(*zip((f.source, f.confidence, f.learned), PLACE_BASES, strict=True))
    waited = _code(CountedFinding.WAITED, f.kind, f.waited_s)
    yield select(f.day, f.store_id, f.group_id, waited.label("code")).where(f.waited_s.is_not(None))
    yield select(f.day, f.store_id, f.group_id, _code(CountedFinding.DEMAND, demand))
    yield select(f.day, f.store_id, f.group_id, _code(CountedFinding.PLACE, place))


def _of_what(cohort: CTE) -> tuple[AnyColumn, AnyColumn, AnyColumn]:
    c = cohort.c
    return cast(func.timezone(c.timezone, c.created_at), Date).label("day"), c.store_id, c.group_id


def _of_offers(org_id: UUID, cohort: CTE) -> Iterator[AnySelect]:
    """Each offer is read once."""
    o = offers.c
    taken_s = extract("epoch", o.responded_at - o.offered_at)
    answers = (
        select(*_of_what(cohort), o.state, taken_s.label("taken_s"))
        .where(o.org_id == org_id, o.work_order_id == cohort.c.id)
        .cte("answers")
        .prefix_with("MATERIALIZED")
    )
    a = answers.c
    minute = func.least(func.floor(a.taken_s / 60) + 1, LAST_MINUTE)
    yield select(a.day, a.store_id, a.group_id, _code(CountedFinding.OUTCOME, _place_in(a.state, OUTCOMES)))
    for code in (_code(CountedFinding.TAKEN, seconds=a.taken_s), _code(CountedFinding.MINUTE, minute)):
        yield select(a.day, a.store_id, a.group_id, code).where(a.state == OfferState.ACCEPTED)


def _of_drives(org_id: UUID, cohort: CTE) -> Iterator[AnySelect]:
    """Each drive is read once."""
    d = drives.c
    key = _key(*zip((_place_in(d.provider, PROVIDERS), d.hour), DRIVE_BASES, strict=True))
    off = (func.abs(d.seconds - told).label(name) for told, name in ((d.estimated_s, "estimated"), (d.told_s, "told")))
    driven = (
        select(*_of_what(cohort), key.label("key"), d.seconds.label("took"), *off)
        .where(d.org_id == org_id, d.work_order_id == cohort.c.id, d.seconds.is_not(None))
        .cte("driven")
        .prefix_with("MATERIALIZED")
    )
    v = driven.c
    for finding, seconds in (
        (CountedFinding.TOOK, v.took),
        (CountedFinding.ESTIMATED_OFF, v.estimated),
        (CountedFinding.TOLD_OFF, v.told),
    ):
        yield select(v.day, v.store_id, v.group_id, _code(finding, v.key, cast(seconds, Numeric)))


def _of_choices(org_id: UUID, cohort: CTE) -> Iterator[AnySelect]:
    """Of each order the last receipt by which it got a technician: how much farther that was than the nearest."""
    d, o = decisions.c, offers.c
    accepted = row_exists(
        offers,
        o.org_id == org_id,
        o.work_order_id == d.work_order_id,
        o.decision_id == d.id,
        o.state == OfferState.ACCEPTED,
    )
    went = (
        select(*_of_what(cohort), d.mode, d.candidates, cast(d.chosen_technician_id, Text).label("chosen"))
        .where(
            d.org_id == org_id,
            d.work_order_id == cohort.c.id,
            d.chosen_technician_id.is_not(None),
            or_(d.outcome == "assigned", accepted),
        )
        .ext(distinct_on(d.work_order_id))
        .order_by(d.work_order_id, d.at.desc(), d.id.desc())
        .subquery("went")
    )
    w = went.c
    choices = (
        select(w.day, w.store_id, w.group_id, w.mode, *_farther(went, "distance_m"), *_farther(went, "eta_s"))
        .cte("choices")
        .prefix_with("MATERIALIZED")
    )
    c = choices.c
    mode = _place_in(c.mode, MODES)
    of = c.day, c.store_id, c.group_id
    for finding, farther in ((CountedFinding.FARTHER_M, c.distance_m), (CountedFinding.FARTHER_S, c.eta_s)):
        yield select(*of, _code(finding, mode, farther)).where(farther.is_not(None))
    yield select(*of, _code(CountedFinding.OUTSIDE, mode)).where(c.distance_m.is_(None))


def _farther(went: Subquery, measure: str) -> Iterator[AnyColumn]:
    """How much more of a measure the chosen had than the one with the least; null where the chosen is not listed."""
    candidate = func.jsonb_array_elements(went.c.candidates).table_valued(column("entry", JSONB)).render_derived()
    entry = candidate.c.entry
    value = cast(entry[measure].astext, Numeric)
    of_chosen = func.min(value).filter(entry["technician_id"].astext == went.c.chosen)
    more = select(of_chosen - func.min(value)).select_from(candidate).correlate(went)
    yield more.scalar_subquery().label(measure)


def loads_of(org_id: UUID, cohort: CTE) -> CTE:
    """What each technician has to do: by `day`, `store_id` and `group_id` a `number` of bookings and their `micros`."""
    b = bookings.c
    micros = cast(func.sum(extract("epoch", b.ends_at - b.starts_at) * 1_000_000), BigInteger)
    of = *_of_what(cohort), b.technician_id
    return (
        select(*of, func.count().label("number"), micros.label("micros"))
        .where(b.org_id == org_id, b.work_order_id == cohort.c.id, b.state.in_(_HAS_TIME))
        .group_by(*of)
        .cte("loads")
    )


def packed_counts(counts: CTE) -> AnyColumn:
    """All codes with their numbers, 8 and 4 bytes each."""
    c = counts.c
    return packed(func.int8send(c.code), func.int4send(cast(c.number, Integer)))


def packed_loads(loads: CTE) -> AnyColumn:
    """All technicians with their bookings and microseconds: 16, 4 and 8 bytes each."""
    c = loads.c
    return packed(func.uuid_send(c.technician_id), func.int4send(cast(c.number, Integer)), func.int8send(c.micros))


def packed(*parts: Any) -> AnyColumn:
    """The bytes of all rows, one after the other."""
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||")(part)
    return func.string_agg(whole, NOTHING, type_=LargeBinary)


NOTHING = cast(literal("", Text), LargeBinary)
