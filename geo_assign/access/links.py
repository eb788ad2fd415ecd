"""One-time links: whom they let choose a password, for how long, and why one works no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_assign.access.domain import Token, TokenKind, User, parse_token
from geo_assign.core.errors import GoneError, NotFoundError, UnauthenticatedError


class LinkPurpose(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a purpose


LIFETIMES: Mapping[LinkPurpose, timedelta] = {
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.PASSWORD_RESET: timedelta(hours=24),
}

LINKS_KEPT_FOR = timedelta(days=30)
"""After it has expired, a link says so for so long."""


class EndedBecause(StrEnum):
    """Why a link works no more though nothing was chosen with it."""

    REPLACED = "replaced"
    REVOKED = "revoked"
    USER_CHANGED = "user_changed"


class MailState(StrEnum):
    """What has become of the mail with a link: `refused` by the recipient's server, `dropped` when the link ended."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that lets `user_id` choose a password once, before `expires_at`."""

    id: UUID
    user_id: UUID
    purpose: LinkPurpose
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    ended_at: datetime | None
    ended_because: EndedBecause | None

    def is_open(self, now: datetime) -> bool:
        """Whether it is neither used nor ended nor expired."""
        return self.used_at is None and self.ended_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class MintedLink:
    """A new link with its token, which is known only now."""

    link: OneTimeLink
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits for its user. `mail` is None where the link was shown instead of sent."""

    link: OneTimeLink
    user: User
    mail: MailState | None


class LinkNotFoundError(NotFoundError):
    """There is no such link.

    It was copied in part, withdrawn, or is so old that it was forgotten. Ask for a new one.
    """

    code = "link_not_found"


class LinkUsedError(GoneError):
    """This link was used already.

    A link works once: log in with the password that was chosen, or ask for a new link. `used_at` tells when.
    """

    code = "link_used"


class LinkExpiredError(GoneError):
    """This link has expired.

    Ask for a new one. `expired_at` tells since when.
    """

    code = "link_expired"


class LinkReplacedError(GoneError):
    """This link was replaced by a newer one.

    Use the newest.
    """

    code = "link_replaced"


class LinkEndedError(GoneError):
    """This link works no more.

    It was revoked, or the account has changed since. Ask for a new one.
    """

    code = "link_ended"


def parse_link_token(text: str) -> Token:
    """What a link's token says about itself. Raises LinkNotFoundError for anything else."""
    try:
        token = parse_token(text.strip())
    except UnauthenticatedError:
        raise LinkNotFoundError from None
    if token.kind is not TokenKind.ONE_TIME_LINK:
        raise LinkNotFoundError
    return token


def link_url(console_url: str, token: str) -> str:
    """The address that a person opens. The token is in the fragment, which no browser sends to a server."""
    return f"{console_url}/console/choose-password#{token}"


def require_open(link: OneTimeLink, now: datetime, *, user_is_active: bool) -> None:
    """Raises LinkUsedError, LinkReplacedError, LinkEndedError or LinkExpiredError, whichever tells most."""
    if link.used_at is not None:
        raise LinkUsedError(used_at=link.used_at)
    if link.ended_because is EndedBecause.REPLACED:
        raise LinkReplacedError
    if link.ended_because is not None or not user_is_active:
        raise LinkEndedError
    if link.expires_at <= now:
        raise LinkExpiredError(expired_at=link.expires_at)
