"""Entries of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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
