"""Logging in and out.

Sessions begin and end on the database's own clock, by which every request judges them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.one_time_links import end_links
from geo_assign.access.commands.second_factors import require_second_factor
from geo_assign.access.commands.single_sign_on import require_password_log_in
from geo_assign.access.domain import (
    SESSION_ENDS_AFTER,
    SESSION_SLIDES,
    SESSION_USES_NOTED_EVERY,
    BadCredentialsError,
    Caller,
    Role,
    SessionKind,
    TokenKind,
    User,
    new_token,
)
from geo_assign.access.links import EndedBecause, LinkPurpose
from geo_assign.access.passwords import hash_password, needs_rehash, password_matches
from geo_assign.access.queries import (
    database_now,
    find_organization_id,
    find_password_hash,
    find_user_by_email,
    get_second_factor,
    get_user,
)
from geo_assign.access.tables import sessions, users
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.core.secrets import SecretBox

# Of a browser at a desk: it does not move on, so that a shift ends it.
COOKIE_LASTS = timedelta(hours=12)


@dataclass(frozen=True)
class LogIn:
    """The credentials of a log-in. `device` names the phone that positions will come from.

    `code` is wanted of users with a second factor: of their app, or a recovery code. `browser` is what the session of
    a user without `device` is called.
    """

    organization: str
    email: str
    password: str
    device: str | None = None
    kind: SessionKind = "bearer"
    code: str | None = None
    browser: str | None = None


@dataclass(frozen=True)
class OpenedSession:
    """A new session: the only time that its token's text is known.

    `expires_at` is when it ends unless it is used, `ends_by` when it ends however much it is used.
    `must_enrol`: it is good for switching a second factor on, and for nothing else until that is done.
    """

    id: UUID
    org_id: UUID
    user: User
    token: str
    expires_at: datetime
    ends_by: datetime
    must_enrol: bool = False


def log_in(database: Database, box: SecretBox, attempt: LogIn) -> OpenedSession:
    """Open a session. Raises BadCredentialsError whatever of the three is wrong, after the same work.

    Then PasswordLogInOffError where single sign-on replaces passwords, SecondFactorRequiredError or
    SecondFactorWrongError where the user has a second factor. `box` reads it.

    Not in one transaction: the password is checked between two, so that slow hashing holds no connection.
    """
    with database.across_organizations() as conn:
        org_id = find_organization_id(conn, attempt.organization)
    user, kept = (None, None) if org_id is None else _find_credentials(database, org_id, attempt.email)
    matches = password_matches(attempt.password, kept)
    if org_id is None or user is None or kept is None or not matches:
        raise BadCredentialsError
    require_device(user, attempt.device)
    with database.transaction(org_id) as tx:
        _require_unchanged(tx, user.id, kept)
        require_password_log_in(tx, user)
        require_second_factor(tx, box, user, attempt.code)
        if needs_rehash(kept):
            _keep_hash(tx, user.id, hash_password(attempt.password))
        return open_session(tx, user, kind=attempt.kind, device=attempt.device or attempt.browser)


def open_session(
    tx: Tx, user: User, *, kind: SessionKind, device: str | None, single_sign_on: bool = False
) -> OpenedSession:
    """Start a session for `user`, who is authenticated already: an invitation that is still open has served.

    `single_sign_on`: by the organization's identity provider, which sees to a second factor itself.
    """
    end_links(tx, user.id, EndedBecause.USER_CHANGED, purpose=LinkPurpose.INVITATION)
    token, token_hash = new_token(TokenKind.SESSION, tx.org_id)
    now = database_now(tx)
    factor = get_second_factor(tx, user)
    must_enrol = factor.required and factor.confirmed_at is None and not single_sign_on
    expires_at, ends_by = _ends(user, kind, now)
    session = OpenedSession(new_id(), tx.org_id, user, token, expires_at, ends_by, must_enrol)
    tx.conn.execute(
        sessions.insert().values(
            org_id=tx.org_id,
            id=session.id,
            user_id=user.id,
            token_hash=token_hash,
            kind=kind,
            device=device,
            created_at=now,
            expires_at=session.expires_at,
            single_sign_on=single_sign_on,
            last_used_at=now,
        )
    )
    return session


def _ends(user: User, kind: SessionKind, now: datetime) -> tuple[datetime, datetime]:
    """When it ends without being used, and at the latest. Phones stay logged in, in a browser too."""
    if kind == "cookie" and user.role is not Role.TECHNICIAN:
        return now + COOKIE_LASTS, now + COOKIE_LASTS
    return now + SESSION_SLIDES, now + SESSION_ENDS_AFTER


def log_out(tx: Tx, caller: Caller) -> None:
    """End the caller's own session; without one nothing happens. A technician's duty is not touched."""
    tx.conn.execute(
        update(sessions)
        .where(sessions.c.org_id == tx.org_id, sessions.c.id == caller.session_id, sessions.c.ended_at.is_(None))
        .values(ended_at=database_now(tx))
    )


def renew_session(tx: Tx, caller: Caller) -> None:
    """Move the end of the caller's session on, since it is used; what has ended stays so."""
    s = sessions.c
    tx.conn.execute(
        update(sessions)
        .where(s.org_id == tx.org_id, s.id == caller.session_id, s.ended_at.is_(None))
        .where(s.expires_at < caller.renewable_until)
        .values(expires_at=caller.renewable_until)
    )


def note_session_use(tx: Tx, session_id: UUID) -> None:
    """The session was used now; written unless that was noted a short while ago."""
    s, now = sessions.c, database_now(tx)
    tx.conn.execute(
        update(sessions)
        .where(s.org_id == tx.org_id, s.id == session_id, s.ended_at.is_(None))
        .where(or_(s.last_used_at.is_(None), s.last_used_at <= now - SESSION_USES_NOTED_EVERY))
        .values(last_used_at=now)
    )


def end_session(tx: Tx, caller: Caller, session_id: UUID) -> None:
    """End one of the caller's own sessions; again without harm. Raises NotFoundError for another user's."""
    s = sessions.c
    of_caller = (s.org_id == tx.org_id, s.id == session_id, s.user_id == caller.id)
    if tx.conn.execute(select(s.id).where(*of_caller)).first() is None:
        raise NotFoundError
    tx.conn.execute(update(sessions).where(*of_caller, s.ended_at.is_(None)).values(ended_at=database_now(tx)))


def end_sessions(tx: Tx, user_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of a user, or every other `but` one; returns how many there were."""
    s = sessions.c
    others = [] if but is None else [s.id != but]
    ended = tx.conn.execute(
        update(sessions)
        .where(s.org_id == tx.org_id, s.user_id == user_id, s.ended_at.is_(None), *others)
        .values(ended_at=database_now(tx))
    )
    return ended.rowcount


def log_user_out(tx: Tx, caller: Caller, user_id: UUID) -> None:
    """End every session of another user, and write that down. Raises NotFoundError."""
    get_user(tx, user_id)
    end_sessions(tx, user_id)
    audit(tx, caller, "user.sessions_ended", subject_kind="user", subject_id=user_id)


def _find_credentials(database: Database, org_id: UUID, email: str) -> tuple[User | None, str | None]:
    with database.transaction(org_id) as tx:
        user = find_user_by_email(tx, email)
        if user is None or not user.active:
            return None, None
        return user, find_password_hash(tx, user.id)


def require_device(user: User, device: str | None) -> None:
    """Raises InvalidError with the pointer `/device` for a technician who names none."""
    if user.role is Role.TECHNICIAN and not device:
        raise InvalidError.at("/device", "device_required", "A technician's log-in names the device it comes from.")


def _require_unchanged(tx: Tx, user_id: UUID, kept: str) -> None:
    # Locked, so that a deactivation or a new password either sees this session and ends it, or is seen here.
    current = tx.conn.execute(
        select(users.c.password_hash)
        .where(users.c.org_id == tx.org_id, users.c.id == user_id, users.c.active)
        .with_for_update()
    ).scalar_one_or_none()
    if current != kept:
        raise BadCredentialsError


def _keep_hash(tx: Tx, user_id: UUID, password_hash: str) -> None:
    tx.conn.execute(
        update(users).where(users.c.org_id == tx.org_id, users.c.id == user_id).values(password_hash=password_hash)
    )
