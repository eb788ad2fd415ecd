"""Exactly one of several answers to an offer at the same moment wins; the others are told the truth."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.conftest import owner_of
from tests.live import Client, LiveService, seed_document, shared_service
from tests.races.conftest import at_once
from tests.thoroughness import times

pytestmark = pytest.mark.races

HERE = {"lat": 41.15, "lon": -8.61}
ROUNDS = times(8, 200)


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
    settings = {"offer_limit": 100, "reoffer_after_minutes": 0}
    return processes.with_organization(seed_document(technicians=1, settings=settings))


def ping(phone: Client) -> None:
    now = datetime.now(UTC).isoformat()
    answer = phone.post("/v1/positions", {"positions": [{"recorded_at": now, **HERE, "accuracy_m": 5}]})
    assert answer["results"][0]["verdict"] in {"accepted", "duplicate"}, answer


def offered(service: LiveService, number: int = 0) -> dict[str, Any]:
    """A new lead with an open offer, in a slot of its own."""
    start = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    lead = service.user().post(
        "/v1/leads",
        {
            "store_id": service.store_id(),
            "customer": {"name": "Invented Customer"},
            "location": HERE,
            "slot": {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()},
        },
    )
    assert lead["state"] == "offered", lead
    return lead  # type: ignore[no-any-return]


def test_fifty_accepts_of_one_offer_all_get_the_same_answer(service: LiveService, admin: Connection) -> None:
    phone = service.technician("t0")
    ping(phone)
    lead = offered(service)
    path = f"/v1/offers/{lead['offer']['id']}/accept"
    answers = at_once([lambda: phone.call("POST", path)] * 50)
    assert Counter(answer.status_code for answer in answers) == {200: 50}
    told = [{name: value for name, value in answer.json().items() if name != "server_now"} for answer in answers]
    assert all(one == told[0] for one in told)
    assert count_events(admin, lead["id"], "assigned") == 1
    assert service.user().get(f"/v1/work-orders/{lead['id']}")["state"] == "assigned"


Rival = Callable[[LiveService, dict[str, Any]], Callable[[], int]]


def rejecting(service: LiveService, lead: dict[str, Any]) -> Callable[[], int]:
    path = f"/v1/offers/{lead['offer']['id']}/reject"
    phone = service.technician("t0")
    return lambda: phone.call("POST", path, {"reason": "other"}).status_code


def cancelling(service: LiveService, lead: dict[str, Any]) -> Callable[[], int]:
    user = service.user()
    return lambda: user.call("POST", f"/v1/work-orders/{lead['id']}/cancel", {}).status_code


@pytest.mark.parametrize("rival", [rejecting, cancelling], ids=["reject", "cancel"])
def test_accept_against_a_rival_has_one_winner(service: LiveService, admin: Connection, rival: Rival) -> None:
    phone = service.technician("t0")
    ping(phone)
    winners: Counter[str] = Counter()
    for number in range(ROUNDS):
        lead = offered(service, number)
        path = f"/v1/offers/{lead['offer']['id']}/accept"
        accepting = lambda path=path: phone.call("POST", path).status_code  # noqa: E731
        accepted, other = at_once([accepting, rival(service, lead)])
        state = offer_state(admin, lead["offer"]["id"])
        winners[state] += 1
        if rival is rejecting:
            assert {accepted, other} in ({200, 409}, {200, 410}), (accepted, other)
            assert state == ("accepted" if accepted == 200 else "rejected")
        else:
            # Cancelling wins over an assignment too, but never silently: a late accept learns of it.
            assert other == 200
            assert accepted in {200, 410}
            assert state == ("accepted" if accepted == 200 else "withdrawn")
        assert count_closings(admin, lead["id"]) == 1
    assert sum(winners.values()) == ROUNDS
    assert overlaps(admin) == 0


def test_accept_against_expiry_has_one_winner(service: LiveService, admin: Connection) -> None:
    from geo_assign.app import make_services

    phone = service.technician("t0")
    ping(phone)
    services = make_services(service.world.settings())
    org_id = service.organization["id"]
    states: Counter[str] = Counter()
    try:
        for number in range(ROUNDS):
            lead = offered(service, number)
            offer_id = lead["offer"]["id"]
            # The deadline falls between the two: some accepts are in time, some are not.
            admin.execute(
                text(
                    "UPDATE offers SET offered_at = clock_timestamp() - interval '1 minute', "
                    "expires_at = clock_timestamp() + interval '6 milliseconds' WHERE id = :id"
                ),
                {"id": offer_id},
            )
            path = f"/v1/offers/{offer_id}/accept"

            def accept(path: str = path) -> int:
                return phone.call("POST", path).status_code

            def expire(offer_id: str = offer_id) -> int:
                for _ in range(200):
                    if services.dispatch.expire(org_id, offer_id) or offer_state(admin, offer_id) != "offered":
                        break
                return 0

            accepted, _ = at_once([accept, expire])
            state = offer_state(admin, offer_id)
            states[state] += 1
            assert (accepted, state) in {(200, "accepted"), (410, "expired")}
            assert count_closings(admin, lead["id"]) >= 1
            assert count_events(admin, lead["id"], "offer_expired") == (state == "expired")
            service.user().call("POST", f"/v1/work-orders/{lead['id']}/cancel", {})
    finally:
        services.close()
    assert sum(states.values()) == ROUNDS
    assert overlaps(admin) == 0


def count_events(admin: Connection, work_order_id: str, kind: str) -> int:
    statement = text("SELECT count(*) FROM work_order_events WHERE work_order_id = :id AND kind = :kind")
    return admin.execute(statement, {"id": work_order_id, "kind": kind}).scalar_one()  # type: ignore[no-any-return]


def count_closings(admin: Connection, work_order_id: str) -> int:
    """How many offers of the order were answered."""
    statement = text("SELECT count(*) FROM offers WHERE work_order_id = :id AND state <> 'offered'")
    return admin.execute(statement, {"id": work_order_id}).scalar_one()  # type: ignore[no-any-return]


def offer_state(admin: Connection, offer_id: str) -> str:
    return admin.execute(text("SELECT state FROM offers WHERE id = :id"), {"id": offer_id}).scalar_one()  # type: ignore[no-any-return]


def overlaps(admin: Connection) -> int:
    statement = text(
        "SELECT count(*) FROM bookings a JOIN bookings b ON b.technician_id = a.technician_id AND b.id > a.id "
        "AND b.occupies && a.occupies WHERE a.state IN ('offered', 'assigned') AND b.state IN ('offered', 'assigned')"
    )
    return admin.execute(statement).scalar_one()  # type: ignore[no-any-return]
