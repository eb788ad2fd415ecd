"""Changing one's own password."""

from dataclasses import dataclass, field

from sqlalchemy import select, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.commands.one_time_links import end_links
from geo_assign.access.commands.sessions import end_sessions
from geo_assign.access.commands.users import known_words, require_good_password
from geo_assign.access.domain import BadCredentialsError, Caller
from geo_assign.access.links import EndedBecause
from geo_assign.access.passwords import hash_password, password_matches
from geo_assign.access.queries import find_password_hash, get_user
from geo_assign.access.tables import users
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import InvalidError


@dataclass(frozen=True)
class PasswordChange:
    """The old password, which proves that it is the user who sits there, and the new one."""

    current: str = field(repr=False)
    new: str = field(repr=False)


def change_own_password(database: Database, caller: Caller, change: PasswordChange) -> None:
    """Replace the caller's password; the other sessions and all links of the caller end, the present session stays.

    Raises BadCredentialsError when the old one is wrong, InvalidError for a new one that is easily guessed or the old
    one again. Not in one transaction, so that hashing holds no connection.
    """
    with database.transaction(caller.org_id) as tx:
        user, kept = get_user(tx, caller.id), find_password_hash(tx, caller.id)
        known = known_words(tx, email=user.email, name=user.name)
    if not password_matches(change.current, kept):
        raise BadCredentialsError("The present password is another one.")
    require_good_password(change.new, known, pointer="/new_password")
    if change.new == change.current:
        raise InvalidError.at("/new_password", "password_unchanged", "The new password is the old one.")
    password_hash = hash_password(change.new)
    with database.transaction(caller.org_id) as tx:
        lock_user(tx, caller.id)
        _require_unchanged(tx, caller, kept)
        u = users.c
        tx.conn.execute(
            update(users)
            .where(u.org_id == tx.org_id, u.id == caller.id)
            .values(password_hash=password_hash, updated_at=tx.now(), version=u.version + 1)
        )
        end_sessions(tx, caller.id, but=caller.session_id)
        end_links(tx, caller.id, EndedBecause.USER_CHANGED)
        audit(tx, caller, "user.password_changed", subject_kind="user", subject_id=caller.id)


def _require_unchanged(tx: Tx, caller: Caller, kept: str | None) -> None:
    u = users.c
    now_kept = tx.conn.execute(select(u.password_hash).where(u.org_id == tx.org_id, u.id == caller.id)).scalar_one()
    if now_kept != kept:
        raise BadCredentialsError("The present password was changed a moment ago.")
