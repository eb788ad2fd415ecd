"""Who went silent, when and why: silences that last and those that are over, of the technicians that a caller sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    case,
    func,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import SCOPE, Viewer, scope_values, viewer_declared
from geo_assign.core.db import Tx
from geo_assign.core.expressions import no_value, row_exists
from geo_assign.core.paging import Page, decode, page
from geo_assign.core.rows import AnySelect
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.tables import INSTANT
from geo_assign.positions.domain import UNREACHABLE_AFTER, SilenceEnd
from geo_assign.positions.tables import current_positions, silences
from geo_assign.workforce.domain import SilenceReason
from geo_assign.workforce.tables import technician_groups, technicians
from geo_assign.workforce.visibility import sees_technician

_ASKED = SCOPE | Parameters(
    at=INSTANT,
    since=INSTANT,
    unheard_since=INSTANT,
    store_ids=ARRAY(Uuid()),
    group_id=Uuid(),
    last_at=INSTANT,
    last_id=Uuid(),
    fetch=Integer(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachabilityQuestion:
    """Whose silences: those that last at `at`, and those that ended at `since` or later."""

    at: datetime
    since: datetime
    store_ids: Sequence[UUID] = ()
    group_id: UUID | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """A time on duty in which the device was not heard from. While it lasts, `ended_at` and `ended_by` are None.

    `reason`: what the app said about it since it began.
    """

    technician_id: UUID
    name: str
    store_id: UUID
    began_at: datetime
    ended_at: datetime | None
    ended_by: SilenceEnd | None
    reason: SilenceReason | None


class SilenceRow(NamedTuple):
    technician_id: UUID
    name: str
    store_id: UUID
    began_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


def list_silences(tx: Tx, scope: Scope, question: ReachabilityQuestion) -> Page[Silence]:
    """A page of silences, those that began last first."""
    last = (None, None) if question.cursor is None else decode(question.cursor, datetime.fromisoformat, UUID)
    values = {
        **scope_values(tx, scope),
        "at": question.at,
        "since": question.since,
        "unheard_since": question.at - UNREACHABLE_AFTER,
        "store_ids": list(question.store_ids) or None,
        "group_id": question.group_id,
        "last_at": last[0],
        "last_id": last[1],
        "fetch": question.limit + 1,
    }
    rows = tx.fetch(silence_statement(everything=scope.everything, goes_on=question.cursor is not None), values)
    found = [_silence(row) for row in rows]
    return page(found, question.limit, lambda one: (one.began_at.isoformat(), one.technician_id))


def _silence(row: SilenceRow) -> Silence:
    return Silence(
        technician_id=row.technician_id,
        name=row.name,
        store_id=row.store_id,
        began_at=row.began_at,
        ended_at=row.ended_at,
        ended_by=None if row.ended_by is None else SilenceEnd(row.ended_by),
        reason=None if row.reason is None else SilenceReason(row.reason),
    )


@cache
def silence_statement(*, everything: bool, goes_on: bool) -> Statement[SilenceRow]:
    """One page of silences; `goes_on`: behind the last one of the page before."""
    viewer = viewer_declared(everything=everything)
    line = union_all(_lasting(viewer), _over(viewer)).subquery("line")
    key = tuple_(line.c.began_at, line.c.technician_id)
    rows: AnySelect = select(line)
    if goes_on:
        rows = rows.where(key < tuple_(_ASKED.last_at, _ASKED.last_id))
    rows = rows.order_by(line.c.began_at.desc(), line.c.technician_id.desc()).limit(_ASKED.fetch)
    return Statement.of(SilenceRow, rows)


def _lasting(viewer: Viewer) -> AnySelect:
    t, p = technicians.alias("t"), current_positions.alias("p")
    heard = and_(p.c.org_id == _ASKED.org_id, p.c.technician_id == t.c.id)
    # Whatever was heard before duty began breaks no silence; of a NULL and an instant the instant is the greater.
    began_at = func.greatest(t.c.duty_changed_at, p.c.heard_at)
    return (
        select(
            t.c.id.label("technician_id"),
            t.c.name,
            t.c.store_id,
            began_at.label("began_at"),
            no_value(INSTANT, "ended_at"),
            no_value(Text(), "ended_by"),
            case((t.c.silence_said_at >= began_at, t.c.silence_reason)).label("reason"),
        )
        .select_from(t.outerjoin(p, heard))
        .where(
            t.c.org_id == _ASKED.org_id,
            t.c.active,
            t.c.on_duty,
            not_(t.c.at_base),
            began_at < _ASKED.unheard_since,
            sees_technician(viewer, t),
            *_belongs(t),
        )
    )


def _over(viewer: Viewer) -> AnySelect:
    t, s = technicians.alias("t"), silences.alias("s")
    of_technician = and_(t.c.org_id == _ASKED.org_id, t.c.id == s.c.technician_id)
    return (
        select(s.c.technician_id, t.c.name, t.c.store_id, s.c.began_at, s.c.ended_at, s.c.ended_by, s.c.reason)
        .select_from(s.join(t, of_technician))
        .where(
            s.c.org_id == _ASKED.org_id,
            s.c.ended_at >= _ASKED.since,
            s.c.ended_at <= _ASKED.at,
            sees_technician(viewer, t),
            *_belongs(t),
        )
    )


def _belongs(technician: FromClause) -> tuple[ColumnElement[bool], ...]:
    """To the store and the group asked for. Without one of them to any."""
    t, m = technician.c, technician_groups.alias("m")
    is_member = row_exists(m, m.c.org_id == _ASKED.org_id, m.c.technician_id == t.id, m.c.group_id == _ASKED.group_id)
    return (
        or_(_ASKED.store_ids.is_(None), t.store_id == any_(_ASKED.store_ids)),
        or_(_ASKED.group_id.is_(None), is_member),
    )
