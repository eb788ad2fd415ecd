"""Who a caller is and what the caller may see: roles, scopes, tokens, the caller of a use case."""

import base64
import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from geo_assign.core.errors import ConflictError, ForbiddenError, InvalidError, UnauthenticatedError
from geo_assign.core.languages import Language


class Role(StrEnum):
    """The role of a user in the organization."""

    ADMINISTRATOR = "administrator"
    STORE_ADMINISTRATOR = "store_administrator"
    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"


class ApiScope(StrEnum):
    """What an API key may do."""

    READ = "read"
    LEADS_WRITE = "leads:write"
    POSITIONS_WRITE = "positions:write"
    TECHNICIANS_READ = "technicians:read"
    WEBHOOKS = "webhooks"
    WIDGET = "widget"


SECRET_SCOPES = tuple(scope for scope in ApiScope if scope is not ApiScope.WIDGET)
"""The scopes of keys that stay on a server. A key with `widget` is publishable: it stands in a web page."""


class Permission(StrEnum):
    """Rights that single dispatchers are given beyond their role."""

    REALLOCATE = "reallocate"
    FORCE_TRAVELLING = "force_travelling"


class SecondFactorPolicy(StrEnum):
    """Of whom an organization demands a second factor; technicians' phones are never asked."""

    OFF = "off"
    ADMINISTRATORS = "administrators"
    CONSOLE_USERS = "console_users"


def is_demanded(policy: SecondFactorPolicy, role: Role) -> bool:
    """Whether users of this role need a second factor."""
    if policy is SecondFactorPolicy.ADMINISTRATORS:
        return role is Role.ADMINISTRATOR
    return policy is SecondFactorPolicy.CONSOLE_USERS and role is not Role.TECHNICIAN


class ActorKind(StrEnum):
    """Who did something: written beside every event."""

    USER = "user"
    API_KEY = "api_key"
    TECHNICIAN = "technician"
    SYSTEM = "system"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of an organization that a caller may see; enforced in SQL.

    `everything`: the whole organization. Otherwise work orders and technicians of `store_ids`, of `group_ids`, what
    concerns the technician `technician_id`, and the work orders that the API key `api_key_id` created.
    """

    everything: bool = False
    store_ids: frozenset[UUID] = frozenset()
    group_ids: frozenset[UUID] = frozenset()
    technician_id: UUID | None = None
    api_key_id: UUID | None = None


EVERYTHING = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class TrackerUse:
    """What was last noted of a tracker: when it sent, as which app and version, and what became of it."""

    noted_at: datetime | None
    client: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a use case.

    `id` is the user's (also a technician's: see `technician_id`), the API key's or the tracker's. `role` is None for
    API keys and trackers, `session_id` for everything but sessions, `tracker` for everything but trackers.
    `expires_at` is when the session ends unless it is used; `renewable_until` is set while its use moves that on
    (`renew_session`). `must_enrol`: the organization demands a second factor that this user has not switched on, so
    that a session is good for that alone. `web_origins`: a publishable key's sites.
    """

    org_id: UUID
    kind: ActorKind
    id: UUID
    name: str
    scope: Scope
    role: Role | None = None
    permissions: frozenset[str] = frozenset()
    api_scopes: frozenset[str] = frozenset()
    session_id: UUID | None = None
    technician_id: UUID | None = None
    device: str | None = None
    expires_at: datetime | None = field(default=None, compare=False)
    renewable_until: datetime | None = field(default=None, compare=False)
    must_enrol: bool = False
    tracker: TrackerUse | None = None
    web_origins: frozenset[str] = frozenset()

    @property
    def is_publishable(self) -> bool:
        """Whether it is a key that stands in a web page, where any visitor reads it."""
        return ApiScope.WIDGET in self.api_scopes

    def may(self, *, roles: Collection[Role], scopes: Collection[ApiScope]) -> bool:
        """Whether the role is one of `roles`, or the key carries one of `scopes`."""
        if self.kind is ActorKind.API_KEY:
            return not self.api_scopes.isdisjoint(scopes)
        return self.role in roles


def system_caller(org_id: UUID) -> Caller:
    """The service itself: worker, CLI, replay."""
    return Caller(org_id=org_id, kind=ActorKind.SYSTEM, id=org_id, name="geo-assign", scope=EVERYTHING)


SESSION_SLIDES = timedelta(days=30)
"""A phone's or a script's session lasts so long from its last use."""
SESSION_ENDS_AFTER = timedelta(days=365)
"""However much it is used, a session lasts no longer than this."""
SESSION_RENEWED_EVERY = timedelta(days=1)
"""Its end is moved on when there is so much to gain: once a day, and not at every request."""


SESSION_USES_NOTED_EVERY = timedelta(minutes=10)
"""The last use of a session is written no more often: thousands of phones send every few seconds."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that holds, and the device that it was opened for."""

    id: UUID
    device: str | None


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant. `language`: in which users are written to who chose none."""

    id: UUID
    slug: str
    name: str
    language: Language = Language.ENGLISH


@dataclass(frozen=True, slots=True)
class User:
    """A user who may log in. Never carries a password. `language`: in which to be written to, None: none was chosen."""

    id: UUID
    email: str
    name: str
    role: Role
    permissions: tuple[str, ...]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    language: Language | None = None


SessionKind = Literal["bearer", "cookie"]


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in of a device or browser, without its token."""

    id: UUID
    kind: SessionKind
    device: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Whether a user has a second factor, and whether the organization demands it of this user."""

    confirmed_at: datetime | None
    recovery_codes_left: int
    required: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key, without its token: `hint` is the token's end, to recognise it by.

    `created_by` is the user's name, None for a seed file's. `previous_token_until`: the token before works until then.
    """

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    web_origins: tuple[str, ...]
    leads_per_day: int | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    previous_token_until: datetime | None
    version: int
    updated_at: datetime

    @property
    def is_publishable(self) -> bool:
        """Whether it stands in a web page, where any visitor reads it."""
        return ApiScope.WIDGET in self.scopes


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to whom; `detail` never holds secrets or customers' data."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit entries: None means any. `since` and `until` are half-open."""

    actor_id: UUID | None = None
    subject_id: UUID | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class TokenKind(StrEnum):
    """A session, a machine's key, a key that stands in a web page, a tracker's, or what a link carries.

    A link calls nothing but its own use.
    """

    SESSION = "session"
    API_KEY = "api_key"
    TRACKER = "tracker"
    PUBLISHABLE_KEY = "publishable_key"
    ONE_TIME_LINK = "one_time_link"
    CUSTOMER_LINK = "customer_link"


_PREFIXES = {
    TokenKind.SESSION: "gas",
    TokenKind.API_KEY: "gak",
    TokenKind.TRACKER: "gat",
    TokenKind.PUBLISHABLE_KEY: "gpk",
    TokenKind.ONE_TIME_LINK: "gal",
    TokenKind.CUSTOMER_LINK: "gac",
}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_TOKEN = re.compile(rf"({'|'.join(_KINDS)})_([A-Za-z0-9_-]{{22}})_([A-Za-z0-9._~+/=-]{{1,200}})")
SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{16,200}")
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """What is looked up for a token: the organization that it names, and the hash under which it is kept.

    The hash is a plain SHA-256 of the whole text: the secret in it is random and long, so there is nothing to guess
    that a slow hash would protect, and this look-up is part of every request.
    """

    org_id: UUID
    kind: TokenKind
    hash: bytes


def new_token(kind: TokenKind, org_id: UUID, *, secret: str | None = None) -> tuple[str, bytes]:
    """A token's text, to be shown once, and the hash to keep. `secret` replaces the random part."""
    text = f"{token_prefix(kind, org_id)}{secret or secrets.token_urlsafe(_SECRET_BYTES)}"
    return text, _hash(text)


def token_prefix(kind: TokenKind, org_id: UUID) -> str:
    """What every token of this kind in this organization begins with."""
    return f"{_PREFIXES[kind]}_{base64.urlsafe_b64encode(org_id.bytes).decode().rstrip('=')}_"


def parse_token(text: str) -> Token:
    """What a token says about itself; whether it is valid only the database knows. Raises UnauthenticatedError."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise UnauthenticatedError("This is not one of our tokens.")
    prefix, org, _ = match.groups()
    return Token(UUID(bytes=base64.urlsafe_b64decode(f"{org}==")), _KINDS[prefix], _hash(text))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class BadCredentialsError(UnauthenticatedError):
    """Organization, e-mail or password is wrong.

    The answer does not say which.
    """

    code = "bad_credentials"


class SecondFactorRequiredError(UnauthenticatedError):
    """The password is right; send a `code` with it.

    Six digits of the authenticator app, or a recovery code.
    """

    code = "second_factor_required"


class SecondFactorWrongError(BadCredentialsError):
    """The code is wrong, was used already, or its time is over."""

    code = "second_factor_wrong"


class SecondFactorCodeError(InvalidError):
    """This code changes nothing.

    It is wrong, was used already, or its time is over.
    """

    code = "second_factor_code"


class SecondFactorEnrolmentRequiredError(ForbiddenError):
    """The organization demands a second factor of you.

    Until it is switched on, with `POST /v1/me/second-factor`, a session is good for that alone.
    """

    code = "second_factor_enrolment_required"


class SecondFactorEnabledError(ConflictError):
    """A second factor is switched on already.

    Switch it off before another app is made known.
    """

    code = "second_factor_enabled"


class SecondFactorMissingError(ConflictError):
    """No second factor is there to be confirmed, renewed or switched off."""

    code = "second_factor_missing"


class KeyEndedError(UnauthenticatedError):
    """This API key is revoked, expired or replaced.

    `ended` says which; only a caller who holds the key's token is told.
    """

    code = "api_key_ended"


class KeyRevokedError(ConflictError):
    """This API key is revoked: make another one."""

    code = "api_key_revoked"


class TakenError(ConflictError):
    """This name, slug or e-mail address is taken."""

    code = "already_exists"


class LastAdministratorError(ConflictError):
    """An organization keeps at least one active administrator."""

    code = "last_administrator"


class Quota(StrEnum):
    """What an organization may have, or may do on one day."""

    TECHNICIANS = "technicians"  # active ones
    PINGS_PER_DAY = "pings_per_day"  # positions received, whatever their verdict
    LEADS_PER_DAY = "leads_per_day"
    STORAGE_MB = "storage_mb"  # a million bytes each, indexes included


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaNearlyUsedEvent:
    """Four fifths of a quota of the organization are used; once each time that the line is crossed."""

    type_name: ClassVar[str] = "organization.quota_nearly_used"
    quota: Annotated[Quota, "Which one."]
    used: Annotated[int, "How much is used."]
    limit: Annotated[int, "How much there is."]
    renews_at: Annotated[datetime | None, "When it begins anew; null where it does not by itself."]
    at: datetime
