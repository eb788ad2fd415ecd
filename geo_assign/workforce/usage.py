"""What an organization uses of what its operator allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from geo_assign.access.allowances import DAILY, is_nearly_used
from geo_assign.access.domain import Quota
from geo_assign.access.quotas import MEGABYTE, DayUsage, estimate_storage_bytes, get_day_usage, get_limits, renews_at
from geo_assign.core.db import Tx
from geo_assign.workforce.tables import technicians


class UsageState(StrEnum):
    """How near a quota is to its limit."""

    OK = "ok"
    NEARLY_USED = "nearly_used"  # 80 % or more
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """One quota. `limit` None: as much as is wanted. `renews_at` None: it does not begin anew by itself."""

    quota: Quota
    used: int
    limit: int | None
    renews_at: datetime | None

    @property
    def state(self) -> UsageState:
        """How near it is to its limit."""
        if self.limit is None or not is_nearly_used(self.used, self.limit):
            return UsageState.OK
        return UsageState.USED_UP if self.used >= self.limit else UsageState.NEARLY_USED


@dataclass(frozen=True, slots=True)
class Usage:
    """All quotas, and what was counted today."""

    today: DayUsage
    quotas: Sequence[QuotaUsage]


def count_active_technicians(tx: Tx) -> int:
    """How many technicians the organization has that are active."""
    statement = select(func.count()).where(technicians.c.org_id == tx.org_id, technicians.c.active)
    return int(tx.conn.execute(statement).scalar_one())


def get_usage(tx: Tx) -> Usage:
    """What is used now; positions are some seconds behind."""
    now = tx.now()
    today, limits = get_day_usage(tx, now), get_limits(tx)
    used = {
        Quota.TECHNICIANS: count_active_technicians(tx),
        Quota.PINGS_PER_DAY: today.pings,
        Quota.LEADS_PER_DAY: today.leads,
        Quota.STORAGE_MB: estimate_storage_bytes(tx) // MEGABYTE,
    }
    begins = renews_at(now)
    quotas = [QuotaUsage(quota, used[quota], limits.get(quota), begins if quota in DAILY else None) for quota in Quota]
    return Usage(today, quotas)
