"""Users: those who may log in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.commands.one_time_links import end_links
from geo_assign.access.commands.sessions import end_sessions
from geo_assign.access.domain import Caller, LastAdministratorError, Role, TakenError, User
from geo_assign.access.link_queries import get_link
from geo_assign.access.links import EndedBecause, require_open
from geo_assign.access.passwords import find_objection, hash_password
from geo_assign.access.queries import get_user
from geo_assign.access.tables import organizations, users
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError
from geo_assign.core.ids import new_id
from geo_assign.core.languages import Language
from geo_assign.core.versions import require_version


@dataclass(frozen=True)
class NewUser:
    """A user to create. Without a password the user cannot log in until one is set."""

    email: str
    name: str
    role: Role
    password: str | None = None
    permissions: tuple[str, ...] = ()
    language: Language | None = None


def create_user(tx: Tx, caller: Caller, new: NewUser, *, user_id: UUID | None = None) -> User:
    """Raises TakenError when the e-mail address has a user already, InvalidError for an easily guessed password."""
    if new.password is not None:
        require_good_password(new.password, known_words(tx, email=new.email, name=new.name))
    now = tx.now()
    user = User(
        id=user_id or new_id(),
        email=new.email,
        name=new.name,
        role=new.role,
        permissions=tuple(sorted(set(new.permissions))),
        active=True,
        version=1,
        created_at=now,
        updated_at=now,
        language=new.language,
    )
    with refusing(users_org_id_email_key=TakenError("Another user has this e-mail address.")):
        tx.conn.execute(
            users.insert().values(
                org_id=tx.org_id,
                id=user.id,
                email=user.email,
                name=user.name,
                role=user.role,
                permissions=list(user.permissions),
                password_hash=None if new.password is None else hash_password(new.password),
                created_at=now,
                updated_at=now,
                language=user.language,
            )
        )
    audit(tx, caller, "user.created", subject_kind="user", subject_id=user.id, role=new.role)
    return user


def update_user(
    tx: Tx, caller: Caller, user_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> User:
    """Change `email`, `name`, `role`, `permissions`, `active`.

    Deactivating ends the user's sessions and links; so does another e-mail address with the links, which went to the
    old one.

    Raises NotFoundError, StaleError when `version` is not the present one, TakenError, LastAdministratorError.
    """
    administrators = _lock_administrators(tx) if {"role", "active"} & changes.keys() else set()
    before = lock_user(tx, user_id)
    require_version(before, version)
    after = replace(before, **changes, version=before.version + 1, updated_at=tx.now())
    if administrators == {user_id} and not _is_administrator(after):
        raise LastAdministratorError
    with refusing(users_org_id_email_key=TakenError("Another user has this e-mail address.")):
        tx.conn.execute(
            update(users)
            .where(users.c.org_id == tx.org_id, users.c.id == user_id)
            .values(
                email=after.email,
                name=after.name,
                role=after.role,
                permissions=sorted(set(after.permissions)),
                active=after.active,
                version=after.version,
                updated_at=after.updated_at,
            )
        )
    if not after.active:
        end_sessions(tx, user_id)
    if not after.active or after.email.lower() != before.email.lower():
        end_links(tx, user_id, EndedBecause.USER_CHANGED)
    audit(tx, caller, "user.changed", subject_kind="user", subject_id=user_id, fields=sorted(changes))
    return get_user(tx, user_id)


def remove_invited_user(tx: Tx, user_id: UUID, link_id: UUID) -> None:
    """Delete a user whose invitation is still open, and so never logged in. Raises what the link has come to."""
    user = lock_user(tx, user_id)
    link = get_link(tx, link_id)
    # As of its own beginning: one that has expired can be taken back too.
    require_open(link, link.created_at, user_is_active=user.active)
    tx.conn.execute(delete(users).where(users.c.org_id == tx.org_id, users.c.id == user_id))


def set_password(tx: Tx, caller: Caller, user_id: UUID, *, password: str) -> None:
    """Set a user's password and end the user's sessions and links: another person may have known the old password.

    Raises NotFoundError, InvalidError for a password that is easily guessed.
    """
    user = lock_user(tx, user_id)
    require_good_password(password, known_words(tx, email=user.email, name=user.name))
    tx.conn.execute(
        update(users)
        .where(users.c.org_id == tx.org_id, users.c.id == user_id)
        .values(password_hash=hash_password(password), updated_at=tx.now())
    )
    end_sessions(tx, user_id)
    end_links(tx, user_id, EndedBecause.USER_CHANGED)
    audit(tx, caller, "user.password_set", subject_kind="user", subject_id=user_id)


def set_own_language(tx: Tx, caller: Caller, language: Language | None) -> User:
    """Choose the language in which the caller is written to; None: the organization's."""
    u = users.c
    of_caller = (u.org_id == tx.org_id, u.id == caller.id)
    tx.conn.execute(update(users).where(*of_caller).values(language=language))
    return get_user(tx, caller.id)


def set_organization_language(tx: Tx, caller: Caller, language: Language) -> None:
    """Choose the language in which users are written to who chose none."""
    o = organizations.c
    changed = update(organizations).where(o.org_id == tx.org_id, o.language != language).values(language=language)
    if tx.conn.execute(changed).rowcount:
        audit(
            tx,
            caller,
            "organization.language_set",
            subject_kind="organization",
            subject_id=tx.org_id,
            language=language,
        )


def known_words(tx: Tx, *, email: str, name: str) -> list[str]:
    """What others know of an account: a password may be none of it."""
    o = organizations.c
    of_organization = tx.conn.execute(select(o.name, o.slug).where(o.org_id == tx.org_id)).one()
    return [email, name, *name.split(), *of_organization]


def require_good_password(password: str, known: Iterable[str], *, pointer: str = "/password") -> None:
    """Raises InvalidError with the pointer. What was chosen before keeps working."""
    objection = find_objection(password, own=known)
    if objection is not None:
        raise InvalidError.at(pointer, "weak_password", objection)


def _is_administrator(user: User) -> bool:
    return user.active and user.role is Role.ADMINISTRATOR


def _lock_administrators(tx: Tx) -> set[UUID]:
    # All of them, in order, before any other lock: of two who deactivate each other the second waits, then is refused.
    return set(
        tx.conn.execute(
            select(users.c.id)
            .where(users.c.org_id == tx.org_id, users.c.role == Role.ADMINISTRATOR, users.c.active)
            .order_by(users.c.id)
            .with_for_update()
        ).scalars()
    )
