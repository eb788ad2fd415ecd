"""Receipts as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo_assign.core.errors import NotFoundError


class DecisionNotFoundError(NotFoundError):
    """There is no such decision here."""

    code = "decision_not_found"


@dataclass(frozen=True, slots=True)
class Decision:
    """A receipt as it was written; JSON members keep their shapes."""

    id: UUID
    work_order_id: UUID
    at: datetime
    mode: str
    outcome: str
    actor: Mapping[str, Any]
    chosen_technician_id: UUID | None
    query: Mapping[str, Any]
    policy: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    excluded: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Any]
    batch: Mapping[str, Any] | None
