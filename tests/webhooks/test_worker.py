"""The worker's part: threads of its own, a few per receiver, and nothing kept for ever."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from geo_assign.core.db import Database
from geo_assign.webhooks import delivery, tasks
from geo_assign.webhooks.domain import EVENTS_FORGOTTEN_AFTER, KEPT_FOR, TRIED_FOR, DeliveryState
from tests.conftest import World
from tests.providers.stub import answer
from tests.waiting import wait_until
from tests.webhooks.conftest import Listener, Office


@pytest.fixture
def worker(world: World, office: Office) -> Iterator[Database]:
    """The sweeping role, on the same recorded clock."""
    office.day.map("A . J . K . L . M", step_m=100)
    office.day.technician("A")
    office.day.later("1 s")
    database = Database(world.worker_url, clock=office.day.clock, pool_size=2)
    yield database
    database.close()


@contextmanager
def running(worker: Database, listener: Listener) -> Iterator[tasks.Deliveries]:
    """Sweeps as the worker does, quickly."""
    stop = threading.Event()
    work = tasks.Deliveries(worker, listener.sender, stop)

    def sweep() -> None:
        while not stop.is_set():
            work.sweep()
            stop.wait(0.05)

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield work
    finally:
        stop.set()
        thread.join()
        work._pool.shutdown(wait=True)


def test_a_hanging_listener_holds_no_other_up(
    office: Office, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "DEADLINE_S", 120.0)
    let_go = threading.Event()
    hanging = [office.listens("work_order.created", behaviour=lambda _: let_go.wait(120)) for _ in range(5)]
    quick = office.listens("work_order.created")
    with running(worker, quick):
        for letter in "JKLM":
            office.day.lead(letter)
        wait_until(lambda: len(quick.requests) == 4, "the others hear everything")
        wait_until(lambda: all(one.requests for one in hanging), "those that hang have been called")
        assert max(len(one.requests) for one in hanging) <= 4
        let_go.set()
    assert {one.state for one in quick.log()} == {DeliveryState.DELIVERED}


def test_one_work_order_is_never_told_twice_at_once(office: Office, worker: Database) -> None:
    under_way: set[bytes] = set()
    overlaps = []
    lock = threading.Lock()

    def slowly(exchange: object) -> None:
        from tests.providers.stub import Exchange

        assert isinstance(exchange, Exchange)
        subject = exchange.request.body.split(b'"work_order_id":')[1][:38]
        with lock:
            overlaps.append(subject in under_way)
            under_way.add(subject)
        exchange.pause(0.05)
        with lock:
            under_way.discard(subject)
        answer("")(exchange)

    listener = office.listens(behaviour=slowly)
    with running(worker, listener):
        for letter in "JKLM":
            office.day.lead(letter)
            office.day.cancel(letter)
        wait_until(lambda: len(listener.log(states=["delivered"])) == 12, "all is delivered")
    assert not any(overlaps)
    for letter in "JKLM":
        assert listener.heard(letter) == ["created", "offered", "cancelled"]


def test_events_without_listeners_are_marked_and_forgotten(office: Office, worker: Database) -> None:
    day = office.day
    day.lead("J")
    tasks.fan_out_in_turns(worker, day.database)
    assert waiting_and_kept(worker) == (0, 3)  # one of them: Ana came on duty
    day.clock.advance(EVENTS_FORGOTTEN_AFTER - timedelta(hours=1))
    assert tasks.forget_old(worker) == 0
    day.clock.advance(timedelta(hours=1))
    assert tasks.forget_old(worker) == 3
    assert waiting_and_kept(worker) == (0, 0)


def test_what_waits_for_a_switched_off_webhook_ends_after_three_days(office: Office, worker: Database) -> None:
    day, listener = office.day, office.listens("work_order.created")
    day.lead("J")
    tasks.fan_out_in_turns(worker, day.database)
    listener.change(active=False)
    assert tasks.expire_deliveries(worker) == 0
    day.clock.advance(TRIED_FOR)
    assert tasks.expire_deliveries(worker) == 1
    (dead,) = listener.log()
    assert (dead.state, dead.last_error) == (DeliveryState.DEAD, "expired")
    day.clock.advance(KEPT_FOR)
    tasks.forget_old(worker)
    assert listener.log() == []


def waiting_and_kept(worker: Database) -> tuple[int, int]:
    from sqlalchemy import text

    with worker.across_organizations() as conn:
        row = conn.execute(text("SELECT count(*) FILTER (WHERE delivered_at IS NULL), count(*) FROM outbox")).one()
    return row[0], row[1]
