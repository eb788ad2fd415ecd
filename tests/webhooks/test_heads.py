"""Of the deliveries of one work order the first alone is due, and many are claimed and recorded together."""

import json
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, text

from geo_assign.core.db import Database
from geo_assign.core.outbox import emit
from geo_assign.webhooks import delivery, tasks
from geo_assign.webhooks.commands import deliveries
from geo_assign.webhooks.domain import LEASE, DeliveryState
from tests.conftest import World
from tests.counting import statements_sent
from tests.day import Day
from tests.providers.stub import Behaviour, Exchange, answer
from tests.webhooks.conftest import Listener, Office

JOBS = "JKLMN"
STORY = ["created", "pending", "cancelled"]


@pytest.fixture
def listener(office: Office) -> Listener:
    """Hears of five leads that were made and cancelled: fifteen events of five subjects."""
    office.day.map("A J K L M N", step_m=500)
    heard = office.listens("work_order.created", "work_order.pending", "work_order.cancelled")
    for job in JOBS:
        office.day.lead(job)
        office.day.cancel(job)
    fan_out(office.day)
    return heard


def fan_out(day: Day) -> None:
    day.database.run(day.org_id, deliveries.fan_out)


def due(listener: Listener) -> dict[str, list[str]]:
    """The events that have a time of their own, by job."""
    jobs = {order_id: job for job, order_id in listener.day.jobs.items()}
    found: dict[str, list[str]] = {job: [] for job in JOBS}
    for one in listener.log(states=["waiting"]):
        if one.next_attempt_at is not None:
            found[jobs[one.subject_id]].append(one.event_type.removeprefix("work_order."))
    return found


def send_all(listener: Listener, *, goes_on: Callable[[], bool] = lambda: True) -> bool:
    return listener.sender.send_all(listener.day.org_id, listener.id, goes_on=goes_on)


def refusing(*numbers: int, status: int) -> Behaviour:
    """Answers the requests of these numbers, from 1, with this status, the others with yes."""
    seen: list[int] = []

    def behave(exchange: Exchange) -> None:
        seen.append(1)
        answer("", status=status if len(seen) in numbers else 200)(exchange)

    return behave


def test_the_first_of_each_work_order_is_due(listener: Listener) -> None:
    for sent in range(3 * len(JOBS)):
        told = {job: len(listener.heard(job)) for job in JOBS}
        assert due(listener) == {job: STORY[told[job] : told[job] + 1] for job in JOBS}
        assert sum(told.values()) == sent
        assert listener.sender.send_next(listener.day.org_id, listener.id)
    assert due(listener) == {job: [] for job in JOBS}


def test_all_is_told_in_order(listener: Listener) -> None:
    assert send_all(listener) is False
    assert {job: listener.heard(job) for job in JOBS} == dict.fromkeys(JOBS, STORY)
    assert {one.state for one in listener.log()} == {DeliveryState.DELIVERED}
    assert {len(one.attempts) for one in listener.log()} == {1}


def test_what_comes_while_another_waits_is_due_after_it(listener: Listener) -> None:
    day = listener.day
    send_all(listener)
    before = len(listener.requests)
    listener.answers(answer("", status=500))
    with day.database.transaction(day.org_id) as tx:
        emit(tx, "work_order.created", day.jobs["J"], {}, at=tx.now())
    fan_out(day)
    send_all(listener)
    with day.database.transaction(day.org_id) as tx:
        for _ in range(2):
            emit(tx, "work_order.cancelled", day.jobs["J"], {}, at=tx.now())
    fan_out(day)
    assert due(listener)["J"] == ["created"]
    listener.answers(answer(""))
    day.later("1 h")
    send_all(listener)
    assert len(listener.requests) == before + 1 + 3
    assert [json.loads(one.body)["type"] for one in listener.requests[-3:]] == [
        "work_order.created",
        "work_order.cancelled",
        "work_order.cancelled",
    ]


@pytest.mark.parametrize("together", [1, 2, 32])
def test_a_redrive_is_told_in_order_whatever_was_due(
    listener: Listener, admin: Connection, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """Older versions and a redrive leave every delivery due."""
    monkeypatch.setattr(delivery, "AT_ONCE", together)
    admin.execute(text("UPDATE webhook_deliveries SET next_attempt_at = created_at - interval '1 day'"))
    assert due(listener)["J"] != ["created"]
    send_all(listener)
    assert {job: listener.heard(job) for job in JOBS} == dict.fromkeys(JOBS, STORY)


def test_what_older_versions_leave_behind_goes_on(world: World, listener: Listener, admin: Connection) -> None:
    worker = Database(world.worker_url, clock=listener.day.clock, pool_size=1)
    admin.execute(text("UPDATE webhook_deliveries SET next_attempt_at = NULL"))
    assert send_all(listener) is False
    assert listener.requests == []
    tasks.expire_deliveries(worker)
    worker.close()
    assert due(listener) == {job: ["created"] for job in JOBS}


def test_many_cost_as_many_statements_as_one(office: Office) -> None:
    day, asked = office.day, []
    day.map("A J K L M N", step_m=500)
    listener = office.listens("work_order.created")
    for jobs in ("J", JOBS):
        for job in jobs:
            day.lead(job)
        fan_out(day)
        with statements_sent(day.database.engine) as statements:
            send_all(listener)
        asked.append(len(statements))
    assert asked[0] == asked[1]
    assert len(listener.requests) == 1 + len(JOBS)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_receiver_that_fails_is_not_tried_with_the_rest(listener: Listener, status: int) -> None:
    listener.answers(refusing(3, status=status))
    handfuls = iter([True, False, False])
    send_all(listener, goes_on=lambda: next(handfuls))
    assert len(listener.requests) == 3
    log = listener.log()
    assert sorted(len(one.attempts) for one in log) == [0] * 12 + [1] * 3
    assert {one.next_attempt_at is None for one in log if one.event_type.endswith("cancelled")} == {True}
    listener.answers(answer(""))
    listener.day.later("1 h")
    send_all(listener)
    assert {job: listener.heard(job)[-2:] for job in JOBS} == dict.fromkeys(JOBS, STORY[-2:])
    # What was put back counts no attempt that was not made.
    assert sorted(max(attempt.number for attempt in one.attempts) for one in listener.log()) == [1] * 14 + [2]


def test_what_is_refused_for_itself_holds_up_only_its_own_work_order(listener: Listener) -> None:
    listener.answers(refusing(2, status=400))
    send_all(listener)
    told: Sequence[int] = sorted(len(listener.heard(job)) for job in JOBS)
    assert told == [1, 3, 3, 3, 3]


def test_a_thread_stops_between_two_handfuls_and_says_that_there_is_more(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "AT_ONCE", 2)
    allowed = iter([True, True, False, False])
    assert send_all(listener, goes_on=lambda: next(allowed)) is True
    assert len(listener.requests) == 4
    assert len(listener.log(states=["delivered"])) == 4
    assert {one.attempts for one in listener.log(states=["waiting"])} == {()}


def test_a_slow_receiver_gets_a_second_and_the_rest_is_left_to_others(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_BEGIN_WITHIN_S", 0.0)
    with listener.day.database.transaction(listener.day.org_id) as tx:
        jobs = deliveries.claim_some(tx, listener.sender.box, listener.id, at_most=5)
    assert len(jobs) == 5
    monkeypatch.setattr(delivery, "_BEGIN_WITHIN_S", -1.0)
    attempts = delivery._attempt_all(delivery.Conversation(listener.sender.client), jobs)
    assert {one.outcome for one in attempts} == {None}
    with listener.day.database.transaction(listener.day.org_id) as tx:
        assert deliveries.record_all(tx, listener.id, attempts) == [None] * 5
    monkeypatch.undo()
    send_all(listener)
    assert {job: listener.heard(job) for job in JOBS} == dict.fromkeys(JOBS, STORY)


def test_a_handful_whose_sender_died_is_sent_again_in_order(listener: Listener) -> None:
    day = listener.day
    with day.database.transaction(day.org_id) as tx:
        lost = deliveries.claim_some(tx, listener.sender.box, listener.id, at_most=3)
    for job in lost:
        listener.sender.attempt(job)
    assert len({job.data["work_order_id"] for job in lost}) == 3
    day.clock.advance(LEASE)
    send_all(listener)
    for job_letter in JOBS:
        heard = listener.heard(job_letter)
        assert heard in (STORY, ["created", *STORY])
    arrived = {request.headers["webhook-id"] for request in listener.requests}
    assert len(arrived) == 15
