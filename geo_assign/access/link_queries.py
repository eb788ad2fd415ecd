"""Reads of one-time links, invitations, and of where a user is logged in."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from geo_assign.access.domain import Role, Session, User
from geo_assign.access.links import EndedBecause, Invitation, LinkNotFoundError, LinkPurpose, MailState, OneTimeLink
from geo_assign.access.tables import mails, one_time_links, sessions, users
from geo_assign.core.db import Tx
from geo_assign.core.languages import Language
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import ResultRow

_SESSIONS = 1_000


def get_link(tx: Tx, link_id: UUID) -> OneTimeLink:
    """The one-time link, whatever has become of it. Raises LinkNotFoundError."""
    row = tx.conn.execute(
        _SHOWN_LINK.where(one_time_links.c.org_id == tx.org_id, one_time_links.c.id == link_id)
    ).first()
    if row is None:
        raise LinkNotFoundError
    return to_link(row)


def find_link(tx: Tx, token_hash: bytes) -> OneTimeLink | None:
    """The one-time link with this token, whatever has become of it."""
    o = one_time_links.c
    row = tx.conn.execute(_SHOWN_LINK.where(o.org_id == tx.org_id, o.token_hash == token_hash)).first()
    return None if row is None else to_link(row)


def list_open_invitations(
    tx: Tx,
    *,
    seen: Callable[[ColumnElement[UUID]], ColumnElement[bool]],
    link_id: UUID | None = None,
    user_id: UUID | None = None,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[Invitation]:
    """Invitations that wait for their user, expired ones too, newest first; those whose user is `seen`, or the one."""
    o, u, m = one_time_links.c, users.c, mails.c
    of_user = and_(u.org_id == o.org_id, u.id == o.user_id)
    of_link = and_(m.org_id == o.org_id, m.link_id == o.id)
    statement = (
        select(*_SHOWN_LINK.selected_columns, *(column.label(f"invited_{column.key}") for column in users.c), m.state)
        .select_from(one_time_links.join(users, of_user).outerjoin(mails, of_link))
        .where(o.org_id == tx.org_id, o.purpose == LinkPurpose.INVITATION, o.used_at.is_(None), o.ended_at.is_(None))
        .where(u.org_id == tx.org_id, u.active, seen(u.id))
        .order_by(o.id.desc())
        .limit(limit + 1)
    )
    if link_id is not None:
        statement = statement.where(o.id == link_id)
    if user_id is not None:
        statement = statement.where(o.user_id == user_id)
    if cursor is not None:
        statement = statement.where(o.id < decode(cursor, UUID)[0])
    found = [_to_invitation(row) for row in tx.conn.execute(statement)]
    return page(found, limit, lambda invitation: (invitation.link.id,))


def list_sessions(tx: Tx, user_id: UUID) -> list[Session]:
    """The sessions of a user that hold, newest first; at most a thousand."""
    s = sessions.c
    statement = (
        select(*(s[name] for name in Session.__dataclass_fields__))
        .where(s.org_id == tx.org_id, s.user_id == user_id, s.ended_at.is_(None))
        .where(s.expires_at > func.clock_timestamp())
        .order_by(s.created_at.desc(), s.id.desc())
        .limit(_SESSIONS)
    )
    return [Session(*row) for row in tx.conn.execute(statement)]


_SHOWN_LINK = select(*(one_time_links.c[name] for name in OneTimeLink.__dataclass_fields__))


def to_link(row: ResultRow) -> OneTimeLink:
    """A one-time link from a row of the table."""
    return OneTimeLink(
        id=row.id,
        user_id=row.user_id,
        purpose=LinkPurpose(row.purpose),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        ended_at=row.ended_at,
        ended_because=None if row.ended_because is None else EndedBecause(row.ended_because),
    )


def _to_invitation(row: ResultRow) -> Invitation:
    of_user = {name: getattr(row, f"invited_{name}") for name in User.__dataclass_fields__}
    state = None if row.state is None else MailState(row.state)
    language = None if row.invited_language is None else Language(row.invited_language)
    user = replace(User(**of_user), role=Role(row.invited_role), language=language)
    return Invitation(to_link(row), user, state)
