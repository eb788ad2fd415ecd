"""Background steps of webhooks: events are fanned out, deliveries sent in threads of their own, old ones forgotten.

A receiver that hangs costs a thread or two for some seconds and does not delay other receivers: each webhook has a few
threads at most, and only one while it keeps failing.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from geo_assign.core.db import Database
from geo_assign.core.telemetry import gauge, get_logger
from geo_assign.webhooks.commands.deliveries import AT_ONCE, fan_out
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.domain import EVENTS_KEPT_FOR, KEPT_FOR

_log = get_logger()

_THREADS = 32
_PER_WEBHOOK = 4
_KEEPS_FAILING = 3
# Then its thread serves another webhook; the next sweep goes on.
_IN_A_ROW = 50
_BATCH = 5_000
_BATCHES = 20

_OLDEST_S = gauge("webhook_oldest_waiting_seconds", "Age of the oldest delivery that still waits.")

_TO_FAN_OUT = text("SELECT DISTINCT org_id FROM outbox WHERE delivered_at IS NULL")
_DUE = text("""
SELECT w.org_id, w.id, w.failures FROM webhooks AS w
WHERE w.active AND (w.opened_until IS NULL OR w.opened_until <= :now) AND EXISTS (
    SELECT FROM webhook_deliveries AS d
    WHERE d.org_id = w.org_id AND d.webhook_id = w.id AND d.state = 'waiting' AND d.next_attempt_at <= :now
      AND (d.leased_until IS NULL OR d.leased_until <= :now)
)
ORDER BY w.failures, w.id
""")
_OLDEST = text(
    "SELECT coalesce(extract(epoch FROM :now - min(created_at)), 0)::float8 FROM webhook_deliveries "
    "WHERE state = 'waiting'"
)
_EXPIRE = text("""
UPDATE webhook_deliveries SET state = 'dead', next_attempt_at = NULL, finished_at = :now,
    last_error = coalesce(last_error, 'expired')
WHERE state = 'waiting' AND expires_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
""")
_FORGET_EVENTS = text("""
DELETE FROM outbox WHERE (org_id, id) IN (
    SELECT org_id, id FROM outbox WHERE delivered_at <= :before LIMIT :batch
)
""")
_FORGET_DELIVERIES = text("""
DELETE FROM webhook_deliveries WHERE (org_id, id) IN (
    SELECT org_id, id FROM webhook_deliveries WHERE finished_at <= :before LIMIT :batch
)
""")


@dataclass
class Deliveries:
    """Keeps threads busy with what is due. `worker` is the sweeping role's database."""

    worker: Database
    sender: Sender
    stop: threading.Event
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "webhook"))
    _busy: Counter[UUID] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sweep(self) -> None:
        """Fan out what happened, and give each webhook with something due one thread more, up to its share."""
        fan_out_everywhere(self.worker, self.sender.database)
        with self.worker.across_organizations() as conn:
            now = {"now": self.worker.clock.now(conn)}
            due = conn.execute(_DUE, now).all()
            _OLDEST_S.set(conn.execute(_OLDEST, now).scalar_one())
        for org_id, webhook_id, failures in due:
            if self._take_thread(webhook_id, 1 if failures >= _KEEPS_FAILING else _PER_WEBHOOK):
                self._pool.submit(self._send, org_id, webhook_id)

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
        try:
            for _ in range(_IN_A_ROW):
                if self.stop.is_set() or not self.sender.send_next(org_id, webhook_id):
                    return
        except Exception:  # noqa: BLE001 - one receiver that fails must not end the others
            _log.exception("sweep_failed", task="webhook_delivery")
        finally:
            with self._lock:
                self._busy[webhook_id] -= 1


def fan_out_everywhere(worker: Database, application: Database) -> None:
    """Turn every waiting event into deliveries, organization by organization."""
    with worker.across_organizations() as conn:
        waiting = conn.execute(_TO_FAN_OUT).scalars().all()
    for org_id in waiting:
        for _ in range(_BATCHES):
            if application.run(org_id, fan_out) < AT_ONCE:
                break


def expire_deliveries(worker: Database) -> int:
    """Give up what was not tried in time, such as what waits for a webhook that is switched off; returns how many."""
    with worker.across_organizations() as conn:
        return conn.execute(_EXPIRE, {"now": worker.clock.now(conn)}).rowcount


def forget_old(worker: Database) -> int:
    """Delete old events that were fanned out, and old deliveries with their attempts; returns how many."""
    return _forget(worker, _FORGET_EVENTS, EVENTS_KEPT_FOR) + _forget(worker, _FORGET_DELIVERIES, KEPT_FOR)


def _forget(worker: Database, statement: TextClause, kept_for: timedelta) -> int:
    forgotten = 0
    for _ in range(_BATCHES):
        with worker.across_organizations() as conn:
            batch = _forget_batch(conn, statement, worker, kept_for)
        forgotten += batch
        if batch < _BATCH:
            break
    return forgotten


def _forget_batch(conn: Connection, statement: TextClause, worker: Database, kept_for: timedelta) -> int:
    before = worker.clock.now(conn) - kept_for
    return conn.execute(statement, {"before": before, "batch": _BATCH}).rowcount
