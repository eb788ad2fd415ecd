"""Single sign-on of an organization: its settings, who is known to its identity provider, and what is refused."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from geo_assign.core.errors import ConflictError, ForbiddenError, NotFoundError


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """How users of the console log in by the organization's identity provider. The client secret is encrypted.

    `email_domains` are those whose addresses are let in; none means any. `password_log_in`: passwords work beside it.
    `assume_email_verified`: an address counts as verified if the provider says neither that it is nor that it is not.
    """

    issuer: str
    client_id: str
    client_secret_encrypted: bytes | None
    email_domains: tuple[str, ...]
    password_log_in: bool
    assume_email_verified: bool
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as the identity provider knows the person: by issuer and subject, whatever becomes of the address."""

    issuer: str
    subject: str
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Claims:
    """What a checked ID token says: who it is, and the e-mail address, where it tells one.

    `email_verified` is None where the provider does not say.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None


class SingleSignOnMissingError(NotFoundError):
    """There is no single sign-on for this organization."""

    code = "single_sign_on_missing"


class PasswordLogInOffError(ForbiddenError):
    """The organization takes no passwords here; log in with single sign-on.

    The operator lets passwords in again with `geo-assign single-sign-on allow-passwords`.
    """

    code = "password_log_in_off"


class SignOnEmailRefusedError(ForbiddenError):
    """The identity provider's e-mail address does not let you in.

    It is missing, not verified, or of a domain that the organization does not allow: `reason` says which.
    """

    code = "sign_on_email_refused"


class SignOnNoAccountError(ForbiddenError):
    """There is no account for you here.

    An administrator creates a user, or invites one, with the e-mail address that the identity provider tells.
    """

    code = "sign_on_no_account"


class SignOnOtherIdentityError(ConflictError):
    """This account belongs to another identity at the same identity provider.

    The e-mail address may have been given to another person. An administrator releases the account.
    """

    code = "sign_on_other_identity"


def require_email(claims: Claims, settings: SingleSignOn) -> str:
    """The e-mail address that lets a person in. Raises SignOnEmailRefusedError."""
    if claims.email is None:
        raise SignOnEmailRefusedError(reason="email_missing")
    is_verified = settings.assume_email_verified if claims.email_verified is None else claims.email_verified
    if not is_verified:
        raise SignOnEmailRefusedError(reason="email_not_verified")
    if settings.email_domains and claims.email.rpartition("@")[2].lower() not in settings.email_domains:
        raise SignOnEmailRefusedError(reason="email_domain")
    return claims.email
