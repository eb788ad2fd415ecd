"""Reads of technicians, their time off, and what their apps say of their silence."""

from collections.abc import Collection
from functools import cache
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, select

from geo_assign.access.domain import Scope
from geo_assign.access.viewer import ScopeKind, any_scope_values, kind_of, viewer_like, viewer_of
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.geo import Point
from geo_assign.core.paging import Page
from geo_assign.core.rows import AnySelect, ResultRow
from geo_assign.core.statements import Parameters, Statement
from geo_assign.workforce.domain import SaidSilence, SilenceReason, Technician, TimeOff
from geo_assign.workforce.queries.listing import ListChoice, listed, one_row, point_of
from geo_assign.workforce.tables import technician_groups, technicians, time_off
from geo_assign.workforce.visibility import sees_technician


def select_technicians(org_id: ColumnElement[UUID] | UUID) -> AnySelect:
    """Technicians with what `to_technician` reads, still without a condition."""
    links = technician_groups.c
    of_technician = (links.org_id == org_id, links.technician_id == technicians.c.id)
    group_ids = select(func.array_agg(links.group_id)).where(*of_technician).scalar_subquery()
    return select(technicians, group_ids.label("group_ids"))


def get_technician(tx: Tx, scope: Scope, technician_id: UUID) -> Technician:
    """Raises NotFoundError, also outside the scope."""
    rows = tx.fetch(_by_id(kind_of(scope)), any_scope_values(tx, scope) | {"id": technician_id})
    if not rows:
        raise NotFoundError
    return to_technician(rows[0])


_ID = Parameters(id=Uuid()).id


@cache
def _by_id(kind: ScopeKind) -> Statement[Any]:
    """The technician `id`, if a caller with a scope of this kind sees that one."""
    t, viewer = technicians.c, viewer_like(kind)
    one = (t.org_id == viewer.org_id, t.id == _ID, sees_technician(viewer))
    return Statement.of_columns(select_technicians(viewer.org_id).where(*one))


def list_technicians(
    tx: Tx,
    scope: Scope,
    *,
    store_id: UUID | None = None,
    group_id: UUID | None = None,
    **listing: Unpack[ListChoice],
) -> Page[Technician]:
    """The technicians that the caller sees, by name; of one store or one group when named."""
    statement = select_technicians(tx.org_id).where(sees_technician(viewer_of(tx, scope)))
    if store_id is not None:
        statement = statement.where(technicians.c.store_id == store_id)
    if group_id is not None:
        member = technician_groups.c
        members = select(member.technician_id).where(member.org_id == tx.org_id, member.group_id == group_id)
        statement = statement.where(technicians.c.id.in_(members))
    return listed(tx, statement, to_technician, of=technicians, listing=listing)


def list_technician_names(tx: Tx, technician_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names by id, in any scope: the calling function knows that they concern the user."""
    t = technicians.c
    statement = select(t.id, t.name).where(t.org_id == tx.org_id, t.id.in_(technician_ids))
    return {row.id: row.name for row in tx.conn.execute(statement)}


def list_seen_technicians(tx: Tx, scope: Scope, technician_ids: Collection[UUID]) -> set[UUID]:
    """Which of these technicians the caller sees: those whom `get_technician` finds."""
    if not technician_ids:
        return set()
    t = technicians.c
    asked = select(t.id).where(t.org_id == tx.org_id, t.id.in_(technician_ids), sees_technician(viewer_of(tx, scope)))
    return set(tx.conn.execute(asked).scalars())


def get_time_off(tx: Tx, time_off_id: UUID) -> TimeOff:
    """Raises NotFoundError."""
    row = one_row(tx, select(time_off), of=time_off, row_id=time_off_id)
    return TimeOff(row.id, row.technician_id, row.starts_at, row.ends_at, row.note)


def list_time_off(tx: Tx, technician_id: UUID) -> list[TimeOff]:
    """A technician's time off, earliest first."""
    rows = tx.conn.execute(
        select(time_off)
        .where(time_off.c.org_id == tx.org_id, time_off.c.technician_id == technician_id)
        .order_by(time_off.c.starts_at, time_off.c.id)
    )
    return [TimeOff(row.id, row.technician_id, row.starts_at, row.ends_at, row.note) for row in rows]


def find_said_silence(tx: Tx, technician_id: UUID) -> SaidSilence | None:
    """What the technician's app said last about being silent."""
    t = technicians.c
    statement = select(t.silence_reason, t.silence_said_at).where(t.org_id == tx.org_id, t.id == technician_id)
    row = tx.conn.execute(statement).one_or_none()
    if row is None or row.silence_reason is None:
        return None
    return SaidSilence(SilenceReason(row.silence_reason), row.silence_said_at)


def to_technician(row: ResultRow) -> Technician:
    return Technician(
        id=row.id,
        slug=row.slug,
        name=row.name,
        store_id=row.store_id,
        user_id=row.user_id,
        provider_id=row.provider_id,
        skills=tuple(row.skills),
        hours=row.hours,
        home=point_of(row.home_lat, row.home_lon),
        base=Point(lat=row.base_lat, lon=row.base_lon),
        group_ids=tuple(sorted(row.group_ids or ())),
        active=row.active,
        on_duty=row.on_duty,
        duty_changed_at=row.duty_changed_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        at_base=row.at_base,
    )
