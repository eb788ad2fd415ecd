"""The tables of a past instant, as sources for the statements of the present.

Common table expressions with the columns of the real tables, as they stood at the question's `at`. A statement made
with them judges the past by the very same conditions (`geo_assign.matching.sources`).

Bookings, offers, duty and the track tell their times. Hours, skills, time off, groups and the places of work orders
do not: of those the present counts.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, and_, any_, case, false, func, not_, null, or_, select, true
from sqlalchemy.sql.expression import CTE

from geo_assign.core.db import Tx
from geo_assign.core.expressions import row_exists, word
from geo_assign.core.postgis import place
from geo_assign.core.rows import AnyColumn, AnySelect
from geo_assign.core.statements import Parameters
from geo_assign.core.tables import INSTANT
from geo_assign.matching.domain import Question
from geo_assign.matching.filters import ASKED
from geo_assign.matching.parameters import NAMED
from geo_assign.matching.sources import Sources
from geo_assign.positions.tables import position_track
from geo_assign.workforce.tables import duty_intervals, technician_groups, technicians
from geo_assign.workorders.domain import BOOKED, HOLDING, BookingState, OfferState
from geo_assign.workorders.tables import bookings, offers

# Longer than any track is kept.
KEPT_AT_MOST = timedelta(days=3_650)
# A phone may be so much ahead of the time; its newest ping is still the one to be found first.
_AHEAD = timedelta(minutes=10)

PAST = ASKED | NAMED | Parameters(track_from=INSTANT, busy_to=INSTANT)
"""The parameters of a statement about the past: how far to read back and on, beside the question's own."""


class People(StrEnum):
    """Of whom a statement about the past is: technicians named, or those of the question's store or group."""

    NAMED = "named"
    OF_STORE = "of_store"
    OF_GROUP = "of_group"


def has_track(tx: Tx, day: date) -> bool:
    """Whether the track of a UTC day is still kept."""
    kept = select(func.to_regclass(f"position_track_{day:%Y%m%d}").is_not(None))
    return bool(tx.conn.execute(kept).scalar_one())


def past_values(
    question: Question, *, back: timedelta = KEPT_AT_MOST, ahead: timedelta = timedelta(0)
) -> dict[str, datetime]:
    """The values of `PAST` that the question does not have.

    `back`: how old a position may be at most; `ahead`: how far beyond the slot work counts.
    """
    return {"track_from": question.at - back, "busy_to": max(question.day_end, question.slot.end + ahead)}


def as_of(people: People) -> Sources:
    """The tables as they stood at the question's `at`, for these technicians."""
    then = _technicians_then(people)
    return Sources(then, _bookings_then(then), _offers_then(then), _positions_then(then))


def _materialized(rows: AnySelect, name: str) -> CTE:
    return rows.cte(name).prefix_with("MATERIALIZED")


def _columns(table: FromClause, **instead: AnyColumn) -> list[AnyColumn]:
    """Every column of a table, some of them replaced by an expression under the same name."""
    return [instead[column.key].label(column.key) if column.key in instead else column for column in table.c]


def _technicians_then(people: People) -> CTE:
    """Those technicians, and the others of the same providers, whose work counts against what a provider takes on."""
    t, s = technicians.alias("t"), technicians.alias("s")
    of_providers = select(s.c.provider_id).where(s.c.org_id == PAST.org_id, _is_of(people, s))
    rows = select(*_columns(t, on_duty=_on_duty_then(t), duty_changed_at=_duty_changed_then(t)))
    return _materialized(
        rows.where(
            t.c.org_id == PAST.org_id,
            t.c.created_at <= PAST.at,
            or_(_is_of(people, t), t.c.provider_id.in_(of_providers)),
        ),
        "technicians_then",
    )


def _is_of(people: People, technician: FromClause) -> ColumnElement[bool]:
    t, m = technician.c, technician_groups.alias("m")
    match people:
        case People.NAMED:
            return t.id == any_(PAST.technician_ids)
        case People.OF_STORE:
            return t.store_id == PAST.store_id
        case People.OF_GROUP:
            return row_exists(m, m.c.org_id == PAST.org_id, m.c.technician_id == t.id, m.c.group_id == PAST.group_id)


def _on_duty_then(technician: FromClause) -> ColumnElement[bool]:
    d = duty_intervals.alias("d")
    return row_exists(
        d,
        d.c.org_id == PAST.org_id,
        d.c.technician_id == technician.c.id,
        d.c.started_at <= PAST.at,
        or_(d.c.ended_at.is_(None), d.c.ended_at > PAST.at),
    )


def _duty_changed_then(technician: FromClause) -> ColumnElement[datetime]:
    d = duty_intervals.alias("d")
    ended = case((d.c.ended_at <= PAST.at, d.c.ended_at))
    of_technician = (d.c.org_id == PAST.org_id, d.c.technician_id == technician.c.id, d.c.started_at <= PAST.at)
    latest = select(func.max(func.greatest(d.c.started_at, ended))).where(*of_technician)
    return latest.correlate_except(d).scalar_subquery()


def _bookings_then(technicians_then: CTE) -> CTE:
    """A booking that changed since held its time until then."""
    t, b = technicians_then.alias(), bookings.alias("b")
    changed_since = b.c.updated_at > PAST.at
    state = case((and_(changed_since, b.c.state.not_in(HOLDING)), word(BookingState.ASSIGNED)), else_=b.c.state)
    rows = select(*_columns(b, state=state)).select_from(
        t.join(b, and_(b.c.org_id == PAST.org_id, b.c.technician_id == t.c.id))
    )
    return _materialized(
        rows.where(
            b.c.created_at <= PAST.at,
            or_(b.c.state.in_(BOOKED), changed_since),
            b.c.occupied_until > func.least(PAST.day_start, PAST.busy_from),
            b.c.occupied_from < PAST.busy_to,
        ),
        "bookings_then",
    )


def _offers_then(technicians_then: CTE) -> CTE:
    """An offer that was answered since was open then."""
    t, o = technicians_then.alias(), offers.alias("o")
    answered_since = o.c.responded_at > PAST.at
    state = case((answered_since, word(OfferState.OFFERED)), else_=o.c.state)
    responded_at = case((answered_since, null()), else_=o.c.responded_at)
    final = and_(o.c.final, not_(func.coalesce(answered_since, false())))
    concerns = or_(o.c.work_order_id == PAST.work_order_id, o.c.responded_at.is_(None), answered_since)
    rows = select(*_columns(o, state=state, responded_at=responded_at, final=final)).where(
        o.c.org_id == PAST.org_id, o.c.offered_at <= PAST.at, o.c.technician_id.in_(select(t.c.id)), concerns
    )
    return _materialized(rows, "offers_then")


def _positions_then(technicians_then: CTE) -> CTE:
    """The newest ping that had arrived by then, of each technician."""
    t, k = technicians_then.alias(), position_track.alias("k")
    newest = (
        select(k)
        .where(
            k.c.org_id == PAST.org_id,
            k.c.technician_id == t.c.id,
            k.c.used_at.between(PAST.track_from, PAST.at),
            k.c.received_at <= PAST.at,
            k.c.recorded_at <= PAST.at + _AHEAD,
        )
        .order_by(k.c.recorded_at.desc())
        .limit(1)
        .correlate(t)
        .lateral("p")
    )
    p = newest.c
    rows = select(
        t.c.org_id,
        t.c.id.label("technician_id"),
        p.lat,
        p.lon,
        p.recorded_at,
        p.used_at,
        p.received_at.label("heard_at"),
        p.accuracy_m,
        p.mock,
        (word("implausible_jump") == any_(p.flags)).label("implausible"),
        place(p.lat, p.lon).label("geog"),
    )
    return _materialized(rows.select_from(t.join(newest, true())), "positions_then")
