"""Organizations, their users and API keys, and second factors."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from geo_assign.access.domain.callers import ApiScope, Role
from geo_assign.core.languages import Language


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
