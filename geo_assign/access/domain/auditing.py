"""Entries of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

AuditAction = Literal[
    "api_key.changed",
    "api_key.created",
    "api_key.revoked",
    "api_key.rotated",
    "customer.exported",
    "customer_link.created",
    "customer_link.revoked",
    "handover_note.changed",
    "handover_note.deleted",
    "handover_note.left",
    "hours_exception.removed",
    "hours_exception.set",
    "invitation.accepted",
    "invitation.created",
    "invitation.revoked",
    "map_key.removed",
    "map_key.set",
    "organization.language_set",
    "organization.limits_changed",
    "organization.quota_exceeded",
    "organization.quota_nearly_used",
    "organization.second_factor_set",
    "password_reset.accepted",
    "password_reset.created",
    "pin.confirmed",
    "pin.rejected",
    "pin.withdrawn",
    "saved_view.changed",
    "saved_view.deleted",
    "saved_view.shared",
    "second_factor.disabled",
    "second_factor.enabled",
    "second_factor.recovery_code_used",
    "second_factor.recovery_codes_renewed",
    "second_factor.removed",
    "service_group.changed",
    "service_group.created",
    "service_provider.changed",
    "service_provider.created",
    "single_sign_on.passwords_allowed",
    "single_sign_on.removed",
    "single_sign_on.set",
    "store.changed",
    "store.created",
    "store.settings_changed",
    "technician.changed",
    "technician.created",
    "technician.erased",
    "technician.exported",
    "time_off.added",
    "time_off.removed",
    "tracker.created",
    "tracker.revoked",
    "user.changed",
    "user.created",
    "user.identity_linked",
    "user.identity_released",
    "user.password_changed",
    "user.password_set",
    "user.sessions_ended",
    "webhook.changed",
    "webhook.created",
    "webhook.deleted",
    "webhook.redriven",
    "webhook.secret_rotated",
    "work_order.customer_erased",
    "work_order.reallocated",
    "work_order.undone",
]
"""What is written down. An entry of an older version may name another."""

AuditSubject = Literal[
    "api_key",
    "customer",
    "group",
    "handover_note",
    "organization",
    "pin",
    "saved_view",
    "service_group",
    "service_provider",
    "store",
    "technician",
    "user",
    "webhook",
    "work_order",
]
"""What it was done to."""


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
