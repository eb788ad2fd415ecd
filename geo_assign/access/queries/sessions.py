"""Reads of sessions, and predicates about them for other statements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select

from geo_assign.access.domain import LiveSession
from geo_assign.access.tables import sessions, users
from geo_assign.core.db import Tx


def database_now(tx: Tx) -> datetime:
    """The database's own clock, by which sessions begin and end whatever clock drives the decisions."""
    return tx.conn.execute(select(func.clock_timestamp())).scalar_one()  # type: ignore[no-any-return]


def list_live_sessions(tx: Tx, user_id: UUID) -> list[LiveSession]:
    """The sessions of an active user that hold, newest first, by the clock that judges log-ins."""
    s, u = sessions.c, users.c
    statement = (
        select(s.id, s.device)
        .join(users, and_(u.org_id == s.org_id, u.id == s.user_id))
        .where(s.org_id == tx.org_id, s.user_id == user_id, u.active)
        .where(s.ended_at.is_(None), s.expires_at > func.clock_timestamp())
        .order_by(s.created_at.desc(), s.id)
    )
    return [LiveSession(row.id, row.device) for row in tx.conn.execute(statement)]


def is_live_session(org_id: ColumnElement[UUID], session_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """A predicate, also for a sweep across organizations: this session holds.

    Of the clock at the begin of the statement, since no other lets Citus delete rows by it.
    """
    s = sessions.c
    return exists().where(
        s.org_id == org_id, s.id == session_id, s.ended_at.is_(None), s.expires_at > func.statement_timestamp()
    )


def has_session_of_device(tx: Tx, user_id: UUID, device: str) -> bool:
    """Whether the user ever logged in on a device of this name, as far as that is still kept."""
    s = sessions.c
    found = exists().where(s.org_id == tx.org_id, s.user_id == user_id, s.device == device)
    return tx.conn.execute(select(found)).scalar_one()


def is_logged_in(tx: Tx, user_id: UUID) -> ColumnElement[bool]:
    """A predicate: the user is active and has a session, by the clock that judges log-ins."""
    s, u = sessions.c, users.c
    return exists().where(
        u.org_id == tx.org_id,
        u.id == user_id,
        u.active,
        s.org_id == tx.org_id,
        s.user_id == u.id,
        s.ended_at.is_(None),
        s.expires_at > func.clock_timestamp(),
    )
