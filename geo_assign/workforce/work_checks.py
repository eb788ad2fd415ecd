"""Reads of whose work is to be judged again (`geo_assign.workforce.commands.work_checks` notes it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, func, select

from geo_assign.core.db import Database, Tx
from geo_assign.core.lanes import Due
from geo_assign.workforce.domain import CheckedKind
from geo_assign.workforce.tables import service_providers, technicians, work_checks

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class WorkCheck:
    """Whose work is to be judged, from `due_at` on."""

    kind: CheckedKind
    subject_id: UUID
    due_at: datetime


def find_work_check(tx: Tx, check_id: UUID) -> WorkCheck | None:
    k = work_checks.c
    row = tx.conn.execute(select(k.kind, k.subject_id, k.due_at).where(k.org_id == tx.org_id, k.id == check_id)).first()
    return None if row is None else WorkCheck(CheckedKind(row.kind), row.subject_id, row.due_at)


def list_checked_technicians(tx: Tx, kind: CheckedKind, subject_id: UUID) -> Sequence[UUID]:
    """The technicians whose work a check is about, by id."""
    t = technicians.c
    of = {CheckedKind.TECHNICIAN: t.id, CheckedKind.PROVIDER: t.provider_id, CheckedKind.STORE: t.store_id}[kind]
    return tx.conn.execute(select(t.id).where(t.org_id == tx.org_id, of == subject_id).order_by(t.id)).scalars().all()


def list_due_work_checks(worker: Database) -> Due:
    """The checks that are due, across organizations, the longest due first."""
    k = work_checks.c
    with worker.across_organizations() as conn:
        due = k.due_at <= worker.clock.now(conn)
        return _in_turns(conn, work_checks, due, since=k.due_at)


def list_ended_agreements(worker: Database) -> Due:
    """The providers whose agreement ended and was not taken note of, across organizations."""
    v = service_providers.c
    with worker.across_organizations() as conn:
        ended = and_(v.valid_until <= worker.clock.now(conn), v.valid_until.is_distinct_from(v.end_noted_for))
        return _in_turns(conn, service_providers, ended, since=v.valid_until)


def _in_turns(conn: Connection, table: Table, due: ColumnElement[bool], *, since: Column[datetime]) -> Due:
    """One row of each organization, then a second of each, and so on."""
    turn = func.row_number().over(partition_by=table.c.org_id, order_by=since)
    statement = select(table.c.org_id, table.c.id).where(due).order_by(turn, since).limit(_AT_ONCE)
    return [(row.org_id, row.id) for row in conn.execute(statement)]
