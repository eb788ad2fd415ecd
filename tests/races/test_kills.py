"""Killed at any moment, nothing is lost and nothing happens twice."""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
import requests
from sqlalchemy import Connection, text

from tests.conftest import World
from tests.live import Client, live_service, seed_document
from tests.races.test_answers import HERE, offered, overlaps, ping
from tests.thoroughness import times
from tests.waiting import wait_until

pytestmark = [pytest.mark.races, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = times(3, 12)
SENDING_S = times(1, 2)


def test_offers_expire_exactly_once_however_often_the_worker_is_killed(
    world: World, admin: Connection, tmp_path: Path
) -> None:
    """Offers fall due while workers are killed at random moments; each chain goes on to the end."""
    settings = {"offer_limit": 100, "lead_time_tat_minutes": 0.02, "reoffer_after_minutes": 600}
    with live_service(world, seed_document(technicians=3, settings=settings), tmp_path, worker=False) as service:
        for number in range(3):
            ping(service.technician(f"t{number}"))
        leads = [offered(service, number)["id"] for number in range(12)]
        for number in range(KILLS):
            started = service.log.read_text().count("worker_started")
            service.start("worker")
            wait_until(lambda: service.log.read_text().count("worker_started") > started, "the worker has started")  # noqa: B023
            Event().wait(0.05 + 0.11 * number)
            service.kill("worker")
        service.start("worker")
        wait_until(
            lambda: all(events(admin, lead).count("offer_expired") >= 3 for lead in leads), "every offer has expired"
        )
        wait_until_still(admin)
    for lead in leads:
        history = events(admin, lead)
        # Three were asked, one after the other, each once; then none is left.
        assert history.count("offered") == 3, history
        assert history.count("offer_expired") == 3, history
        assert [kind for kind in history if kind in {"offered", "offer_expired"}] == ["offered", "offer_expired"] * 3
        assert published(admin, lead, "work_order.offer_expired") == 3
    assert overlaps(admin) == 0


def test_every_acknowledged_position_survives_a_kill_of_the_api(
    world: World, admin: Connection, tmp_path: Path
) -> None:
    with live_service(world, seed_document(technicians=8), tmp_path, worker=False) as service:
        phones = [service.technician(f"t{number}") for number in range(8)]
        stop = Event()
        with ThreadPoolExecutor(8) as pool:
            sending = [pool.submit(send_until, phone, stop) for phone in phones]
            Event().wait(SENDING_S)
            service.kill("serve")
            stop.set()
            acknowledged = [job.result() for job in sending]
        for number, times in enumerate(acknowledged):
            kept = set(
                admin.execute(
                    text("SELECT recorded_at FROM position_track WHERE technician_id = :id"),
                    {"id": service.technician_id(f"t{number}")},
                ).scalars()
            )
            assert times
            assert set(times) <= kept


def test_unread_streams_do_not_hold_the_api_up(world: World, tmp_path: Path) -> None:
    import socket

    with live_service(world, seed_document(technicians=1), tmp_path, worker=False) as service:
        user = service.user()
        request = f"GET /v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\n\r\n".encode()
        half = b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
        sleepers = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(48)]
        try:
            for number, sleeper in enumerate(sleepers):
                sleeper.sendall(request if number % 2 else half)
            ping(service.technician("t0"))
            assert user.get("/v1/work-orders")["items"] == []
            began = monotonic()
            service.kill("serve", signal.SIGTERM)
            assert monotonic() - began < 40
        finally:
            for sleeper in sleepers:
                sleeper.close()


def send_until(phone: Client, stop: Event) -> list[datetime]:
    """Single pings until told, or until the service is gone; the times that were acknowledged."""
    acknowledged = []
    at = datetime.now(UTC)
    while not stop.is_set():
        at += timedelta(milliseconds=1)
        ping_body: dict[str, Any] = {"positions": [{"recorded_at": at.isoformat(), **HERE}]}
        try:
            answer = phone.call("POST", "/v1/positions", ping_body)
        except requests.RequestException:
            break
        if answer.ok and answer.json()["results"][0]["verdict"] in {"accepted", "late"}:
            acknowledged.append(at)
    return acknowledged


def wait_until_still(admin: Connection) -> None:
    open_offers = text("SELECT count(*) FROM offers WHERE state = 'offered'")
    wait_until(lambda: admin.execute(open_offers).scalar_one() == 0, "no offer is open", within_s=90, pause_s=0.1)


def events(admin: Connection, work_order_id: str) -> list[str]:
    statement = text("SELECT kind FROM work_order_events WHERE work_order_id = :id ORDER BY at, id")
    return list(admin.execute(statement, {"id": work_order_id}).scalars())


def published(admin: Connection, work_order_id: str, event_type: str) -> int:
    statement = text("SELECT count(*) FROM outbox WHERE subject_id = :id AND event_type = :type")
    return admin.execute(statement, {"id": work_order_id, "type": event_type}).scalar_one()  # type: ignore[no-any-return]
