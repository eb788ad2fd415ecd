"""One-time links: made, looked at, ended.

Like sessions they begin and end on the database's own clock. The user's row is locked before the link's, by all who
change either, so that a link is used or ended, never both.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.domain import Caller, Token, TokenKind, User, new_token
from geo_assign.access.link_queries import find_link
from geo_assign.access.links import (
    LIFETIMES,
    EndedBecause,
    LinkNotFoundError,
    LinkPurpose,
    MintedLink,
    OneTimeLink,
    require_open,
)
from geo_assign.access.queries import database_now, get_user
from geo_assign.access.tables import one_time_links
from geo_assign.core.db import Tx
from geo_assign.core.errors import ConflictError
from geo_assign.core.ids import new_id


class UserInactiveError(ConflictError):
    """This user is deactivated.

    Activate the user first.
    """

    code = "user_inactive"


def create_link(tx: Tx, caller: Caller, user_id: UUID, purpose: LinkPurpose) -> MintedLink:
    """A link for an active user; former ones for the same purpose work no more.

    Its token is for the user alone. Raises NotFoundError, UserInactiveError.
    """
    user = lock_user(tx, user_id)
    if not user.active:
        raise UserInactiveError
    end_links(tx, user_id, EndedBecause.REPLACED, purpose=purpose)
    token, token_hash = new_token(TokenKind.ONE_TIME_LINK, tx.org_id)
    now = database_now(tx)
    link = OneTimeLink(
        id=new_id(),
        user_id=user_id,
        purpose=purpose,
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
        used_at=None,
        ended_at=None,
        ended_because=None,
    )
    tx.conn.execute(
        one_time_links.insert().values(
            org_id=tx.org_id,
            id=link.id,
            user_id=user_id,
            purpose=purpose,
            token_hash=token_hash,
            created_at=now,
            expires_at=link.expires_at,
        )
    )
    if purpose is LinkPurpose.INVITATION:
        audit(tx, caller, "invitation.created", subject_kind="user", subject_id=user_id)
    else:
        audit(tx, caller, "password_reset.created", subject_kind="user", subject_id=user_id)
    return MintedLink(link, token)


def renew_token(tx: Tx, link_id: UUID) -> str:
    """Another token for the same link, whose present one can be told to no user any more."""
    token, token_hash = new_token(TokenKind.ONE_TIME_LINK, tx.org_id)
    tx.conn.execute(
        update(one_time_links)
        .where(one_time_links.c.org_id == tx.org_id, one_time_links.c.id == link_id)
        .values(token_hash=token_hash)
    )
    return token


def end_links(tx: Tx, user_id: UUID, because: EndedBecause, *, purpose: LinkPurpose | None = None) -> int:
    """End a user's open links, of one purpose or of all; returns how many. The user's row is locked already."""
    o = one_time_links.c
    conditions: list[ColumnElement[bool]] = [o.org_id == tx.org_id, o.user_id == user_id]
    if purpose is not None:
        conditions.append(o.purpose == purpose)
    ended = tx.conn.execute(
        update(one_time_links)
        .where(*conditions, o.used_at.is_(None), o.ended_at.is_(None))
        .values(ended_at=database_now(tx), ended_because=because)
    )
    return ended.rowcount


def look_at_link(tx: Tx, token: Token) -> tuple[OneTimeLink, User]:
    """The link and its user, while it works. Raises LinkNotFoundError, or which of the ends it has come to."""
    link = find_link(tx, token.hash)
    if link is None:
        raise LinkNotFoundError
    user = get_user(tx, link.user_id)
    require_open(link, database_now(tx), user_is_active=user.active)
    return link, user
