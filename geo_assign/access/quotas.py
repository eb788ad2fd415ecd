"""What the operator allows an organization: how much of it is used, and what is refused beyond it.

A limit that the operator chose for the organization goes before the installation's default; without either there is
none. Leads are counted in the transaction that creates them, beside the number that they take there anyway. Positions
are counted in memory and written every few seconds (`positions.metering`): no ping waits for a row that all write.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Date, Uuid, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo_assign.access.allowances import DAILY, QuotaExceededError, is_nearly_used
from geo_assign.access.commands.audit import audit
from geo_assign.access.domain import Quota, QuotaNearlyUsedEvent, system_caller
from geo_assign.access.tables import organizations, usage_days
from geo_assign.core.db import Tx
from geo_assign.core.outbox import emit
from geo_assign.core.statements import Parameters, Statement
from geo_assign.core.telemetry import counter, get_logger
from geo_assign.core.wire import dump

_REFUSED = counter("quota_refusals", "What was refused because a quota of the organization is used up.", ("quota",))
for _quota in Quota:
    _REFUSED.labels(_quota.value)
_log = get_logger()
_USAGE = usage_days.c
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class DayUsage:
    """What was counted on one day, in UTC."""

    day: date
    pings: int = 0
    leads: int = 0
    pings_rejected: int = 0
    leads_refused: int = 0


@dataclass(frozen=True, slots=True)
class PingStanding:
    """How many positions the organization sent today, and how many it may."""

    used: int
    limit: int | None

    @property
    def is_used_up(self) -> bool:
        """Whether today's positions are rejected from now on."""
        return self.limit is not None and self.used >= self.limit


def renews_at(now: datetime) -> datetime:
    """When the quotas of a day begin anew: at the next midnight in UTC."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time.min, UTC)


def get_limits(tx: Tx) -> Mapping[Quota, int]:
    """The limits of the organization by quota; what has none is not in it."""
    ((chosen,),) = tx.fetch(_LIMITS, {"org_id": tx.org_id})
    both = {quota: chosen.get(quota.value, tx.defaults.limits.get(quota.value)) for quota in Quota}
    return {quota: limit for quota, limit in both.items() if limit is not None}


class _LimitsRow(NamedTuple):
    limits: Mapping[str, int | None]


_ASKED = Parameters(org_id=Uuid(), day=Date(), number=BigInteger())
_LIMITS = Statement.of(_LimitsRow, select(organizations.c.limits).where(organizations.c.org_id == _ASKED.org_id))


def set_limits(tx: Tx, chosen: Mapping[Quota, int | None]) -> Mapping[str, int | None]:
    """Choose limits: a number, or None for no limit whatever the default is; returns all that are chosen."""
    o = organizations.c
    before = tx.conn.execute(select(o.limits).where(o.org_id == tx.org_id).with_for_update()).scalar_one()
    return _write_limits(tx, {**before, **{quota.value: limit for quota, limit in chosen.items()}})


def unset_limits(tx: Tx, quotas: Collection[Quota]) -> Mapping[str, int | None]:
    """Let the installation's defaults hold again; returns the limits that are still chosen."""
    o = organizations.c
    before = tx.conn.execute(select(o.limits).where(o.org_id == tx.org_id).with_for_update()).scalar_one()
    names = {quota.value for quota in quotas}
    return _write_limits(tx, {name: limit for name, limit in before.items() if name not in names})


def _write_limits(tx: Tx, limits: Mapping[str, int | None]) -> Mapping[str, int | None]:
    o = organizations.c
    tx.conn.execute(update(organizations).where(o.org_id == tx.org_id).values(limits=dict(limits)))
    audit(
        tx,
        system_caller(tx.org_id),
        "organization.limits_changed",
        subject_kind="organization",
        subject_id=tx.org_id,
        limits=dict(limits),
    )
    return limits


def get_day_usage(tx: Tx, now: datetime) -> DayUsage:
    """What was counted today."""
    day = now.astimezone(UTC).date()
    row = tx.conn.execute(select(usage_days).where(_USAGE.org_id == tx.org_id, _USAGE.day == day)).first()
    if row is None:
        return DayUsage(day)
    return DayUsage(day, row.pings, row.leads, row.pings_rejected, row.leads_refused)


def count_lead(tx: Tx) -> None:
    """Count a lead that is about to be created. Raises QuotaExceededError, and then nothing may be created."""
    now = tx.now()
    used = _add(tx, now, _USAGE.leads)
    limit = get_limits(tx).get(Quota.LEADS_PER_DAY)
    if limit is None:
        return
    if used > limit:
        raise QuotaExceededError.of(Quota.LEADS_PER_DAY, limit=limit, used=limit, renews_at=renews_at(now))
    _warn_if_crossed(tx, Quota.LEADS_PER_DAY, before=used - 1, after=used, limit=limit)


def note_refused_lead(tx: Tx) -> None:
    """Write down that a lead was refused: the refusal itself left nothing. The first of a day is in the audit trail."""
    refused = _add(tx, tx.now(), _USAGE.leads_refused)
    tx.committed.append(_REFUSED.labels(Quota.LEADS_PER_DAY.value).inc)
    if refused == 1:
        _note_exceeded(tx, Quota.LEADS_PER_DAY)


def add_pings(tx: Tx, kept: int, rejected: int) -> PingStanding:
    """Add positions that were received to today's; returns where the organization stands now."""
    now = tx.now()
    limit = get_limits(tx).get(Quota.PINGS_PER_DAY)
    used = _add(tx, now, _USAGE.pings, kept)
    if rejected:
        already = _add(tx, now, _USAGE.pings_rejected, rejected) - rejected
        tx.committed.append(lambda: _REFUSED.labels(Quota.PINGS_PER_DAY.value).inc(rejected))
        if already == 0:
            _note_exceeded(tx, Quota.PINGS_PER_DAY)
    if limit is not None:
        _warn_if_crossed(tx, Quota.PINGS_PER_DAY, before=used - kept, after=used, limit=limit)
    return PingStanding(used, limit)


def require_one_more(tx: Tx, quota: Quota, used: int) -> None:
    """Raises QuotaExceededError when `used` is all that the organization may have of what does not renew by itself."""
    limit = get_limits(tx).get(quota)
    if limit is None:
        return
    if used >= limit:
        _REFUSED.labels(quota.value).inc()
        raise QuotaExceededError.of(quota, limit=limit, used=used, renews_at=None)
    _warn_if_crossed(tx, quota, before=used, after=used + 1, limit=limit)


def require_storage(tx: Tx, more_bytes: int) -> None:
    """Raises QuotaExceededError when a file of this size is more than the organization may have."""
    limit = get_limits(tx).get(Quota.STORAGE_MB)
    if limit is None:
        return
    used = estimate_storage_bytes(tx)
    if used + more_bytes > limit * MEGABYTE:
        _REFUSED.labels(Quota.STORAGE_MB.value).inc()
        raise QuotaExceededError.of(Quota.STORAGE_MB, limit=limit, used=used // MEGABYTE, renews_at=None)


def lock_quotas(tx: Tx) -> None:
    """Until the transaction ends no other one gives out what is counted, rather than added up."""
    o = organizations.c
    tx.conn.execute(select(o.org_id).where(o.org_id == tx.org_id).with_for_update(key_share=True))


def estimate_storage_bytes(tx: Tx) -> int:
    """About how much of the database is this organization's, indexes included, by PostgreSQL's own statistics."""
    estimate: int = tx.conn.execute(select(func.estimate_storage(tx.org_id))).scalar_one()
    return int(estimate)


def _add(tx: Tx, now: datetime, column: Column[int], number: int = 1) -> int:
    """Add to today's row and return the new value; the row stays locked until the transaction ends."""
    added = {"org_id": tx.org_id, "day": now.astimezone(UTC).date(), "number": number}
    return tx.fetch(_adding(column.key), added)[0].used


class _UsedRow(NamedTuple):
    used: int


@cache
def _adding(name: str) -> Statement[_UsedRow]:
    """Add `number` to a column of the day's row."""
    row = insert(usage_days).values({"org_id": _ASKED.org_id, "day": _ASKED.day, name: _ASKED.number})
    added = row.on_conflict_do_update(index_elements=["org_id", "day"], set_={name: usage_days.c[name] + _ASKED.number})
    return Statement.of(_UsedRow, added.returning(usage_days.c[name].label("used")))


def _warn_if_crossed(tx: Tx, quota: Quota, *, before: int, after: int, limit: int) -> None:
    """Tell the administrators once: sums only grow, so one transaction crosses the line."""
    if is_nearly_used(before, limit) or not is_nearly_used(after, limit):
        return
    audit(
        tx,
        system_caller(tx.org_id),
        "organization.quota_nearly_used",
        subject_kind="organization",
        subject_id=tx.org_id,
        quota=quota.value,
        used=after,
        limit=limit,
    )
    now = tx.now()
    renewal = renews_at(now) if quota in DAILY else None
    event = QuotaNearlyUsedEvent(quota=quota, used=after, limit=limit, renews_at=renewal, at=now)
    emit(tx, event.type_name, tx.org_id, dump(event), at=now)
    _log.warning("quota_nearly_used", org_id=str(tx.org_id), quota=quota.value, used=after, limit=limit)


def _note_exceeded(tx: Tx, quota: Quota) -> None:
    audit(
        tx,
        system_caller(tx.org_id),
        "organization.quota_exceeded",
        subject_kind="organization",
        subject_id=tx.org_id,
        quota=quota.value,
    )
    _log.warning("quota_exceeded", org_id=str(tx.org_id), quota=quota.value)
