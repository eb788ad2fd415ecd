"""The quotas that an operator may set for an organization, and what is said when one is used up."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from geo_assign.core.errors import Family, GeoAssignError

NEARLY = 0.8


class Quota(StrEnum):
    """What an organization may have, or may do on one day."""

    TECHNICIANS = "technicians"  # active ones
    PINGS_PER_DAY = "pings_per_day"  # positions received, whatever their verdict
    LEADS_PER_DAY = "leads_per_day"
    STORAGE_MB = "storage_mb"  # a million bytes each, indexes included


DAILY = frozenset({Quota.PINGS_PER_DAY, Quota.LEADS_PER_DAY})
_WORDS = {
    Quota.TECHNICIANS: "technicians",
    Quota.PINGS_PER_DAY: "positions a day",
    Quota.LEADS_PER_DAY: "leads a day",
    Quota.STORAGE_MB: "MB of storage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaNearlyUsedEvent:
    """Four fifths of a quota of the organization are used; once each time that the line is crossed."""

    type_name: ClassVar[str] = "organization.quota_nearly_used"
    quota: Annotated[Quota, "Which one."]
    used: Annotated[int, "How much is used."]
    limit: Annotated[int, "How much there is."]
    renews_at: Annotated[datetime | None, "When it begins anew; null where it does not by itself."]
    at: datetime


class QuotaExceededError(GeoAssignError):
    """The organization has used up what its operator allows.

    Nothing was created. `quota` says of what, `limit` how much, `used` how much there is, `renews_at` when it begins
    anew: null where it does not by itself. The operator can raise it.
    """

    code = "quota_exceeded"
    family = Family.FORBIDDEN

    @classmethod
    def of(cls, quota: Quota, *, limit: int, used: int, renews_at: datetime | None) -> "QuotaExceededError":
        """With the facts of the quota that is used up."""
        when = "" if renews_at is None else f" It begins anew at {renews_at:%Y-%m-%d %H:%M} UTC."
        return cls(
            f"Your organization may have {limit:,} {_WORDS[quota]}, and has used them up.{when}",
            quota=quota.value,
            limit=limit,
            used=used,
            renews_at=renews_at,
        )


def is_nearly_used(used: int, limit: int) -> bool:
    """Whether so much is used that administrators are to be told."""
    return used >= limit * NEARLY
