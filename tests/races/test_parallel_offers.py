"""Many accept the same work at the same moment: one has it, the others are told, and none waits for ever."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.conftest import owner_of
from tests.live import LiveService, seed_document, shared_service
from tests.races.conftest import at_once
from tests.races.test_answers import HERE, count_events, overlaps, ping
from tests.races.test_claims import deadlocks
from tests.thoroughness import times

pytestmark = pytest.mark.races

PEOPLE = 12
ASKED = 8
ROUNDS = times(2, 12)
THREADS = 24


@pytest.fixture(scope="module")
def processes(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with shared_service(template, tmp_path_factory.mktemp("service"), worker=False) as service:
        yield service


@pytest.fixture
def admin(processes: LiveService) -> Iterator[Connection]:
    with owner_of(processes.world) as conn:
        yield conn


@pytest.fixture
def service(processes: LiveService) -> LiveService:
    rules = {"offer_policy": "parallel", "parallel_offers": ASKED, "offer_limit": 100, "reoffer_after_minutes": 0}
    document = seed_document(technicians=PEOPLE, settings=rules)
    service = processes.with_organization(document)
    for number in range(PEOPLE):
        ping(service.technician(f"t{number}"))
    return service


def lead(service: LiveService, number: int, **more: Any) -> dict[str, Any]:
    """A new lead with its open offers, in a slot of its own."""
    start = datetime(2031, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    slot = {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}
    body = {"store_id": service.store_id(), "customer": {"name": "Invented Customer"}, "location": HERE, "slot": slot}
    return service.user().post("/v1/leads", body | more)  # type: ignore[no-any-return]


def phones_of(service: LiveService, order: dict[str, Any]) -> list[tuple[Any, str]]:
    """Each technician who is asked: the phone and the path to accept by."""
    phones = {}
    for number in range(PEOPLE):
        phone = service.technician(f"t{number}")
        for offer in phone.get("/v1/me/offers")["items"]:
            if offer["work_order_id"] == order["id"]:
                phones[offer["id"]] = (phone, f"/v1/offers/{offer['id']}/accept")
    return list(phones.values())


def test_of_many_who_accept_at_once_one_has_it(service: LiveService, admin: Connection) -> None:
    for number in range(ROUNDS):
        order = lead(service, number)
        asked = phones_of(service, order)
        assert len(asked) == ASKED
        # Every phone sends three times, as phones do: 24 at once.
        acts = [lambda one=one: one[0].call("POST", one[1]) for one in asked] * (THREADS // ASKED)  # type: ignore[misc]
        answers = at_once(acts)
        assert Counter(answer.status_code for answer in answers) == {200: 3, 410: THREADS - 3}
        told = {answer.json()["withdrawn_because"] for answer in answers if answer.status_code == 410}
        assert told == {"taken_by_another"}
        after = service.user().get(f"/v1/work-orders/{order['id']}")
        winners = {answer.json()["technician_id"] for answer in answers if answer.status_code == 200}
        assert (after["state"], winners) == ("assigned", {after["assignee"]["id"]})
        assert after["offers"] == []
        assert count_events(admin, order["id"], "assigned") == 1
        assert held(admin, order["id"]) == 1
    assert overlaps(admin) == 0
    assert deadlocks(admin) == 0


def test_accepts_and_rejections_of_two_orders_at_once_leave_both_consistent(
    service: LiveService, admin: Connection
) -> None:
    for number in range(ROUNDS):
        orders = [lead(service, 100 + 2 * number), lead(service, 101 + 2 * number)]
        asked = [phones_of(service, order) for order in orders]
        acts = []
        for half in asked:
            for index, (phone, path) in enumerate(half):
                if index % 2:
                    acts.append(lambda phone=phone, path=path: phone.call("POST", path))  # type: ignore[misc]
                else:
                    refuse = path.replace("accept", "reject")
                    acts.append(lambda phone=phone, path=refuse: phone.call("POST", path, {"reason": "busy"}))  # type: ignore[misc]
        answers = at_once(acts)
        assert {answer.status_code for answer in answers} <= {200, 410}, [answer.text for answer in answers]
        for order in orders:
            after = service.user().get(f"/v1/work-orders/{order['id']}")
            assert (after["state"], after["offers"], held(admin, order["id"])) == ("assigned", [], 1)
    assert overlaps(admin) == 0
    assert deadlocks(admin) == 0


def test_many_orders_ask_the_same_people_at_once(service: LiveService, admin: Connection) -> None:
    start = datetime(2032, 1, 1, tzinfo=UTC)
    slot = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    answers = at_once([lambda number=number: lead(service, number, slot=slot) for number in range(THREADS)])  # type: ignore[misc]
    asked = [offer["technician_id"] for order in answers for offer in order["offers"]]
    assert len(asked) == len(set(asked)) == PEOPLE
    assert overlaps(admin) == 0
    assert deadlocks(admin) == 0


def test_two_dispatchers_who_want_the_same_people_in_another_order_both_get_an_answer(
    service: LiveService, admin: Connection
) -> None:
    people = service.user().get("/v1/technicians")["items"][:6]
    ids = [person["id"] for person in people]
    for number in range(ROUNDS):
        orders = [lead(service, 200 + number, skills=["no-technician-has-this"]) for _ in range(2)]
        acts = [
            lambda order=order, chosen=chosen: service.user().call(  # type: ignore[misc]
                "POST",
                f"/v1/work-orders/{order['id']}/assign",
                {"technician_id": chosen[0], "collaborator_ids": chosen[1:]},
                If_Match=f'"{order["version"]}"',
            )
            for order, chosen in zip(orders, (ids, ids[::-1]), strict=True)
        ]
        answers = at_once(acts)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert refused["code"] == "slot_taken"
        assert len(refused["conflicts"]) == len(ids)
        assert {held(admin, order["id"]) for order in orders} == {0, len(ids)}
    assert overlaps(admin) == 0
    assert deadlocks(admin) == 0


def held(admin: Connection, work_order_id: str) -> int:
    """How many bookings hold a technician's time for the order."""
    statement = text("SELECT count(*) FROM bookings WHERE work_order_id = :id AND state IN ('offered', 'assigned')")
    return admin.execute(statement, {"id": work_order_id}).scalar_one()  # type: ignore[no-any-return]
