"""Choosing a password with a one-time link."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.commands.one_time_links import end_links, look_at_link
from geo_assign.access.commands.sessions import end_sessions
from geo_assign.access.commands.single_sign_on import require_password_log_in
from geo_assign.access.commands.users import known_words, require_good_password
from geo_assign.access.domain import ActorKind, Caller, Role, Scope, Token, User
from geo_assign.access.links import (
    EndedBecause,
    LinkEndedError,
    LinkNotFoundError,
    LinkPurpose,
    OneTimeLink,
    parse_link_token,
)
from geo_assign.access.passwords import hash_password
from geo_assign.access.queries import database_now, get_user
from geo_assign.access.tables import one_time_links, users
from geo_assign.core.db import Database, Tx

T = TypeVar("T")


@dataclass(frozen=True)
class PasswordChoice:
    """What is sent with a link: the password, and for an invitation how the user wants to be called."""

    token: str = field(repr=False)
    password: str = field(repr=False)
    name: str | None = None


def use_link(
    database: Database, purpose: LinkPurpose, choice: PasswordChoice, *, then: Callable[[Tx, User, Caller], T]
) -> T:
    """Choose a password with a link, once, and do what comes `then` in the same transaction.

    All sessions of the user end, and so do other links. Raises LinkNotFoundError, which of the ends the link has come
    to, InvalidError for a password that is easily guessed: then the link still works, PasswordLogInOffError where no
    password logs in. Not in one transaction, so that judging and hashing hold no connection.
    """
    token = parse_link_token(choice.token)
    with database.transaction(token.org_id) as tx:
        link, user = _look_for(tx, token, purpose)
        known = known_words(tx, email=user.email, name=choice.name or user.name)
    require_good_password(choice.password, known)
    password_hash = hash_password(choice.password)
    with database.transaction(token.org_id) as tx:
        user = _claim(tx, link, token)
        require_password_log_in(tx, user)
        caller = _as_caller(tx, user)
        _keep_choice(tx, user, password_hash, name=choice.name if purpose is LinkPurpose.INVITATION else None)
        if purpose is LinkPurpose.INVITATION:
            audit(tx, caller, "invitation.accepted", subject_kind="user", subject_id=user.id)
        else:
            audit(tx, caller, "password_reset.accepted", subject_kind="user", subject_id=user.id)
        return then(tx, get_user(tx, user.id), caller)


def _look_for(tx: Tx, token: Token, purpose: LinkPurpose) -> tuple[OneTimeLink, User]:
    link, user = look_at_link(tx, token)
    if link.purpose is not purpose:
        raise LinkNotFoundError
    return link, user


def _claim(tx: Tx, link: OneTimeLink, token: Token) -> User:
    """Mark the link used: of two who use it at once, one does. Raises what `look_at_link` raises."""
    user = lock_user(tx, link.user_id)
    o, now = one_time_links.c, database_now(tx)
    claimed = tx.conn.execute(
        update(one_time_links)
        .where(
            o.org_id == tx.org_id,
            o.id == link.id,
            o.token_hash == token.hash,
            o.used_at.is_(None),
            o.ended_at.is_(None),
            o.expires_at > now,
        )
        .values(used_at=now)
    )
    if not claimed.rowcount or not user.active:
        look_at_link(tx, token)
        raise LinkEndedError
    return user


def _keep_choice(tx: Tx, user: User, password_hash: str, *, name: str | None) -> None:
    changed = {"password_hash": password_hash, "updated_at": tx.now(), "version": user.version + 1}
    tx.conn.execute(
        update(users)
        .where(users.c.org_id == tx.org_id, users.c.id == user.id)
        .values(**changed, **({} if name is None else {"name": name}))
    )
    end_sessions(tx, user.id)
    end_links(tx, user.id, EndedBecause.USER_CHANGED)


def _as_caller(tx: Tx, user: User) -> Caller:
    """The user, who holds the link and has no session yet: for the audit trail alone, so nothing is in scope."""
    kind = ActorKind.TECHNICIAN if user.role is Role.TECHNICIAN else ActorKind.USER
    return Caller(org_id=tx.org_id, kind=kind, id=user.id, name=user.name, role=user.role, scope=Scope())
