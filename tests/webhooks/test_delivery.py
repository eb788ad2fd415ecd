"""What a receiver hears, whatever it does: every event, in order, until three days are over."""

import json
from datetime import timedelta

import pytest

from geo_assign.core.outbox import emit
from geo_assign.webhooks import delivery
from geo_assign.webhooks.commands import deliveries
from geo_assign.webhooks.domain import LEASE, TRIED_FOR, DeliveryState, Outcome, WebhookInactiveError, retry_s
from geo_assign.workorders.domain import RejectReason
from tests.day import Day
from tests.providers import stub
from tests.providers.stub import Behaviour, answer, hang, redirect, reset
from tests.webhooks.conftest import Listener, Office

YES = answer("")
BUSY = answer("later", status=503)


@pytest.fixture(autouse=True)
def near(office: Office) -> None:
    """Ana is 100 m away from J and K."""
    office.day.map("A . J . K", step_m=100)
    office.day.technician("A")
    office.day.later("1 s")


def test_a_lead_is_told_from_its_creation_to_its_end(office: Office) -> None:
    day, listener = office.day, office.listens()
    day.lead("J")
    day.accept("A", day.offer("J"))
    day.cancel("J")
    listener.tell()
    assert listener.heard() == ["created", "offered", "assigned", "cancelled"]
    told = json.loads(listener.requests[2].body)
    order = day.outcome("J").order
    assert told["type"] == "work_order.assigned"
    assert told["data"] | {"at": None, "detail": None} == {
        "organization_id": str(day.org_id),
        "work_order_id": str(order.id),
        "number": order.number,
        "kind": "lead",
        "state": "assigned",
        "store_id": str(day.store_id),
        "assignee_id": str(day.people["A"]),
        "version": order.version - 1,
        "metadata": {},
        "at": None,
        "detail": None,
    }
    assert told["data"]["detail"]["technician_id"] == str(day.people["A"])


def test_nothing_that_names_the_customer_leaves_the_house(office: Office) -> None:
    day, listener = office.day, office.listens()
    day.lead("J", notes="Mrs Silva, second floor")
    offer = day.offer("J")
    day.dispatch.reject(day.as_("A"), offer.id, RejectReason.TOO_FAR, "Mrs Silva shouted")
    day.lead("K")
    day.cancel("K")
    listener.tell()
    sent = b"".join(request.body for request in listener.requests)
    assert {"rejected", "cancelled"} <= set(listener.heard())
    for private in (b"Customer", b"Silva", b"41.0", b"lat"):
        assert private not in sent


def test_going_on_and_off_duty_is_told(office: Office) -> None:
    day, listener = office.day, office.listens("technician.presence_changed")
    day.lead("J")
    day.off_duty("A")
    day.on_duty("A")
    listener.tell()
    bodies = [json.loads(request.body) for request in listener.requests]
    assert [body["data"]["on_duty"] for body in bodies] == [False, True]
    assert {body["data"]["technician_id"] for body in bodies} == {str(day.people["A"])}


def test_each_listener_hears_what_it_subscribed_to_and_from_then_on(office: Office) -> None:
    day = office.day
    day.lead("J")
    day.later("1 s")
    everything, offers = office.listens(), office.listens("work_order.offered")
    day.lead("K")
    everything.tell()
    offers.tell()
    assert (everything.heard(), offers.heard()) == (["created", "pending"], [])  # Ana is asked about J
    day.reject("A", day.offer("J"))
    day.evaluate("K")
    everything.tell()
    offers.tell()
    assert offers.heard() == ["offered"]
    assert "rejected" in everything.heard()


def test_what_is_rolled_back_was_never_said(office: Office) -> None:
    day, listener = office.day, office.listens()
    with pytest.raises(ZeroDivisionError):
        tell_and_fail(day)
    listener.tell()
    assert listener.requests == []


def test_an_event_that_commits_late_is_told_too(office: Office) -> None:
    day, listener = office.day, office.listens()
    with day.database.transaction(day.org_id) as slow:
        emit(slow, "work_order.created", day.people["A"], {"name": "slow"}, at=slow.now())
        day.lead("J")
        listener.tell()
        assert listener.heard("J") == ["created", "offered"]
    listener.tell()
    assert len(listener.requests) == 3


# Receivers that do not take it --------------------------------------------------------------------------------------

FAILURES: dict[str, tuple[Behaviour, str, int | None]] = {
    "says no": (BUSY, "status", 503),
    "does not know it": (answer("", status=404), "status", 404),
    "asks for less": (answer("", status=429), "status", 429),
    "sends elsewhere": (redirect("http://127.0.0.1:9/other"), "redirect", 302),
    "closes": (reset(), "unreachable", None),
    "hangs": (hang(), "timeout", None),
    "drips its head": (stub.drip(b"HTTP/1.1 200 OK\r\n" * 100), "timeout", None),
    "drips its body": (stub.drip_body(), "timeout", None),
    "breaks off": (stub.cut_short("{}"), "malformed", None),
}


@pytest.mark.parametrize("fault", FAILURES)
def test_a_failure_is_logged_and_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(delivery, "DEADLINE_S", 0.4)
    behaviour, error, status = FAILURES[fault]
    listener = office.listens("work_order.created", behaviour=behaviour)
    office.day.lead("J")
    assert listener.tell() == 1
    (waiting,) = listener.log()
    assert (waiting.state, waiting.last_error) == (DeliveryState.WAITING, error)
    assert [(attempt.error, attempt.status_code) for attempt in waiting.attempts] == [(error, status)]
    listener.answers(YES)
    office.day.later("1 min")
    listener.tell()
    (done,) = listener.log()
    assert done.state is DeliveryState.DELIVERED
    assert len({request.headers["webhook-id"] for request in listener.requests}) == 1
    assert listener.requests[0].headers["webhook-id"] == str(done.id)
    assert listener.requests[0].body == listener.requests[-1].body


def test_a_redirect_is_not_followed(office: Office) -> None:
    elsewhere = office.listens("technician.presence_changed")
    listener = office.listens("work_order.created", behaviour=redirect(elsewhere.server.url))
    office.day.lead("J")
    listener.tell()
    assert (len(listener.requests), len(elsewhere.requests)) == (1, 0)


def test_a_work_order_waits_for_its_earlier_event_and_the_others_go_on(office: Office) -> None:
    day, listener = office.day, office.listens()

    def refuse_j(exchange: stub.Exchange) -> None:
        of_j = str(day.jobs.get("J", "?")).encode() in exchange.request.body
        (BUSY if of_j else YES)(exchange)

    day.lead("J")
    listener.answers(refuse_j)
    day.cancel("J")
    day.lead("K")
    listener.tell()
    assert listener.heard("J") == ["created"]
    assert listener.heard("K") == ["created", "offered"]
    listener.answers(YES)
    day.later("10 min")
    listener.tell()
    assert listener.heard("J") == ["created", "created", "offered", "cancelled"]


def test_after_three_days_it_is_dead_and_what_waited_behind_it_goes_on(office: Office) -> None:
    day, listener = office.day, office.listens(behaviour=answer("", status=404))
    day.lead("J")
    listener.tell()
    began, attempts = day.clock.now(), 1
    while listener.log()[-1].state is DeliveryState.WAITING:
        following = listener.log()[-1].next_attempt_at
        assert following is not None
        day.clock.set(following)
        attempts += listener.tell(at_most=1)
    assert day.clock.now() - began == TRIED_FOR
    assert listener.heard()[:attempts] == ["created"] * attempts
    assert attempts > 18  # even if every draw were the longest: 5 s, 10 s, 20 s ... 4 h
    listener.answers(YES)
    listener.tell()
    assert listener.heard()[-1] == "offered"
    dead, delivered = listener.log(states=["dead"]), listener.log(states=["delivered"])
    assert [one.event_type for one in (*dead, *delivered)] == ["work_order.created", "work_order.offered"]


def test_pauses_grow_to_four_hours_and_are_drawn() -> None:
    longest = [retry_s(failures, 1.0) for failures in range(1, 40)]
    assert longest[:4] == [5.0, 10.0, 20.0, 40.0]
    assert max(longest) == longest[-1] == 4 * 3600
    assert retry_s(3, 0.25) == 5.0


def test_a_receiver_that_asks_to_be_left_alone_is(office: Office) -> None:
    day, listener = office.day, office.listens(behaviour=answer("", status=429, retry_after="120"))
    day.lead("J")
    day.lead("K")
    assert listener.tell() == 1  # the other work order is not tried either
    listener.answers(YES)
    day.later("119 s")
    assert listener.tell() == 0
    day.later("2 s")
    assert listener.tell() == 4  # J created and offered, K created and pending


def test_gone_switches_the_webhook_off_and_says_so(office: Office) -> None:
    day, listener = office.day, office.listens(behaviour=answer("no more", status=410))
    day.lead("J")
    assert listener.tell() == 1
    webhook = listener.webhook()
    assert (webhook.active, webhook.disabled_because) == (False, "gone")
    assert {one.last_error for one in listener.log(states=["dead"])} == {"gone"}
    day.lead("K")
    assert listener.tell() == 0
    with pytest.raises(WebhookInactiveError):
        listener.redrive()
    listener.change(active=True)
    listener.answers(YES)
    listener.tell()
    assert listener.webhook().disabled_because is None
    assert listener.heard() == ["created", "offered"]  # what waited; K was created while it was off


def test_a_receiver_that_keeps_failing_is_left_alone_and_tried_with_one(office: Office) -> None:
    day, listener = office.day, office.listens("work_order.created", behaviour=BUSY)
    for _ in range(8):
        day.lead("J")
    assert listener.tell() == 5
    assert listener.webhook().opened_until == day.clock.now() + timedelta(seconds=10)
    day.later("11 s")
    assert listener.tell() == 1
    listener.answers(YES)
    day.later("1 h")
    assert listener.tell() == 8
    assert listener.webhook().failures == 0


def test_an_answer_is_kept_to_a_kilobyte(office: Office) -> None:
    listener = office.listens("work_order.created", behaviour=answer("long\0" * 100_000))
    office.day.lead("J")
    listener.tell()
    (delivered,) = listener.log()
    assert delivered.state is DeliveryState.DELIVERED
    response = delivered.attempts[0].response
    assert response is not None
    assert response.startswith("longlong")
    assert len(response) <= 1024


# Workers that die ---------------------------------------------------------------------------------------------------


def test_a_delivery_whose_sender_died_is_sent_again_under_its_id(office: Office) -> None:
    day, listener = office.day, office.listens("work_order.created")
    day.lead("J")
    day.database.run(day.org_id, deliveries.fan_out)
    lost = claim(listener)
    assert lost is not None
    listener.sender.attempt(lost)
    assert listener.tell() == 0  # another worker has it
    day.clock.advance(LEASE)
    assert listener.tell() == 1
    assert {request.headers["webhook-id"] for request in listener.requests} == {str(lost.delivery_id)}
    with day.database.transaction(day.org_id) as tx:
        assert deliveries.record(tx, lost, Outcome(duration_ms=1, error="timeout"), draw=1.0) is None
    assert listener.log()[0].state is DeliveryState.DELIVERED


def test_an_attempt_that_was_overtaken_decides_nothing(office: Office) -> None:
    day, listener = office.day, office.listens("work_order.created")
    day.lead("J")
    day.database.run(day.org_id, deliveries.fan_out)
    slow = claim(listener)
    day.clock.advance(LEASE)
    fast = claim(listener)
    assert slow is not None
    assert fast is not None
    with day.database.transaction(day.org_id) as tx:
        assert deliveries.record(tx, slow, Outcome(duration_ms=1), draw=0.0) is None
    assert listener.log()[0].state is DeliveryState.WAITING
    with day.database.transaction(day.org_id) as tx:
        deliveries.record(tx, fast, Outcome(duration_ms=1), draw=0.0)
    assert listener.log()[0].state is DeliveryState.DELIVERED
    assert [attempt.number for attempt in listener.log()[0].attempts] == [1, 2]


# Sent again ---------------------------------------------------------------------------------------------------------


def test_dead_ones_are_redriven_together(office: Office) -> None:
    day, listener = office.day, office.listens("work_order.created", behaviour=answer("", status=404))
    day.lead("J")
    day.lead("K")
    die(listener)
    assert {one.state for one in listener.log()} == {DeliveryState.DEAD}
    listener.answers(YES)
    before = len(listener.requests)
    listener.redrive()
    listener.tell()
    assert {one.state for one in listener.log()} == {DeliveryState.DELIVERED}
    assert len(listener.requests) == before + 2


def test_one_is_redriven_whatever_became_of_it(office: Office) -> None:
    day, listener = office.day, office.listens("work_order.created")
    day.lead("J")
    listener.tell()
    (delivered,) = listener.log()
    listener.redrive(delivered)
    assert listener.log()[0].state is DeliveryState.WAITING
    listener.tell()
    assert [request.headers["webhook-id"] for request in listener.requests] == [str(delivered.id)] * 2


# What the tests above are made of -----------------------------------------------------------------------------------


def tell_and_fail(day: Day) -> None:
    with day.database.transaction(day.org_id) as tx:
        emit(tx, "work_order.created", day.org_id, {}, at=tx.now())
        raise ZeroDivisionError


def claim(listener: Listener) -> deliveries.ClaimedDelivery | None:
    day = listener.day
    return day.database.run(day.org_id, lambda tx: deliveries.claim(tx, listener.sender.box, listener.id))


def die(listener: Listener) -> None:
    """Try until nothing waits any more."""
    listener.tell()
    while waiting := listener.log(states=["waiting"]):
        listener.day.clock.set(max(one.next_attempt_at for one in waiting if one.next_attempt_at))
        listener.tell()
