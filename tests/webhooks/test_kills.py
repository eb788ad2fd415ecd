"""Workers killed at any moment: every event that was committed arrives, none that was not, in order, under one id."""

import itertools
import json
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from standardwebhooks import Webhook

from tests.conftest import World
from tests.live import LiveService, live_service, seed_document
from tests.providers.stub import Exchange, StubServer, answer, reset
from tests.races.test_answers import ping
from tests.thoroughness import EXHAUSTIVE, times
from tests.waiting import wait_until

pytestmark = [pytest.mark.races, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = times(3, 6)
LEADS = times(12, 20)
"""At least so many, however soon the workers are killed: each is told in three events or more."""
URL_TOKEN = "a-token-in-the-address"


class Unreliable:
    """Takes most events; drops the line on one in seven and refuses one in eleven.

    While workers are killed, it answers one in three only after the kill: that worker has told it and does not know.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.holds = 0
        self.killed = threading.Event()
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        number = next(self._count)
        if number % 7 == 0:
            reset()(exchange)
        elif number % 11 == 0:
            answer("", status=500)(exchange)
        else:
            with self._lock:
                self.taken.append((exchange.request.headers["webhook-id"], json.loads(exchange.request.body)))
            if number % 3 == 0:
                self._hold()
            answer("")(exchange)

    def _hold(self) -> None:
        with self._lock:
            self.holds += 1
        self.killed.wait(9)
        with self._lock:
            self.holds -= 1


def test_every_committed_event_arrives_however_often_the_worker_is_killed(
    world: World, admin: Connection, tmp_path: Path
) -> None:
    settings = {"offer_limit": 100, "lead_time_tat_minutes": 0.01, "reoffer_after_minutes": 600}
    receiver = Unreliable()
    with (
        StubServer(receiver) as server,
        live_service(world, seed_document(technicians=3, settings=settings), tmp_path, worker=False) as service,
    ):
        for number in range(3):
            ping(service.technician(f"t{number}"))
        hook = service.user().post("/v1/webhooks", {"url": f"{server.url}/hook?token={URL_TOKEN}"})
        stop = threading.Event()
        busy = threading.Thread(target=keep_busy, args=(service, stop))
        busy.start()
        for number in range(KILLS):
            receiver.killed.clear()
            service.start("worker")
            wait_until(lambda: receiver.holds, "an event is being told", within_s=90)
            threading.Event().wait(0.06 * number)
            service.kill("worker")
            receiver.killed.set()
            forget_leases(admin)
        stop.set()
        busy.join()
        service.start("worker")
        wait_until_told(admin)
        secrets = [hook["secret"]]
        for request in server.requests:
            Webhook(secrets[0]).verify(request.body, dict(request.headers))
    assert_each_arrived_in_order(admin, receiver)
    log = service.log.read_text()
    assert "worker_started" in log
    for secret in (*secrets, URL_TOKEN, "whsec_"):
        assert secret not in log


def keep_busy(service: LiveService, stop: threading.Event) -> None:
    """Leads that are created, refused and cancelled while the workers die."""
    user = service.user()
    for number in itertools.count():
        if stop.is_set() and number >= LEADS:
            return
        lead = {
            "store_id": service.store_id(),
            "customer": {"name": "Any Customer"},
            "location": {"lat": 41.15 + number / 10_000, "lon": -8.61},
            "external_id": f"lead-{number}",
        }
        order = user.post("/v1/leads", lead)
        # What fails leaves no event: the same external id once more, and a version that never was.
        assert user.call("POST", "/v1/leads", lead).status_code == 409
        assert user.call("PATCH", f"/v1/work-orders/{order['id']}", {"notes": "x"}, If_Match='"999"').status_code == 412
        if number % 3 == 0:
            user.post(f"/v1/work-orders/{order['id']}/cancel", {"reason": "test"})
        # A dozen give events enough; a slow machine need not tell those of a hundred.
        stop.wait(0.5 if number < 12 else 3.0)


def assert_each_arrived_in_order(admin: Connection, receiver: Unreliable) -> None:
    committed = admin.execute(text("SELECT id, subject_id, sequence, event_type, created_at FROM outbox")).all()
    listened_since = admin.execute(text("SELECT created_at FROM webhooks")).scalar_one()
    wanted = {row.id for row in committed if row.created_at >= listened_since}
    rows = admin.execute(text("SELECT id, event_id, sequence, subject_id, event_type FROM webhook_deliveries")).all()
    told = {str(row.id): row for row in rows}
    assert {row.event_id for row in rows} == wanted
    assert len(rows) == len(wanted) > 50
    arrived = {message_id for message_id, _ in receiver.taken}
    assert arrived == set(told)
    orders = defaultdict(list)
    for message_id, body in receiver.taken:
        assert body["type"] == told[message_id].event_type
        orders[told[message_id].subject_id].append(told[message_id].sequence)
    assert all(sequences == sorted(sequences) for sequences in orders.values())
    twice = len(receiver.taken) - len(arrived)
    assert twice > 0, "no worker was killed between a receiver's yes and its record"
    print(f"[{len(wanted)} events, {len(orders)} subjects, {twice} arrived twice]", end=" ")


def forget_leases(admin: Connection) -> None:
    """The time has passed for which a dead worker held what it was sending; only a thorough run really waits for it."""
    if not EXHAUSTIVE:
        admin.execute(text("UPDATE webhook_deliveries SET leased_until = now() WHERE leased_until IS NOT NULL"))


def wait_until_told(admin: Connection) -> None:
    """Nothing waits: no offer, no event, no delivery. What failed is tried again at once."""
    waiting = text("""
        SELECT (SELECT count(*) FROM outbox WHERE delivered_at IS NULL)
             + (SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting')
             + (SELECT count(*) FROM offers WHERE state = 'offered')
    """)
    # What a worker holds just now is left alone: two who lock the same rows in another order would wait for each other.
    sooner = text("""
        UPDATE webhook_deliveries SET next_attempt_at = now() WHERE (org_id, id) IN (
            SELECT org_id, id FROM webhook_deliveries WHERE state = 'waiting' AND failures > 0 FOR UPDATE SKIP LOCKED)
    """)

    def nothing_waits() -> bool:
        if not EXHAUSTIVE:
            admin.execute(sooner)
        return admin.execute(waiting).scalar_one() == 0

    wait_until(nothing_waits, "everything is told", within_s=200, pause_s=0.3)
