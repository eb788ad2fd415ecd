"""Background steps of webhooks: events are fanned out, deliveries sent in threads of their own, old ones forgotten.

A receiver that hangs costs a thread or two for some seconds and does not delay other receivers: each webhook has a few
threads at most, and only one while it keeps failing.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Delete,
    Double,
    Select,
    Table,
    Update,
    cast,
    delete,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from geo_assign.core.db import Database
from geo_assign.core.distribution import is_distributed
from geo_assign.core.expressions import word
from geo_assign.core.outbox import outbox
from geo_assign.core.tables import INSTANT
from geo_assign.core.telemetry import gauge, get_logger
from geo_assign.webhooks.commands.deliveries import AT_ONCE, fan_out
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.domain import EVENTS_FORGOTTEN_AFTER, KEPT_FOR, DeliveryState
from geo_assign.webhooks.tables import webhook_deliveries, webhooks

_log = get_logger()

_THREADS = 32
_PER_WEBHOOK = 4
_KEEPS_FAILING = 3
# Then its thread serves others that wait for one, and goes on after them.
_IN_A_ROW_S = 2.0
_BATCH = 5_000
_BATCHES = 20

_OLDEST_S = gauge("webhook_oldest_waiting_seconds", "Age of the oldest delivery that still waits.")

_WAITING = webhook_deliveries.c.state == word(DeliveryState.WAITING)
_NOT_FANNED_OUT = outbox.c.delivered_at.is_(None)
# The organizations that wait longest, few at a time: between them, deliveries that are due are begun.
_ORGANIZATIONS = 50
_TO_FAN_OUT = (
    select(outbox.c.org_id)
    .where(_NOT_FANNED_OUT)
    .group_by(outbox.c.org_id)
    .order_by(func.min(outbox.c.sequence))
    .limit(_ORGANIZATIONS)
)


def _due(now: datetime) -> Select[UUID, UUID, int]:
    """Webhooks of all organizations with a delivery to send, those that fail least first."""
    w, d = webhooks.c, webhook_deliveries.c
    is_due = exists().where(
        d.org_id == w.org_id, d.webhook_id == w.id, _WAITING, d.next_attempt_at <= now, _is_not_leased(now)
    )
    rested = or_(w.opened_until.is_(None), w.opened_until <= now)
    return select(w.org_id, w.id, w.failures).where(w.active, rested, is_due).order_by(w.failures, w.id)


def _oldest_s(now: datetime) -> Select[float]:
    age_s = extract("epoch", literal(now, INSTANT) - func.min(webhook_deliveries.c.created_at))
    return select(func.coalesce(cast(age_s, Double), 0.0)).where(_WAITING)


def _mark_unheard(now: datetime, *, distributed: bool) -> Update:
    """A batch of events that no webhook of their organization hears: there is nothing to fan out.

    Workers pass by what another one is at. A distributed database lets none lock rows of several servers: there the
    second marks what the first has marked.
    """
    o, w = outbox.alias("o"), webhooks.c
    is_heard = exists().where(w.org_id == o.c.org_id, w.active, w.created_at <= o.c.created_at)
    unheard = select(o.c.org_id, o.c.id).where(o.c.delivered_at.is_(None), ~is_heard).limit(_BATCH)
    keys = unheard if distributed else unheard.with_for_update(skip_locked=True, of=o)
    marked = update(outbox).where(tuple_(outbox.c.org_id, outbox.c.id).in_(keys))
    return marked.values(delivered_at=now)


def _expire(now: datetime) -> Update:
    d = webhook_deliveries.c
    expired = update(webhook_deliveries).where(_WAITING, d.expires_at <= now, _is_not_leased(now))
    return expired.values(
        state=DeliveryState.DEAD,
        next_attempt_at=None,
        finished_at=now,
        last_error=func.coalesce(d.last_error, "expired"),
    )


def _let_first_go(now: datetime) -> Update:
    d, earlier = webhook_deliveries.c, webhook_deliveries.alias("earlier")
    is_behind = exists().where(
        earlier.c.org_id == d.org_id,
        earlier.c.webhook_id == d.webhook_id,
        earlier.c.subject_id == d.subject_id,
        earlier.c.state == word(DeliveryState.WAITING),
        earlier.c.sequence < d.sequence,
    )
    first = update(webhook_deliveries).where(_WAITING, d.next_attempt_at.is_(None), ~is_behind)
    return first.values(next_attempt_at=now)


def _forget_before(table: Table, over_at: Column[datetime], before: datetime) -> Delete:
    """A batch of the rows of `table` that were over at `before`."""
    old = table.alias("old")
    keys = select(old.c.org_id, old.c.id).where(old.c[over_at.key] <= before).limit(_BATCH)
    return delete(table).where(tuple_(table.c.org_id, table.c.id).in_(keys))


def _is_not_leased(now: datetime) -> ColumnElement[bool]:
    d = webhook_deliveries.c
    return or_(d.leased_until.is_(None), d.leased_until <= now)


@dataclass
class Deliveries:
    """Keeps threads busy with what is due. `worker` is the sweeping role's database."""

    worker: Database
    sender: Sender
    stop: threading.Event
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "webhook"))
    _busy: Counter[UUID] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sweep(self) -> bool:
        """Fan out what happened, and give each webhook with something due one thread more, up to its share.

        Whether there is more to fan out.
        """
        more = fan_out_in_turns(self.worker, self.sender.database)
        with self.worker.across_organizations() as conn:
            now = self.worker.clock.now(conn)
            due = conn.execute(_due(now)).all()
            _OLDEST_S.set(conn.execute(_oldest_s(now)).scalar_one())
        for org_id, webhook_id, failures in due:
            if self._take_thread(webhook_id, 1 if failures >= _KEEPS_FAILING else _PER_WEBHOOK):
                self._pool.submit(self._send, org_id, webhook_id)
        return more

    def close(self) -> None:
        """Begin nothing more. What is under way ends by itself within its deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take_thread(self, webhook_id: UUID, share: int) -> bool:
        with self._lock:
            if self._busy[webhook_id] >= share:
                return False
            self._busy[webhook_id] += 1
            return True

    def _send(self, org_id: UUID, webhook_id: UUID) -> None:
        until, more = monotonic() + _IN_A_ROW_S, False
        try:
            more = self.sender.send_all(
                org_id, webhook_id, goes_on=lambda: not self.stop.is_set() and monotonic() < until
            )
            if more and not self.stop.is_set():
                self._pool.submit(self._send, org_id, webhook_id)
        except Exception:  # noqa: BLE001 - one receiver that fails must not end the others
            more = False
            _log.exception("sweep_failed", task="webhook_delivery")
        finally:
            if not more or self.stop.is_set():
                with self._lock:
                    self._busy[webhook_id] -= 1


def fan_out_in_turns(worker: Database, application: Database) -> bool:
    """Turn waiting events into deliveries, some of each organization; whether more of them wait.

    What no webhook hears costs a share of one statement; the rest a transaction per organization and turn.
    """
    for _ in range(_BATCHES):
        with worker.across_organizations() as conn:
            marked = _mark_unheard(worker.clock.now(conn), distributed=is_distributed(conn.connection))
            if conn.execute(marked).rowcount < _BATCH:
                break
    with worker.across_organizations() as conn:
        waiting = conn.execute(_TO_FAN_OUT).scalars().all()
    taken = [application.run(org_id, fan_out) for org_id in waiting]
    return any(taken) and (len(waiting) == _ORGANIZATIONS or max(taken) == AT_ONCE)


def expire_deliveries(worker: Database) -> int:
    """Give up what was not tried in time, such as what waits for a webhook that is switched off; returns how many.

    What waited behind those is due, as is the first of a subject wherever it is not, which older versions leave behind.
    """
    with worker.across_organizations() as conn:
        now = worker.clock.now(conn)
        expired = conn.execute(_expire(now)).rowcount
        conn.execute(_let_first_go(now))
    return expired


def forget_old(worker: Database) -> int:
    """Delete old events that were fanned out, and old deliveries with their attempts; returns how many."""
    events = _forget(worker, outbox, outbox.c.delivered_at, kept_for=EVENTS_FORGOTTEN_AFTER)
    deliveries = _forget(worker, webhook_deliveries, webhook_deliveries.c.finished_at, kept_for=KEPT_FOR)
    return events + deliveries


def _forget(worker: Database, table: Table, over_at: Column[datetime], *, kept_for: timedelta) -> int:
    forgotten = 0
    for _ in range(_BATCHES):
        with worker.across_organizations() as conn:
            before = worker.clock.now(conn) - kept_for
            batch = conn.execute(_forget_before(table, over_at, before)).rowcount
        forgotten += batch
        if batch < _BATCH:
            break
    return forgotten
