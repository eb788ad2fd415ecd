"""Users: those who may log in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.sessions import end_sessions
from geo_assign.access.domain import Caller, LastAdministratorError, Role, TakenError, User
from geo_assign.access.passwords import find_objection, hash_password
from geo_assign.access.queries import get_user, to_user
from geo_assign.access.tables import organizations, users
from geo_assign.core.constraints import refusing
from geo_assign.core.db import Tx
from geo_assign.core.errors import InvalidError, NotFoundError
from geo_assign.core.ids import new_id
from geo_assign.core.versions import require_version


@dataclass(frozen=True)
class NewUser:
    """A user to create. Without a password the user cannot log in until one is set."""

    email: str
    name: str
    role: Role
    password: str | None = None
    permissions: tuple[str, ...] = ()


def create_user(tx: Tx, caller: Caller, new: NewUser, *, user_id: UUID | None = None) -> User:
    """Raises TakenError when the e-mail address has a user already, InvalidError for an easily guessed password."""
    if new.password is not None:
        _require_good_password(tx, new.password, email=new.email, name=new.name)
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
            )
        )
    audit(tx, caller, "user.created", subject_kind="user", subject_id=user.id, role=new.role)
    return user


def update_user(
    tx: Tx, caller: Caller, user_id: UUID, *, changes: Mapping[str, Any], version: int | None = None
) -> User:
    """Change `email`, `name`, `role`, `permissions`, `active`. Deactivating ends the user's sessions.

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
    audit(tx, caller, "user.changed", subject_kind="user", subject_id=user_id, fields=sorted(changes))
    return get_user(tx, user_id)


def set_password(tx: Tx, caller: Caller, user_id: UUID, *, password: str) -> None:
    """Set a user's password and end all of the user's sessions: another person may have known the old password.

    Raises NotFoundError, InvalidError for a password that is easily guessed.
    """
    user = lock_user(tx, user_id)
    _require_good_password(tx, password, email=user.email, name=user.name)
    tx.conn.execute(
        update(users)
        .where(users.c.org_id == tx.org_id, users.c.id == user_id)
        .values(password_hash=hash_password(password), updated_at=tx.now())
    )
    end_sessions(tx, user_id)
    audit(tx, caller, "user.password_set", subject_kind="user", subject_id=user_id)


def _require_good_password(tx: Tx, password: str, *, email: str, name: str) -> None:
    """Raises InvalidError with the pointer `/password`. What was chosen before keeps working."""
    o = organizations.c
    of_organization = tx.conn.execute(select(o.name, o.slug).where(o.org_id == tx.org_id)).one()
    objection = find_objection(password, own=[email, name, *name.split(), *of_organization])
    if objection is not None:
        raise InvalidError.at("/password", "weak_password", objection)


def lock_user(tx: Tx, user_id: UUID) -> User:
    """The user, kept still until the end of the transaction. Raises NotFoundError."""
    row = tx.conn.execute(
        select(users).where(users.c.org_id == tx.org_id, users.c.id == user_id).with_for_update()
    ).first()
    if row is None:
        raise NotFoundError
    return to_user(row)


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
