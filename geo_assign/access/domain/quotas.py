"""What an organization may have, or may do on one day."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar


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
