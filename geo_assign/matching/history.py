"""The past for the statements of the present: what they read of a moment, in the place of what stands today.

A prefix of common table expressions with the names of the real tables. What a statement says of `bookings` or
`current_positions` is then said of them as they were, so the past is judged by the very same filters. The instant is
the question's `at`.

Bookings, offers, duty and the track tell their times. Hours, skills, time off, groups and the places of work orders
do not: of those the present counts.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Table

from geo_assign.core.db import Tx
from geo_assign.matching.domain import ExclusionCode, Question
from geo_assign.workforce.tables import technicians
from geo_assign.workorders.domain import HOLDING
from geo_assign.workorders.tables import bookings, offers

ONE = "{t}.id = %(technician_id)s"
"""Whom a statement is about: one technician, or those who belong to the store or group that is asked for."""
OF_STORE = "{t}.store_id = %(store_id)s"
OF_GROUP = """EXISTS (
    SELECT FROM technician_groups m
    WHERE m.org_id = %(org_id)s AND m.technician_id = {t}.id AND m.group_id = %(group_id)s)"""

POSITION_CODES = frozenset(
    {
        ExclusionCode.NO_POSITION,
        ExclusionCode.OFFLINE,
        ExclusionCode.STALE_POSITION,
        ExclusionCode.MOCK_LOCATION,
        ExclusionCode.IMPLAUSIBLE_POSITION,
        ExclusionCode.OUTSIDE_RADIUS,
    }
)
"""What cannot be told of a moment whose track is gone."""

_HOLDING = ", ".join(f"'{state}'" for state in HOLDING)
# Longer than any track is kept.
KEPT_AT_MOST = timedelta(days=3_650)
# A phone may be so much ahead of the time; its newest ping is still the one to be found first.
_AHEAD = "interval '10 minutes'"


def has_track(tx: Tx, day: date) -> bool:
    """Whether the track of a UTC day is still kept."""
    partition = f"position_track_{day:%Y%m%d}"
    return bool(tx.fetch("SELECT to_regclass(%(partition)s) IS NOT NULL AS kept", {"partition": partition})[0].kept)


def past_parameters(
    question: Question, *, back: timedelta = KEPT_AT_MOST, ahead: timedelta = timedelta(0)
) -> dict[str, datetime]:
    """What `as_it_was` wants beside the question's own.

    `back`: how old a position may be at most; `ahead`: how far beyond the slot work counts.
    """
    return {"track_from": question.at - back, "busy_to": max(question.day_end, question.slot.end + ahead)}


@cache
def as_it_was(sql: str, people: str) -> str:
    """`sql`, asked of the moment %(at)s. It also wants %(track_from)s and %(busy_to)s: how far to read back and on."""
    return f"WITH {_technicians(people)}, {_BOOKINGS}, {_OFFERS}, {_POSITIONS}\n{sql}"


def _columns(table: Table, alias: str, **instead: str) -> str:
    """Every column of a table by its name, some of them by an expression."""
    names: Iterable[str] = (column.name for column in table.columns)
    return ", ".join(f"{instead[name]} AS {name}" if name in instead else f"{alias}.{name}" for name in names)


_ON_DUTY = """EXISTS (
        SELECT FROM duty_intervals d
        WHERE d.org_id = %(org_id)s AND d.technician_id = t.id AND d.started_at <= %(at)s
          AND (d.ended_at IS NULL OR d.ended_at > %(at)s))"""
_DUTY_CHANGED_AT = """(
        SELECT max(greatest(d.started_at, CASE WHEN d.ended_at <= %(at)s THEN d.ended_at END))
        FROM duty_intervals d
        WHERE d.org_id = %(org_id)s AND d.technician_id = t.id AND d.started_at <= %(at)s)"""


def _technicians(people: str) -> str:
    """Those people, and their colleagues at the same provider, whose work counts against what it takes on."""
    columns = _columns(technicians, "t", on_duty=_ON_DUTY, duty_changed_at=_DUTY_CHANGED_AT)
    return f"""technicians AS MATERIALIZED (
    SELECT {columns}
    FROM technicians t
    WHERE t.org_id = %(org_id)s AND t.created_at <= %(at)s
      AND ({people.format(t="t")} OR t.provider_id IN (
        SELECT s.provider_id FROM technicians s WHERE s.org_id = %(org_id)s AND {people.format(t="s")})))"""


# A booking that changed since held its time until then.
_STATE_THEN = f"CASE WHEN b.updated_at > %(at)s AND b.state NOT IN ({_HOLDING}) THEN 'assigned' ELSE b.state END"
_BOOKINGS = f"""bookings AS MATERIALIZED (
    SELECT {_columns(bookings, "b", state=_STATE_THEN)}
    FROM technicians t JOIN bookings b ON b.org_id = %(org_id)s AND b.technician_id = t.id
    WHERE b.created_at <= %(at)s AND (b.state IN ({_HOLDING}, 'done') OR b.updated_at > %(at)s)
      AND b.occupied_until > least(%(day_start)s, %(busy_from)s) AND b.occupied_from < %(busy_to)s)"""

_SINCE = "o.responded_at > %(at)s"
_OFFERS = f"""offers AS MATERIALIZED (
    SELECT {
    _columns(
        offers,
        "o",
        state=f"CASE WHEN {_SINCE} THEN 'offered' ELSE o.state END",
        responded_at=f"CASE WHEN {_SINCE} THEN NULL ELSE o.responded_at END",
        final=f"o.final AND NOT coalesce({_SINCE}, false)",
    )
}
    FROM offers o
    WHERE o.org_id = %(org_id)s AND o.offered_at <= %(at)s AND o.technician_id IN (SELECT t.id FROM technicians t)
      AND (o.work_order_id = %(work_order_id)s OR o.responded_at IS NULL OR {_SINCE}))"""

_POSITIONS = f"""current_positions AS MATERIALIZED (
    SELECT t.org_id, t.id AS technician_id, p.lat, p.lon, p.recorded_at, p.used_at, p.received_at AS heard_at,
        p.accuracy_m, p.mock, 'implausible_jump' = ANY(p.flags) AS implausible,
        ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography AS geog
    FROM technicians t
    CROSS JOIN LATERAL (
        SELECT k.* FROM position_track k
        WHERE k.org_id = %(org_id)s AND k.technician_id = t.id
          AND k.used_at BETWEEN %(track_from)s AND %(at)s AND k.received_at <= %(at)s
          AND k.recorded_at <= %(at)s + {_AHEAD}
        ORDER BY k.recorded_at DESC LIMIT 1) p)"""
