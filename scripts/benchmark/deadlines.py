"""Offers that all end in one moment: how soon the worker has expired them, and looked for the next technician.

A second organization's offers end one by one meanwhile: how late theirs are.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from uuid import UUID, uuid4

import psycopg

from scripts.benchmark.fleet import Fleet
from scripts.benchmark.service import NotReadyError, without_settings

_START_WITHIN_S = 120.0
_OTHERS_EVERY_S = 0.5
_GIVES_UP_AFTER_S = 120.0
_Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Drained:
    """What workers made of `offers` that were due at once, in seconds from that moment.

    `others_late_s`: how late the latest of another organization's offers expired meanwhile. `processor_s`: what the
    workers' processes used.
    """

    offers: int
    expired_s: float
    followed_s: float
    others_late_s: float
    processor_s: float

    def told(self, workers: int) -> str:
        """A line of the table."""
        return (
            f"{workers} worker(s), {self.offers:,} offers: expired after {self.expired_s:.1f} s, followed after "
            f"{self.followed_s:.1f} s; others' offers {self.others_late_s:.2f} s late at most; "
            f"{self.processor_s / self.offers * 1000:.1f} ms of a processor for each"
        )


def drain(environment: Mapping[str, str], owner_url: str, fleet: Fleet, *, offers: int, workers: int) -> Drained:
    """Have `workers` processes drain the offers. Raises TimeoutError."""
    with psycopg.connect(owner_url, autocommit=True) as conn, ExitStack() as running:
        processes = [running.enter_context(working(environment)) for _ in range(workers)]
        other = _seed(conn, fleet, offers)
        due_at = _wait_until_due(conn, fleet)
        before_s = sum(map(processor_s, processes))
        expired_s = _wait_for(conn, _OVERDUE, fleet.org_id, since=due_at)
        followed_s = _wait_for(conn, _UNFOLLOWED, fleet.org_id, since=due_at)
        late_s = _one(conn, _LATEST, other)
        return Drained(offers, expired_s, followed_s, late_s, sum(map(processor_s, processes)) - before_s)


@contextmanager
def working(environment: Mapping[str, str]) -> Iterator[int]:
    """A worker with these settings that has begun; its process id. It is stopped at the end. Raises NotReadyError."""
    with tempfile.TemporaryDirectory(prefix="geo-assign-bench-") as folder, Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "geo_assign", "worker"],
            env={**without_settings(), **environment, "GEO_ASSIGN_WORKER_METRICS_PORT": "0"},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_started(process, Path(folder, "log"))
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _wait_until_started(process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up_at, pause = monotonic() + _START_WITHIN_S, Event()
    while b"worker_started" not in log.read_bytes():
        if process.poll() is not None or monotonic() > give_up_at:
            raise NotReadyError(log.read_text(errors="replace")[-2000:])
        pause.wait(0.1)


def _seed(conn: _Connection, fleet: Fleet, offers: int) -> UUID:
    """Write the offers, and those of another organization; returns that one."""
    other = uuid4()
    given = {"org_id": fleet.org_id, "store_id": fleet.store_id, "offers": offers}
    for statement in (*_CLEAR, *_ORDERS):
        conn.execute(statement, given)
    given = {"org_id": other, "store_id": uuid4(), "offers": 200, "every": _OTHERS_EVERY_S}
    for statement in (*_OTHER, *_ORDERS[1:]):
        conn.execute(statement, given)
    conn.execute(_ONE_BY_ONE, given)
    conn.execute("ANALYZE")
    conn.execute(_DUE_SOON, {"org_id": fleet.org_id, "within": 3})
    conn.execute(_DUE_SOON_EACH, {"org_id": other, "every": _OTHERS_EVERY_S})
    return other


def _wait_until_due(conn: _Connection, fleet: Fleet) -> float:
    pause = Event()
    pause.wait(_one(conn, _DUE_IN, fleet.org_id))
    return monotonic()


def _wait_for(conn: _Connection, number: str, org_id: UUID, *, since: float) -> float:
    pause = Event()
    while _one(conn, number, org_id):
        if monotonic() - since > _GIVES_UP_AFTER_S:
            raise TimeoutError("the worker does not get to the end")
        pause.wait(0.2)
    return monotonic() - since


def _one(conn: _Connection, statement: str, org_id: UUID) -> float:
    row = conn.execute(statement, {"org_id": org_id}).fetchone()
    assert row is not None
    return float(str(row[0]))


def processor_s(pid: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_CLEAR = (
    "UPDATE work_orders SET evaluate_due_at = NULL WHERE org_id = %(org_id)s",
    "UPDATE bookings SET state = 'released' WHERE org_id = %(org_id)s AND state = 'offered'",
    "UPDATE offers SET state = 'withdrawn', responded_at = now() WHERE org_id = %(org_id)s AND state = 'offered'",
)
# One offer for each of so many technicians who are free, a little north of them.
_ORDERS = (
    """
CREATE TEMPORARY TABLE asked AS
SELECT row_number() OVER () + coalesce((SELECT max(number) FROM work_orders WHERE org_id = %(org_id)s), 0) AS n,
       t.id AS technician_id, p.lat + 0.01 AS lat, p.lon, gen_random_uuid() AS order_id, gen_random_uuid() AS booking_id
FROM technicians t JOIN current_positions p ON p.org_id = t.org_id AND p.technician_id = t.id
WHERE t.org_id = %(org_id)s AND t.on_duty
  AND NOT EXISTS (SELECT FROM bookings b WHERE b.org_id = t.org_id AND b.technician_id = t.id AND b.state = 'assigned')
LIMIT %(offers)s""",
    """
INSERT INTO work_orders (
    org_id, id, kind, number, store_id, state, customer, lat, lon, location_source, slot_start, slot_end, slot_given,
    created_by, changed_by, created_at, updated_at, search_started_at)
SELECT %(org_id)s, order_id, 'lead', n, %(store_id)s, 'offered', '{"name": "A customer"}', lat, lon, 'client',
       now(), now() + interval '1 hour', false, '{"kind": "system"}', '{"kind": "system"}', now(), now(), now()
FROM asked""",
    """
INSERT INTO bookings (
    org_id, id, work_order_id, technician_id, role, state, starts_at, ends_at, occupied_from, occupied_until,
    created_at, updated_at)
SELECT %(org_id)s, booking_id, order_id, technician_id, 'primary', 'offered', now(), now() + interval '1 hour', now(),
       now() + interval '1 hour', now(), now()
FROM asked""",
    """
INSERT INTO offers (
    org_id, id, work_order_id, technician_id, booking_id, automatic, state, offered_at, expires_at, role)
SELECT %(org_id)s, gen_random_uuid(), order_id, technician_id, booking_id, true, 'offered', now(),
       now() + interval '1 hour', 'primary'
FROM asked""",
    "DROP TABLE asked",
)
_OTHER = (
    "INSERT INTO organizations (org_id, slug, name) VALUES (%(org_id)s, 'other-' || %(org_id)s, 'Other Repairs')",
    """
INSERT INTO stores (org_id, id, slug, name, timezone, lat, lon, settings, created_at, updated_at)
VALUES (%(org_id)s, %(store_id)s, 'other', 'Other', 'Europe/Lisbon', 41.15, -8.61, '{"freshness_s": 3600}', now(),
        now())""",
    """
INSERT INTO technicians (
    org_id, id, slug, name, store_id, base_lat, base_lon, on_duty, duty_changed_at, created_at, updated_at)
SELECT %(org_id)s, gen_random_uuid(), 'o' || n, 'Technician ' || n, %(store_id)s, 41.15, -8.61, true, now(), now(),
       now()
FROM generate_series(1, %(offers)s) AS n""",
    """
CREATE TEMPORARY TABLE asked AS
SELECT row_number() OVER () AS n, id AS technician_id, 41.15 AS lat, -8.61 AS lon, gen_random_uuid() AS order_id,
       gen_random_uuid() AS booking_id
FROM technicians WHERE org_id = %(org_id)s""",
)
_ONE_BY_ONE = "UPDATE work_orders SET priority = 1 WHERE org_id = %(org_id)s"
_DUE_SOON = """
UPDATE offers SET expires_at = clock_timestamp() + %(within)s * interval '1 s'
WHERE org_id = %(org_id)s AND state = 'offered'"""
_DUE_SOON_EACH = """
UPDATE offers o SET expires_at = now() + numbered.n * %(every)s * interval '1 s'
FROM (SELECT id, row_number() OVER () AS n FROM offers WHERE org_id = %(org_id)s) AS numbered
WHERE o.org_id = %(org_id)s AND o.id = numbered.id"""
_DUE_IN = """
SELECT greatest(0, extract(epoch FROM max(expires_at) - clock_timestamp())) FROM offers
WHERE org_id = %(org_id)s AND state = 'offered'"""
_OVERDUE = """
SELECT count(*) FROM offers WHERE org_id = %(org_id)s AND state = 'offered' AND expires_at <= clock_timestamp()"""
_UNFOLLOWED = """
SELECT count(*) FROM work_orders WHERE org_id = %(org_id)s AND evaluate_due_at <= clock_timestamp()
   AND evaluate_due_at IS DISTINCT FROM looks_again_at"""
_LATEST = """
SELECT coalesce(extract(epoch FROM max(coalesce(responded_at, clock_timestamp()) - expires_at)), 0) FROM offers
WHERE org_id = %(org_id)s AND expires_at < clock_timestamp()"""
