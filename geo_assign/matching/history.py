"""The tables of a past instant, as sources for the statements of the present.

Common table expressions with the columns of the real tables, as they stood at the question's `at`. A statement made
with them judges the past by the very same conditions (`geo_assign.matching.sources`).

Bookings, offers, duty, silences and the track tell their times. Hours, skills, time off, groups, settings and the
places of work orders do not: of those the present counts (`AS_TODAY`).
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    any_,
    case,
    collate,
    false,
    func,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.expression import CTE

from geo_assign.access.viewer import Viewer
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
from geo_assign.positions.domain import UNREACHABLE_AFTER
from geo_assign.positions.tables import current_positions, position_track, silences
from geo_assign.workforce.tables import duty_intervals, technician_groups, technicians
from geo_assign.workforce.visibility import sees_technician
from geo_assign.workorders.domain import BOOKED, OfferState
from geo_assign.workorders.past import booking_state_then, order_of_booking_then
from geo_assign.workorders.tables import bookings, offers

# Longer than any track is kept.
KEPT_AT_MOST = timedelta(days=3_650)
# A phone may be so much ahead of the time; its newest ping is still the one to be found first.
_AHEAD = timedelta(minutes=10)
# Most technicians on duty were heard from lately: older days of the track are opened for the others alone.
_LATELY = timedelta(hours=36)
# Work that should have ended longer ago counts nowhere.
OVERDUE_FOR = timedelta(days=30)

AS_TODAY = ("names", "service_providers", "skills", "groups", "stores", "hours", "time_off", "settings")
"""What is kept without its history, so that a past instant is told with what holds today."""

PAST = ASKED | NAMED | Parameters(track_from=INSTANT, work_from=INSTANT, busy_to=INSTANT)
"""The parameters of a statement about the past: how far to read back and on, beside the question's own."""


class People(StrEnum):
    """Of whom a statement about the past is.

    Technicians named, those of the question's store or group, all that the caller sees, or those of them who were on
    duty or at a provider's base.
    """

    NAMED = "named"
    OF_STORE = "of_store"
    OF_GROUP = "of_group"
    OF_SCOPE = "of_scope"
    ON_MAP = "on_map"


_OF_VIEWER = (People.OF_SCOPE, People.ON_MAP)


def has_track(tx: Tx, day: date) -> bool:
    """Whether the track of a UTC day is still kept."""
    kept = select(func.to_regclass(f"position_track_{day:%Y%m%d}").is_not(None))
    return bool(tx.conn.execute(kept).scalar_one())


def past_values(
    question: Question,
    *,
    back: timedelta = KEPT_AT_MOST,
    ahead: timedelta = timedelta(0),
    work_back: timedelta = timedelta(0),
) -> dict[str, datetime]:
    """The values of `PAST` that the question does not have.

    `back`: how old a position may be at most; `ahead`: how far beyond the slot work counts; `work_back`: how long
    before the day it may have ended.
    """
    return {
        "track_from": question.at - back,
        "work_from": min(question.day_start, question.slot.start - question.policy.travel_buffer) - work_back,
        "busy_to": max(question.day_end, question.slot.end + ahead),
    }


def as_of(people: People, viewer: Viewer | None = None) -> Sources:
    """The tables as they stood at the question's `at`, for these technicians.

    Of all whom a `viewer` sees, bookings and offers are looked up by technician: as lists they would be read through
    for each one.
    """
    then = _technicians_then(people, viewer)
    if people in _OF_VIEWER:
        return Sources(then, _bookings_of(bookings).subquery(), _offers_of(offers).subquery(), _positions_then(then))
    return Sources(then, _bookings_then(then), _offers_then(then), _positions_then(then))


def _materialized(rows: AnySelect, name: str) -> CTE:
    return rows.cte(name).prefix_with("MATERIALIZED")


def _columns(table: FromClause, **instead: AnyColumn) -> list[AnyColumn]:
    """Every column of a table, some of them replaced by an expression under the same name."""
    return [instead[column.key].label(column.key) if column.key in instead else column for column in table.c]


def _technicians_then(people: People, viewer: Viewer | None) -> CTE:
    """Those technicians, and the others of the same providers, whose work counts against what a provider takes on.

    Who was on duty had not been deactivated: so the scope is told. A decision is replayed with the technicians who are
    still there.
    """
    t, s = technicians.alias("t"), technicians.alias("s")
    duty = _last_duty(t)
    on_duty = and_(duty.c.started_at.is_not(None), or_(duty.c.ended_at.is_(None), duty.c.ended_at > PAST.at))
    changed_at = func.greatest(duty.c.started_at, case((duty.c.ended_at <= PAST.at, duty.c.ended_at)))
    active = or_(t.c.active, on_duty) if people in _OF_VIEWER else t.c.active
    then = _columns(t, active=active, on_duty=on_duty, duty_changed_at=changed_at)
    rows = select(*then).select_from(t.outerjoin(duty, true()))
    rows = rows.where(t.c.org_id == PAST.org_id, t.c.created_at <= PAST.at)
    match people:
        case People.ON_MAP:
            wanted = and_(_is_seen(viewer, t), or_(on_duty, and_(t.c.active, t.c.at_base)))
        case People.OF_SCOPE:
            wanted = or_(_is_seen(viewer, t), t.c.provider_id.is_not(None))
        case _:
            of_providers = select(s.c.provider_id).where(s.c.org_id == PAST.org_id, _is_of(people, s))
            wanted = or_(_is_of(people, t), t.c.provider_id.in_(of_providers))
    return _materialized(rows.where(wanted), "technicians_then")


def _is_seen(viewer: Viewer | None, technician: FromClause) -> ColumnElement[bool]:
    assert viewer is not None  # who asks for a scope says whose
    return sees_technician(viewer, technician)


def _is_of(people: People, technician: FromClause) -> ColumnElement[bool]:
    t, m = technician.c, technician_groups.alias("m")
    match people:
        case People.OF_STORE:
            return t.store_id == PAST.store_id
        case People.OF_GROUP:
            return row_exists(m, m.c.org_id == PAST.org_id, m.c.technician_id == t.id, m.c.group_id == PAST.group_id)
        case _:
            return t.id == any_(PAST.technician_ids)


def _last_duty(t: FromClause) -> FromClause:
    """The last duty that had begun by then, of the technician of the statement around it."""
    d = duty_intervals.alias("d")
    began = (d.c.org_id == PAST.org_id, d.c.technician_id == t.c.id, d.c.started_at <= PAST.at)
    last = select(d.c.started_at, d.c.ended_at).where(*began).order_by(d.c.started_at.desc()).limit(1)
    return last.correlate(t).lateral("duty")


def _bookings_then(technicians_then: CTE) -> CTE:
    t, b = technicians_then.alias(), bookings.alias("b")
    of_people = t.join(b, and_(b.c.org_id == PAST.org_id, b.c.technician_id == t.c.id))
    return _materialized(_bookings_of(b).select_from(of_people), "bookings_then")


def _bookings_of(b: FromClause) -> AnySelect:
    """A booking that changed since held its time until then."""
    state = booking_state_then(PAST.org_id, PAST.at, b)
    order_id = case((b.c.updated_at > PAST.at, order_of_booking_then(PAST.org_id, PAST.at, b)), else_=b.c.work_order_id)
    return select(*_columns(b, state=state, work_order_id=order_id)).where(
        b.c.org_id == PAST.org_id,
        b.c.created_at <= PAST.at,
        or_(b.c.state.in_(BOOKED), b.c.updated_at > PAST.at),
        b.c.occupied_until > PAST.work_from,
        b.c.occupied_from < PAST.busy_to,
    )


def _offers_then(technicians_then: CTE) -> CTE:
    t = technicians_then.alias()
    concerns = or_(offers.c.work_order_id == PAST.work_order_id, _is_open_then(offers))
    of_people = _offers_of(offers).where(offers.c.technician_id.in_(select(t.c.id)), concerns)
    return _materialized(of_people, "offers_then")


def _is_open_then(o: FromClause) -> ColumnElement[bool]:
    return or_(o.c.responded_at.is_(None), o.c.responded_at > PAST.at)


def _offers_of(o: FromClause) -> AnySelect:
    """An offer that was answered since was open then."""
    answered_since = o.c.responded_at > PAST.at
    state = case((answered_since, word(OfferState.OFFERED)), else_=o.c.state)
    responded_at = case((answered_since, null()), else_=o.c.responded_at)
    final = and_(o.c.final, not_(func.coalesce(answered_since, false())))
    then = select(*_columns(o, state=state, responded_at=responded_at, final=final))
    return then.where(o.c.org_id == PAST.org_id, o.c.offered_at <= PAST.at)


def _positions_then(technicians_then: CTE) -> CTE:
    """The position that was current by then, of each technician."""
    t, c = technicians_then.alias(), current_positions.alias("c")
    # A phone may be so far ahead of the time that its pings lie behind those of later hours.
    until = func.greatest(PAST.at + _AHEAD, c.c.ahead_until)
    newest = _newest_by_device(t, until).lateral("newest")
    p = _newest_by_use(t, newest, until).lateral("p")
    joined = t.outerjoin(c, and_(c.c.org_id == PAST.org_id, c.c.technician_id == t.c.id))
    joined = joined.join(newest, true()).join(p, true())
    rows = select(
        t.c.org_id,
        t.c.id.label("technician_id"),
        p.c.lat,
        p.c.lon,
        p.c.recorded_at,
        p.c.used_at,
        _heard_then(t, c, p).label("heard_at"),
        p.c.received_at.label("changed_at"),
        p.c.accuracy_m,
        p.c.heading_deg,
        p.c.speed_mps,
        p.c.flags,
        p.c.mock,
        (word("implausible_jump") == any_(p.c.flags)).label("implausible"),
        place(p.c.lat, p.c.lon).label("geog"),
    )
    return _materialized(rows.select_from(joined), "positions_then")


def _newest_by_device(t: FromClause, until: ColumnElement[datetime]) -> AnySelect:
    """The ping with the latest device time, in the order of the track's key: of the last days, else of all kept."""
    k, lately = position_track.alias("k"), func.greatest(PAST.track_from, PAST.at - _LATELY)

    def newest(*days: ColumnElement[bool]) -> AnySelect:
        of_technician = (k.c.org_id == PAST.org_id, k.c.technician_id == t.c.id, k.c.received_at <= PAST.at)
        rows = select(k.c.used_at).where(*of_technician, k.c.recorded_at <= until, *days)
        return rows.order_by(k.c.recorded_at.desc()).limit(1).correlate_except(k)

    recent = newest(k.c.used_at.between(lately, PAST.at)).subquery("recent")
    older = newest(k.c.used_at >= PAST.track_from, k.c.used_at < lately).subquery("older")
    both = union_all(select(recent.c.used_at), select(older.c.used_at)).subquery("either")
    return select(both.c.used_at).limit(1)


def _newest_by_use(t: FromClause, newest: FromClause, until: ColumnElement[datetime]) -> AnySelect:
    """The ping that was current: the latest by the time used, as the ingest compares them."""
    k = position_track.alias("k")
    rows = select(k).where(
        k.c.org_id == PAST.org_id,
        k.c.technician_id == t.c.id,
        k.c.recorded_at.between(newest.c.used_at, until),
        k.c.used_at.between(newest.c.used_at, PAST.at),
        # Says nothing new, but is known before the first row: days of the track before it are never looked at.
        k.c.used_at >= PAST.track_from,
        k.c.received_at <= PAST.at,
    )
    in_order = (k.c.used_at.desc(), k.c.recorded_at.desc(), collate(k.c.device, "C").desc())
    return rows.order_by(*in_order).limit(1).correlate_except(k)


def _heard_then(t: FromClause, c: FromClause, p: FromClause) -> ColumnElement[datetime]:
    """When the device was last heard from, whatever came of its ping.

    Exact where it was not heard from since. Else the silences tell: outside of them no quarter of an hour passed
    without a word on that duty.
    """
    s = silences.alias("s")
    covers = (
        s.c.org_id == PAST.org_id,
        s.c.technician_id == t.c.id,
        s.c.began_at.between(PAST.at - KEPT_AT_MOST, PAST.at),
        s.c.ended_at > PAST.at,
    )
    began_at = select(func.max(s.c.began_at)).where(*covers).correlate_except(s).scalar_subquery()
    # A silence that began with the duty says nothing of what was heard before.
    of_silence = case((began_at > t.c.duty_changed_at, began_at))
    spoke = and_(t.c.on_duty, p.c.received_at >= t.c.duty_changed_at, began_at.is_(None))
    return case(
        (c.c.heard_at <= PAST.at, c.c.heard_at),
        else_=func.greatest(p.c.received_at, of_silence, case((spoke, PAST.at - UNREACHABLE_AFTER))),
    )
