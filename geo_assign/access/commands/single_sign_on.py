"""Single sign-on: an organization's settings, and who is let in by its identity provider."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.commands.audit import audit
from geo_assign.access.commands.locking import lock_user
from geo_assign.access.commands.one_time_links import end_links
from geo_assign.access.domain import ActorKind, Caller, Role, Scope, User
from geo_assign.access.links import EndedBecause, LinkPurpose
from geo_assign.access.queries import (
    database_now,
    find_identity,
    find_single_sign_on,
    find_user_by_email,
    get_single_sign_on,
)
from geo_assign.access.sign_on import (
    Claims,
    Identity,
    PasswordLogInOffError,
    SignOnNoAccountError,
    SignOnOtherIdentityError,
    SingleSignOn,
    SingleSignOnMissingError,
    require_email,
)
from geo_assign.access.tables import identities, single_sign_on
from geo_assign.core.db import Tx
from geo_assign.core.secrets import SecretBox
from geo_assign.core.versions import require_version


@dataclass(frozen=True, slots=True)
class NewSingleSignOn:
    """What an administrator chooses. `client_secret` None keeps the one that is stored, for the same issuer alone.

    Could the issuer be replaced alone, an editor would have the stored secret sent to a server of their own.
    """

    issuer: str
    client_id: str
    client_secret: SecretStr | None = field(default=None, repr=False)
    email_domains: Sequence[str] = ()
    password_log_in: bool = True
    assume_email_verified: bool = False


def keeps_secret(present: SingleSignOn | None, new: NewSingleSignOn) -> bool:
    """Whether the stored client secret goes on being used."""
    return present is not None and new.client_secret is None and present.issuer == new.issuer


def store_single_sign_on(
    tx: Tx, caller: Caller, box: SecretBox, new: NewSingleSignOn, *, version: int | None = None
) -> SingleSignOn:
    """Set or replace the organization's single sign-on, which was tried before.

    `version` is the one that the caller saw; None replaces whatever is there. Raises StaleError,
    SingleSignOnMissingError, SecretKeysMissingError.
    """
    present = _lock(tx)
    if present is not None:
        require_version(present, version)
    elif version is not None:
        raise SingleSignOnMissingError
    now = tx.now()
    values: dict[str, object] = {
        "issuer": new.issuer,
        "client_id": new.client_id,
        "email_domains": sorted({domain.lower() for domain in new.email_domains}),
        "password_log_in": new.password_log_in,
        "assume_email_verified": new.assume_email_verified,
        "updated_at": now,
    }
    if not keeps_secret(present, new):
        values["client_secret_encrypted"] = None if new.client_secret is None else box.encrypt(new.client_secret)
    statement = insert(single_sign_on).values(org_id=tx.org_id, **values, created_at=now)
    tx.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id"], set_={**values, "version": single_sign_on.c.version + 1}
        )
    )
    audit(tx, caller, "single_sign_on.set", subject_kind="organization", subject_id=tx.org_id, issuer=new.issuer)
    return get_single_sign_on(tx)


def delete_single_sign_on(tx: Tx, caller: Caller, *, version: int | None = None) -> None:
    """Take it away; users log in with their passwords again. Raises SingleSignOnMissingError, StaleError."""
    present = _lock(tx)
    if present is None:
        raise SingleSignOnMissingError
    require_version(present, version)
    tx.conn.execute(delete(single_sign_on).where(single_sign_on.c.org_id == tx.org_id))
    audit(tx, caller, "single_sign_on.removed", subject_kind="organization", subject_id=tx.org_id)


def allow_passwords(tx: Tx, caller: Caller) -> bool:
    """Let users log in with their passwords beside single sign-on; whether that was not so before."""
    s = single_sign_on.c
    changed = tx.conn.execute(
        update(single_sign_on)
        .where(s.org_id == tx.org_id, ~s.password_log_in)
        .values(password_log_in=True, version=s.version + 1, updated_at=tx.now())
    )
    if changed.rowcount:
        audit(tx, caller, "single_sign_on.passwords_allowed", subject_kind="organization", subject_id=tx.org_id)
    return bool(changed.rowcount)


def require_password_log_in(tx: Tx, user: User) -> None:
    """At a log-in, once the password is right. Phones go on with theirs. Raises PasswordLogInOffError."""
    settings = None if user.role is Role.TECHNICIAN else find_single_sign_on(tx)
    if settings is not None and not settings.password_log_in:
        raise PasswordLogInOffError


def admit_identity(tx: Tx, claims: Claims) -> User:
    """The user whom the identity provider means: by issuer and subject, and the first time by the e-mail address.

    Raises SignOnEmailRefusedError, SignOnNoAccountError, SignOnOtherIdentityError.
    """
    settings = get_single_sign_on(tx)
    known = find_identity(tx, issuer=claims.issuer, subject=claims.subject)
    if known is None:
        return _link(tx, claims, require_email(claims, settings))
    if claims.email is not None:
        require_email(claims, settings)
    return _require_admissible(lock_user(tx, known.user_id))


def release_identity(tx: Tx, caller: Caller, user_id: UUID) -> bool:
    """Forget whom the identity provider took this user for; whether it knew any. The address decides once more."""
    i = identities.c
    released = tx.conn.execute(delete(identities).where(i.org_id == tx.org_id, i.user_id == user_id)).rowcount
    if released:
        audit(tx, caller, "user.identity_released", subject_kind="user", subject_id=user_id)
    return bool(released)


def reencrypt_client_secrets(tx: Tx, box: SecretBox) -> int:
    """Encrypt the organization's client secret with the newest secret key; returns how many there are."""
    present = _lock(tx)
    if present is None or present.client_secret_encrypted is None:
        return 0
    rotated = box.rotate(present.client_secret_encrypted)
    tx.conn.execute(
        update(single_sign_on).where(single_sign_on.c.org_id == tx.org_id).values(client_secret_encrypted=rotated)
    )
    return 1


def _link(tx: Tx, claims: Claims, email: str) -> User:
    """Know a person from now on. The user is locked: of two who are taken for the same user, one is let in."""
    found = find_user_by_email(tx, email)
    if found is None:
        raise SignOnNoAccountError
    user = _require_admissible(lock_user(tx, found.id))
    i = identities.c
    key = {"issuer": claims.issuer, "subject": claims.subject}
    others = select(i.subject).where(i.org_id == tx.org_id, i.user_id == user.id, i.issuer == claims.issuer)
    if tx.conn.execute(others).first() is not None:
        _require_same(tx, Identity(**key, user_id=user.id))
        return user
    statement = insert(identities).values(org_id=tx.org_id, **key, user_id=user.id, created_at=database_now(tx))
    tx.conn.execute(statement.on_conflict_do_nothing())
    _require_same(tx, Identity(**key, user_id=user.id))
    end_links(tx, user.id, EndedBecause.USER_CHANGED, purpose=LinkPurpose.INVITATION)
    by = Caller(org_id=tx.org_id, kind=ActorKind.USER, id=user.id, name=user.name, scope=Scope(), role=user.role)
    audit(tx, by, "user.identity_linked", subject_kind="user", subject_id=user.id, issuer=claims.issuer)
    return user


def _require_same(tx: Tx, wanted: Identity) -> None:
    if find_identity(tx, issuer=wanted.issuer, subject=wanted.subject) != wanted:
        raise SignOnOtherIdentityError


def _require_admissible(user: User) -> User:
    """Technicians log in at the phone that sends their positions. Raises SignOnNoAccountError."""
    if not user.active or user.role is Role.TECHNICIAN:
        raise SignOnNoAccountError
    return user


def _lock(tx: Tx) -> SingleSignOn | None:
    s = single_sign_on.c
    if tx.conn.execute(select(s.org_id).where(s.org_id == tx.org_id).with_for_update()).first() is None:
        return None
    return get_single_sign_on(tx)
