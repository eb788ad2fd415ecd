"""Who a caller is and what the caller may see: roles, scopes, the caller of a use case."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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
