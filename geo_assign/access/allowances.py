"""The quotas that an operator may set for an organization, and what is said when one is used up."""

from datetime import datetime

from geo_assign.access.domain import Quota
from geo_assign.core.errors import Family, GeoAssignError

NEARLY = 0.8


DAILY = frozenset({Quota.PINGS_PER_DAY, Quota.LEADS_PER_DAY})
_WORDS = {
    Quota.TECHNICIANS: "technicians",
    Quota.PINGS_PER_DAY: "positions a day",
    Quota.LEADS_PER_DAY: "leads a day",
    Quota.STORAGE_MB: "MB of storage",
}


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
