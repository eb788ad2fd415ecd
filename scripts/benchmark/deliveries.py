"""An outage is over: how many deliveries a second the worker sends to one receiver on 127.0.0.1, until none waits.

Every delivery waits since long ago, `each` of them for every work order, as a redrive leaves them.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Event
from time import monotonic
from uuid import UUID, uuid4

import psycopg

from geo_assign.core.secrets import SecretBox
from geo_assign.webhooks.signing import new_secret
from scripts.benchmark.deadlines import processor_s, working
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.service import free_port

_GIVES_UP_AFTER_S = 600.0
_ANSWER = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True)
class Sent:
    """What workers made of so many deliveries; `processor_s` is what their processes used."""

    deliveries: int
    seconds: float
    processor_s: float

    def told(self, workers: int, each: int) -> str:
        """A line of the table."""
        return (
            f"{workers} worker(s), {self.deliveries:,} deliveries, {each} for each work order: "
            f"{self.deliveries / self.seconds:,.0f}/s; {self.processor_s / self.deliveries * 1000:.2f} ms of a "
            "processor for each"
        )


def send_backlog(
    environment: Mapping[str, str], owner_url: str, fleet: Fleet, *, deliveries: int, each: int, workers: int
) -> Sent:
    """Have `workers` processes send the deliveries. Raises TimeoutError."""
    port = free_port()
    allowed = {**environment, "GEO_ASSIGN_OUTBOUND_ALLOW": f"127.0.0.1/32:{port}"}
    with psycopg.connect(owner_url, autocommit=True) as conn, ExitStack() as running:
        running.enter_context(_receiving(port))
        _seed(conn, fleet.org_id, port, deliveries=deliveries, each=each)
        began = monotonic()
        processes = [running.enter_context(working(allowed)) for _ in range(workers)]
        _wait_for_fewer(conn, fleet.org_id, deliveries)
        before_s, began = sum(map(processor_s, processes)), monotonic()
        first = _waiting(conn, fleet.org_id)
        _wait_for_fewer(conn, fleet.org_id, 1)
        return Sent(first, monotonic() - began, sum(map(processor_s, processes)) - before_s)


def _seed(
    conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID, port: int, *, deliveries: int, each: int
) -> None:
    webhook_id, box = uuid4(), SecretBox([os.environ["GEO_ASSIGN_SECRET_KEYS"]])
    given = {
        "org_id": org_id,
        "webhook_id": webhook_id,
        "url": f"http://127.0.0.1:{port}/hook",
        "secret": box.encrypt(new_secret()),
        "deliveries": deliveries,
        "each": each,
    }
    for statement in _BACKLOG:
        conn.execute(statement, given)


def _waiting(conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID) -> int:
    row = conn.execute(_COUNT, {"org_id": org_id}).fetchone()
    assert row is not None
    return int(str(row[0]))


def _wait_for_fewer(conn: "psycopg.Connection[tuple[object, ...]]", org_id: UUID, than: int) -> None:
    give_up_at, pause = monotonic() + _GIVES_UP_AFTER_S, Event()
    while _waiting(conn, org_id) >= than:
        if monotonic() > give_up_at:
            raise TimeoutError("the worker does not get to the end")
        pause.wait(0.2)


@contextmanager
def _receiving(port: int) -> Iterator[None]:
    """A receiver in a process of its own that says yes to everything and keeps connections."""
    process = get_context("spawn").Process(target=_receive, args=(port,), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _receive(port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                await reader.readexactly(int(length))
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
            await server.serve_forever()

    asyncio.run(serve())


_BACKLOG = (
    "DELETE FROM webhooks WHERE org_id = %(org_id)s",
    """
INSERT INTO webhooks (org_id, id, url, created_at, updated_at)
VALUES (%(org_id)s, %(webhook_id)s, %(url)s, now() - interval '1 day', now())""",
    """
INSERT INTO webhook_secrets (org_id, id, webhook_id, secret_encrypted, created_at)
VALUES (%(org_id)s, gen_random_uuid(), %(webhook_id)s, %(secret)s, now() - interval '1 day')""",
    """
CREATE TEMPORARY TABLE subjects AS
SELECT n, gen_random_uuid() AS id FROM generate_series(0, %(deliveries)s / %(each)s - 1) AS n""",
    """
INSERT INTO webhook_deliveries (
    org_id, id, webhook_id, event_id, event_type, subject_id, sequence, data, occurred_at, next_attempt_at, expires_at,
    created_at)
SELECT %(org_id)s, gen_random_uuid(), %(webhook_id)s, gen_random_uuid(), 'work_order.pending', subjects.id,
       event * 1000000 + n, jsonb_build_object('work_order_id', subjects.id, 'number', 'L-0001', 'state', 'pending'),
       now() - interval '1 hour', now() - interval '1 hour', now() + interval '3 days', now() - interval '1 hour'
FROM subjects, generate_series(1, %(each)s) AS event""",
    "DROP TABLE subjects",
    "ANALYZE webhook_deliveries",
)
_COUNT = "SELECT count(*) FROM webhook_deliveries WHERE org_id = %(org_id)s AND state = 'waiting'"
