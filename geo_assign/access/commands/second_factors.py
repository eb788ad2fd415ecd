"""The second factor of a user: an authenticator app, and recovery codes beside it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import (
    ActorKind,
    Caller,
    Role,
    Scope,
    SecondFactorEnabledError,
    SecondFactorMissingError,
    SecondFactorPolicy,
    SecondFactorRequiredError,
    SecondFactorWrongError,
    User,
)
from geo_assign.access.one_time_codes import (
    find_step,
    hash_recovery_code,
    new_recovery_codes,
    new_second_factor_secret,
    provisioning_uri,
)
from geo_assign.access.queries import database_now, get_organization, get_user
from geo_assign.access.tables import organizations, recovery_codes, second_factors
from geo_assign.core.db import Tx
from geo_assign.core.rows import ResultRow
from geo_assign.core.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app must know, told once: the secret in base32, and as a URI for a QR code."""

    secret: SecretStr
    uri: SecretStr


def begin_second_factor(tx: Tx, caller: Caller, box: SecretBox) -> Enrolment:
    """Make a secret for the caller's app; one that was made before and not confirmed is replaced.

    Raises SecondFactorEnabledError, SecretKeysMissingError.
    """
    user = get_user(tx, caller.id)
    secret = new_second_factor_secret()
    values = {"secret_encrypted": box.encrypt(secret), "created_at": database_now(tx)}
    statement = insert(second_factors).values(org_id=tx.org_id, user_id=caller.id, **values)
    f = second_factors.c
    replaced = statement.on_conflict_do_update(
        index_elements=["org_id", "user_id"], set_=values, where=f.confirmed_at.is_(None)
    )
    if tx.conn.execute(replaced.returning(f.user_id)).first() is None:
        raise SecondFactorEnabledError
    uri = provisioning_uri(secret, organization=get_organization(tx).name, email=user.email)
    return Enrolment(secret, SecretStr(uri))


def confirm_second_factor(tx: Tx, caller: Caller, box: SecretBox, *, code: str) -> list[str]:
    """Switch the caller's second factor on, by a first code of the app. Answers the recovery codes, known only now.

    Raises SecondFactorMissingError, SecondFactorEnabledError, SecondFactorWrongError.
    """
    factor = _lock_factor(tx, caller.id)
    if factor is None:
        raise SecondFactorMissingError
    if factor.confirmed_at is not None:
        raise SecondFactorEnabledError
    now = database_now(tx)
    step = find_step(box.decrypt(factor.secret_encrypted), code, at=now, after=None)
    if step is None:
        raise SecondFactorWrongError
    _keep(tx, caller.id, last_step=step, confirmed_at=now)
    audit(tx, caller, "second_factor.enabled", subject_kind="user", subject_id=caller.id)
    return _replace_recovery_codes(tx, caller.id)


def renew_recovery_codes(tx: Tx, caller: Caller, box: SecretBox, *, code: str) -> list[str]:
    """Ten new recovery codes; the old ones are worth nothing.

    Raises SecondFactorMissingError, SecondFactorWrongError.
    """
    _use_own_code(tx, caller, box, code)
    audit(tx, caller, "second_factor.recovery_codes_renewed", subject_kind="user", subject_id=caller.id)
    return _replace_recovery_codes(tx, caller.id)


def disable_second_factor(tx: Tx, caller: Caller, box: SecretBox, *, code: str) -> None:
    """Switch the caller's own second factor off. Raises SecondFactorMissingError, SecondFactorWrongError."""
    _use_own_code(tx, caller, box, code)
    _delete(tx, caller.id)
    audit(tx, caller, "second_factor.disabled", subject_kind="user", subject_id=caller.id)


def require_second_factor(tx: Tx, box: SecretBox, user: User, code: str | None) -> None:
    """At a log-in, once the password is right. Technicians' phones are never asked.

    Raises SecondFactorRequiredError without a code, SecondFactorWrongError for one that is wrong or was used.
    """
    factor = None if user.role is Role.TECHNICIAN else _lock_factor(tx, user.id)
    if factor is None or factor.confirmed_at is None:
        return
    if code is None or not code.strip():
        raise SecondFactorRequiredError
    _use_code(tx, box, _as_caller(tx, user), factor, code)


def delete_second_factor(tx: Tx, caller: Caller, user_id: UUID) -> bool:
    """Take a user's second factor away; whether there was one. The user's sessions are not touched."""
    was_there = _delete(tx, user_id)
    if was_there:
        audit(tx, caller, "second_factor.removed", subject_kind="user", subject_id=user_id)
    return was_there


def set_second_factor_policy(tx: Tx, caller: Caller, policy: SecondFactorPolicy) -> None:
    """Say of whom the organization demands a second factor. It holds from each user's next request."""
    o = organizations.c
    changed = tx.conn.execute(
        update(organizations)
        .where(o.org_id == tx.org_id, o.second_factor_policy != policy)
        .values(second_factor_policy=policy)
    )
    if changed.rowcount:
        audit(
            tx,
            caller,
            "organization.second_factor_set",
            subject_kind="organization",
            subject_id=tx.org_id,
            required_of=policy,
        )


def reencrypt_second_factors(tx: Tx, box: SecretBox) -> int:
    """Encrypt the organization's second factors with the newest secret key; returns how many."""
    f = second_factors.c
    rows = tx.conn.execute(
        select(f.user_id, f.secret_encrypted).where(f.org_id == tx.org_id).order_by(f.user_id).with_for_update()
    ).all()
    for row in rows:
        _keep(tx, row.user_id, secret_encrypted=box.rotate(row.secret_encrypted))
    return len(rows)


def _use_own_code(tx: Tx, caller: Caller, box: SecretBox, code: str) -> None:
    factor = _lock_factor(tx, caller.id)
    if factor is None or factor.confirmed_at is None:
        raise SecondFactorMissingError
    _use_code(tx, box, caller, factor, code)


def _use_code(tx: Tx, box: SecretBox, caller: Caller, factor: ResultRow, code: str) -> None:
    """Take a code of the app or a recovery code; either is worth something once. Raises SecondFactorWrongError.

    The factor is locked: of two who bring the same code at once, the second finds it used.
    """
    now = database_now(tx)
    code_hash = hash_recovery_code(code, org_id=tx.org_id, user_id=caller.id)
    if code_hash is not None:
        _use_recovery_code(tx, caller, code_hash, at=now)
        return
    step = find_step(box.decrypt(factor.secret_encrypted), code, at=now, after=factor.last_step)
    if step is None:
        raise SecondFactorWrongError
    _keep(tx, caller.id, last_step=step)


def _use_recovery_code(tx: Tx, caller: Caller, code_hash: bytes, *, at: datetime) -> None:
    r = recovery_codes.c
    of_user = (r.org_id == tx.org_id, r.user_id == caller.id)
    used = tx.conn.execute(
        update(recovery_codes).where(*of_user, r.code_hash == code_hash, r.used_at.is_(None)).values(used_at=at)
    )
    if not used.rowcount:
        raise SecondFactorWrongError
    left = tx.conn.execute(select(func.count()).where(*of_user, r.used_at.is_(None))).scalar_one()
    audit(tx, caller, "second_factor.recovery_code_used", subject_kind="user", subject_id=caller.id, left=left)


def _lock_factor(tx: Tx, user_id: UUID) -> ResultRow | None:
    f = second_factors.c
    return tx.conn.execute(
        select(f.secret_encrypted, f.confirmed_at, f.last_step)
        .where(f.org_id == tx.org_id, f.user_id == user_id)
        .with_for_update()
    ).first()


def _keep(tx: Tx, user_id: UUID, **values: object) -> None:
    f = second_factors.c
    tx.conn.execute(update(second_factors).where(f.org_id == tx.org_id, f.user_id == user_id).values(**values))


def _replace_recovery_codes(tx: Tx, user_id: UUID) -> list[str]:
    r = recovery_codes.c
    tx.conn.execute(delete(recovery_codes).where(r.org_id == tx.org_id, r.user_id == user_id))
    codes = new_recovery_codes()
    hashes = [hash_recovery_code(code, org_id=tx.org_id, user_id=user_id) for code in codes]
    rows = [{"org_id": tx.org_id, "user_id": user_id, "code_hash": code_hash} for code_hash in hashes]
    tx.conn.execute(recovery_codes.insert(), rows)
    return codes


def _delete(tx: Tx, user_id: UUID) -> bool:
    """The factor, and with it its recovery codes."""
    f = second_factors.c
    return bool(tx.conn.execute(delete(second_factors).where(f.org_id == tx.org_id, f.user_id == user_id)).rowcount)


def _as_caller(tx: Tx, user: User) -> Caller:
    """The user before there is a session, for the audit trail."""
    return Caller(org_id=tx.org_id, kind=ActorKind.USER, id=user.id, name=user.name, scope=Scope(), role=user.role)
