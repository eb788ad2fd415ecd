"""Who somebody is and what he may see: roles, scopes, the caller of a use case."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a user is in his organization."""

    ADMINISTRATOR = "administrator"
    STORE_ADMINISTRATOR = "store_administrator"
    DISPATCHER = "dispatcher"
    TECHNICIAN = "technician"


class ApiScope(StrEnum):
    """What an API key may do."""

    READ = "read"
    LEADS_WRITE = "leads:write"


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


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of an organization that a caller may see; enforced in SQL.

    `everything`: the whole organization. Otherwise work orders and technicians of `store_ids`, of `group_ids`, and
    what concerns `technician_id` himself.
    """

    everything: bool = False
    store_ids: frozenset[UUID] = frozenset()
    group_ids: frozenset[UUID] = frozenset()
    technician_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever calls a use case. `role` is None for API keys, `session_id` for everything but sessions."""

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

    def may(self, *, roles: Collection[Role], scopes: Collection[ApiScope]) -> bool:
        """Whether the role is one of `roles`, or the key carries one of `scopes`."""
        if self.kind is ActorKind.API_KEY:
            return not self.api_scopes.isdisjoint(scopes)
        return self.role in roles


def system_caller(org_id: UUID) -> Caller:
    """The service itself: worker, CLI, replay."""
    return Caller(org_id=org_id, kind=ActorKind.SYSTEM, id=org_id, name="geo-assign", scope=Scope(everything=True))
